// Drawing one token a row from logits.
//
//   sample_tokens_*(logits, tokens, confidence, vocabulary, temperature, top_k, top_p, seed, stream, state)
//
// Row n keeps the top_k largest logits (equal ones: the lower index first), of those the fewest whose share of the
// probability softmax(logits / temperature) reaches top_p, and draws from what is left with Philox word n. temperature 0
// takes the largest logit, the lowest index among equals. confidence[n], where given, is the logarithm of
// softmax(logits)[token]: what the model itself thinks of the choice, whatever the temperature and cuts.
//
// Arguments   logits T [N, V]; tokens I32 [N]; confidence f32 [N] or null; top_k = V and top_p = 1 cut nothing. A row with a
//             NaN gives token -1 and confidence NaN. −∞ is never drawn unless all are; the row's maximum must be finite.
// Mapping     a block of 128 threads a row; a thread has a stretch of neighbouring entries, so that the running sum of the
//             draw goes in the order of the index. Cuts are found by bisection over the bits of the ordered keys, 32 sweeps
//             of the row each, only where asked for. All sums in a fixed order.
// Traffic     the row's logits, from cache after the first sweep; 4 sweeps without cuts.
// Source      Holtzman et al. 2020 (arXiv:1904.09751) for top-p; inverse distribution function for the draw.
// Measured    not by itself; it passed its tests on an H200.
#include <math_constants.h>
#include "zoetrope/copy/vector.cuh"
#include "zoetrope/entry.cuh"
#include "zoetrope/philox.cuh"
#include "zoetrope/reduce.cuh"

