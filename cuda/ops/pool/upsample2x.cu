// Nearest-neighbour upsampling by two, forward and backward.
//
//   y[n, 2h+i, 2w+j, c] = x[n, h, w, c]              dx[n, h, w, c] = Σ_{i,j ∈ {0,1}} dy[n, 2h+i, 2w+j, c]
//
// Layouts: x, dx [N, H, W, C]; y, dy [N, 2H, 2W, C]. The sum is made in f32.
// Mapping: a block takes row h of one sample (rows.cuh), hence two rows of y.
// Bytes: 5·N·H·W·C elements, each once. Memory bound.
// Measured: not by itself; it passed its tests on an H200.
#include "rows.cuh"
#include "zoetrope/entry.cuh"

namespace zoe::pool {

template <class T, int V>
__device__ __forceinline__ void upsample(const T* __restrict__ x, T* __restrict__ y, int width, int channels) {
    const int64_t row = static_cast<int64_t>(width) * channels;
    x += blockIdx.x * row;
    y += blockIdx.x * 4 * row;  // row 2h: both counted over all samples
    for_row<V>(width, channels, [&](int w, int, int offset) {
        float v[V];
        load_values(x + offset, v);
        T* const to = y + offset + static_cast<int64_t>(w) * channels;
        store_values(to, v);
        store_values(to + channels, v);
        store_values(to + 2 * row, v);
        store_values(to + 2 * row + channels, v);
    });
}

template <class T, int V>
__device__ __forceinline__ void upsample_backward(const T* __restrict__ grad_y, T* __restrict__ grad_x, int width,
                                                  int channels) {
    const int64_t row = static_cast<int64_t>(width) * channels;
    grad_x += blockIdx.x * row;
    grad_y += blockIdx.x * 4 * row;
    for_row<V>(width, channels, [&](int w, int, int offset) {
        const T* const from = grad_y + offset + static_cast<int64_t>(w) * channels;
        float a[V], b[V], c[V], d[V];
        load_values(from, a);
        load_values(from + channels, b);
        load_values(from + 2 * row, c);
        load_values(from + 2 * row + channels, d);
#pragma unroll
        for (int e = 0; e < V; ++e) a[e] = (a[e] + b[e]) + (c[e] + d[e]);
        store_values(grad_x + offset, a);
    });
}

}  // namespace zoe::pool

#define ZOE_UPSAMPLE2X(dtype, T)                                                                                       \
    ZOE_GEOMETRY(upsample2x_forward_##dtype, upsample2x_forward, simt, "type=" #dtype, zoe::pool::kMaxThreads, 1, 1,   \
                 1, 0)                                                                                                 \
    extern "C" __global__ void __launch_bounds__(zoe::pool::kMaxThreads, 4)                                            \
        upsample2x_forward_##dtype(const T* x, T* y, int width, int channels, int wide) {                              \
        if (wide) {                                                                                                    \
            zoe::pool::upsample<T, zoe::kPack<T>>(x, y, width, channels);                                              \
        } else {                                                                                                       \
            zoe::pool::upsample<T, 1>(x, y, width, channels);                                                          \
        }                                                                                                              \
    }                                                                                                                  \
    ZOE_GEOMETRY(upsample2x_backward_##dtype, upsample2x_backward, simt, "type=" #dtype, zoe::pool::kMaxThreads, 1, 1, \
                 1, 0)                                                                                                 \
    extern "C" __global__ void __launch_bounds__(zoe::pool::kMaxThreads, 4)                                            \
        upsample2x_backward_##dtype(const T* grad_y, T* grad_x, int width, int channels, int wide) {                   \
        if (wide) {                                                                                                    \
            zoe::pool::upsample_backward<T, zoe::kPack<T>>(grad_y, grad_x, width, channels);                           \
        } else {                                                                                                       \
            zoe::pool::upsample_backward<T, 1>(grad_y, grad_x, width, channels);                                       \
        }                                                                                                              \
    }

ZOE_UPSAMPLE2X(f32, float)
ZOE_UPSAMPLE2X(bf16, zoe::bf16)
