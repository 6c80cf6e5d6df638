// Attention of one query a sequence over a cache of keys and values whose valid length is known to the device alone, and
// the appending of rows to that cache: generation a token at a time, recorded once and replayed for every token.
//
//   n = min(length[0] + extra, capacity),   o = Σ_j<n softmax_j(scale · q·k_j) v_j
//
//   cache_append(k, v, cache_k, cache_v, length, rows, sequence, capacity, row_bytes, k_stride, v_stride)
//   attention_decode_*(q, cache_k, cache_v, o, length, extra, heads, capacity, dim, q_stride, o_stride, scale, wide)
//
// Layouts     q, o [B, 1, H, D] with a stride from sample to sample; caches [B, capacity, H, D] without gaps; length I32[1].
//             n = 0 gives zeros. cache_append writes row t of each sample's `sequence` new rows to length[0] + t, and drops
//             those beyond the capacity; strides are in bytes from row to row.
// Mapping     decode: a block of 128 threads a head; groups of 8 lanes take every 16th key, a lane D/8 channels, each group
//             with its own running maximum and sum, merged in the order of the groups. Enough blocks for a GPU where
//             B·H is in the hundreds; one long sequence alone would want its keys split over blocks.
//             append: rows of bytes (rows.cuh), keys in grid.y 0, values in 1.
// Traffic     the valid keys and values once: 2·n·D elements a head. Memory bound.
// Source      Milakov, Gimelshein, "Online normalizer calculation for softmax" (arXiv:1805.02867).
// Measured: not by itself; on an H200 a transformer of width 2048 and 16 layers decodes 16 tokens in 1.29 ms.
// Changed since: a new maximum rounds as the old one did. Not run on a GPU again yet.
#include "../pointwise/rows.cuh"
#include "heads.cuh"

namespace zoe::attention {

constexpr int kDecodeThreads = 128;
constexpr int kDecodeGroups = kDecodeThreads / 8;

template <class T, int E>
__device__ __forceinline__ void load_part(const T* row, float (&v)[E], int column, int dim, bool wide) {
    if (wide) {
        if (column < dim) load_floats(row + column, v);
    } else {
#pragma unroll
        for (int e = 0; e < E; ++e) {
            if (column + e < dim) v[e] = load_float(row + column + e);
        }
    }
}

template <class T, int DP>
__device__ __forceinline__ void decode(const T* __restrict__ q, const T* __restrict__ k, const T* __restrict__ v,
                                       T* __restrict__ o, const int32_t* __restrict__ length, int extra, int heads,
                                       int capacity, int dim, int64_t q_stride, int64_t o_stride, float scale,
                                       int aligned) {
    constexpr int E = DP / 8;
    __shared__ float maxima[kDecodeGroups];
    __shared__ float sums[kDecodeGroups];
    __shared__ float outs[kDecodeGroups][DP];
    const bool wide = aligned != 0 && dim % E == 0;
    const int batch = static_cast<int>(blockIdx.x) / heads;
    const int head = static_cast<int>(blockIdx.x) - batch * heads;
    const int c = static_cast<int>(threadIdx.x) & 7;
    const int group = static_cast<int>(threadIdx.x) >> 3;
    const int64_t pitch = static_cast<int64_t>(heads) * dim;
    const int64_t base = batch * (capacity * pitch) + static_cast<int64_t>(head) * dim;
    const int count = max(0, min(*length + extra, capacity));
    const float to_log2 = scale * kLog2e;

    float query[E] = {};
    load_part(q + batch * q_stride + static_cast<int64_t>(head) * dim, query, c * E, dim, wide);
    float out[E] = {};
    float maximum = -CUDART_INF_F;
    float sum = 0.0f;
#pragma unroll 1
    for (int key0 = 0; key0 < count; key0 += kDecodeGroups) {
        const int key = key0 + group;
        const bool valid = key < count;
        float keys[E] = {};
        float values[E] = {};
        if (valid) {
            load_part(k + base + key * pitch, keys, c * E, dim, wide);
            load_part(v + base + key * pitch, values, c * E, dim, wide);
        }
        float score = 0.0f;
#pragma unroll
        for (int e = 0; e < E; ++e) score = fmaf(query[e], keys[e], score);
#pragma unroll
        for (int lanes = 1; lanes < 8; lanes *= 2) score += __shfl_xor_sync(~0u, score, lanes);
        if (!valid) score = -CUDART_INF_F;
        const float m = fmaxf(maximum, score);
        const float shift = m == -CUDART_INF_F ? 0.0f : -m * to_log2;  // no key yet: exp2(−∞), not NaN
        const float keep = rescaling(maximum, to_log2, shift);
        const float weight = exp2_fast(fmaf(score, to_log2, shift));
        maximum = m;
        sum = fmaf(sum, keep, weight);
#pragma unroll
        for (int e = 0; e < E; ++e) out[e] = fmaf(out[e], keep, weight * values[e]);
    }
    if (c == 0) {
        maxima[group] = maximum;
        sums[group] = sum;
    }
#pragma unroll
    for (int e = 0; e < E; ++e) outs[group][c * E + e] = out[e];
    __syncthreads();
    const int d = static_cast<int>(threadIdx.x);
    if (d >= dim) return;
    store_float(o + batch * o_stride + static_cast<int64_t>(head) * dim + d, merged(maxima, sums, outs, d, to_log2));
}

}  // namespace zoe::attention

