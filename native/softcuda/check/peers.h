// What a block must know of its cluster's others before it uses their shared memory.
#pragma once
#include "exec/code.h"

namespace softcuda {

// The lane has made an mbarrier of its block.
void check_mbarrier_made(Warp& w, int lane, uint32_t offset);
// fence.mbarrier_init, or one for the asynchronous proxy, by the active lanes.
void check_mbarrier_fence(Warp& w);

// An access of the shared memory of `block`: another one must have begun, which only the cluster's barrier tells. False after
// a report.
bool check_begun(const Ins* ip, Warp& w, const Block& block, int lane, uint32_t offset);
// A copy that completes on the mbarrier of `block`: by another block's, it must be fenced. False after a report.
bool check_mbarrier_fenced(const Ins* ip, Warp& w, const Block& block, int lane, uint32_t offset);

}  // namespace softcuda
