// Layer normalisation over the rows of x, forward.
//
//   layer_norm_forward_*     y = (x − μ) r γ_c + β_c            r = 1/√(σ² + ε), μ, σ² over the C elements of a row
//   layer_norm_modulated_*   y = (x − μ) r (1 + s_ic) + t_ic    for the rows of sample i: adaptive layer norm
//
// Layouts: x, y [R, C]; gamma, beta [C] f32, either or both null (1, 0); mean, rstd [R] f32, kept for the backward. The
// modulated form has no backward of its own and keeps none; scale and shift are vectors of C of x's type, `stride`
// elements from one sample to the next, `places` rows a sample.
// Any R, C ≥ 1. The variance is the mean squared distance from the mean.
// Mapping: a warp a row, four rows a block (layer_norm.cuh).
// Bytes: R·C elements read and written once up to 1024 bf16 or 512 f32 a row. Memory bound.
// Measured: not by itself; it passed its tests on an H200.
#include "layer_norm.cuh"
#include "zoetrope/entry.cuh"

namespace zoe::norm {

// Channels scaled and shifted by learned vectors, those that are given.
struct Learned {
    const float* gamma;
    const float* beta;

    template <int V> __device__ __forceinline__ void operator()(int c, float (&v)[V]) const {
        if (gamma != nullptr) {
            float g[V];
            load_values(gamma + c, g);
#pragma unroll
            for (int e = 0; e < V; ++e) v[e] *= g[e];
        }
        if (beta != nullptr) {
            float b[V];
            load_values(beta + c, b);
#pragma unroll
            for (int e = 0; e < V; ++e) v[e] += b[e];
        }
    }
};

// Channels scaled and shifted by vectors of the row's sample.
template <class T> struct Modulated {
    const T* scale;
    const T* shift;

    template <int V> __device__ __forceinline__ void operator()(int c, float (&v)[V]) const {
        float g[V], b[V];
        load_values(scale + c, g);
        load_values(shift + c, b);
#pragma unroll
        for (int e = 0; e < V; ++e) v[e] = fmaf(v[e], 1.0f + g[e], b[e]);
    }
};

// affine(c, values) turns normalised values of columns c … into outputs; mean and rstd may be null.
template <class T, int V, class Affine>
__device__ __forceinline__ void normalise_row(const T* __restrict__ x, T* __restrict__ y, float* __restrict__ mean,
                                              float* __restrict__ rstd, int64_t row, int channels, float eps,
                                              Affine affine) {
    const int lane = static_cast<int>(threadIdx.x) & 31;
    Row<T, V> values(x + row * channels, channels, lane);
    float sum = 0.0f;
    values.each([&](int, const float(&v)[V]) {
#pragma unroll
        for (int e = 0; e < V; ++e) sum += v[e];
    });
    const float m = warp_sum(sum) / static_cast<float>(channels);
    float squares = 0.0f;
    values.each([&](int, const float(&v)[V]) {
#pragma unroll
        for (int e = 0; e < V; ++e) squares = fmaf(v[e] - m, v[e] - m, squares);
    });
    const float r = 1.0f / sqrtf(warp_sum(squares) / static_cast<float>(channels) + eps);
    if (lane == 0 && mean != nullptr) {
        mean[row] = m;
        rstd[row] = r;
    }
    T* const to = y + row * channels;
    values.each([&](int c, const float(&v)[V]) {
        float out[V];
#pragma unroll
        for (int e = 0; e < V; ++e) out[e] = (v[e] - m) * r;
        affine(c, out);
        store_values(to + c, out);
    });
}

}  // namespace zoe::norm

#define ZOE_LAYER_NORM_FORWARD(dtype, T)                                                                               \
    ZOE_GEOMETRY(layer_norm_forward_##dtype, layer_norm_forward, simt, "type=" #dtype, zoe::norm::kRowThreads,         \
                 zoe::norm::kRowWarps, 1, 1, 0)                                                                        \
    extern "C" __global__ void __launch_bounds__(zoe::norm::kRowThreads, 6)                                            \
        layer_norm_forward_##dtype(const T* x, const float* gamma, const float* beta, T* y, float* mean, float* rstd,  \
                                   int64_t rows, int channels, float eps, int wide) {                                  \
        const int64_t row = static_cast<int64_t>(blockIdx.x) * zoe::norm::kRowWarps + (threadIdx.x >> 5);              \
        if (row >= rows) return;                                                                                       \
        const zoe::norm::Learned affine{gamma, beta};                                                                  \
        if (wide) {                                                                                                    \
            zoe::norm::normalise_row<T, zoe::kPack<T>>(x, y, mean, rstd, row, channels, eps, affine);                  \
        } else {                                                                                                       \
            zoe::norm::normalise_row<T, 1>(x, y, mean, rstd, row, channels, eps, affine);                              \
        }                                                                                                              \
    }                                                                                                                  \
    ZOE_GEOMETRY(layer_norm_modulated_##dtype, layer_norm_modulated, simt, "type=" #dtype, zoe::norm::kRowThreads,     \
                 zoe::norm::kRowWarps, 1, 1, 0)                                                                        \
    extern "C" __global__ void __launch_bounds__(zoe::norm::kRowThreads, 5)                                            \
        layer_norm_modulated_##dtype(const T* x, const T* scale, const T* shift, T* y, int64_t rows, int64_t places,   \
                                     int64_t stride, int channels, float eps, int wide) {                              \
        const int64_t row = static_cast<int64_t>(blockIdx.x) * zoe::norm::kRowWarps + (threadIdx.x >> 5);              \
        if (row >= rows) return;                                                                                       \
        const int64_t vector = row / places * stride;                                                                  \
        const zoe::norm::Modulated<T> affine{scale + vector, shift + vector};                                          \
        if (wide) {                                                                                                    \
            zoe::norm::normalise_row<T, zoe::kPack<T>>(x, y, nullptr, nullptr, row, channels, eps, affine);            \
        } else {                                                                                                       \
            zoe::norm::normalise_row<T, 1>(x, y, nullptr, nullptr, row, channels, eps, affine);                        \
        }                                                                                                              \
    }

ZOE_LAYER_NORM_FORWARD(f32, float)
ZOE_LAYER_NORM_FORWARD(bf16, zoe::bf16)
