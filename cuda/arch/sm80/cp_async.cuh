// Asynchronous copies from global to shared memory (cp.async, sm_80) and the waits that order them.
//
// A kernel with S stages keeps S-1 groups in flight: it commits one group for every k-tile, an empty one when there is
// nothing left to load, so that wait<S-2> always means "the tile about to be read has landed". A thread's wait covers
// its own copies only: a __syncthreads() after it makes those of the others visible.
#pragma once

namespace zoe {

// Copies `bytes` (0..16) of 16 bytes and fills the rest with zeros; with 0 the source is not read. Both addresses
// (`from` in the global space) must be multiples of 16. .cg: through L2 only, the tile is used once per block.
template <int OFFSET> __device__ __forceinline__ void copy_async_16(unsigned to, unsigned long long from, int bytes) {
    asm volatile("cp.async.cg.shared.global [%0+%1], [%2], 16, %3;" ::"r"(to), "n"(OFFSET), "l"(from), "r"(bytes)
                 : "memory");
}

template <int OFFSET> __device__ __forceinline__ void copy_async_16(unsigned to, const void* from, int bytes) {
    copy_async_16<OFFSET>(to, static_cast<unsigned long long>(__cvta_generic_to_global(from)), bytes);
}

__device__ __forceinline__ void copy_async_commit() { asm volatile("cp.async.commit_group;" ::: "memory"); }

template <int PENDING> __device__ __forceinline__ void copy_async_wait() {
    asm volatile("cp.async.wait_group %0;" ::"n"(PENDING) : "memory");
}

}  // namespace zoe
