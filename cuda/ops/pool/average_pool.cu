// Average pooling with windows of k × k, stride s, no padding, forward and backward.
//
//   y[n, p, q, c] = (1/k²) Σ_{i,j<k} x[n, ps+i, qs+j, c]
//   dx[n, h, w, c] = (1/k²) Σ dy over the windows that hold (h, w)
//
// Layouts: x, dx [N, H, W, C]; y, dy [N, P, Q, C], P = ⌊(H−k)/s⌋ + 1, Q alike. Sums in f32, in a fixed order; the
// backward gathers, so that it needs no atomics.
// Mapping: a block takes one row of what it writes (rows.cuh).
// Bytes: x once from memory when s ≥ k, else from L1/L2 up to (k/s)² times; y once. Memory bound.
// Measured: not by itself; it passed its tests on an H200.
#include "rows.cuh"
#include "zoetrope/entry.cuh"

namespace zoe::pool {

template <class T, int V>
__device__ __forceinline__ void average(const T* __restrict__ x, T* __restrict__ y, const Windows& pool) {
    const int64_t row = static_cast<int64_t>(pool.width) * pool.channels;
    const int sample = static_cast<int>(blockIdx.x) / pool.out_height;
    const int p = static_cast<int>(blockIdx.x) - sample * pool.out_height;
    const float factor = 1.0f / (static_cast<float>(pool.kernel) * static_cast<float>(pool.kernel));
    x += (static_cast<int64_t>(sample) * pool.height + static_cast<int64_t>(p) * pool.stride) * row;
    y += static_cast<int64_t>(blockIdx.x) * pool.out_width * pool.channels;
    for_row<V>(pool.out_width, pool.channels, [&](int q, int c, int offset) {
        const T* from = x + static_cast<int64_t>(q) * pool.stride * pool.channels + c;
        float sum[V] = {};
        for (int i = 0; i < pool.kernel; ++i) {
            const T* at = from;
            for (int j = 0; j < pool.kernel; ++j) {
                float v[V];
                load_values(at, v);
#pragma unroll
                for (int e = 0; e < V; ++e) sum[e] += v[e];
                at += pool.channels;
            }
            from += row;
        }
#pragma unroll
        for (int e = 0; e < V; ++e) sum[e] *= factor;
        store_values(y + offset, sum);
    });
}

template <class T, int V>
__device__ __forceinline__ void average_backward(const T* __restrict__ grad_y, T* __restrict__ grad_x,
                                                 const Windows& pool) {
    const int64_t out_row = static_cast<int64_t>(pool.out_width) * pool.channels;
    const int sample = static_cast<int>(blockIdx.x) / pool.height;
    const int h = static_cast<int>(blockIdx.x) - sample * pool.height;
    const float factor = 1.0f / (static_cast<float>(pool.kernel) * static_cast<float>(pool.kernel));
    const int p0 = pool.first(h), p1 = pool.last(h, pool.out_height);
    grad_y += static_cast<int64_t>(sample) * pool.out_height * out_row;
    grad_x += static_cast<int64_t>(blockIdx.x) * pool.width * pool.channels;
    for_row<V>(pool.width, pool.channels, [&](int w, int c, int offset) {
        const int q0 = pool.first(w), q1 = pool.last(w, pool.out_width);
        float sum[V] = {};
        for (int p = p0; p <= p1; ++p) {
            const T* at = grad_y + p * out_row + static_cast<int64_t>(q0) * pool.channels + c;
            for (int q = q0; q <= q1; ++q) {
                float v[V];
                load_values(at, v);
#pragma unroll
                for (int e = 0; e < V; ++e) sum[e] += v[e];
                at += pool.channels;
            }
        }
#pragma unroll
        for (int e = 0; e < V; ++e) sum[e] *= factor;
        store_values(grad_x + offset, sum);
    });
}

}  // namespace zoe::pool

#define ZOE_AVERAGE_POOL(dtype, T)                                                                                     \
    ZOE_GEOMETRY(average_pool_forward_##dtype, average_pool_forward, simt, "type=" #dtype, zoe::pool::kMaxThreads, 1,  \
                 1, 1, 0)                                                                                              \
    extern "C" __global__ void __launch_bounds__(zoe::pool::kMaxThreads, 4)                                            \
        average_pool_forward_##dtype(const T* x, T* y, int height, int width, int channels, int out_height,            \
                                     int out_width, int kernel, int stride, int wide) {                                \
        const zoe::pool::Windows pool{height, width, channels, out_height, out_width, kernel, stride};                 \
        if (wide) {                                                                                                    \
            zoe::pool::average<T, zoe::kPack<T>>(x, y, pool);                                                          \
        } else {                                                                                                       \
            zoe::pool::average<T, 1>(x, y, pool);                                                                      \
        }                                                                                                              \
    }                                                                                                                  \
    ZOE_GEOMETRY(average_pool_backward_##dtype, average_pool_backward, simt, "type=" #dtype, zoe::pool::kMaxThreads,   \
                 1, 1, 1, 0)                                                                                           \
    extern "C" __global__ void __launch_bounds__(zoe::pool::kMaxThreads, 4)                                            \
        average_pool_backward_##dtype(const T* grad_y, T* grad_x, int height, int width, int channels, int out_height, \
                                      int out_width, int kernel, int stride, int wide) {                               \
        const zoe::pool::Windows pool{height, width, channels, out_height, out_width, kernel, stride};                 \
        if (wide) {                                                                                                    \
            zoe::pool::average_backward<T, zoe::kPack<T>>(grad_y, grad_x, pool);                                       \
        } else {                                                                                                       \
            zoe::pool::average_backward<T, 1>(grad_y, grad_x, pool);                                                   \
        }                                                                                                              \
    }

ZOE_AVERAGE_POOL(f32, float)
ZOE_AVERAGE_POOL(bf16, zoe::bf16)
