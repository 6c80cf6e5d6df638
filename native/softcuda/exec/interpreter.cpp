#include "exec/block.h"
#include "exec/divergence.h"

namespace softcuda {
namespace {

// The first instruction at which a waiting group could join the running one.
const Ins* next_meeting(const Warp& w) {
    for (int k = 0; k < w.groupCount; k++) {
        if (w.groups[k].barrier < 0) return w.groups[k].at;
    }
    return reinterpret_cast<const Ins*>(UINTPTR_MAX);
}

// A group that got its turn although others are at lower instructions: runs for a while, merging with whom it meets.
const Ins* run_rotated(Warp& w, const Ins* ip) {
    for (int step = 0; step < kRotatedSteps; step++) {
        ip = ip->masked(ip, w);
        if (!ip) return nullptr;
        for (int k = 0; k < w.groupCount; k++) {
            if (w.groups[k].at == ip && w.groups[k].barrier < 0) return ip;
        }
    }
    return ip;
}

}  // namespace

void run_warp(Warp& w) {
    w.state = WarpState::Running;
    w.budget = kBudget;
    do {
        const Ins* ip = w.resume;
        if (w.active == w.live) {
            do ip = ip->full(ip, w);
            while (ip);
            continue;
        }
        if (w.rotate) {
            ip = run_rotated(w, ip);
            w.rotate = w.rotate && !ip;
        } else {
            const Ins* meeting = next_meeting(w);
            while (ip && ip < meeting) ip = ip->masked(ip, w);
        }
        if (ip) {
            stop_group(w, ip, w.active);
            choose_group(w);
        }
    } while (w.state == WarpState::Running);
}

}  // namespace softcuda
