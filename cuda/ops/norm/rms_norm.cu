// Root mean square normalisation over the rows of x, forward and backward.
//
//   y = x r γ_c        r = 1/√((1/C) Σ_c x² + ε)
//
// and with x̂ = x r, g = dy γ:
//
//   dx = r (g − x̂ (1/C) Σ_c g x̂)        dγ_c = Σ_rows dy x̂
//
// Layouts: x, y, dy, dx [R, C]; gamma [C] f32 or null (1); rstd [R] f32, kept for the backward;
// partial [⌈R / rows per block⌉, C] f32: Σ dy x̂ over the rows of a block.
// Any R, C ≥ 1. Sums are made in f32 in an order that C, and R for the partial sums, fix alone.
// Mapping: rms_norm_forward, rms_norm_backward: a warp a row, four rows a block (layer_norm.cuh);
//          rms_norm_backward_sums: a thread owns a pack of columns and walks down the rows of its block.
// Bytes: forward reads and writes R·C elements once up to 1024 bf16 or 512 f32 a row, backward reads x and dy and writes
// dx; the sums read x and dy once more. Memory bound.
// Source: Zhang, Sennrich, Root Mean Square Layer Normalization (2019), eq. 4.
// Not run on a GPU yet.
#include "column_walk.cuh"
#include "layer_norm.cuh"
#include "zoetrope/entry.cuh"

namespace zoe::norm {

template <int V> __device__ __forceinline__ void scale_by(const float* gamma, int c, float (&v)[V]) {
    if (gamma == nullptr) return;
    float g[V];
    load_values(gamma + c, g);
#pragma unroll
    for (int e = 0; e < V; ++e) v[e] *= g[e];
}

template <class T, int V>
__device__ __forceinline__ void rms_row(const T* __restrict__ x, const float* __restrict__ gamma, T* __restrict__ y,
                                        float* __restrict__ rstd, int64_t row, int channels, float eps) {
    const int lane = static_cast<int>(threadIdx.x) & 31;
    Row<T, V> values(x + row * channels, channels, lane);
    float squares = 0.0f;
    values.each([&](int, const float(&v)[V]) {
#pragma unroll
        for (int e = 0; e < V; ++e) squares = fmaf(v[e], v[e], squares);
    });
    const float r = 1.0f / sqrtf(warp_sum(squares) / static_cast<float>(channels) + eps);
    if (lane == 0) rstd[row] = r;
    T* const to = y + row * channels;
    values.each([&](int c, const float(&v)[V]) {
        float out[V];
#pragma unroll
        for (int e = 0; e < V; ++e) out[e] = v[e] * r;
        scale_by(gamma, c, out);
        store_values(to + c, out);
    });
}

template <class T, int V>
__device__ __forceinline__ void rms_row_gradient(const T* __restrict__ grad_y, const T* __restrict__ x,
                                                 const float* __restrict__ gamma, const float* __restrict__ rstd,
                                                 T* __restrict__ grad_x, int64_t row, int channels) {
    const int lane = static_cast<int>(threadIdx.x) & 31;
    const float r = rstd[row];
    Row<T, V> values(x + row * channels, channels, lane);
    const T* const grad = grad_y + row * channels;
    float product = 0.0f;
    values.each([&](int c, const float(&v)[V]) {
        float g[V];
        load_values(grad + c, g);
        scale_by(gamma, c, g);
#pragma unroll
        for (int e = 0; e < V; ++e) product = fmaf(g[e], v[e] * r, product);
    });
    const float share = warp_sum(product) / static_cast<float>(channels);
    T* const to = grad_x + row * channels;
    values.each([&](int c, const float(&v)[V]) {
        float g[V];
        load_values(grad + c, g);
        scale_by(gamma, c, g);
#pragma unroll
        for (int e = 0; e < V; ++e) g[e] = r * fmaf(-v[e] * r, share, g[e]);
        store_values(to + c, g);
    });
}

template <class T, int V>
__device__ __forceinline__ void rms_column_sums(const T* __restrict__ grad_y, const T* __restrict__ x,
                                                const float* __restrict__ rstd, float* __restrict__ partial,
                                                int64_t rows, int channels) {
    const ColumnWalk<T, V> walk(rows, channels);
    if (walk.count == 0) return;
    float sum[V] = {};
    walk.each(grad_y, x, channels, [&](int64_t row, const float(&g)[V], const float(&v)[V]) {
        const float r = rstd[row];
#pragma unroll
        for (int e = 0; e < V; ++e) sum[e] = fmaf(g[e], v[e] * r, sum[e]);
    });
    store_values(partial + walk.piece * channels + walk.column, sum);
}

}  // namespace zoe::norm

