// Flash attention, forward, CUDA cores: exact f32 arithmetic on f32 or bf16 operands, for devices and shapes without
// the sm80 tier, and the reference the other tiers are held to.
//
//   O = softmax(scale · Q Kᵀ + mask) V, and of each query the largest score and the logarithm of its sum of exponentials
//
// Layouts, causal rule and rows without keys: as attention_forward_sm80.cu.
// Mapping: a block of 128 threads takes 64 queries (32 for D = 128) of one head and passes over the keys in tiles of
// 32, held in shared memory as f32; 8 lanes share 4 (2) queries, a lane computes a 4 × 4 (2 × 4) tile of scores
// (lanes.cuh).
// Cost a head: 4·Sq·Sk·D FLOP (half when causal); 4.5 FMA per 16-byte shared read.
// Source: Dao, "FlashAttention-2" (arXiv:2307.08691), algorithm 1.
// Measured: not by itself; it passed its tests on an H200.
// Changed since: the largest score and the logarithm of the sum are kept apart, and a new maximum rounds as the old one
// did. Not run on a GPU again yet.
#include "entries.cuh"
#include "lanes.cuh"

namespace zoe::attention {

constexpr int kKeys = 32;
template <int DP> constexpr int kRows = DP == 128 ? 2 : 4;  // queries a group

template <int DP> struct Buffers {
    float q[kGroups * kRows<DP> * kOperandPitch<DP>];
    float k[kKeys * kOperandPitch<DP>];
    float v[kKeys * kOperandPitch<DP>];
    float p[kGroups * kRows<DP> * kScorePitch<kKeys>];
};

template <class T, int DP>
__device__ __forceinline__ void forward(const T* __restrict__ q, const T* __restrict__ k, const T* __restrict__ v,
                                        T* __restrict__ o, float* __restrict__ normalizer, int heads, int queries,
                                        int keys, int dim, int64_t q_stride, int64_t k_stride, int64_t v_stride,
                                        int64_t o_stride, float scale, int causal, int wide) {
    constexpr int ROWS = kRows<DP>;
    constexpr int COLUMNS = kKeys / 8;
    constexpr int kQueries = kGroups * ROWS;
    constexpr int kPitch = kOperandPitch<DP>;
    extern __shared__ __align__(128) unsigned char dynamic[];
    auto& shared = *reinterpret_cast<Buffers<DP>*>(dynamic);

    const int tiles = ceil_div(queries, kQueries);
    const Place at(heads, tiles);
    const int c = static_cast<int>(threadIdx.x) & 7, group = static_cast<int>(threadIdx.x) >> 3;
    const int query0 = (tiles - 1 - at.tile) * kQueries;
    const int row = query0 + group * ROWS;
    const int offset = keys - queries;
    const float to_log2 = scale * kLog2e;
    q = head_of(q, at, queries, q_stride, dim);
    k = head_of(k, at, keys, k_stride, dim);
    v = head_of(v, at, keys, v_stride, dim);
    o = head_of(o, at, queries, o_stride, dim);
    const int end = causal ? min(keys, query0 + kQueries + offset) : keys;
    float* const weights = shared.p + group * ROWS * kScorePitch<kKeys>;

    float out[ROWS][DP / 8] = {};
    float maximum[ROWS], sum[ROWS];
#pragma unroll
    for (int i = 0; i < ROWS; ++i) {
        maximum[i] = -CUDART_INF_F;
        sum[i] = 0.0f;
    }
    load_rows_as_float<kQueries, DP, kPitch, kSimtThreads>(shared.q, q, q_stride, query0, queries, dim, wide);

#pragma unroll 1
    for (int key0 = 0; key0 < end; key0 += kKeys) {
        load_rows_as_float<kKeys, DP, kPitch, kSimtThreads>(shared.k, k, k_stride, key0, keys, dim, wide);
        load_rows_as_float<kKeys, DP, kPitch, kSimtThreads>(shared.v, v, v_stride, key0, keys, dim, wide);
        __syncthreads();
        float p[ROWS][COLUMNS] = {};
        multiply_scores<DP>(p, shared.q + group * ROWS * kPitch, shared.k, c);
        const bool masked = key0 + kKeys > keys || (causal && key0 + kKeys - 1 > query0 + offset);
#pragma unroll
        for (int i = 0; i < ROWS; ++i) {
            if (masked) {
                const int last = causal ? min(keys - 1, row + i + offset) : keys - 1;
#pragma unroll
                for (int j = 0; j < COLUMNS; ++j) {
                    if (key0 + c + 8 * j > last) p[i][j] = -CUDART_INF_F;
                }
            }
            float m = maximum[i];
#pragma unroll
            for (int j = 0; j < COLUMNS; ++j) m = fmaxf(m, p[i][j]);
#pragma unroll
            for (int lanes = 1; lanes < 8; lanes *= 2) m = fmaxf(m, __shfl_xor_sync(~0u, m, lanes));
            const float shift = m == -CUDART_INF_F ? 0.0f : -m * to_log2;  // no key yet: exp2(−∞), not NaN
            const float keep = rescaling(maximum[i], to_log2, shift);
            maximum[i] = m;
            float part = 0.0f;
#pragma unroll
            for (int j = 0; j < COLUMNS; ++j) {
                p[i][j] = exp2_fast(fmaf(p[i][j], to_log2, shift));
                part += p[i][j];
            }
            sum[i] = fmaf(sum[i], keep, part);
#pragma unroll
            for (int d = 0; d < DP / 8; ++d) out[i][d] *= keep;
        }
        share_weights(weights, p, c);
        multiply_values<DP, ROWS, kKeys>(out, weights, shared.v, c);
        __syncthreads();
    }

#pragma unroll
    for (int i = 0; i < ROWS; ++i) {
        float total = sum[i];
#pragma unroll
        for (int lanes = 1; lanes < 8; lanes *= 2) total += __shfl_xor_sync(~0u, total, lanes);
        if (row + i >= queries) continue;
        store_row<DP>(o + (row + i) * o_stride, out[i], total > 0.0f ? 1.0f / total : 0.0f, c, dim, wide);
        if (c == 0) {
            Normalizer::of(maximum[i], total, to_log2).store(normalizer + 2 * (at.rows(queries, heads) + row + i));
        }
    }
}

template <class T, int DP> struct Launch {
    static constexpr int kThreads = kSimtThreads, kRows = kGroups * attention::kRows<DP>, kColumns = kKeys;
    static constexpr int kShared = static_cast<int>(sizeof(Buffers<DP>)), kBlocks = 3;
};

}  // namespace zoe::attention

ZOE_ATTENTION_TYPES(ZOE_ATTENTION_FORWARD, simt)
