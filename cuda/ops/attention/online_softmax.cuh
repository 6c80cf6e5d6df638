// The softmax of rows whose scores come tile after tile of keys, in the accumulators of wgmma (arch/sm90/wgmma.cuh): a
// lane has parts of two rows, whose other parts are in the three lanes beside it.
//
// Exponents are of 2, relative to a reference of each row that is within 8 of the row's maximum: it moves to the
// maximum when that has gone further, which it seldom does behind the first tiles, so that sums and outputs are seldom
// multiplied. Weights are then up to 2^8, which neither bf16 nor f32 minds. The normalizer's `largest` is that of the
// reference: whoever reads it needs any number that is near the largest, with the sum that goes with it.
//
// Sources: Milakov and Gimelshein, "Online normalizer calculation for softmax" (arXiv:1805.02867); the reference that
// lags is FlashAttention-4's.
#pragma once
#include "heads.cuh"

namespace zoe::attention {

// How far, as a power of 2, a row's maximum may be above its reference.
inline constexpr float kHeadroom = 8.0f;

struct OnlineSoftmax {
    float to_log2;                                        // scale · log2 e
    float reference[2] = {-CUDART_INF_F, -CUDART_INF_F};  // of raw scores
    float sum[2] = {};                                    // this lane's part of Σ 2^(to_log2 · (score − reference))

    // Makes weights of a tile's scores, in place. keep: what the outputs of the tiles before are to be multiplied by.
    // @return whether any of the warp's rows has a factor other than 1
    template <int FRAGMENTS> __device__ __forceinline__ bool add(float (&scores)[FRAGMENTS][4], float (&keep)[2]) {
        bool moved = false;
#pragma unroll
        for (int h = 0; h < 2; ++h) {
            float m = scores[0][2 * h];
#pragma unroll
            for (int n = 0; n < FRAGMENTS; ++n) m = fmaxf(m, fmaxf(scores[n][2 * h], scores[n][2 * h + 1]));
            m = fmaxf(m, __shfl_xor_sync(~0u, m, 1));
            m = fmaxf(m, __shfl_xor_sync(~0u, m, 2));
            const float before = reference[h];
            if ((m - before) * to_log2 > kHeadroom) reference[h] = m, moved = true;  // the first key moves it from −∞
            const float shift = reference[h] == -CUDART_INF_F ? 0.0f : -reference[h] * to_log2;  // no key yet: not NaN
            keep[h] = rescaling(before, to_log2, shift);
            float part = 0.0f;
#pragma unroll
            for (int n = 0; n < FRAGMENTS; ++n) {
                scores[n][2 * h] = exp2_fast(fmaf(scores[n][2 * h], to_log2, shift));
                scores[n][2 * h + 1] = exp2_fast(fmaf(scores[n][2 * h + 1], to_log2, shift));
                part += scores[n][2 * h] + scores[n][2 * h + 1];
            }
            sum[h] = fmaf(sum[h], keep[h], part);
        }
        return __any_sync(~0u, moved);
    }

    // Of row h of this lane, once all tiles have been added.
    __device__ __forceinline__ float total(int h) const {
        float all = sum[h];
        all += __shfl_xor_sync(~0u, all, 1);
        return all + __shfl_xor_sync(~0u, all, 2);
    }
};

}  // namespace zoe::attention
