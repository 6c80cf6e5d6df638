// Attention forward for heads of any width, CUDA cores, exact f32 arithmetic on f32 or bf16 operands.
//
//   O = softmax(scale · Q Kᵀ + mask) V, and of each query the largest score and the logarithm of its sum of exponentials
//
// Layouts, causal rule and rows without keys: as attention_forward_sm80.cu.
// Mapping: wide_heads.cuh; a block takes 16 queries of one head and 256 channels of the result, and passes over the keys in
// tiles of 32 with a running maximum and sum. The heads' latest queries come first: under a causal mask they take longest.
// Cost a head: (2 + 2·⌈D/256⌉)·Sq·Sk·D FLOP (half when causal), bound by shared memory: 5 reads of 16 bytes for 16 FMA.
// For heads that the tiled kernels do not take; they are several times faster where they do.
// Source: Dao, "FlashAttention-2" (arXiv:2307.08691), algorithm 1.
// Not run on a GPU yet.
#include "wide_heads.cuh"
#include "zoetrope/reduce.cuh"

namespace zoe::attention::wide {

template <class T>
__device__ __forceinline__ void forward(const T* __restrict__ q, const T* __restrict__ k, const T* __restrict__ v,
                                        T* __restrict__ o, float* __restrict__ normalizer, int heads, int queries,
                                        int keys, int dim, int64_t q_stride, int64_t k_stride, int64_t v_stride,
                                        int64_t o_stride, float scale, int causal) {
    __shared__ Operands operands;
    __shared__ Tile weights;
    __shared__ float factors[kRows];

    const int slices = ceil_div(dim, kSlice), tiles = ceil_div(queries, kRows);
    const Place at(heads, tiles * slices);
    const int slice = at.tile % slices;
    const int query0 = (tiles - 1 - at.tile / slices) * kRows;
    const int lane = static_cast<int>(threadIdx.x) & 31, warp = static_cast<int>(threadIdx.x) >> 5;
    const int channel = slice * kSlice + static_cast<int>(threadIdx.x);
    const int row = query0 + warp * kRowsPerWarp;
    const int offset = keys - queries;
    const float to_log2 = scale * kLog2e;
    q = head_of(q, at, queries, q_stride, dim);
    k = head_of(k, at, keys, k_stride, dim);
    v = head_of(v, at, keys, v_stride, dim);
    o = head_of(o, at, queries, o_stride, dim);
    const int end = causal ? min(keys, query0 + kRows + offset) : keys;

    float out[kRows][kChannels] = {};
    float maximum[kRowsPerWarp], sum[kRowsPerWarp];
#pragma unroll
    for (int i = 0; i < kRowsPerWarp; ++i) {
        maximum[i] = -CUDART_INF_F;
        sum[i] = 0.0f;
    }
#pragma unroll 1
    for (int key0 = 0; key0 < end; key0 += kColumns) {
        float p[kRowsPerWarp] = {};
        add_products(p, operands, q, q_stride, query0, queries, k, k_stride, key0, keys, dim, lane, warp);
#pragma unroll
        for (int i = 0; i < kRowsPerWarp; ++i) {
            const int last = causal ? min(keys - 1, row + i + offset) : keys - 1;
            const float score = key0 + lane <= last ? p[i] : -CUDART_INF_F;
            const float m = fmaxf(maximum[i], warp_max(score));
            const float shift = m == -CUDART_INF_F ? 0.0f : -m * to_log2;  // no key yet: exp2(−∞), not NaN
            const float factor = rescaling(maximum[i], to_log2, shift);
            p[i] = exp2_fast(fmaf(score, to_log2, shift));
            sum[i] = fmaf(sum[i], factor, warp_sum(p[i]));
            maximum[i] = m;
            if (lane == 0) factors[warp * kRowsPerWarp + i] = factor;
        }
        weights.store(lane, warp, p);
        __syncthreads();
#pragma unroll
        for (int i = 0; i < kRows; ++i) {
#pragma unroll
            for (int c = 0; c < kChannels; ++c) out[i][c] *= factors[i];
        }
        const int count = min(kColumns, end - key0);
#pragma unroll 4
        for (int j = 0; j < count; ++j) {
            float x[kChannels];
            load_channels(x, v + (key0 + j) * v_stride, channel, dim);
            weights.add_to(out, j, x);
        }
    }
    __syncthreads();
#pragma unroll
    for (int i = 0; i < kRowsPerWarp; ++i) {
        if (lane == 0) {
            factors[warp * kRowsPerWarp + i] = sum[i] > 0.0f ? 1.0f / sum[i] : 0.0f;
            if (slice == 0 && row + i < queries) {
                Normalizer::of(maximum[i], sum[i], to_log2).store(normalizer + 2 * (at.rows(queries, heads) + row + i));
            }
        }
    }
    __syncthreads();
    store_channels(o, o_stride, query0, queries, channel, dim, out, [&](int i) { return factors[i]; });
}

}  // namespace zoe::attention::wide

#define ZOE_ATTENTION_FORWARD_WIDE(suffix, T)                                                                          \
    ZOE_WIDE_GEOMETRY(attention_forward, suffix)                                                                       \
    extern "C" __global__ void __launch_bounds__(zoe::attention::wide::kThreads)                                       \
        attention_forward_wide_heads_##suffix(const T* q, const T* k, const T* v, T* o, float* normalizer, int heads,  \
                                              int queries, int keys, int dim, int64_t q_stride, int64_t k_stride,      \
                                              int64_t v_stride, int64_t o_stride, float scale, int causal) {           \
        zoe::attention::wide::forward(q, k, v, o, normalizer, heads, queries, keys, dim, q_stride, k_stride, v_stride, \
                                      o_stride, scale, causal);                                                        \
    }

ZOE_ATTENTION_FORWARD_WIDE(f32, float)
ZOE_ATTENTION_FORWARD_WIDE(bf16, zoe::bf16)
