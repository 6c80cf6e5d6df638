// Blocks of a cluster: who they are, and how they wait for one another.
#pragma once

namespace zoe {

// 0 where there is no cluster.
__device__ __forceinline__ int cluster_rank() {
    unsigned rank;
    asm("mov.u32 %0, %%cluster_ctarank;" : "=r"(rank));
    return int(rank);
}

// All threads of all blocks of the cluster come here; of one block without a cluster.
template <int BLOCKS> __device__ __forceinline__ void cluster_barrier() {
    if constexpr (BLOCKS > 1) {
        asm volatile("barrier.cluster.arrive.release.aligned;\nbarrier.cluster.wait.acquire.aligned;" ::: "memory");
    } else {
        __syncthreads();
    }
}

}  // namespace zoe