namespace {

constexpr int kThreads = 128;
constexpr int kWarps = kThreads / 32;
constexpr float kLog2e = 1.4426950408889634f;

// Integers in the order of the floats.
__device__ __forceinline__ uint32_t ordered(float x) {
    const uint32_t bits = __float_as_uint(x + 0.0f);  // -0 as 0
    return (bits & 0x80000000u) != 0 ? ~bits : bits | 0x80000000u;
}

__device__ __forceinline__ float unordered(uint32_t key) {
    return __uint_as_float((key & 0x80000000u) != 0 ? key & 0x7fffffffu : ~key);
}

struct Maximum {
    __device__ __forceinline__ float operator()(float a, float b) const { return fmaxf(a, b); }
};

// Sum of v over the threads before this one, in a fixed order; `total` receives the sum over all.
template <class N> __device__ __forceinline__ N sum_before(N v, N* shared, N& total) {
    const int lane = static_cast<int>(threadIdx.x) & 31;
    const int warp = static_cast<int>(threadIdx.x) >> 5;
    N sum = v;
#pragma unroll
    for (int offset = 1; offset < 32; offset *= 2) {
        const N below = __shfl_up_sync(0xffffffffu, sum, offset);
        if (lane >= offset) sum += below;
    }
    const N below = __shfl_up_sync(0xffffffffu, sum, 1);
    if (lane == 31) shared[warp] = sum;
    __syncthreads();
    N before = lane == 0 ? N{0} : below;
    total = N{0};
#pragma unroll
    for (int w = 0; w < kWarps; ++w) {
        if (w == warp) before += total;
        total += shared[w];
    }
    __syncthreads();
    return before;
}

// What of a row is left after the cuts: keys above `cut`, and the first `ties` of those equal to it.
struct Kept {
    uint32_t cut;
    int ties;
};

template <class T>
__device__ __forceinline__ void sample(const T* logits, int32_t* tokens, float* confidence, int vocabulary,
                                       float temperature, int top_k, float top_p, uint64_t seed, uint64_t stream,
                                       const uint64_t* state) {
    __shared__ float shared[kWarps];
    __shared__ int32_t counts[kWarps];
    __shared__ int32_t chosen;
    const int64_t row = blockIdx.x;
    const int thread = static_cast<int>(threadIdx.x);
    const T* x = logits + row * vocabulary;
    const int stretch = (vocabulary + kThreads - 1) / kThreads;
    const int begin = min(thread * stretch, vocabulary);
    const int end = min(begin + stretch, vocabulary);

    float m[2] = {-CUDART_INF_F, 0.0f};  // the maximum, and whether there is a NaN
    for (int i = begin; i < end; ++i) {
        const float v = zoe::load_float(x + i);
        m[0] = fmaxf(m[0], v);
        if (v != v) m[1] = 1.0f;
    }
    __shared__ float pair[2 * kWarps];
    zoe::block_reduce<kThreads, 2>(m, pair, Maximum{});
    const float maximum = m[0];
    if (m[1] != 0.0f) {
        if (thread == 0) {
            tokens[row] = -1;
            if (confidence != nullptr) confidence[row] = CUDART_NAN_F;
        }
        return;
    }
    if (thread == 0) chosen = temperature > 0.0f ? -1 : vocabulary;
    float plain = 0.0f;
    if (confidence != nullptr) {
        for (int i = begin; i < end; ++i) plain += exp2f((zoe::load_float(x + i) - maximum) * kLog2e);
        plain = zoe::block_sum<kThreads>(plain, shared);
    }
    __syncthreads();

    if (!(temperature > 0.0f)) {
        for (int i = begin; i < end; ++i) {
            if (zoe::load_float(x + i) == maximum) {
                atomicMin(&chosen, i);
                break;
            }
        }
    } else {
        const float factor = kLog2e / temperature;
        const auto mass = [&](float v) { return exp2f((v - maximum) * factor); };
        Kept kept{0u, 0};
        if (top_k < vocabulary) {
            uint32_t cut = 0;
#pragma unroll 1
            for (uint32_t bit = 0x80000000u; bit != 0; bit >>= 1) {
                const uint32_t candidate = cut | bit;
                int32_t above = 0;
                for (int i = begin; i < end; ++i) above += ordered(zoe::load_float(x + i)) >= candidate ? 1 : 0;
                int32_t total;
                sum_before(above, counts, total);
                if (total >= top_k) cut = candidate;
            }
            int32_t above = 0;
            for (int i = begin; i < end; ++i) above += ordered(zoe::load_float(x + i)) > cut ? 1 : 0;
            int32_t total;
            sum_before(above, counts, total);
            kept = {cut, top_k - total};
        }
        if (top_p < 1.0f) {
            const float tie_mass = kept.ties > 0 ? mass(unordered(kept.cut)) * static_cast<float>(kept.ties) : 0.0f;
            const auto above = [&](uint32_t candidate, bool strictly) {
                float part = 0.0f;
                for (int i = begin; i < end; ++i) {
                    const float v = zoe::load_float(x + i);
                    const uint32_t key = ordered(v);
                    if (key > kept.cut && (key > candidate || (!strictly && key == candidate))) part += mass(v);
                }
                part = zoe::block_sum<kThreads>(part, shared);
                return kept.ties > 0 && (candidate < kept.cut || (!strictly && candidate == kept.cut)) ? part + tie_mass
                                                                                                       : part;
            };
            const float wanted = top_p * above(0u, false);
            uint32_t cut = 0;
#pragma unroll 1
            for (uint32_t bit = 0x80000000u; bit != 0; bit >>= 1) {
                if (above(cut | bit, false) >= wanted) cut |= bit;
            }
            const float missing = wanted - above(cut, true);
            const float one = mass(unordered(cut));
            const int ties = max(1, static_cast<int>(fminf(ceilf(missing / fmaxf(one, 1e-30f)), 1e9f)));
            kept = {cut, kept.ties > 0 && cut == kept.cut ? min(kept.ties, ties) : ties};
        }
        int32_t equal = 0;
        for (int i = begin; i < end; ++i) equal += ordered(zoe::load_float(x + i)) == kept.cut ? 1 : 0;
        int32_t all;
        const int32_t equal_before = sum_before(equal, counts, all);
        const auto each = [&](auto visit) {  // the kept entries of this thread, in the order of the index
            int32_t tie = equal_before;
            for (int i = begin; i < end; ++i) {
                const float v = zoe::load_float(x + i);
                const uint32_t key = ordered(v);
                if (key > kept.cut || (key == kept.cut && tie++ < kept.ties)) {
                    if (visit(i, mass(v))) return;
                }
            }
        };
        float own = 0.0f;
        each([&](int, float p) {
            own += p;
            return false;
        });
        float total;
        const float before = sum_before(own, shared, total);
        const zoe::PhiloxKey key = zoe::philox_key(seed, stream, state);
        const float target = zoe::uniform01(zoe::philox_word(key, row)) * total;
        // The last thread that begins below the target has it; rounding cannot leave the row without a choice.
        if (own > 0.0f && before < target) atomicMax(&chosen, thread);
        __syncthreads();
        const int owner = chosen;
        __syncthreads();
        if (thread == owner) {
            float sum = before;
            int last = 0;
            each([&](int i, float p) {
                if (p > 0.0f) last = i;
                sum += p;
                return p > 0.0f && sum >= target;
            });
            chosen = last;
        }
    }
    __syncthreads();
    if (thread == 0) {
        tokens[row] = chosen;
        if (confidence != nullptr) confidence[row] = zoe::load_float(x + chosen) - maximum - logf(plain);
    }
}

}  // namespace

#define ZOE_SAMPLE_TOKENS(suffix, type)                                                                                \
    ZOE_GEOMETRY(sample_tokens_##suffix, sample_tokens, simt, "type=" #suffix, kThreads, 1, 1, 1, 0)                   \
    extern "C" __global__ void __launch_bounds__(kThreads) sample_tokens_##suffix(                                     \
        const type* __restrict__ logits, int32_t* __restrict__ tokens, float* __restrict__ confidence, int vocabulary, \
        float temperature, int top_k, float top_p, uint64_t seed, uint64_t stream, const uint64_t* state) {            \
        sample(logits, tokens, confidence, vocabulary, temperature, top_k, top_p, seed, stream, state);                \
    }

ZOE_SAMPLE_TOKENS(f32, float)
ZOE_SAMPLE_TOKENS(bf16, zoe::bf16)
