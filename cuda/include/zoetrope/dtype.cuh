// The two storage types of activations, f32 and bf16, seen as float in registers.
// bf16 is the upper half of an f32: widening is a shift and exact, narrowing rounds to nearest even.
#pragma once
#include <cstdint>
#include <cuda_bf16.h>

namespace zoe {

using f32 = float;
using bf16 = __nv_bfloat16;

__device__ __forceinline__ float to_float(float x) { return x; }
__device__ __forceinline__ float to_float(bf16 x) {
    return __uint_as_float(static_cast<uint32_t>(__bfloat16_as_ushort(x)) << 16);
}

template <class T> __device__ __forceinline__ T from_float(float x);
template <> __device__ __forceinline__ float from_float<float>(float x) { return x; }
template <> __device__ __forceinline__ bf16 from_float<bf16>(float x) { return __float2bfloat16_rn(x); }

// A 32-bit word holds two bf16, the lower address in the lower half.
__device__ __forceinline__ float bf16_low(uint32_t pair) { return __uint_as_float(pair << 16); }
__device__ __forceinline__ float bf16_high(uint32_t pair) { return __uint_as_float(pair & 0xffff0000u); }

__device__ __forceinline__ uint32_t bf16_pair(float low, float high) {
    const __nv_bfloat162 pair = __floats2bfloat162_rn(low, high);
    return *reinterpret_cast<const uint32_t*>(&pair);
}

// The value x has after being stored as T and read back.
template <class T> __device__ __forceinline__ float rounded(float x) { return to_float(from_float<T>(x)); }

}  // namespace zoe
