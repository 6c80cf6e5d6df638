// Sequences of tokens, I32 [B, S]: what training and generation do to them besides the network.
//
//   shift_tokens(tokens, out, size, sequence, first)            out[b, 0] = first, out[b, s] = tokens[b, s-1]
//   mask_tokens(tokens, out, weights, sequence, mask, seed, stream, state)
//                                            each sample draws r in (0, 1] and hides max(1, ⌈cos(πr/2)·S⌉) of its tokens,
//                                            every choice equally likely; weights f32: 1 where hidden, else 0
//   drop_labels(labels, out, count, dropped, probability, seed, stream, state)   out = labels, or `dropped` at random
//   take_token(tokens, counter, out, samples, sequence, first)  out[b] = the token before place counter[0]; `first` at 0
//   put_token(values, counter, tokens, samples, sequence, hidden)   tokens[b, counter[0]] = values[b] where it is `hidden`
//   keep_confident(tokens, sampled, confidence, counts, noise, counter, sequence, mask, seed, stream, state)
//                                            of the masked tokens the most confident take their sampled values, so that
//                                            counts[counter[0]] of the sequence are known; the others stay masked. Equal
//                                            confidences: the lower place first. noise (or null) scales Gumbel noise added
//                                            to the confidences.
//
// Mapping     elementwise: a thread a token. mask_tokens, keep_confident: a block a sample; every thread counts for its
//             tokens how many come before them, S² comparisons in shared memory (4·S bytes of it), for S to 8192.
// Source      mask_tokens, keep_confident: Chang et al. 2022 (arXiv:2202.04200), algorithm 1 and the cosine schedule.
// Measured    not by itself; it passed its tests on an H200.
#include <math_constants.h>
#include "zoetrope/entry.cuh"
#include "zoetrope/philox.cuh"

namespace {

constexpr int kThreads = 128;

__device__ __forceinline__ int64_t thread_index() { return static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x; }

// −ln(−ln u): the largest of values with such noise added is a draw from their softmax.
__device__ __forceinline__ float gumbel(uint32_t word) {
    // −ln u is at least 2^-25 or so, but 0 for u = 1: the largest noise there is, not infinity.
    const float inner = fmaxf(-zoe::log01(zoe::uniform01(word)), 0x1p-25f);
    return -logf(inner);
}

}  // namespace

ZOE_GEOMETRY(shift_tokens, shift_tokens, simt, "", kThreads, kThreads, 1, 1, 0)
extern "C" __global__ void __launch_bounds__(kThreads)
    shift_tokens(const int32_t* __restrict__ tokens, int32_t* __restrict__ out, int64_t size, int sequence, int first) {
    const int64_t i = thread_index();
    if (i < size) out[i] = i % sequence == 0 ? first : tokens[i - 1];
}

ZOE_GEOMETRY(mask_tokens, mask_tokens, simt, "", kThreads, 1, 1, 1, 0)
extern "C" __global__ void __launch_bounds__(kThreads)
    mask_tokens(const int32_t* __restrict__ tokens, int32_t* __restrict__ out, float* __restrict__ weights,
                int sequence, int mask, uint64_t seed, uint64_t stream, const uint64_t* state) {
    extern __shared__ uint32_t draws[];
    const zoe::PhiloxKey key = zoe::philox_key(seed, stream, state);
    // Element (S+1)·b is the sample's share, those after it are its tokens'.
    const uint64_t element = static_cast<uint64_t>(blockIdx.x) * (static_cast<uint64_t>(sequence) + 1);
    const int64_t begin = static_cast<int64_t>(blockIdx.x) * sequence;
    for (int s = static_cast<int>(threadIdx.x); s < sequence; s += kThreads) {
        draws[s] = zoe::philox_word(key, element + 1 + s);
    }
    const float share = cospif(0.5f * zoe::uniform01(zoe::philox_word(key, element)));
    const int hidden = max(1, static_cast<int>(ceilf(share * static_cast<float>(sequence))));
    __syncthreads();
    for (int s = static_cast<int>(threadIdx.x); s < sequence; s += kThreads) {
        const uint32_t own = draws[s];
        int before = 0;
#pragma unroll 4
        for (int j = 0; j < sequence; ++j) before += draws[j] < own || (draws[j] == own && j < s) ? 1 : 0;
        const bool hide = before < hidden;
        out[begin + s] = hide ? mask : tokens[begin + s];
        weights[begin + s] = hide ? 1.0f : 0.0f;
    }
}

