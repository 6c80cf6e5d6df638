// Layer normalisation over the rows of x, forward.
//
//   y = (x − μ) r γ_c + β_c,   r = 1/√(σ² + ε),   μ, σ² over the C elements of a row
//
// Layouts: x, y [R, C]; gamma, beta [C] f32, either or both null (1, 0); mean, rstd [R] f32, kept for the backward.
// Any R, C ≥ 1. The variance is the mean squared distance from the mean.
// Mapping: a warp a row, four rows a block (layer_norm.cuh).
// Bytes: R·C elements read and written once up to 1024 bf16 or 512 f32 a row. Memory bound.
// Not measured on a GPU yet.
#include "layer_norm.cuh"
#include "zoetrope/geometry.cuh"

namespace zoe::norm {

template <class T, int V>
__device__ __forceinline__ void normalise_row(const T* __restrict__ x, const float* __restrict__ gamma,
                                              const float* __restrict__ beta, T* __restrict__ y,
                                              float* __restrict__ mean, float* __restrict__ rstd, int64_t row,
                                              int channels, float eps) {
    const int lane = static_cast<int>(threadIdx.x) & 31;
    Row<T, V> values(x + row * channels, channels, lane);
    float sum = 0.0f;
    values.each([&](int, const float (&v)[V]) {
#pragma unroll
        for (int e = 0; e < V; ++e) sum += v[e];
    });
    const float m = warp_sum(sum) / static_cast<float>(channels);
    float squares = 0.0f;
    values.each([&](int, const float (&v)[V]) {
#pragma unroll
        for (int e = 0; e < V; ++e) squares = fmaf(v[e] - m, v[e] - m, squares);
    });
    const float r = 1.0f / sqrtf(warp_sum(squares) / static_cast<float>(channels) + eps);
    if (lane == 0) {
        mean[row] = m;
        rstd[row] = r;
    }
    T* const to = y + row * channels;
    values.each([&](int c, const float (&v)[V]) {
        float out[V];
#pragma unroll
        for (int e = 0; e < V; ++e) out[e] = (v[e] - m) * r;
        if (gamma != nullptr) {
            float g[V];
            load_values(gamma + c, g);
#pragma unroll
            for (int e = 0; e < V; ++e) out[e] *= g[e];
        }
        if (beta != nullptr) {
            float b[V];
            load_values(beta + c, b);
#pragma unroll
            for (int e = 0; e < V; ++e) out[e] += b[e];
        }
        store_values(to + c, out);
    });
}

}  // namespace zoe::norm

#define ZOE_LAYER_NORM_FORWARD(dtype, T)                                                                               \
    ZOE_GEOMETRY(layer_norm_forward_##dtype, zoe::norm::kRowThreads, zoe::norm::kRowWarps, 1, 1, 0)                    \
    extern "C" __global__ void __launch_bounds__(zoe::norm::kRowThreads, 6) layer_norm_forward_##dtype(                \
        const T* x, const float* gamma, const float* beta, T* y, float* mean, float* rstd, int64_t rows,               \
        int channels, float eps, int wide) {                                                                           \
        const int64_t row = static_cast<int64_t>(blockIdx.x) * zoe::norm::kRowWarps + (threadIdx.x >> 5);              \
        if (row >= rows) return;                                                                                       \
        if (wide) {                                                                                                    \
            zoe::norm::normalise_row<T, zoe::kPack<T>>(x, gamma, beta, y, mean, rstd, row, channels, eps);             \
        } else {                                                                                                       \
            zoe::norm::normalise_row<T, 1>(x, gamma, beta, y, mean, rstd, row, channels, eps);                         \
        }                                                                                                              \
    }

ZOE_LAYER_NORM_FORWARD(f32, float)
ZOE_LAYER_NORM_FORWARD(bf16, zoe::bf16)
