// Batch normalisation, optionally followed by ReLU, backward. With x̂ = (x − mean_c) rstd_c, z = x̂ γ + β over R rows:
//
//   dz = dy · act'(z)
//   dβ_c = Σ dz,   dγ_c = Σ dz x̂
//   dx = γ_c rstd_c (dz − dβ_c/R − x̂ dγ_c/R)     where mean and rstd are the batch's own,
//   dx = γ_c rstd_c dz                            where they are constants (running statistics)
//
//   batch_norm_backward_sums_*(dy, x, …, partial)      partial [pieces, 2, C]: Σ dz, Σ dz x̂ of each piece of rows
//   batch_norm_backward_finish(partial, sums, dγ, dβ)  sums [2, C] in a fixed order; dγ, dβ overwritten or added to, or null
//   batch_norm_backward_apply_*(dy, x, …, sums, dx)    sums null: constants. dx may be dy.
//
// z's sign is computed again from x by the forward's own formula, which is cheaper than reading y.
// Layouts: dy, x, dx [R, C] T; the rest f32. Mapping: columns.cuh; finish: 32 columns of the 2·C and 8 shares a block.
// Bytes: R·C·(4 read + 1 written) elements, 12 operations an element. Memory bound.
// Measured: H200, bf16 [401408, 64] (51 MB): sums 42 us, apply 45 us.
#include "columns.cuh"
#include "piece_sums.cuh"
#include "zoetrope/entry.cuh"

namespace zoe::norm {

struct Operands {
    const float* gamma;
    const float* beta;
    const float* mean;
    const float* spread;
    float eps;
    bool relu;
};

// v: x in, x − mean out. g: dy in, dz out.
template <int V>
__device__ __forceinline__ void activate(const ChannelAffine<V>& affine, float (&v)[V], float (&g)[V], bool relu) {
#pragma unroll
    for (int e = 0; e < V; ++e) {
        v[e] = affine.centred(v[e], e);
        if (relu) g[e] = affine.value(v[e], e) > 0.0f ? g[e] : 0.0f;
    }
}

template <class T, int V>
__device__ __forceinline__ void sums(const T* __restrict__ dy, const T* __restrict__ x, const Operands& o,
                                     float* __restrict__ partial, const Matrix& m, float* shared) {
    const Columns<V> t(m);
    float totals[2][V] = {};
    ChannelAffine<V> affine;
    if (t.active) {
        affine.load(t.channel, o.gamma, o.beta, o.mean, o.spread, o.eps);
        for_rows(m, t, [&](int64_t at) {
            float v[V], g[V];
            load_values<T, V>(x + at, v);
            load_values<T, V>(dy + at, g);
            activate(affine, v, g, o.relu);
#pragma unroll
            for (int e = 0; e < V; ++e) {
                totals[0][e] += g[e];
                totals[1][e] = fmaf(g[e], v[e], totals[1][e]);
            }
        });
    }
    sum_lanes<V, 2>(totals, t, shared);
    if (t.lane != 0 || !t.active) return;
    float* const to = partial + t.piece * 2 * m.channels + t.channel;
#pragma unroll
    for (int e = 0; e < V; ++e) {
        to[e] = totals[0][e];
        to[m.channels + e] = totals[1][e] * affine.rstd[e];
    }
}

template <class T, int V>
__device__ __forceinline__ void apply_gradient(const T* dy, const T* __restrict__ x, const Operands& o,
                                               const float* __restrict__ sums, T* dx, const Matrix& m) {
    const Columns<V> t(m);
    if (!t.active) return;
    ChannelAffine<V> affine;
    affine.load(t.channel, o.gamma, o.beta, o.mean, o.spread, o.eps);
    float slope[V] = {}, shift[V] = {};
    if (sums != nullptr) {
        const float inverse = 1.0f / static_cast<float>(m.rows);
#pragma unroll
        for (int e = 0; e < V; ++e) {
            shift[e] = -affine.scale[e] * inverse * sums[t.channel + e];
            slope[e] = -affine.scale[e] * affine.rstd[e] * inverse * sums[m.channels + t.channel + e];
        }
    }
    for_rows(m, t, [&](int64_t at) {
        float v[V], g[V];
        load_values<T, V>(x + at, v);
        load_values<T, V>(dy + at, g);
        activate(affine, v, g, o.relu);
#pragma unroll
        for (int e = 0; e < V; ++e) v[e] = fmaf(g[e], affine.scale[e], fmaf(v[e], slope[e], shift[e]));
        store_values<T, V>(dx + at, v);
    });
}

}  // namespace zoe::norm

