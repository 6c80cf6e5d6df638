// Barriers in shared memory that count arrivals and bytes (PTX ISA, mbarrier).
//
// A phase ends when its arrivals are complete and the bytes that were announced have come; the next begins at once.
// Waiting is for the end of the phase of a parity: the first phase has parity 0, and a wait for parity 1 passes at once
// on a barrier that is new.
#pragma once
#include "zoetrope/copy/shared.cuh"

namespace zoe {

__device__ __forceinline__ void barrier_init(unsigned barrier, int arrivals) {
    asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(barrier), "r"(arrivals) : "memory");
}

// Makes initialised barriers visible to the copy engine and to the cluster; a block or cluster barrier must follow.
__device__ __forceinline__ void barrier_init_fence() {
    asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
}

// One arrival, which also announces bytes that a copy will bring.
__device__ __forceinline__ void arrive_expecting(unsigned barrier, int bytes) {
    asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(barrier), "r"(bytes) : "memory");
}

__device__ __forceinline__ void arrive(unsigned barrier) {
    asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" ::"r"(barrier) : "memory");
}

// An arrival at the barrier that lies at the same address in the block of that rank of the cluster.
__device__ __forceinline__ void arrive_at_rank(unsigned barrier, int rank) {
    asm volatile(
        "{\n.reg .b32 remote;\n"
        "mapa.shared::cluster.u32 remote, %0, %1;\n"
        "mbarrier.arrive.release.cluster.shared::cluster.b64 _, [remote];\n}" ::"r"(barrier),
        "r"(rank)
        : "memory");
}

// ACROSS: arrivals come from other blocks of the cluster.
template <bool ACROSS> __device__ __forceinline__ bool has_ended(unsigned barrier, unsigned parity) {
    int ended;
    if constexpr (ACROSS)
        asm volatile(
            "{\n.reg .pred ended;\n"
            "mbarrier.try_wait.parity.acquire.cluster.shared::cta.b64 ended, [%1], %2;\n"
            "selp.b32 %0, 1, 0, ended;\n}"
            : "=r"(ended)
            : "r"(barrier), "r"(parity)
            : "memory");
    else
        asm volatile(
            "{\n.reg .pred ended;\n"
            "mbarrier.try_wait.parity.shared::cta.b64 ended, [%1], %2;\n"
            "selp.b32 %0, 1, 0, ended;\n}"
            : "=r"(ended)
            : "r"(barrier), "r"(parity)
            : "memory");
    return ended;
}

template <bool ACROSS = false> __device__ __forceinline__ void wait_for_end(unsigned barrier, unsigned parity) {
    while (!has_ended<ACROSS>(barrier, parity)) {}
}

}  // namespace zoe
