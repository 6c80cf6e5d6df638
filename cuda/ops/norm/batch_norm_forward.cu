// Batch normalisation (Ioffe, Szegedy 2015, arXiv:1502.03167), optionally followed by ReLU, forward. Over the R = N·H·W
// rows of x [R, C]:
//
//   mean_c = 1/R Σ x,   var_c = 1/R Σ (x − mean_c)²,   rstd_c = 1/√(var_c + ε)
//   y = act((x − mean_c) · rstd_c · γ_c + β_c),   act = identity or max(·, 0)
//   running_mean += momentum · (mean − running_mean),   running_var += momentum · (R/(R−1) · var − running_var)
//
//   batch_norm_statistics_*(x, partial, …)    partial [pieces, 2, C]: mean and Σ (x − mean)² of each piece of rows
//   batch_norm_finish(partial, …)             joins the pieces; writes mean, rstd and, where given, the running ones in place
//   batch_norm_apply_*(x, …, mean, spread, y) y; spread is rstd where eps < 0, else a variance (inference: running_var)
//
// Accuracy: a piece sums x − k and (x − k)² for a k from the data, its own first row, so that a mean far from zero does not
// eat the variance's digits; pieces are joined by Chan, Golub, LeVeque 1979 (STAN-CS-79-773).
// Layouts: x, y [R, C] T; γ, β, mean, rstd, running [C] f32. Mapping: columns.cuh; finish: 16
// channels × 32 shares a block: a join waits for its division, so that few in a row and many side by side are fast.
// Bytes: R·C·(2 read + 1 written) elements, 6 operations an element. Memory bound.
// Measured: H200, bf16 [401408, 64] (51 MB): statistics 20 us, apply 30 us.
#include "columns.cuh"
#include "zoetrope/entry.cuh"

namespace zoe::norm {

template <class T, int V>
__device__ __forceinline__ void statistics(const T* __restrict__ x, float* __restrict__ partial, const Matrix& m,
                                           float* shared) {
    const Columns<V> t(m);
    float sums[2][V] = {};
    float shift[V] = {};
    if (t.active) {
        load_values<T, V>(x + t.row * m.channels + t.channel, shift);
        for_rows(m, t, [&](int64_t at) {
            float v[V];
            load_values<T, V>(x + at, v);
#pragma unroll
            for (int e = 0; e < V; ++e) {
                const float d = v[e] - shift[e];
                sums[0][e] += d;
                sums[1][e] = fmaf(d, d, sums[1][e]);
            }
        });
    }
    sum_lanes<V, 2>(sums, t, shared);
    if (t.lane != 0 || !t.active) return;
    float* const to = partial + t.piece * 2 * m.channels + t.channel;
    const float inverse = 1.0f / static_cast<float>(t.end - t.row);
#pragma unroll
    for (int e = 0; e < V; ++e) {
        const float mean = sums[0][e] * inverse;  // of x − shift
        to[e] = shift[e] + mean;
        const float squares = fmaf(-sums[0][e], mean, sums[1][e]);
        to[m.channels + e] = squares < 0.0f ? 0.0f : squares;  // NaN stays
    }
}

template <class T, int V>
__device__ __forceinline__ void apply(const T* __restrict__ x, const float* __restrict__ gamma,
                                      const float* __restrict__ beta, const float* __restrict__ mean,
                                      const float* __restrict__ spread, T* __restrict__ y, const Matrix& m, float eps,
                                      bool relu) {
    const Columns<V> t(m);
    if (!t.active) return;
    ChannelAffine<V> affine;
    affine.load(t.channel, gamma, beta, mean, spread, eps);
    for_rows(m, t, [&](int64_t at) {
        float v[V];
        load_values<T, V>(x + at, v);
#pragma unroll
        for (int e = 0; e < V; ++e) {
            v[e] = affine.value(affine.centred(v[e], e), e);
            if (relu) v[e] = v[e] <= 0.0f ? 0.0f : v[e];
        }
        store_values<T, V>(y + at, v);
    });
}

// Count, mean and sum of squared distances of a set of numbers.
struct Moments {
    float count, mean, squares;

    __device__ __forceinline__ void join(const Moments& other) {
        if (other.count == 0.0f) return;
        const float total = count + other.count;
        const float delta = other.mean - mean;
        const float share = other.count / total;
        mean = fmaf(delta, share, mean);
        squares += fmaf(delta * delta, count * share, other.squares);
        count = total;
    }
};

inline constexpr int kFinishColumns = 16;
inline constexpr int kFinishShares = 32;

}  // namespace zoe::norm

