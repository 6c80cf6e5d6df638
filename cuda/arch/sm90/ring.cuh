// A ring of stages in shared memory that a producer fills and consumers read, with two barriers a stage: full(s) ends
// when the bytes that the producer announced are there, empty(s) when every reader has said that it needs the stage no
// more.
//
// Tile says how it lies in the block's shared memory:
//   STAGES, STAGE_BYTES   stages follow one another from the beginning
//   BARRIERS              where the barriers lie: `full` of each stage, then `empty` of each
//   WRITERS, READERS      arrivals, beside the bytes, that make a stage full, and arrivals that make it empty
#pragma once
#include "arch/sm90/mbarrier.cuh"

namespace zoe {

// A stage of the ring and the parity of its current phase.
template <class Tile> struct StagePlace {
    unsigned shared;  // of the block
    int stage = 0;
    unsigned parity = 0;

    __device__ __forceinline__ unsigned operands() const { return shared + stage * Tile::STAGE_BYTES; }
    __device__ __forceinline__ unsigned full() const { return shared + Tile::BARRIERS + stage * 8; }
    __device__ __forceinline__ unsigned empty() const { return full() + Tile::STAGES * 8; }
    __device__ __forceinline__ void advance() {
        if (++stage < Tile::STAGES) return;
        stage = 0;
        parity ^= 1;
    }
};

// By one thread of the block, before anything else; a barrier of the cluster must follow.
template <class Tile> __device__ __forceinline__ void init_ring(unsigned shared) {
    StagePlace<Tile> at{shared};
#pragma unroll 1
    for (int s = 0; s < Tile::STAGES; ++s, at.advance()) {
        barrier_init(at.full(), Tile::WRITERS);
        barrier_init(at.empty(), Tile::READERS);
    }
    barrier_init_fence();
}

}  // namespace zoe
