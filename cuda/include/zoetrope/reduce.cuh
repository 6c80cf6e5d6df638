// Reductions with a fixed order: the same values in the same lanes give the same bits, whatever else runs.
#pragma once
#include <cstdint>

namespace zoe {

inline constexpr unsigned kFullWarp = 0xffffffffu;

struct Sum {
    static constexpr float kIdentity = 0.0f;
    __device__ __forceinline__ float operator()(float a, float b) const { return a + b; }
};

// NaN wins, so that a maximum of magnitudes reports it (fmaxf would drop it).
struct Max {
    static constexpr float kIdentity = 0.0f;  // for magnitudes
    __device__ __forceinline__ float operator()(float a, float b) const { return a > b || a != a ? a : b; }
};

// Butterfly over the 32 lanes, all of which must take part; every lane receives the result, and (as a+b = b+a) the same.
template <class Op> __device__ __forceinline__ float warp_reduce(float v, Op op) {
#pragma unroll
    for (int offset = 16; offset > 0; offset >>= 1) v = op(v, __shfl_xor_sync(kFullWarp, v, offset));
    return v;
}
__device__ __forceinline__ float warp_sum(float v) { return warp_reduce(v, Sum{}); }

__device__ __forceinline__ float warp_max(float v) {
#pragma unroll
    for (int offset = 16; offset > 0; offset >>= 1) v = fmaxf(v, __shfl_xor_sync(kFullWarp, v, offset));
    return v;
}

// Reduces K values over a block of THREADS (a multiple of 32, at most 1024), all of which must call; every thread receives
// the results. `shared` holds K · THREADS/32 floats; it may be used again at once, for the last barrier follows the last
// read.
template <int THREADS, int K, class Op>
__device__ __forceinline__ void block_reduce(float (&v)[K], float* shared, Op op) {
    constexpr int kWarps = THREADS / 32;
    static_assert(THREADS % 32 == 0 && kWarps >= 1 && kWarps <= 32, "whole warps");
#pragma unroll
    for (int k = 0; k < K; ++k) v[k] = warp_reduce(v[k], op);
    if constexpr (kWarps > 1) {
        const int warp = static_cast<int>(threadIdx.x) >> 5;
        if ((threadIdx.x & 31) == 0) {
#pragma unroll
            for (int k = 0; k < K; ++k) shared[k * kWarps + warp] = v[k];
        }
        __syncthreads();
#pragma unroll
        for (int k = 0; k < K; ++k) {
            float total = shared[k * kWarps];
#pragma unroll
            for (int w = 1; w < kWarps; ++w) total = op(total, shared[k * kWarps + w]);
            v[k] = total;
        }
        __syncthreads();
    }
}

template <int THREADS, int K> __device__ __forceinline__ void block_sums(float (&v)[K], float* shared) {
    block_reduce<THREADS, K>(v, shared, Sum{});
}

template <int THREADS> __device__ __forceinline__ float block_sum(float v, float* shared) {
    float values[1] = {v};
    block_reduce<THREADS, 1>(values, shared, Sum{});
    return values[0];
}

}  // namespace zoe
