// Wide memory access: 16 bytes of T (a pack: 4 f32 or 8 bf16) moved by one instruction and seen as floats, and the tile
// loop of elementwise kernels that uses packs where alignment and size allow and single elements elsewhere.
#pragma once
#include <cstddef>
#include <cstdint>
#include "zoetrope/dtype.cuh"

namespace zoe {

template <class T> inline constexpr int kPack = 16 / static_cast<int>(sizeof(T));

// True when every pointer is a multiple of 16 bytes. Null counts as aligned.
template <class... P> __device__ __forceinline__ bool aligned16(const P*... pointers) {
    return ((reinterpret_cast<uintptr_t>(pointers) | ...) & 15) == 0;
}

__device__ __forceinline__ float load_float(const float* p) { return *p; }
__device__ __forceinline__ float load_float(const bf16* p) { return to_float(*p); }
__device__ __forceinline__ void store_float(float* p, float v) { *p = v; }
__device__ __forceinline__ void store_float(bf16* p, float v) { *p = from_float<bf16>(v); }

// Reads N consecutive elements from a 16-byte aligned address; N is a multiple of the pack (or half a bf16 pack: 8 bytes,
// when p is aligned to 8).
template <int N> __device__ __forceinline__ void load_floats(const float* p, float (&v)[N]) {
    static_assert(N % 4 == 0, "whole 16-byte packs");
#pragma unroll
    for (int i = 0; i < N; i += 4) {
        const float4 q = *reinterpret_cast<const float4*>(p + i);
        v[i] = q.x;
        v[i + 1] = q.y;
        v[i + 2] = q.z;
        v[i + 3] = q.w;
    }
}

template <int N> __device__ __forceinline__ void load_floats(const bf16* p, float (&v)[N]) {
    static_assert(N % 8 == 0 || N == 4, "whole 16-byte packs, or one of 8 bytes");
    if constexpr (N == 4) {
        const uint2 q = *reinterpret_cast<const uint2*>(p);
        v[0] = bf16_low(q.x);
        v[1] = bf16_high(q.x);
        v[2] = bf16_low(q.y);
        v[3] = bf16_high(q.y);
    } else {
#pragma unroll
        for (int i = 0; i < N; i += 8) {
            const uint4 q = *reinterpret_cast<const uint4*>(p + i);
            v[i] = bf16_low(q.x);
            v[i + 1] = bf16_high(q.x);
            v[i + 2] = bf16_low(q.y);
            v[i + 3] = bf16_high(q.y);
            v[i + 4] = bf16_low(q.z);
            v[i + 5] = bf16_high(q.z);
            v[i + 6] = bf16_low(q.w);
            v[i + 7] = bf16_high(q.w);
        }
    }
}

template <int N> __device__ __forceinline__ void store_floats(float* p, const float (&v)[N]) {
    static_assert(N % 4 == 0, "whole 16-byte packs");
#pragma unroll
    for (int i = 0; i < N; i += 4) {
        *reinterpret_cast<float4*>(p + i) = make_float4(v[i], v[i + 1], v[i + 2], v[i + 3]);
    }
}

template <int N> __device__ __forceinline__ void store_floats(bf16* p, const float (&v)[N]) {
    static_assert(N % 8 == 0 || N == 4, "whole 16-byte packs, or one of 8 bytes");
    if constexpr (N == 4) {
        *reinterpret_cast<uint2*>(p) = make_uint2(bf16_pair(v[0], v[1]), bf16_pair(v[2], v[3]));
    } else {
#pragma unroll
        for (int i = 0; i < N; i += 8) {
            *reinterpret_cast<uint4*>(p + i) = make_uint4(bf16_pair(v[i], v[i + 1]), bf16_pair(v[i + 2], v[i + 3]),
                                                          bf16_pair(v[i + 4], v[i + 5]), bf16_pair(v[i + 6], v[i + 7]));
        }
    }
}

// V elements with one access where V is more than one, for code that is written once for packs and for single elements.
template <class T, int V> __device__ __forceinline__ void load_values(const T* p, float (&v)[V]) {
    if constexpr (V == 1) {
        v[0] = load_float(p);
    } else {
        load_floats(p, v);
    }
}

template <class T, int V> __device__ __forceinline__ void store_values(T* p, const float (&v)[V]) {
    if constexpr (V == 1) {
        store_float(p, v[0]);
    } else {
        store_floats(p, v);
    }
}

// Elementwise work on one tile of THREADS · V · UNROLL elements a block. `pack(i)` handles elements i … i+V-1 with wide
// access and is called only where `wide` holds (all pointers 16-byte aligned, V a multiple of every type's pack);
// `single(i)` handles element i. Consecutive threads touch consecutive packs, so that a warp's accesses are contiguous.
template <int THREADS, int V, int UNROLL, class Pack, class Single>
__device__ __forceinline__ void for_tile(int64_t n, bool wide, Pack pack, Single single) {
    constexpr int kTile = THREADS * V * UNROLL;
    const int64_t begin = static_cast<int64_t>(blockIdx.x) * kTile;
    if (wide && begin + kTile <= n) {
        const int64_t first = begin + static_cast<int>(threadIdx.x) * V;
#pragma unroll
        for (int u = 0; u < UNROLL; ++u) pack(first + u * (THREADS * V));
        return;
    }
    const int count = static_cast<int>(n - begin < kTile ? n - begin : kTile);
    const int packed = wide ? count / V * V : 0;
#pragma unroll 1
    for (int i = static_cast<int>(threadIdx.x) * V; i < packed; i += THREADS * V) pack(begin + i);
#pragma unroll 1
    for (int i = packed + static_cast<int>(threadIdx.x); i < count; i += THREADS) single(begin + i);
}

}  // namespace zoe