ZOE_GEOMETRY(cache_append, cache_append, simt, "", zoe::kRowThreads, zoe::kRowTile, 1, 1, 0)
extern "C" __global__ void __launch_bounds__(zoe::kRowThreads)
    cache_append(const uint8_t* __restrict__ k, const uint8_t* __restrict__ v, uint8_t* __restrict__ cache_k,
                 uint8_t* __restrict__ cache_v, const int32_t* __restrict__ length, int64_t rows, int sequence,
                 int capacity, int64_t row_bytes, int64_t k_stride, int64_t v_stride) {
    const bool keys = blockIdx.y == 0;
    const uint8_t* from = keys ? k : v;
    uint8_t* to = keys ? cache_k : cache_v;
    const int64_t stride = keys ? k_stride : v_stride;
    const int64_t first = *length;
    // One choice of unit for both halves, since the host launches one grid for them.
    const uint64_t bits = zoe::address_bits(k) | zoe::address_bits(v) | zoe::address_bits(cache_k)
                          | zoe::address_bits(cache_v) | row_bytes | k_stride | v_stride;
    zoe::with_unit(bits, [&](auto unit) {
        using Unit = decltype(unit);
        const int64_t width = row_bytes / static_cast<int>(sizeof(Unit));
        const int64_t pitch = stride / static_cast<int>(sizeof(Unit));
        zoe::for_units(rows, width, [&](int64_t row, int64_t place) {
            const int64_t sample = row / sequence;
            const int64_t at = first + (row - sample * sequence);
            if (at < 0 || at >= capacity) return;
            reinterpret_cast<Unit*>(to)[(sample * capacity + at) * width + place] =
                reinterpret_cast<const Unit*>(from)[row * pitch + place];
        });
    });
}

#define ZOE_ATTENTION_DECODE(TYPE, T, D)                                                                               \
    ZOE_GEOMETRY(attention_decode_##TYPE##_d##D, attention_decode, simt, "type=" #TYPE " head=" #D,                    \
                 zoe::attention::kDecodeThreads, 1, zoe::attention::kDecodeGroups, D, 0)                               \
    extern "C" __global__ void __launch_bounds__(zoe::attention::kDecodeThreads) attention_decode_##TYPE##_d##D(       \
        const T* q, const T* k, const T* v, T* o, const int32_t* length, int extra, int heads, int capacity, int dim,  \
        int64_t q_stride, int64_t o_stride, float scale, int wide) {                                                   \
        zoe::attention::decode<T, D>(q, k, v, o, length, extra, heads, capacity, dim, q_stride, o_stride, scale,       \
                                     wide);                                                                            \
    }

ZOE_ATTENTION_DECODE(bf16, zoe::bf16, 32)
ZOE_ATTENTION_DECODE(bf16, zoe::bf16, 64)
ZOE_ATTENTION_DECODE(bf16, zoe::bf16, 128)
ZOE_ATTENTION_DECODE(f32, float, 32)
ZOE_ATTENTION_DECODE(f32, float, 64)
ZOE_ATTENTION_DECODE(f32, float, 128)
