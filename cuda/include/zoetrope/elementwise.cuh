// out[i] = f(x[i]) and out[i] = f(a[i], b[i]) over flat arrays of any size and alignment.
//
// A block of 256 threads covers kElementTile elements, sixteen a thread, as packs of 16 bytes (of 8 elements where the
// types differ). All packs of a thread are read before the first is written, so that the reads overlap; out may be the
// very same array as an input, but must not overlap one otherwise.
#pragma once
#include "zoetrope/copy/vector.cuh"
#include "zoetrope/entry.cuh"

namespace zoe {

inline constexpr int kElementThreads = 256;
inline constexpr int kElementTile = kElementThreads * 16;

template <class A, class B> inline constexpr int kCommonPack = kPack<A> > kPack<B> ? kPack<A> : kPack<B>;

template <class In, class Out, class F> __device__ __forceinline__ void map(const In* x, Out* out, int64_t n, F f) {
    constexpr int V = kCommonPack<In, Out>;
    constexpr int U = 16 / V;
    const bool wide = aligned16(x, out);
    const int64_t begin = static_cast<int64_t>(blockIdx.x) * kElementTile;
    if (wide && begin + kElementTile <= n) {
        const int64_t first = begin + static_cast<int>(threadIdx.x) * V;
        x += first;
        out += first;
        float v[U][V];
#pragma unroll
        for (int u = 0; u < U; ++u) load_floats(x + u * (kElementThreads * V), v[u]);
#pragma unroll
        for (int u = 0; u < U; ++u) {
#pragma unroll
            for (int k = 0; k < V; ++k) v[u][k] = f(v[u][k]);
            store_floats(out + u * (kElementThreads * V), v[u]);
        }
        return;
    }
    for_tile<kElementThreads, V, U>(
        n, wide,
        [&](int64_t i) {
            float v[V];
            load_floats(x + i, v);
#pragma unroll
            for (int k = 0; k < V; ++k) v[k] = f(v[k]);
            store_floats(out + i, v);
        },
        [&](int64_t i) { store_float(out + i, f(load_float(x + i))); });
}

template <class A, class B, class Out, class F>
__device__ __forceinline__ void map(const A* a, const B* b, Out* out, int64_t n, F f) {
    constexpr int W = kCommonPack<A, B>, V = W > kPack<Out> ? W : kPack<Out>;
    constexpr int U = 16 / V;
    const bool wide = aligned16(a, b, out);
    const int64_t begin = static_cast<int64_t>(blockIdx.x) * kElementTile;
    if (wide && begin + kElementTile <= n) {
        const int64_t first = begin + static_cast<int>(threadIdx.x) * V;
        a += first;
        b += first;
        out += first;
        float v[U][V];
        float w[U][V];
#pragma unroll
        for (int u = 0; u < U; ++u) {
            load_floats(a + u * (kElementThreads * V), v[u]);
            load_floats(b + u * (kElementThreads * V), w[u]);
        }
#pragma unroll
        for (int u = 0; u < U; ++u) {
#pragma unroll
            for (int k = 0; k < V; ++k) v[u][k] = f(v[u][k], w[u][k]);
            store_floats(out + u * (kElementThreads * V), v[u]);
        }
        return;
    }
    for_tile<kElementThreads, V, U>(
        n, wide,
        [&](int64_t i) {
            float v[V];
            float w[V];
            load_floats(a + i, v);
            load_floats(b + i, w);
#pragma unroll
            for (int k = 0; k < V; ++k) v[k] = f(v[k], w[k]);
            store_floats(out + i, v);
        },
        [&](int64_t i) { store_float(out + i, f(load_float(a + i), load_float(b + i))); });
}

}  // namespace zoe

// The geometry of an elementwise entry.
#define ZOE_ELEMENT_GEOMETRY(entry, operation, traits)                                                                 \
    ZOE_GEOMETRY(entry, operation, simt, traits, zoe::kElementThreads, zoe::kElementTile, 1, 1, 0)
