#include "exec/divergence.h"

#include "check/hooks.h"
#include "exec/barrier.h"
#include "exec/cluster_barrier.h"

namespace softcuda {

namespace {

bool release_warp_barriers(Warp& w) {
    bool released = false;
    for (int k = 0; k < w.groupCount; k++) {
        if (w.groups[k].barrier != kWarpBarrier) continue;
        w.groups[k].barrier = -1;
        released = true;
    }
    if (released) merge_groups(w);
    return released;
}

}  // namespace

void merge_groups(Warp& w) {
    for (int k = 0; k + 1 < w.groupCount;) {
        LaneGroup &a = w.groups[k], &b = w.groups[k + 1];
        if (a.at == b.at && a.barrier == b.barrier) {
            a.lanes |= b.lanes;
            w.groupCount--;
            for (int j = k + 1; j < w.groupCount; j++) w.groups[j] = w.groups[j + 1];
        } else {
            k++;
        }
    }
}

const Ins* choose_group(Warp& w) {
    w.turn++;
    w.spins = 0;
    int chosen = -1;
    for (int k = 0; k < w.groupCount; k++) {
        if (w.groups[k].barrier >= 0) continue;
        if (chosen < 0 || (w.rotate && int32_t(w.groups[k].since - w.groups[chosen].since) < 0)) chosen = k;
        if (!w.rotate) break;
    }
    // Lanes at bar.warp.sync wait for members that ended or wait elsewhere: when nothing else can run, they go on.
    if (chosen < 0 && release_warp_barriers(w)) return choose_group(w);
    if (chosen < 0) {
        w.active = 0;
        w.rotate = false;
        w.state = w.live ? WarpState::AtBarrier : WarpState::Exited;
        return nullptr;
    }
    w.active = w.groups[chosen].lanes;
    w.resume = w.groups[chosen].at;
    w.state = WarpState::Running;
    w.groupCount--;
    for (int k = chosen; k < w.groupCount; k++) w.groups[k] = w.groups[k + 1];
    return nullptr;
}

const Ins* diverge(Warp& w, uint32_t taken, const Ins* target, const Ins* next) {
    stop_group(w, target, taken);
    stop_group(w, next, w.active & ~taken);
    w.rotate = false;
    return choose_group(w);
}

const Ins* end_lanes(Warp& w) {
    uint32_t ended = w.active;
    if (w.block->checker != nullptr && !check_lanes_end(w, ended)) return nullptr;
    w.live &= ~ended;
    w.block->events++;
    w.rotate = false;
    choose_group(w);
    barrier_lanes_ended(*w.block, __builtin_popcount(ended));
    cluster_lanes_ended(w, ended);
    return nullptr;
}

}  // namespace softcuda