ZOE_GEOMETRY(drop_labels, drop_labels, simt, "", kThreads, kThreads, 1, 1, 0)
extern "C" __global__ void __launch_bounds__(kThreads)
    drop_labels(const int32_t* __restrict__ labels, int32_t* __restrict__ out, int count, int dropped,
                float probability, uint64_t seed, uint64_t stream, const uint64_t* state) {
    const int64_t i = thread_index();
    if (i >= count) return;
    const zoe::PhiloxKey key = zoe::philox_key(seed, stream, state);
    out[i] = zoe::uniform01(zoe::philox_word(key, i)) <= probability ? dropped : labels[i];
}

ZOE_GEOMETRY(take_token, take_token, simt, "", kThreads, kThreads, 1, 1, 0)
extern "C" __global__ void __launch_bounds__(kThreads)
    take_token(const int32_t* __restrict__ tokens, const int32_t* __restrict__ counter, int32_t* __restrict__ out,
               int samples, int sequence, int first) {
    const int64_t b = thread_index();
    if (b >= samples) return;
    const int place = min(*counter, sequence);
    out[b] = place <= 0 ? first : tokens[b * sequence + place - 1];
}

ZOE_GEOMETRY(put_token, put_token, simt, "", kThreads, kThreads, 1, 1, 0)
extern "C" __global__ void __launch_bounds__(kThreads)
    put_token(const int32_t* __restrict__ values, const int32_t* __restrict__ counter, int32_t* __restrict__ tokens,
              int samples, int sequence, int hidden) {
    const int64_t b = thread_index();
    const int place = *counter;
    if (b >= samples || place < 0 || place >= sequence) return;
    int32_t* at = tokens + b * sequence + place;
    if (*at == hidden) *at = values[b];
}

ZOE_GEOMETRY(keep_confident, keep_confident, simt, "", kThreads, 1, 1, 1, 0)
extern "C" __global__ void __launch_bounds__(kThreads)
    keep_confident(int32_t* __restrict__ tokens, const int32_t* __restrict__ sampled,
                   const float* __restrict__ confidence, const int32_t* __restrict__ counts,
                   const float* __restrict__ noise, const int32_t* __restrict__ counter, int sequence, int mask,
                   uint64_t seed, uint64_t stream, const uint64_t* state) {
    extern __shared__ float scores[];
    const int64_t begin = static_cast<int64_t>(blockIdx.x) * sequence;
    const int known = counts[*counter];
    const float amount = noise != nullptr ? noise[*counter] : 0.0f;
    const zoe::PhiloxKey key = zoe::philox_key(seed, stream, state);
    for (int s = static_cast<int>(threadIdx.x); s < sequence; s += kThreads) {
        float score = CUDART_INF_F;  // a known token outranks every other
        if (tokens[begin + s] == mask) {
            score = confidence[begin + s];
            if (amount > 0.0f) score += amount * gumbel(zoe::philox_word(key, begin + s));
            score = score == score ? fminf(score, 3.4e38f) : -CUDART_INF_F;
        }
        scores[s] = score;
    }
    __syncthreads();
    for (int s = static_cast<int>(threadIdx.x); s < sequence; s += kThreads) {
        const float own = scores[s];
        if (own == CUDART_INF_F) continue;
        int before = 0;
#pragma unroll 4
        for (int j = 0; j < sequence; ++j) before += scores[j] > own || (scores[j] == own && j < s) ? 1 : 0;
        if (before < known) tokens[begin + s] = sampled[begin + s];
    }
}
