// Attention backward for heads of any width, CUDA cores, exact f32 arithmetic on f32 or bf16 operands.
//
//   P_ij = 2^(s_ij − max_i − log2 Σ_i)       Δ_i = Σ_d dO_id · O_id       dS_ij = P_ij (dO_i·v_j − Δ_i)
//   dQ = scale · dS K      dK = scale · dSᵀ Q      dV = Pᵀ dO
//
// Layouts, causal rule and rows without keys: as attention_forward_sm80.cu; delta f32 [B, H, Sq].
// Mapping: wide_heads.cuh. backward_queries: 16 queries and 256 channels of dQ a block, the keys in tiles of 32.
// backward_keys: 16 keys and 256 channels of dK and dV a block, the queries in tiles of 32. Every sum is made by one thread
// in a fixed order: no atomics. delta: a warp a row.
// Cost a head: (4·⌈D/256⌉ + 2)·Sq·Sk·D FLOP for dQ and (4·⌈D/256⌉ + 4)·Sq·Sk·D for dK and dV (half when causal).
// Source: Dao, "FlashAttention-2" (arXiv:2307.08691), algorithm 2.
// Not run on a GPU yet.
#include "wide_heads.cuh"
#include "zoetrope/reduce.cuh"

namespace zoe::attention::wide {

// The rows are keys if KEYS, else queries; a is q or k, b the operand that goes with it in the product dP: dO or v.
template <class T, bool KEYS>
__device__ __forceinline__ void backward(const T* __restrict__ row_a, const T* __restrict__ row_b,
                                         const T* __restrict__ column_a, const T* __restrict__ column_b,
                                         const float* __restrict__ normalizer, const float* __restrict__ delta,
                                         T* __restrict__ grad_a, T* __restrict__ grad_b, int heads, int queries,
                                         int keys, int dim, int64_t row_a_stride, int64_t row_b_stride,
                                         int64_t column_a_stride, int64_t column_b_stride, int64_t grad_a_stride,
                                         int64_t grad_b_stride, float scale, int causal) {
    __shared__ Operands operands;
    __shared__ Tile slopes;
    __shared__ Tile weights;  // used for dV alone

    const int rows = KEYS ? keys : queries, columns = KEYS ? queries : keys;
    const int slices = ceil_div(dim, kSlice), tiles = ceil_div(rows, kRows);
    const Place at(heads, tiles * slices);
    const int row0 = at.tile / slices * kRows;
    const int lane = static_cast<int>(threadIdx.x) & 31, warp = static_cast<int>(threadIdx.x) >> 5;
    const int channel = at.tile % slices * kSlice + static_cast<int>(threadIdx.x);
    const int offset = keys - queries;
    const float to_log2 = scale * kLog2e;
    row_a = head_of(row_a, at, rows, row_a_stride, dim);
    row_b = head_of(row_b, at, rows, row_b_stride, dim);
    column_a = head_of(column_a, at, columns, column_a_stride, dim);
    column_b = head_of(column_b, at, columns, column_b_stride, dim);
    normalizer += 2 * at.rows(queries, heads);
    delta += at.rows(queries, heads);
    const int begin = KEYS && causal ? max(0, row0 - offset) : 0;
    const int end = !KEYS && causal ? min(columns, row0 + kRows + offset) : columns;

    float sum_a[kRows][kChannels] = {};
    float sum_b[kRows][kChannels] = {};
#pragma unroll 1
    for (int column0 = begin; column0 < end; column0 += kColumns) {
        float p[kRowsPerWarp] = {};
        float slope[kRowsPerWarp] = {};
        add_products(p, operands, row_a, row_a_stride, row0, rows, column_a, column_a_stride, column0, columns, dim,
                     lane, warp);
        add_products(slope, operands, row_b, row_b_stride, row0, rows, column_b, column_b_stride, column0, columns, dim,
                     lane, warp);
#pragma unroll
        for (int i = 0; i < kRowsPerWarp; ++i) {
            const int row = row0 + warp * kRowsPerWarp + i, column = column0 + lane;
            const int query = KEYS ? column : row, key = KEYS ? row : column;
            const bool seen = query < queries && key < keys && (!causal || key <= query + offset);
            p[i] = seen ? Normalizer::load(normalizer, query, queries).probability(p[i], to_log2) : 0.0f;
            slope[i] = seen ? p[i] * (slope[i] - delta[query]) * scale : 0.0f;
        }
        slopes.store(lane, warp, slope);
        if constexpr (KEYS) weights.store(lane, warp, p);
        __syncthreads();
        const int count = min(kColumns, end - column0);
#pragma unroll 2
        for (int j = 0; j < count; ++j) {
            float x[kChannels];
            load_channels(x, column_a + (column0 + j) * column_a_stride, channel, dim);
            slopes.add_to(sum_a, j, x);
            if constexpr (KEYS) {
                load_channels(x, column_b + (column0 + j) * column_b_stride, channel, dim);
                weights.add_to(sum_b, j, x);
            }
        }
    }
    const auto whole = [](int) { return 1.0f; };
    store_channels(head_of(grad_a, at, rows, grad_a_stride, dim), grad_a_stride, row0, rows, channel, dim, sum_a,
                   whole);
    if constexpr (KEYS) {
        store_channels(head_of(grad_b, at, rows, grad_b_stride, dim), grad_b_stride, row0, rows, channel, dim, sum_b,
                       whole);
    }
}

template <class T>
__device__ __forceinline__ void delta_rows(const T* __restrict__ o, const T* __restrict__ grad_o,
                                           float* __restrict__ delta, int64_t total, int heads, int sequence, int dim,
                                           int64_t o_stride, int64_t grad_o_stride) {
    const int64_t index = static_cast<int64_t>(blockIdx.x) * (kThreads / 32) + (threadIdx.x >> 5);
    if (index >= total) return;  // a whole warp
    const int lane = static_cast<int>(threadIdx.x) & 31;
    const int64_t both = index / sequence;
    const int64_t batch = both / heads;
    const int64_t row = batch * sequence + (index - both * sequence);
    const int64_t head = (both - batch * heads) * dim;
    float sum = 0.0f;
#pragma unroll 1
    for (int d = lane; d < dim; d += 32) {
        sum = fmaf(load_float(o + row * o_stride + head + d), load_float(grad_o + row * grad_o_stride + head + d), sum);
    }
    sum = warp_sum(sum);
    if (lane == 0) delta[index] = sum;
}

}  // namespace zoe::attention::wide

