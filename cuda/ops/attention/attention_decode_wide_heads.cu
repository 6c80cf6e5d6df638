// attention_decode.cu for heads of any width: one query a sequence over a cache whose valid length the device alone knows.
//
//   n = min(length[0] + extra, capacity),   o = Σ_j<n softmax_j(scale · q·k_j) v_j
//
// Layouts     as attention_decode.cu; n = 0 gives zeros.
// Mapping     a block of 4 warps takes a head and 128 channels of the result; a warp takes every fourth key, its lanes share
//             the product q·k_j and have 4 channels of the result each, with a running maximum and sum of its own; the warps'
//             are merged in order. Wider heads take several blocks, each making the scores again.
// Traffic     the valid keys ⌈D/128⌉ times, the valid values once. Memory bound.
// Source      Milakov, Gimelshein, "Online normalizer calculation for softmax" (arXiv:1805.02867).
// Not run on a GPU yet.
#include "heads.cuh"
#include "zoetrope/entry.cuh"
#include "zoetrope/reduce.cuh"

namespace zoe::attention {

constexpr int kDecodeThreads = 128;
constexpr int kDecodeWarps = kDecodeThreads / 32;
constexpr int kChannels = 4;  // of the result, a lane: 32 apart
constexpr int kDecodeSlice = 32 * kChannels;

template <class T>
__device__ __forceinline__ void decode(const T* __restrict__ q, const T* __restrict__ k, const T* __restrict__ v,
                                       T* __restrict__ o, const int32_t* __restrict__ length, int extra, int heads,
                                       int capacity, int dim, int64_t q_stride, int64_t o_stride, float scale) {
    __shared__ float maxima[kDecodeWarps];
    __shared__ float sums[kDecodeWarps];
    __shared__ float outs[kDecodeWarps][kDecodeSlice];
    const Place at(heads, ceil_div(dim, kDecodeSlice));
    const int lane = static_cast<int>(threadIdx.x) & 31, warp = static_cast<int>(threadIdx.x) >> 5;
    const int channel0 = at.tile * kDecodeSlice;
    const int64_t pitch = static_cast<int64_t>(heads) * dim;
    const int count = max(0, min(*length + extra, capacity));
    const float to_log2 = scale * kLog2e;
    q = head_of(q, at, 1, q_stride, dim);
    o = head_of(o, at, 1, o_stride, dim);
    k = head_of(k, at, capacity, pitch, dim);
    v = head_of(v, at, capacity, pitch, dim);

    float out[kChannels] = {};
    float maximum = -CUDART_INF_F;
    float sum = 0.0f;
#pragma unroll 1
    for (int key = warp; key < count; key += kDecodeWarps) {
        const T* const row = k + key * pitch;
        float part = 0.0f;
#pragma unroll 4
        for (int d = lane; d < dim; d += 32) part = fmaf(load_float(q + d), load_float(row + d), part);
        const float score = warp_sum(part);
        const float m = fmaxf(maximum, score);
        const float shift = -m * to_log2;
        const float keep = rescaling(maximum, to_log2, shift);
        const float weight = exp2_fast(fmaf(score, to_log2, shift));
        maximum = m;
        sum = fmaf(sum, keep, weight);
#pragma unroll
        for (int e = 0; e < kChannels; ++e) {
            const int d = channel0 + lane + 32 * e;
            const float value = d < dim ? load_float(v + key * pitch + d) : 0.0f;
            out[e] = fmaf(out[e], keep, weight * value);
        }
    }
    if (lane == 0) {
        maxima[warp] = maximum;
        sums[warp] = sum;
    }
#pragma unroll
    for (int e = 0; e < kChannels; ++e) outs[warp][lane + 32 * e] = out[e];
    __syncthreads();
    const int d = static_cast<int>(threadIdx.x);
    if (channel0 + d >= dim) return;
    store_float(o + channel0 + d, merged(maxima, sums, outs, d, to_log2));
}

}  // namespace zoe::attention

#define ZOE_ATTENTION_DECODE_WIDE(TYPE, T)                                                                             \
    ZOE_GEOMETRY(attention_decode_wide_heads_##TYPE, attention_decode, simt, "type=" #TYPE " head=any",                \
                 zoe::attention::kDecodeThreads, 1, zoe::attention::kDecodeWarps, zoe::attention::kDecodeSlice, 0)     \
    extern "C" __global__ void __launch_bounds__(zoe::attention::kDecodeThreads) attention_decode_wide_heads_##TYPE(   \
        const T* q, const T* k, const T* v, T* o, const int32_t* length, int extra, int heads, int capacity, int dim,  \
        int64_t q_stride, int64_t o_stride, float scale) {                                                             \
        zoe::attention::decode(q, k, v, o, length, extra, heads, capacity, dim, q_stride, o_stride, scale);            \
    }

ZOE_ATTENTION_DECODE_WIDE(bf16, zoe::bf16)
ZOE_ATTENTION_DECODE_WIDE(f32, float)
