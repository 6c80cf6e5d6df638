// Consumers that take turns, so that while one issues products the others do what is between theirs ("ping-pong"; Shah
// et al., "FlashAttention-3", arXiv:2407.08608, section 3.1).
//
// Each has a named barrier (PTX ISA, bar): the 128 threads of its warpgroup wait there, and those of the one
// before it arrive as they pass the turn on. All take as many turns. The first takes one more at the end: the arrivals
// of the last one's last turn would stay at the barrier otherwise.
#pragma once
#include "arch/sm90/roles.cuh"

namespace zoe {

template <int GROUPS> struct Turns {
    int which;  // of this warpgroup, from 0

    __device__ __forceinline__ explicit Turns(int which) : which(which) {
        if (which == GROUPS - 1) pass();
    }
    __device__ __forceinline__ void take() const {
        if constexpr (GROUPS > 1)
            asm volatile("bar.sync %0, %1;" ::"r"(kFirst + which), "n"(2 * kWarpgroup) : "memory");
    }
    __device__ __forceinline__ void pass() const {
        if constexpr (GROUPS > 1)
            asm volatile("bar.arrive %0, %1;" ::"r"(kFirst + (which + 1) % GROUPS), "n"(2 * kWarpgroup) : "memory");
    }
    __device__ __forceinline__ void end() const {
        if (which == 0) take();
    }

private:
    static constexpr int kFirst = 1;  // barrier 0 is __syncthreads
};

}  // namespace zoe
