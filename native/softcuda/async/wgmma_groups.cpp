// wgmma.fence, commit_group and wait_group.
//
// A product is the warpgroup's: it is complete when all four warps have issued it, and a wait for it ends then for each of
// them, so that one warp may tell others that the tiles in shared memory have been read. In fast mode a warp does its part
// when it issues the product; in checked mode the checkers keep the groups, and look for accumulators that are touched while
// they are pending (internal.wgmma.touch, which ptx/lower.cpp puts in front of every other instruction that names one).
#include "async/wgmma_groups.h"

#include <algorithm>

#include "async/block_async.h"
#include "async/waiting.h"
#include "check/hooks.h"
#include "exec/levels.h"

namespace softcuda {
namespace {

constexpr int kLaunchFailed = 719;

const Ins* divergent(const Ins* ip, Warp& w) {
    return fault(w, ip, kLaunchFailed, -1, w.active, "divergent wgmma: .aligned needs all lanes of the warp");
}

const Ins* fence(const Ins* ip, Warp& w) {
    check_wgmma_fence(w);
    return ip + 1;
}

const Ins* commit(const Ins* ip, Warp& w) {
    std::vector<uint32_t>& groups = async_of(*w.block).wgmmaGroups;
    if (groups.empty()) groups.assign(w.block->warps, 0);
    async_of(*w.block).used = true;
    groups[w.index]++;
    w.block->events++;
    check_wgmma_commit(w);
    return ip + 1;
}

// The latest group that the warp waits for, counted from 1; not positive: there is none.
int64_t awaited(const Ins* ip, Warp& w) {
    const std::vector<uint32_t>& groups = async_of(*w.block).wgmmaGroups;
    return groups.empty() ? 0 : int64_t(groups[w.index]) - ip->imm;
}

// Whether all warps of the warpgroup have committed that many groups.
bool all_committed(const Warp& w, int64_t groups) {
    const std::vector<uint32_t>& committed = async_of(*w.block).wgmmaGroups;
    const uint32_t first = w.index / 4 * 4, end = std::min(first + 4, w.block->warps);
    return groups <= 0 || std::all_of(committed.begin() + first, committed.begin() + end, [&](uint32_t c) {
               return int64_t(c) >= groups;
           });
}

const Ins* wait(const Ins* ip, Warp& w) {
    if (!all_committed(w, awaited(ip, w))) return hold(ip, w);
    return check_wgmma_wait(w, uint32_t(ip->imm)) ? ip + 1 : nullptr;
}

// Operands: the register, and whether it is written.
const Ins* touch(const Ins* ip, Warp& w) {
    return check_wgmma_touch(ip, w, ip->arg[0], ip->arg[1] != 0) ? ip + 1 : nullptr;
}

}  // namespace

std::string describe_wgmma_wait(const Warp& w) {
    const int64_t groups = awaited(w.resume, const_cast<Warp&>(w));
    std::string text = ", wgmma.wait_group: of the warpgroup these have not issued the product:";
    for (uint32_t i = w.index / 4 * 4; i < std::min(w.index / 4 * 4 + 4, w.block->warps); i++)
        if (int64_t(async_of(*w.block).wgmmaGroups[i]) < groups) text += " warp " + std::to_string(i);
    return text;
}

void add_wgmma_group_forms(FormSink& sink) {
    sink.add({"wgmma.fence.sync.aligned", "=", fence, divergent, nullptr});
    sink.add({"wgmma.commit_group.sync.aligned", "=", commit, divergent, nullptr});
    sink.add({"wgmma.wait_group.sync.aligned", "=i", wait, divergent, nullptr});
    sink.add({"internal.wgmma.touch", "=wi", touch, touch, nullptr});
}

}  // namespace softcuda