#define ZOE_ATTENTION_BACKWARD_WIDE(suffix, T)                                                                         \
    ZOE_WIDE_GEOMETRY(attention_backward_keys, suffix)                                                                 \
    extern "C" __global__ void __launch_bounds__(zoe::attention::wide::kThreads)                                       \
        attention_backward_keys_wide_heads_##suffix(                                                                   \
            const T* q, const T* k, const T* v, const T* grad_o, const float* normalizer, const float* delta,          \
            T* grad_k, T* grad_v, int heads, int queries, int keys, int dim, int64_t q_stride, int64_t k_stride,       \
            int64_t v_stride, int64_t grad_o_stride, int64_t grad_k_stride, int64_t grad_v_stride, float scale,        \
            int causal) {                                                                                              \
        zoe::attention::wide::backward<T, true>(k, v, q, grad_o, normalizer, delta, grad_k, grad_v, heads, queries,    \
                                                keys, dim, k_stride, v_stride, q_stride, grad_o_stride, grad_k_stride, \
                                                grad_v_stride, scale, causal);                                         \
    }                                                                                                                  \
    ZOE_WIDE_GEOMETRY(attention_backward_queries, suffix)                                                              \
    extern "C" __global__ void __launch_bounds__(zoe::attention::wide::kThreads)                                       \
        attention_backward_queries_wide_heads_##suffix(                                                                \
            const T* q, const T* k, const T* v, const T* grad_o, const float* normalizer, const float* delta,          \
            T* grad_q, int heads, int queries, int keys, int dim, int64_t q_stride, int64_t k_stride,                  \
            int64_t v_stride, int64_t grad_o_stride, int64_t grad_q_stride, float scale, int causal) {                 \
        zoe::attention::wide::backward<T, false>(q, grad_o, k, v, normalizer, delta, grad_q, nullptr, heads, queries,  \
                                                 keys, dim, q_stride, grad_o_stride, k_stride, v_stride,               \
                                                 grad_q_stride, 0, scale, causal);                                     \
    }                                                                                                                  \
    ZOE_GEOMETRY(attention_delta_wide_heads_##suffix, attention_delta, simt, "type=" #suffix " head=any",              \
                 zoe::attention::wide::kThreads, zoe::attention::wide::kThreads / 32, 1, 1, 0)                         \
    extern "C" __global__ void __launch_bounds__(zoe::attention::wide::kThreads)                                       \
        attention_delta_wide_heads_##suffix(const T* o, const T* grad_o, float* delta, int64_t total, int heads,       \
                                            int sequence, int dim, int64_t o_stride, int64_t grad_o_stride) {          \
        zoe::attention::wide::delta_rows(o, grad_o, delta, total, heads, sequence, dim, o_stride, grad_o_stride);      \
    }

ZOE_ATTENTION_BACKWARD_WIDE(f32, float)
ZOE_ATTENTION_BACKWARD_WIDE(bf16, zoe::bf16)
