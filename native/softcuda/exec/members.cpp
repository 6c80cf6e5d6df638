#include "exec/members.h"

#include "check/hooks.h"
#include "exec/barrier.h"
#include "exec/divergence.h"

namespace softcuda {

bool await_members(const Ins* ip, Warp& w, const uint32_t* mask) {
    uint32_t members = 0, here = 0, running = 0;
    for (uint32_t rest = w.active; rest != 0; rest &= rest - 1) members |= mask[__builtin_ctz(rest)];
    const uint32_t missing = members & w.live & ~w.active;
    if (missing == 0) return true;
    for (int k = 0; k < w.groupCount; k++) {
        if (w.groups[k].at == ip && w.groups[k].barrier == kWarpBarrier) here |= w.groups[k].lanes;
        else if (w.groups[k].barrier < 0) running |= w.groups[k].lanes;
    }
    const bool complete = (missing & ~here) == 0;
    if (!complete && (missing & running) == 0) return true;
    if (complete) {
        for (int k = 0; k < w.groupCount; k++)
            if (w.groups[k].at == ip && w.groups[k].barrier == kWarpBarrier) w.groups[k].barrier = -1;
    }
    if (!complete && w.block->checker != nullptr) check_members_wait(w, missing);
    stop_group(w, ip, w.active, complete ? -1 : kWarpBarrier);
    if (complete) merge_groups(w);
    w.active = 0;
    w.rotate = false;
    choose_group(w);
    return false;
}

}  // namespace softcuda
