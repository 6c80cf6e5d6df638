// Layer normalisation over the rows of x, backward. With x̂ = (x − μ) r and g = dy γ:
//
//   dx = r (g − (1/C) Σ_c g − x̂ (1/C) Σ_c g x̂)        dβ_c = Σ_rows dy,   dγ_c = Σ_rows dy x̂
//
// Layouts: dy, x, dx [R, C]; gamma [C] f32 or null (1); mean, rstd [R] f32 from the forward;
// partial [⌈R / rows per block⌉, 2, C] f32: Σ dy, then Σ dy x̂, to be summed by norm_parameter_gradient.
//
//   layer_norm_backward        dx: a warp a row (layer_norm.cuh).
//   layer_norm_backward_sums   partial: a thread owns a pack of columns and walks down the rows of its block.
// Bytes: dx reads x, dy and writes dx; the sums read x and dy once more. Memory bound.
// Measured: not by itself; it passed its tests on an H200.
#include "column_walk.cuh"
#include "layer_norm.cuh"
#include "zoetrope/entry.cuh"

namespace zoe::norm {

template <class T, int V>
__device__ __forceinline__ void row_gradient(const T* __restrict__ grad_y, const T* __restrict__ x,
                                             const float* __restrict__ gamma, const float* __restrict__ mean,
                                             const float* __restrict__ rstd, T* __restrict__ grad_x, int64_t row,
                                             int channels) {
    const int lane = static_cast<int>(threadIdx.x) & 31;
    const float m = mean[row], r = rstd[row];
    Row<T, V> values(x + row * channels, channels, lane);
    const T* const grad = grad_y + row * channels;
    // dy γ of the pack at column c.
    auto weighted = [&](int c, float(&g)[V]) {
        load_values(grad + c, g);
        if (gamma != nullptr) {
            float w[V];
            load_values(gamma + c, w);
#pragma unroll
            for (int e = 0; e < V; ++e) g[e] *= w[e];
        }
    };
    float sum = 0.0f, product = 0.0f;
    values.each([&](int c, const float(&v)[V]) {
        float g[V];
        weighted(c, g);
#pragma unroll
        for (int e = 0; e < V; ++e) {
            sum += g[e];
            product = fmaf(g[e], (v[e] - m) * r, product);
        }
    });
    const float a = warp_sum(sum) / static_cast<float>(channels);
    const float b = warp_sum(product) / static_cast<float>(channels);
    T* const to = grad_x + row * channels;
    values.each([&](int c, const float(&v)[V]) {
        float g[V];
        weighted(c, g);
#pragma unroll
        for (int e = 0; e < V; ++e) g[e] = r * (g[e] - fmaf((v[e] - m) * r, b, a));
        store_values(to + c, g);
    });
}

template <class T, int V>
__device__ __forceinline__ void column_sums(const T* __restrict__ grad_y, const T* __restrict__ x,
                                            const float* __restrict__ mean, const float* __restrict__ rstd,
                                            float* __restrict__ partial, int64_t rows, int channels) {
    const ColumnWalk<T, V> walk(rows, channels);
    if (walk.count == 0) return;
    float sum[V] = {}, product[V] = {};
    walk.each(grad_y, x, channels, [&](int64_t row, const float(&g)[V], const float(&v)[V]) {
        const float m = mean[row], r = rstd[row];
#pragma unroll
        for (int e = 0; e < V; ++e) {
            sum[e] += g[e];
            product[e] = fmaf(g[e], (v[e] - m) * r, product[e]);
        }
    });
    float* const to = partial + walk.piece * 2 * channels + walk.column;
    store_values(to, sum);
    store_values(to + channels, product);
}

}  // namespace zoe::norm

#define ZOE_LAYER_NORM_BACKWARD(dtype, T)                                                                              \
    ZOE_GEOMETRY(layer_norm_backward_##dtype, layer_norm_backward, simt, "type=" #dtype, zoe::norm::kRowThreads,       \
                 zoe::norm::kRowWarps, 1, 1, 0)                                                                        \
    extern "C" __global__ void __launch_bounds__(zoe::norm::kRowThreads, 5)                                            \
        layer_norm_backward_##dtype(const T* grad_y, const T* x, const float* gamma, const float* mean,                \
                                    const float* rstd, T* grad_x, int64_t rows, int channels, int wide) {              \
        const int64_t row = static_cast<int64_t>(blockIdx.x) * zoe::norm::kRowWarps + (threadIdx.x >> 5);              \
        if (row >= rows) return;                                                                                       \
        if (wide) {                                                                                                    \
            zoe::norm::row_gradient<T, zoe::kPack<T>>(grad_y, x, gamma, mean, rstd, grad_x, row, channels);            \
        } else {                                                                                                       \
            zoe::norm::row_gradient<T, 1>(grad_y, x, gamma, mean, rstd, grad_x, row, channels);                        \
        }                                                                                                              \
    }                                                                                                                  \
    ZOE_GEOMETRY(layer_norm_backward_sums_##dtype, layer_norm_backward_sums, simt, "type=" #dtype,                     \
                 zoe::norm::kSumThreads, zoe::norm::kSumRows, zoe::norm::kSumThreads, zoe::kPack<T>, 0)                \
    extern "C" __global__ void __launch_bounds__(zoe::norm::kSumThreads)                                               \
        layer_norm_backward_sums_##dtype(const T* grad_y, const T* x, const float* mean, const float* rstd,            \
                                         float* partial, int64_t rows, int channels, int wide) {                       \
        if (wide) {                                                                                                    \
            zoe::norm::column_sums<T, zoe::kPack<T>>(grad_y, x, mean, rstd, partial, rows, channels);                  \
        } else {                                                                                                       \
            zoe::norm::column_sums<T, 1>(grad_y, x, mean, rstd, partial, rows, channels);                              \
        }                                                                                                              \
    }

ZOE_LAYER_NORM_BACKWARD(f32, float)
ZOE_LAYER_NORM_BACKWARD(bf16, zoe::bf16)