#define ZOE_BATCH_NORM_FORWARD(dtype, T)                                                                               \
    ZOE_GEOMETRY(batch_norm_statistics_##dtype, batch_norm_statistics, simt, "type=" #dtype,                           \
                 zoe::norm::kColumnThreads, 1, zoe::kPack<T>, 1, 0)                                                    \
    extern "C" __global__ void __launch_bounds__(zoe::norm::kColumnThreads) batch_norm_statistics_##dtype(             \
        const T* x, float* partial, int64_t rows, int channels, int lanes_log2, int piece_rows, int wide) {            \
        __shared__ float shared[2 * zoe::kPack<T> * zoe::norm::kColumnThreads];                                        \
        const zoe::norm::Matrix m{rows, channels, lanes_log2, piece_rows};                                             \
        if (wide) {                                                                                                    \
            zoe::norm::statistics<T, zoe::kPack<T>>(x, partial, m, shared);                                            \
        } else {                                                                                                       \
            zoe::norm::statistics<T, 1>(x, partial, m, shared);                                                        \
        }                                                                                                              \
    }                                                                                                                  \
    ZOE_GEOMETRY(batch_norm_apply_##dtype, batch_norm_apply, simt, "type=" #dtype, zoe::norm::kColumnThreads, 1,       \
                 zoe::kPack<T>, 1, 0)                                                                                  \
    extern "C" __global__ void __launch_bounds__(zoe::norm::kColumnThreads) batch_norm_apply_##dtype(                  \
        const T* x, const float* gamma, const float* beta, const float* mean, const float* spread, T* y, int64_t rows, \
        int channels, int lanes_log2, int piece_rows, float eps, int relu, int wide) {                                 \
        const zoe::norm::Matrix m{rows, channels, lanes_log2, piece_rows};                                             \
        if (wide) {                                                                                                    \
            zoe::norm::apply<T, zoe::kPack<T>>(x, gamma, beta, mean, spread, y, m, eps, relu);                         \
        } else {                                                                                                       \
            zoe::norm::apply<T, 1>(x, gamma, beta, mean, spread, y, m, eps, relu);                                     \
        }                                                                                                              \
    }

ZOE_BATCH_NORM_FORWARD(f32, float)
ZOE_BATCH_NORM_FORWARD(bf16, zoe::bf16)

ZOE_GEOMETRY(batch_norm_finish, batch_norm_finish, simt, "", zoe::norm::kFinishColumns* zoe::norm::kFinishShares, 1,
             zoe::norm::kFinishColumns, 1, 0)
extern "C" __global__ void __launch_bounds__(zoe::norm::kFinishColumns* zoe::norm::kFinishShares)
    batch_norm_finish(const float* __restrict__ partial, float* __restrict__ mean, float* __restrict__ rstd,
                      float* __restrict__ running_mean, float* __restrict__ running_var, int64_t rows, int channels,
                      int piece_rows, int64_t pieces, float eps, float momentum) {
    using namespace zoe::norm;
    __shared__ Moments shares[kFinishShares][kFinishColumns];
    const int x = static_cast<int>(threadIdx.x) % kFinishColumns, y = static_cast<int>(threadIdx.x) / kFinishColumns;
    const int c = static_cast<int>(blockIdx.x) * kFinishColumns + x;
    Moments moments{0.0f, 0.0f, 0.0f};
    if (c < channels) {
        for (int64_t p = y; p < pieces; p += kFinishShares) {
            const float* const from = partial + p * 2 * channels + c;
            const int64_t left = rows - p * piece_rows;
            moments.join({static_cast<float>(left < piece_rows ? left : piece_rows), from[0], from[channels]});
        }
    }
    shares[y][x] = moments;
    __syncthreads();
    if (y != 0 || c >= channels) return;
    for (int i = 1; i < kFinishShares; ++i) moments.join(shares[i][x]);
    const float count = static_cast<float>(rows);
    const float variance = moments.squares / count;
    mean[c] = moments.mean;
    rstd[c] = __frcp_rn(__fsqrt_rn(variance + eps));
    if (running_mean != nullptr) {
        const float unbiased = rows > 1 ? moments.squares / (count - 1.0f) : variance;
        running_mean[c] = fmaf(momentum, moments.mean - running_mean[c], running_mean[c]);
        running_var[c] = fmaf(momentum, unbiased - running_var[c], running_var[c]);
    }
}
