// The block's barriers: bar.sync, bar.arrive, bar.red and bar.warp.sync.
//
// A group of lanes that arrives stops (exec/divergence.h) and is released when the last one is there. Without a thread
// count a barrier waits for all threads of the block that have not ended; with one, each warp counts for 32 threads, ended
// or missing lanes included.
#pragma once
#include <cstdint>
#include <string>

#include "exec/code.h"

namespace softcuda {

constexpr int kBarriers = 16;
constexpr int32_t kWarpBarrier = 16;  // LaneGroup::barrier of lanes that wait at bar.warp.sync

struct BarrierState {
    uint32_t arrived;   // threads
    uint32_t expected;  // threads, 0: all that live
    bool inUse;
    uint32_t popcount;  // bar.red: threads whose predicate holds, and the two combinations
    bool all, any;
};

struct BlockBarriers {
    BarrierState barrier[kBarriers];
    uint32_t liveThreads;
};

void reset_barriers(BlockBarriers& b, uint32_t threads);

// Lanes have ended: barriers that wait for all living threads may now be complete.
void barrier_lanes_ended(Block& block, int lanes);

// What the warps of a block that cannot go on wait for, for the report of a deadlock.
std::string describe_waiting(const Block& block);

}  // namespace softcuda
