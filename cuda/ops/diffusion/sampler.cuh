// What the sampler kernels share: mixed-type reads and the clamp that keeps NaN.
#pragma once
#include "zoetrope/elementwise.cuh"
#include "zoetrope/philox.cuh"

namespace sampler {

inline constexpr int kThreads = zoe::kElementThreads;
inline constexpr int kTile = zoe::kElementTile;

__device__ __forceinline__ void read4(const void* p, bool is_bf16, int64_t i, float (&v)[4]) {
    if (is_bf16) {
        zoe::load_floats(static_cast<const zoe::bf16*>(p) + i, v);
    } else {
        zoe::load_floats(static_cast<const float*>(p) + i, v);
    }
}

__device__ __forceinline__ float read1(const void* p, bool is_bf16, int64_t i) {
    return is_bf16 ? zoe::load_float(static_cast<const zoe::bf16*>(p) + i)
                   : zoe::load_float(static_cast<const float*>(p) + i);
}

// Comparisons, not fminf and fmaxf: those would turn a NaN into a bound.
struct Range {
    float low, high;
    __device__ __forceinline__ float operator()(float x) const {
        x = x < low ? low : x;
        return x > high ? high : x;
    }
};

// The row of a table that the device counter points to; -1 when it lies outside.
__device__ __forceinline__ int row_of(const int32_t* row, int rows) {
    const int r = row != nullptr ? *row : 0;
    return r >= 0 && r < rows ? r : -1;
}

// Number of the first normal of a row's noise: rows take 4·ceil(n/4) numbers each, so that Philox blocks stay whole.
__device__ __forceinline__ uint64_t first_normal(int row, int64_t n) {
    return static_cast<uint64_t>(row < 0 ? 0 : row) * ((static_cast<uint64_t>(n) + 3) & ~3ull);
}

__device__ __forceinline__ float not_a_number() { return __int_as_float(0x7fffffff); }

}  // namespace sampler
