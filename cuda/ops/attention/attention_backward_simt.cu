// Flash attention, backward, CUDA cores: exact f32 arithmetic on f32 or bf16 operands.
//
//   P_ij = 2^(s_ij − max_i − log2 Σ_i)      dP_ij = dO_i·v_j      dS_ij = P_ij (dP_ij − Δ_i)
//   dV_j = Σ_i P_ij dO_i                   dK_j = scale Σ_i dS_ij q_i                  dQ_i = scale Σ_j dS_ij k_j
//
// The two kernels and their common body are those of attention_backward_sm80.cu (rows owned, columns streaming, no
// atomics); the register tiles are those of lanes.cuh.
// Mapping: 128 threads own 64 rows and stream tiles of 32 columns (32 and 16 for D = 128).
// Cost a head: keys 8·Sq·Sk·D FLOP, queries 6·Sq·Sk·D (each half when causal).
// Source: Dao, "FlashAttention-2" (arXiv:2307.08691), algorithm 2.
// Measured: not by itself; it passed its tests on an H200.
// Changed since: the largest score and the logarithm of the sum are kept apart. Not run on a GPU again yet.
#include "entries.cuh"
#include "lanes.cuh"

namespace zoe::attention {

template <int DP> constexpr int kRows = DP == 128 ? 2 : 4;       // rows a group
template <int DP> constexpr int kColumns = DP == 128 ? 16 : 32;  // columns a tile
template <int DP> constexpr int kBlockRows = kGroups* kRows<DP>;

template <int DP> struct Buffers {
    float rows[2][kBlockRows<DP> * kOperandPitch<DP>];
    float columns[2][kColumns<DP> * kOperandPitch<DP>];
    float weights[kBlockRows<DP> * kScorePitch<kColumns<DP>>];
};

// KEYS: rows are keys (a1 = k, a2 = v), columns queries (b1 = q, b2 = dO), out1 = dK, out2 = dV.
// Otherwise rows are queries (a1 = q, a2 = dO), columns keys (b1 = k, b2 = v), out1 = dQ, out2 unused.
template <class T, int DP, bool KEYS>
__device__ __forceinline__ void backward(const T* __restrict__ a1, const T* __restrict__ a2, const T* __restrict__ b1,
                                         const T* __restrict__ b2, const float* __restrict__ normalizer,
                                         const float* __restrict__ delta, T* __restrict__ out1, T* __restrict__ out2,
                                         int heads, int queries, int keys, int dim, int64_t a1_stride,
                                         int64_t a2_stride, int64_t b1_stride, int64_t b2_stride, int64_t out1_stride,
                                         int64_t out2_stride, float scale, int causal, int wide) {
    constexpr int ROWS = kRows<DP>;
    constexpr int BN = kColumns<DP>;
    constexpr int COLUMNS = BN / 8;
    constexpr int BLOCK_ROWS = kBlockRows<DP>;
    constexpr int kPitch = kOperandPitch<DP>;
    extern __shared__ __align__(128) unsigned char dynamic[];
    auto& shared = *reinterpret_cast<Buffers<DP>*>(dynamic);

    const int rows = KEYS ? keys : queries, columns = KEYS ? queries : keys;
    const Place at(heads, ceil_div(rows, BLOCK_ROWS));
    const int c = static_cast<int>(threadIdx.x) & 7, group = static_cast<int>(threadIdx.x) >> 3;
    const int row0 = at.tile * BLOCK_ROWS;
    const int row = row0 + group * ROWS;
    const int offset = keys - queries;  // causal: key ≤ query + offset
    const float to_log2 = scale * kLog2e;
    a1 = head_of(a1, at, rows, a1_stride, dim);
    a2 = head_of(a2, at, rows, a2_stride, dim);
    b1 = head_of(b1, at, columns, b1_stride, dim);
    b2 = head_of(b2, at, columns, b2_stride, dim);
    normalizer += 2 * at.rows(queries, heads);
    delta += at.rows(queries, heads);
    float* const weights = shared.weights + group * ROWS * kScorePitch<BN>;

    int begin = 0, end = columns;  // columns that a causal mask leaves to these rows
    if (causal) {
        if (KEYS) {
            begin = max(0, row0 - offset) / BN * BN;
        } else {
            end = min(columns, row0 + BLOCK_ROWS + offset);
        }
    }

    float acc1[ROWS][DP / 8] = {};
    float acc2[KEYS ? ROWS : 1][DP / 8] = {};
    load_rows_as_float<BLOCK_ROWS, DP, kPitch, kSimtThreads>(shared.rows[0], a1, a1_stride, row0, rows, dim, wide);
    load_rows_as_float<BLOCK_ROWS, DP, kPitch, kSimtThreads>(shared.rows[1], a2, a2_stride, row0, rows, dim, wide);

#pragma unroll 1
    for (int column0 = begin; column0 < end; column0 += BN) {
        load_rows_as_float<BN, DP, kPitch, kSimtThreads>(shared.columns[0], b1, b1_stride, column0, columns, dim, wide);
        load_rows_as_float<BN, DP, kPitch, kSimtThreads>(shared.columns[1], b2, b2_stride, column0, columns, dim, wide);
        __syncthreads();
        float p[ROWS][COLUMNS] = {}, ds[ROWS][COLUMNS] = {};
        multiply_scores<DP>(p, shared.rows[0] + group * ROWS * kPitch, shared.columns[0], c);
        multiply_scores<DP>(ds, shared.rows[1] + group * ROWS * kPitch, shared.columns[1], c);
#pragma unroll
        for (int i = 0; i < ROWS; ++i) {
#pragma unroll
            for (int j = 0; j < COLUMNS; ++j) {
                const int r = row + i, column = column0 + c + 8 * j;
                const int key = KEYS ? r : column, query = KEYS ? column : r;
                const bool seen = key < keys && (!causal || key <= query + offset);
                const float e = Normalizer::load(normalizer, query, queries).probability(p[i][j], to_log2);
                p[i][j] = seen ? e : 0.0f;
                ds[i][j] = p[i][j] * (ds[i][j] - (query < queries ? delta[query] : 0.0f));
            }
        }
        if constexpr (KEYS) {
            share_weights(weights, p, c);
            multiply_values<DP, ROWS, BN>(acc2, weights, shared.columns[1], c);
        }
        share_weights(weights, ds, c);
        multiply_values<DP, ROWS, BN>(acc1, weights, shared.columns[0], c);
        __syncthreads();
    }

#pragma unroll
    for (int i = 0; i < ROWS; ++i) {
        if (row + i >= rows) continue;
        store_row<DP>(head_of(out1, at, rows, out1_stride, dim) + (row + i) * out1_stride, acc1[i], scale, c, dim,
                      wide);
        if constexpr (KEYS) {
            store_row<DP>(head_of(out2, at, rows, out2_stride, dim) + (row + i) * out2_stride, acc2[i], 1.0f, c, dim,
                          wide);
        }
    }
}

template <class T, int DP> struct Launch {
    static constexpr int kThreads = kSimtThreads, kRows = kBlockRows<DP>, kColumns = attention::kColumns<DP>;
    static constexpr int kShared = static_cast<int>(sizeof(Buffers<DP>)), kBlocks = 2, kQueryBlocks = 3;
};

}  // namespace zoe::attention

ZOE_ATTENTION_TYPES(ZOE_ATTENTION_BACKWARD, simt)
