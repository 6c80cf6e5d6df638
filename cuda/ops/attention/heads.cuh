// What the attention kernels have in common: how a block finds its head and tile, the causal rule, and how a tile of
// rows comes from global memory.
//
// Operands are [B, S, H, D] with D elements of a head adjacent, heads adjacent (head h begins at h·D), rows `stride`
// elements apart, and S·stride elements from one batch entry to the next. A packed [B, S, 3, H, D] tensor is three such
// operands, each with stride 3·H·D.
//
// Causal masks are aligned to the end: query i sees keys j ≤ i + Sk − Sq.
#pragma once
#include <cstdint>
#include <math_constants.h>
#include "zoetrope/copy/vector.cuh"
#include "zoetrope/dtype.cuh"

namespace zoe::attention {

inline constexpr float kLog2e = 1.4426950408889634f;

__device__ __forceinline__ float exp2_fast(float x) {
    float y;
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
}

// Times this, a sum of 2^(to_log2·score − to_log2·maximum) has a larger maximum; `shift` is −to_log2·larger, rounded. The
// product is rounded as it was in the sum's terms, so that their rounding cancels: fmaf would leave it in the sum, 0.5 % of
// it at scores of 1e5. Before the first key the maximum is −∞ and the factor 0.
__device__ __forceinline__ float rescaling(float maximum, float to_log2, float shift) {
    return exp2_fast(__fadd_rn(__fmul_rn(maximum, to_log2), shift));
}

// One of the B·H heads and a tile within it, from a one-dimensional grid of B·H·tiles blocks.
struct Place {
    int batch, head, tile;
    __device__ __forceinline__ Place(int heads, int tiles) {
        const int block = static_cast<int>(blockIdx.x);
        const int both = block / tiles;
        tile = block - both * tiles;
        batch = both / heads;
        head = both - batch * heads;
    }
    __device__ __forceinline__ int64_t rows(int sequence, int heads) const {  // index of row 0 in a [B, H, S] array
        return (static_cast<int64_t>(batch) * heads + head) * sequence;
    }
};

template <class T>
__device__ __forceinline__ T* head_of(T* base, const Place& at, int sequence, int64_t stride, int dim) {
    return base + static_cast<int64_t>(at.batch) * sequence * stride + static_cast<int64_t>(at.head) * dim;
}

__device__ __forceinline__ int ceil_div(int a, int b) { return (a + b - 1) / b; }

// What the forward keeps of a query's softmax, in units of log2: the largest score, or one near it that Hopper's
// kernels subtract in its place (online_softmax.cuh), and log2 of Σ 2^(score − largest). Their sum is the log-sum-exp;
// as one f32 it would lose the second where the first is large, and with it the probabilities. A query
// that sees no key has 0 and +∞, so that its probabilities are 0.
struct Normalizer {
    float largest, log_sum;

    // The probability of a raw score, before its scale. The forward subtracted the same rounded `largest`, so that its
    // rounding cancels.
    __device__ __forceinline__ float probability(float score, float to_log2) const {
        return exp2_fast(fmaf(score, to_log2, -largest) - log_sum);
    }
    // `maximum`: of the raw scores; `sum`: of 2^(to_log2·score − to_log2·maximum)
    static __device__ __forceinline__ Normalizer of(float maximum, float sum, float to_log2) {
        if (sum > 0.0f) return {maximum * to_log2, __log2f(sum)};
        return {0.0f, CUDART_INF_F};
    }
    // Of [B, H, Sq, 2], from a head's first query on; queries that do not exist see no key.
    static __device__ __forceinline__ Normalizer load(const float* of, int query, int queries) {
        if (query < queries) return {of[2ll * query], of[2ll * query + 1]};
        return {0.0f, CUDART_INF_F};
    }
    __device__ __forceinline__ void store(float* to) const { to[0] = largest, to[1] = log_sum; }
};

// Channel d of a query's result from parts of its keys, each with a maximum and sum of its own, merged in order (Milakov and
// Gimelshein, arXiv:1805.02867); 0 where no part saw a key.
template <int PARTS, int PITCH>
__device__ __forceinline__ float merged(const float (&maxima)[PARTS], const float (&sums)[PARTS],
                                        const float (&outs)[PARTS][PITCH], int d, float to_log2) {
    float m = -CUDART_INF_F;
#pragma unroll
    for (int i = 0; i < PARTS; ++i) m = fmaxf(m, maxima[i]);
    const float shift = m == -CUDART_INF_F ? 0.0f : -m * to_log2;  // no key: exp2(−∞), not NaN
    float total = 0.0f;
    float result = 0.0f;
#pragma unroll
    for (int i = 0; i < PARTS; ++i) {
        const float factor = rescaling(maxima[i], to_log2, shift);
        total = fmaf(sums[i], factor, total);
        result = fmaf(outs[i][d], factor, result);
    }
    return total > 0.0f ? result / total : 0.0f;
}

// Rows row0 … row0+ROWS-1 of one head as float in shared memory, PITCH floats a row; rows from `rows` on and columns
// from `dim` to DP are zero. The caller synchronises.
template <int ROWS, int DP, int PITCH, int THREADS, class T>
__device__ __forceinline__ void load_rows_as_float(float* to, const T* from, int64_t stride, int row0, int rows,
                                                   int dim, bool wide) {
    constexpr int V = kPack<T>;
    constexpr int kPerRow = DP / V;
    const int thread = static_cast<int>(threadIdx.x);
    if (wide) {
#pragma unroll 4
        for (int i = thread; i < ROWS * kPerRow; i += THREADS) {
            const int r = i / kPerRow, c = i % kPerRow * V;
            float v[V] = {};
            if (row0 + r < rows && c < dim) load_floats(from + (row0 + r) * stride + c, v);
            store_floats(to + r * PITCH + c, v);
        }
    } else {
#pragma unroll 1
        for (int i = thread; i < ROWS * DP; i += THREADS) {
            const int r = i / DP, c = i % DP;
            to[r * PITCH + c] = row0 + r < rows && c < dim ? load_float(from + (row0 + r) * stride + c) : 0.0f;
        }
    }
}

}  // namespace zoe::attention