#define ZOE_BATCH_NORM_BACKWARD(dtype, T)                                                                              \
    ZOE_GEOMETRY(batch_norm_backward_sums_##dtype, batch_norm_backward_sums, simt, "type=" #dtype,                     \
                 zoe::norm::kColumnThreads, 1, zoe::kPack<T>, 1, 0)                                                    \
    extern "C" __global__ void __launch_bounds__(zoe::norm::kColumnThreads) batch_norm_backward_sums_##dtype(          \
        const T* dy, const T* x, const float* gamma, const float* beta, const float* mean, const float* spread,        \
        float* partial, int64_t rows, int channels, int lanes_log2, int piece_rows, float eps, int relu, int wide) {   \
        __shared__ float shared[2 * zoe::kPack<T> * zoe::norm::kColumnThreads];                                        \
        const zoe::norm::Matrix m{rows, channels, lanes_log2, piece_rows};                                             \
        const zoe::norm::Operands o{gamma, beta, mean, spread, eps, relu != 0};                                        \
        if (wide) {                                                                                                    \
            zoe::norm::sums<T, zoe::kPack<T>>(dy, x, o, partial, m, shared);                                           \
        } else {                                                                                                       \
            zoe::norm::sums<T, 1>(dy, x, o, partial, m, shared);                                                       \
        }                                                                                                              \
    }                                                                                                                  \
    ZOE_GEOMETRY(batch_norm_backward_apply_##dtype, batch_norm_backward_apply, simt, "type=" #dtype,                   \
                 zoe::norm::kColumnThreads, 1, zoe::kPack<T>, 1, 0)                                                    \
    extern "C" __global__ void __launch_bounds__(zoe::norm::kColumnThreads) batch_norm_backward_apply_##dtype(         \
        const T* dy, const T* x, const float* gamma, const float* beta, const float* mean, const float* spread,        \
        const float* sums, T* dx, int64_t rows, int channels, int lanes_log2, int piece_rows, float eps, int relu,     \
        int wide) {                                                                                                    \
        const zoe::norm::Matrix m{rows, channels, lanes_log2, piece_rows};                                             \
        const zoe::norm::Operands o{gamma, beta, mean, spread, eps, relu != 0};                                        \
        if (wide) {                                                                                                    \
            zoe::norm::apply_gradient<T, zoe::kPack<T>>(dy, x, o, sums, dx, m);                                        \
        } else {                                                                                                       \
            zoe::norm::apply_gradient<T, 1>(dy, x, o, sums, dx, m);                                                    \
        }                                                                                                              \
    }

ZOE_BATCH_NORM_BACKWARD(f32, float)
ZOE_BATCH_NORM_BACKWARD(bf16, zoe::bf16)

ZOE_GEOMETRY(batch_norm_backward_finish, batch_norm_backward_finish, simt, "", zoe::norm::kPieceThreads, 1,
             zoe::norm::kSumColumns, 1, 0)
extern "C" __global__ void __launch_bounds__(zoe::norm::kPieceThreads)
    batch_norm_backward_finish(const float* __restrict__ partial, float* __restrict__ sums, float* __restrict__ dgamma,
                               float* __restrict__ dbeta, int64_t pieces, int channels, int accumulate) {
    const int64_t pitch = 2ll * channels, column = zoe::norm::piece_column();
    const float sum = zoe::norm::sum_of_pieces(partial, pieces, pitch, column);
    if (threadIdx.x >= zoe::norm::kSumColumns || column >= pitch) return;
    sums[column] = sum;
    float* const gradient = column < channels ? dbeta : dgamma;
    if (gradient == nullptr) return;
    float* const to = gradient + (column < channels ? column : column - channels);
    *to = accumulate ? *to + sum : sum;
}
