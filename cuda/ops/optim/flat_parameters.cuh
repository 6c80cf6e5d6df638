// The pass over flat parameters that every optimiser makes: read weight, gradient and state, apply the rule, write them, the
// bf16 copy and the moving average. A block takes a chunk, four elements a thread and step; single elements where the chunk's
// begin is no multiple of 4.
#pragma once
#include "optim.cuh"

namespace optim {

struct FlatParameters {
    float* master;
    float* gradient;
    float* m;         // first state of the rule
    float* v;         // second, null where the rule has one
    float* ema;       // may be null
    zoe::bf16* copy;  // may be null
    bool clear;       // gradients become 0
};

// Rule: kStates (1 or 2), and float operator()(theta, gradient, m, v), which changes m (and v) and returns the new weight.
template <int V, class Rule>
__device__ __forceinline__ void update(const FlatParameters& flat, const Rule& rule, float ema_share, int64_t i) {
    float theta[V], gradient[V], m[V], v[V];
    zoe::load_values<float, V>(flat.master + i, theta);
    zoe::load_values<float, V>(flat.gradient + i, gradient);
    zoe::load_values<float, V>(flat.m + i, m);
    if constexpr (Rule::kStates == 2) zoe::load_values<float, V>(flat.v + i, v);
#pragma unroll
    for (int k = 0; k < V; ++k) theta[k] = rule(theta[k], gradient[k], m[k], v[k]);
    zoe::store_values<float, V>(flat.master + i, theta);
    zoe::store_values<float, V>(flat.m + i, m);
    if constexpr (Rule::kStates == 2) zoe::store_values<float, V>(flat.v + i, v);
    if (flat.clear) {
        const float zeros[V] = {};
        zoe::store_values<float, V>(flat.gradient + i, zeros);
    }
    if (flat.copy != nullptr) zoe::store_values<zoe::bf16, V>(flat.copy + i, theta);
    if (flat.ema != nullptr) {
        float ema[V];
        zoe::load_values<float, V>(flat.ema + i, ema);
#pragma unroll
        for (int k = 0; k < V; ++k) ema[k] = fmaf(ema_share, theta[k] - ema[k], ema[k]);
        zoe::store_values<float, V>(flat.ema + i, ema);
    }
}

// One chunk by one block. Where control says not to run, only gradients are cleared.
template <class Rule>
__device__ __forceinline__ void update_chunk(const FlatParameters& flat, const Chunk& chunk, const float* control,
                                             const Rule& rule) {
    const int64_t end = chunk.begin + chunk.count;
    const bool wide =
        (chunk.begin & 3) == 0 && zoe::aligned16(flat.master, flat.gradient, flat.m, flat.v, flat.ema, flat.copy);
    const int64_t packed = wide ? chunk.begin + (chunk.count & ~3ll) : chunk.begin;
    const int64_t thread = static_cast<int>(threadIdx.x);
    if (control[kRun] == 0.0f) {
        for (int64_t i = chunk.begin + thread; flat.clear && i < end; i += kThreads) flat.gradient[i] = 0.0f;
        return;
    }
    const float ema_share = control[kEmaShare];
#pragma unroll 1
    for (int64_t i = chunk.begin + thread * 4; i < packed; i += kThreads * 4) update<4>(flat, rule, ema_share, i);
#pragma unroll 1
    for (int64_t i = packed + thread; i < end; i += kThreads) update<1>(flat, rule, ema_share, i);
}

}  // namespace optim
