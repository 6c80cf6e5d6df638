// Max pooling with windows of k × k, stride s, no padding, forward and backward.
//
//   y[n, p, q, c] = max_{i,j<k} x[n, ps+i, qs+j, c]
//   indices       = h·W + w of the maximum, the first in row order among equals
//   dx[n, h, w, c] = Σ dy[n, p, q, c] over the windows whose index is h·W + w
//
// A NaN in a window is its maximum. Layouts: x, dx [N, H, W, C]; y, dy, indices (s32) [N, P, Q, C], P = ⌊(H−k)/s⌋ + 1,
// Q alike. The backward gathers over the windows that hold a position, in a fixed order, so that it needs no atomics.
// Mapping: a block takes one row of what it writes (rows.cuh).
// Bytes: x once when s ≥ k, y and indices once. Memory bound.
// Measured: not by itself; it passed its tests on an H200.
#include "rows.cuh"
#include "zoetrope/entry.cuh"

namespace zoe::pool {

template <int V> __device__ __forceinline__ void store_indices(int* p, const int (&v)[V]) {
    if constexpr (V == 1) {
        *p = v[0];
    } else {
#pragma unroll
        for (int e = 0; e < V; e += 4) *reinterpret_cast<int4*>(p + e) = make_int4(v[e], v[e + 1], v[e + 2], v[e + 3]);
    }
}

template <int V> __device__ __forceinline__ void load_indices(const int* p, int (&v)[V]) {
    if constexpr (V == 1) {
        v[0] = *p;
    } else {
#pragma unroll
        for (int e = 0; e < V; e += 4) {
            const int4 q = *reinterpret_cast<const int4*>(p + e);
            v[e] = q.x;
            v[e + 1] = q.y;
            v[e + 2] = q.z;
            v[e + 3] = q.w;
        }
    }
}

template <class T, int V>
__device__ __forceinline__ void maximum(const T* __restrict__ x, T* __restrict__ y, int* __restrict__ indices,
                                        const Windows& pool) {
    const int64_t row = static_cast<int64_t>(pool.width) * pool.channels;
    const int sample = static_cast<int>(blockIdx.x) / pool.out_height;
    const int top = (static_cast<int>(blockIdx.x) - sample * pool.out_height) * pool.stride;
    const int64_t out_row = static_cast<int64_t>(blockIdx.x) * pool.out_width * pool.channels;
    x += (static_cast<int64_t>(sample) * pool.height + top) * row;
    for_row<V>(pool.out_width, pool.channels, [&](int q, int c, int offset) {
        const int left = q * pool.stride;
        const T* from = x + static_cast<int64_t>(left) * pool.channels + c;
        float best[V];
        int where[V];
        load_values(from, best);
#pragma unroll
        for (int e = 0; e < V; ++e) where[e] = top * pool.width + left;
        for (int i = 0; i < pool.kernel; ++i) {
            const T* at = from;
            int index = (top + i) * pool.width + left;
            for (int j = 0; j < pool.kernel; ++j) {
                float v[V];
                load_values(at, v);
#pragma unroll
                for (int e = 0; e < V; ++e) {
                    // Greater, or the first NaN; nothing replaces a NaN.
                    const bool better = v[e] > best[e] || (v[e] != v[e] && best[e] == best[e]);
                    best[e] = better ? v[e] : best[e];
                    where[e] = better ? index : where[e];
                }
                at += pool.channels;
                ++index;
            }
            from += row;
        }
        store_values(y + out_row + offset, best);
        store_indices(indices + out_row + offset, where);
    });
}

template <class T, int V>
__device__ __forceinline__ void maximum_backward(const T* __restrict__ grad_y, const int* __restrict__ indices,
                                                 T* __restrict__ grad_x, const Windows& pool) {
    const int64_t out_row = static_cast<int64_t>(pool.out_width) * pool.channels;
    const int sample = static_cast<int>(blockIdx.x) / pool.height;
    const int h = static_cast<int>(blockIdx.x) - sample * pool.height;
    const int p0 = pool.first(h), p1 = pool.last(h, pool.out_height);
    const int64_t base = static_cast<int64_t>(sample) * pool.out_height * out_row;
    grad_x += static_cast<int64_t>(blockIdx.x) * pool.width * pool.channels;
    for_row<V>(pool.width, pool.channels, [&](int w, int c, int offset) {
        const int q0 = pool.first(w), q1 = pool.last(w, pool.out_width);
        const int index = h * pool.width + w;
        float sum[V] = {};
        for (int p = p0; p <= p1; ++p) {
            int64_t at = base + p * out_row + static_cast<int64_t>(q0) * pool.channels + c;
            for (int q = q0; q <= q1; ++q) {
                float v[V];
                int where[V];
                load_values(grad_y + at, v);
                load_indices(indices + at, where);
#pragma unroll
                for (int e = 0; e < V; ++e) sum[e] += where[e] == index ? v[e] : 0.0f;
                at += pool.channels;
            }
        }
        store_values(grad_x + offset, sum);
    });
}

}  // namespace zoe::pool

#define ZOE_MAX_POOL(dtype, T)                                                                                         \
    ZOE_GEOMETRY(max_pool_forward_##dtype, max_pool_forward, simt, "type=" #dtype, zoe::pool::kMaxThreads, 1, 1, 1, 0) \
    extern "C" __global__ void __launch_bounds__(zoe::pool::kMaxThreads, 4)                                            \
        max_pool_forward_##dtype(const T* x, T* y, int* indices, int height, int width, int channels, int out_height,  \
                                 int out_width, int kernel, int stride, int wide) {                                    \
        const zoe::pool::Windows pool{height, width, channels, out_height, out_width, kernel, stride};                 \
        if (wide) {                                                                                                    \
            zoe::pool::maximum<T, zoe::kPack<T>>(x, y, indices, pool);                                                 \
        } else {                                                                                                       \
            zoe::pool::maximum<T, 1>(x, y, indices, pool);                                                             \
        }                                                                                                              \
    }                                                                                                                  \
    ZOE_GEOMETRY(max_pool_backward_##dtype, max_pool_backward, simt, "type=" #dtype, zoe::pool::kMaxThreads, 1, 1, 1,  \
                 0)                                                                                                    \
    extern "C" __global__ void __launch_bounds__(zoe::pool::kMaxThreads, 4)                                            \
        max_pool_backward_##dtype(const T* grad_y, const int* indices, T* grad_x, int height, int width, int channels, \
                                  int out_height, int out_width, int kernel, int stride, int wide) {                   \
        const zoe::pool::Windows pool{height, width, channels, out_height, out_width, kernel, stride};                 \
        if (wide) {                                                                                                    \
            zoe::pool::maximum_backward<T, zoe::kPack<T>>(grad_y, indices, grad_x, pool);                              \
        } else {                                                                                                       \
            zoe::pool::maximum_backward<T, 1>(grad_y, indices, grad_x, pool);                                          \
        }                                                                                                              \
    }

ZOE_MAX_POOL(f32, float)
ZOE_MAX_POOL(bf16, zoe::bf16)