#define ZOE_RMS_NORM(dtype, T)                                                                                         \
    ZOE_GEOMETRY(rms_norm_forward_##dtype, rms_norm_forward, simt, "type=" #dtype, zoe::norm::kRowThreads,             \
                 zoe::norm::kRowWarps, 1, 1, 0)                                                                        \
    extern "C" __global__ void __launch_bounds__(zoe::norm::kRowThreads, 6) rms_norm_forward_##dtype(                  \
        const T* x, const float* gamma, T* y, float* rstd, int64_t rows, int channels, float eps, int wide) {          \
        const int64_t row = static_cast<int64_t>(blockIdx.x) * zoe::norm::kRowWarps + (threadIdx.x >> 5);              \
        if (row >= rows) return;                                                                                       \
        if (wide) {                                                                                                    \
            zoe::norm::rms_row<T, zoe::kPack<T>>(x, gamma, y, rstd, row, channels, eps);                               \
        } else {                                                                                                       \
            zoe::norm::rms_row<T, 1>(x, gamma, y, rstd, row, channels, eps);                                           \
        }                                                                                                              \
    }                                                                                                                  \
    ZOE_GEOMETRY(rms_norm_backward_##dtype, rms_norm_backward, simt, "type=" #dtype, zoe::norm::kRowThreads,           \
                 zoe::norm::kRowWarps, 1, 1, 0)                                                                        \
    extern "C" __global__ void __launch_bounds__(zoe::norm::kRowThreads, 5)                                            \
        rms_norm_backward_##dtype(const T* grad_y, const T* x, const float* gamma, const float* rstd, T* grad_x,       \
                                  int64_t rows, int channels, int wide) {                                              \
        const int64_t row = static_cast<int64_t>(blockIdx.x) * zoe::norm::kRowWarps + (threadIdx.x >> 5);              \
        if (row >= rows) return;                                                                                       \
        if (wide) {                                                                                                    \
            zoe::norm::rms_row_gradient<T, zoe::kPack<T>>(grad_y, x, gamma, rstd, grad_x, row, channels);              \
        } else {                                                                                                       \
            zoe::norm::rms_row_gradient<T, 1>(grad_y, x, gamma, rstd, grad_x, row, channels);                          \
        }                                                                                                              \
    }                                                                                                                  \
    ZOE_GEOMETRY(rms_norm_backward_sums_##dtype, rms_norm_backward_sums, simt, "type=" #dtype, zoe::norm::kSumThreads, \
                 zoe::norm::kSumRows, zoe::norm::kSumThreads, zoe::kPack<T>, 0)                                        \
    extern "C" __global__ void __launch_bounds__(zoe::norm::kSumThreads) rms_norm_backward_sums_##dtype(               \
        const T* grad_y, const T* x, const float* rstd, float* partial, int64_t rows, int channels, int wide) {        \
        if (wide) {                                                                                                    \
            zoe::norm::rms_column_sums<T, zoe::kPack<T>>(grad_y, x, rstd, partial, rows, channels);                    \
        } else {                                                                                                       \
            zoe::norm::rms_column_sums<T, 1>(grad_y, x, rstd, partial, rows, channels);                                \
        }                                                                                                              \
    }

ZOE_RMS_NORM(f32, float)
ZOE_RMS_NORM(bf16, zoe::bf16)
