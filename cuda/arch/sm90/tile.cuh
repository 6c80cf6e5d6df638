// The tile that a block of the sm90 tier makes of a product, and who does what.
//
// Warpgroup 0 produces: one of its threads has operands copied. The others, one for every 64 rows, consume: each makes
// 64 x TN. CLUSTER blocks, one below the other, share their columns' operand: each fetches a part of it for all.
#pragma once
#include "arch/sm90/operand.cuh"
#include "arch/sm90/roles.cuh"
#include "zoetrope/dtype.cuh"

namespace zoe {

template <int TM_, int TN_, int STAGES_, int CLUSTER_> struct Sm90Tile {
    using T = bf16;
    static constexpr int TM = TM_, TN = TN_, TK = kBox, STAGES = STAGES_, CLUSTER = CLUSTER_;
    static constexpr int CONSUMERS = TM / 64, THREADS = (1 + CONSUMERS) * kWarpgroup;
    static constexpr int FRAGMENTS = TN / 8;  // of 16 x 8 that a warp makes

    static constexpr int A_BYTES = TM * TK * 2, B_BYTES = TN * TK * 2, STAGE_BYTES = A_BYTES + B_BYTES;
    static constexpr int BARRIERS = STAGES * STAGE_BYTES;  // where they lie: `full` of each stage, then `empty` of each
    static constexpr int SHARED_BYTES = BARRIERS + 2 * STAGES * 8;
    static constexpr int WRITERS = 1;
    // Each consumer's warps say that they need a stage no more, to every block that writes into it.
    static constexpr int READERS = CONSUMERS * 4 * CLUSTER;

    // What setmaxnreg makes of 168 registers a thread; with one consumer there is nothing to move.
    static constexpr bool MOVES_REGISTERS = CONSUMERS == 2;
    static constexpr int PRODUCER_REGISTERS = 40, CONSUMER_REGISTERS = 232;

    static_assert(TM % 64 == 0 && TN % (64 * CLUSTER) == 0, "whole boxes for everybody");
    static_assert(SHARED_BYTES <= 227 * 1024, "of a multiprocessor of compute capability 9.0");
};

}  // namespace zoe
