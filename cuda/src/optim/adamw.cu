// AdamW over a flat bank of parameters, with global-norm clipping, a moving average of the weights and a bf16 copy, in one
// pass; the schedule and all counters live on the device, so that a recorded training step replays without the host.
//
//   g = gradient·scale·min(1, max_norm/‖scale·gradient‖)
//   m = β1·m + (1-β1)·g          v = β2·v + (1-β2)·g²
//   θ = θ·(1 - rate·decay) - rate/(1-β1^t) · m / (√v/√(1-β2^t) + ε)
//   ema = ema + (1-d_t)·(θ - ema)      copy = bf16(θ)
//
//   adamw_norm(gradient, chunks, partial)                 partial[c] = Σ g² over chunk c; grid.x = chunks
//   adamw_prepare(partial, chunks, hyper, state, control) one block: norm, rate, corrections; advances the step
//   adamw_update(master, gradient, m, v, ema?, copy?, chunks, hyper, control, clear)    grid.x = chunks; clear: gradient = 0
//
// A norm that is not finite leaves master, m, v, ema and copy as they were, does not count as a step and raises the flag in
// state (the gradient is still cleared).
// Arguments   optim.cuh has the layouts of chunks, hyper, state and control.
// Mapping     a block a chunk of at most 4096 elements, four a thread and step; single elements where a chunk's begin is no
//             multiple of 4. Divisions and roots are IEEE-exact: the same bits on every device.
// Traffic     norm 4, update 28 (+4 clear, +8 EMA, +2 copy) bytes an element; about 16 operations.
// Source      Loshchilov, Hutter 2019 (arXiv:1711.05101); EMA warm-up as in common diffusion code: (1+t)/(10+t).
// Measured    not measured on a GPU yet.
#include "optim.cuh"
#include "zoetrope/reduce.cuh"

using optim::Chunk;
using optim::kChunk;
using optim::kThreads;

namespace {

// β^t for whole t by squaring, in double: 1 - β^t keeps its digits at small t.
__device__ __forceinline__ double power(double base, int exponent) {
    double result = 1.0;
    for (; exponent > 0; exponent >>= 1) {
        if ((exponent & 1) != 0) result *= base;
        base *= base;
    }
    return result;
}

__device__ __forceinline__ float rate_at(const float* hyper, int step) {
    const float rate = hyper[optim::kRate];
    const float warm_up = hyper[optim::kWarmUpSteps];
    const float total = hyper[optim::kTotalSteps];
    const float t = static_cast<float>(step);
    if (t < warm_up) return rate * (t / warm_up);
    if (total <= warm_up) return rate;
    const float progress = fminf((t - warm_up) / (total - warm_up), 1.0f);
    const float last = hyper[optim::kFinalRate];
    return last + (rate - last) * 0.5f * (1.0f + cospif(progress));
}

struct Coefficients {
    float gradient, beta1, beta2, step_size, root_correction, epsilon, decay, ema_share;
};

// One element; returns the new weight.
__device__ __forceinline__ float adamw(const Coefficients& c, float theta, float gradient, float& m, float& v) {
    const float g = gradient * c.gradient;
    m = fmaf(c.beta1, m, (1.0f - c.beta1) * g);
    v = fmaf(c.beta2, v, (1.0f - c.beta2) * g * g);
    const float denominator = fmaf(__fsqrt_rn(v), c.root_correction, c.epsilon);
    return fmaf(theta, c.decay, -__fdiv_rn(c.step_size * m, denominator));
}

struct Bank {
    float* master;
    float* gradient;
    float* m;
    float* v;
    float* ema;
    zoe::bf16* copy;
    bool clear;
};

template <int V> struct Values {
    float x[V];
};

template <int V> __device__ __forceinline__ Values<V> read(const float* p) {
    Values<V> values;
    if constexpr (V == 1) {
        values.x[0] = *p;
    } else {
        zoe::load_floats(p, values.x);
    }
    return values;
}

template <int V, class T> __device__ __forceinline__ void write(T* p, const Values<V>& values) {
    if constexpr (V == 1) {
        zoe::store_float(p, values.x[0]);
    } else {
        zoe::store_floats(p, values.x);
    }
}

template <int V> __device__ __forceinline__ void update(const Bank& bank, const Coefficients& c, int64_t i) {
    Values<V> theta = read<V>(bank.master + i);
    const Values<V> gradient = read<V>(bank.gradient + i);
    Values<V> m = read<V>(bank.m + i);
    Values<V> v = read<V>(bank.v + i);
#pragma unroll
    for (int k = 0; k < V; ++k) theta.x[k] = adamw(c, theta.x[k], gradient.x[k], m.x[k], v.x[k]);
    write<V>(bank.master + i, theta);
    write<V>(bank.m + i, m);
    write<V>(bank.v + i, v);
    if (bank.clear) write<V>(bank.gradient + i, Values<V>{});
    if (bank.copy != nullptr) write<V>(bank.copy + i, theta);
    if (bank.ema != nullptr) {
        Values<V> ema = read<V>(bank.ema + i);
#pragma unroll
        for (int k = 0; k < V; ++k) ema.x[k] = fmaf(c.ema_share, theta.x[k] - ema.x[k], ema.x[k]);
        write<V>(bank.ema + i, ema);
    }
}

}  // namespace

ZOE_GEOMETRY(adamw_norm, kThreads, kChunk, 1, 1, 0)
extern "C" __global__ void __launch_bounds__(kThreads)
    adamw_norm(const float* __restrict__ gradient, const Chunk* __restrict__ chunks, float* __restrict__ partial) {
    __shared__ float shared[kThreads / 32];
    const Chunk chunk = chunks[blockIdx.x];
    const float* g = gradient + chunk.begin;
    const int count = static_cast<int>(chunk.count);
    const int packed = zoe::aligned16(g) ? count & ~3 : 0;
    float total = 0.0f;
#pragma unroll 4
    for (int i = static_cast<int>(threadIdx.x) * 4; i < packed; i += kThreads * 4) {
        float v[4];
        zoe::load_floats(g + i, v);
#pragma unroll
        for (int k = 0; k < 4; ++k) total = fmaf(v[k], v[k], total);
    }
    for (int i = packed + static_cast<int>(threadIdx.x); i < count; i += kThreads) total = fmaf(g[i], g[i], total);
    total = zoe::block_sum<kThreads>(total, shared);
    if (threadIdx.x == 0) partial[blockIdx.x] = total;
}

ZOE_GEOMETRY(adamw_prepare, kThreads, 1, 1, 1, 0)
extern "C" __global__ void __launch_bounds__(kThreads)
    adamw_prepare(const float* __restrict__ partial, int chunks, const float* __restrict__ hyper,
                  int32_t* __restrict__ state, float* __restrict__ control) {
    __shared__ float shared[kThreads / 32];
    float total = 0.0f;
    for (int i = static_cast<int>(threadIdx.x); i < chunks; i += kThreads) total += partial[i];
    total = zoe::block_sum<kThreads>(total, shared);
    if (threadIdx.x != 0) return;
    const float scale = hyper[optim::kGradientScale];
    const float norm = sqrtf(total) * fabsf(scale);
    const bool run = isfinite(norm);
    const int step = state[optim::kStep] + 1;
    state[optim::kNotFinite] = run ? 0 : 1;
    if (run) {
        state[optim::kStep] = step;
    } else {
        state[optim::kSkipped] += 1;
    }
    const float limit = hyper[optim::kMaxNorm];
    const float clip = limit > 0.0f && norm > limit ? limit / norm : 1.0f;
    const float rate = rate_at(hyper, step);
    const float warm_up = hyper[optim::kEmaWarmUp];
    const float t = static_cast<float>(step);
    float ema = hyper[optim::kEmaDecay];
    if (warm_up > 0.0f) ema = fminf(ema, (1.0f + t) / (warm_up + t));
    control[optim::kNorm] = norm;
    control[optim::kGradient] = scale * clip;
    control[optim::kRateNow] = rate;
    control[optim::kStepSize] = rate / static_cast<float>(1.0 - power(hyper[optim::kBeta1], step));
    control[optim::kRootCorrection] = 1.0f / sqrtf(static_cast<float>(1.0 - power(hyper[optim::kBeta2], step)));
    control[optim::kDecayFactor] = 1.0f - rate * hyper[optim::kWeightDecay];
    control[optim::kEmaShare] = 1.0f - ema;
    control[optim::kRun] = run ? 1.0f : 0.0f;
}

ZOE_GEOMETRY(adamw_update, kThreads, kChunk, 1, 1, 0)
extern "C" __global__ void __launch_bounds__(kThreads)
    adamw_update(float* master, float* gradient, float* m, float* v, float* ema, zoe::bf16* copy, const Chunk* chunks,
                 const float* hyper, const float* control, int clear) {
    const Chunk chunk = chunks[blockIdx.x];
    const int64_t end = chunk.begin + chunk.count;
    const bool wide = (chunk.begin & 3) == 0 && zoe::aligned16(master, gradient, m, v, ema, copy);
    const int64_t packed = wide ? chunk.begin + (chunk.count & ~3ll) : chunk.begin;
    const int64_t thread = static_cast<int>(threadIdx.x);
    if (control[optim::kRun] == 0.0f) {
        for (int64_t i = chunk.begin + thread; clear != 0 && i < end; i += kThreads) gradient[i] = 0.0f;
        return;
    }
    const Coefficients c{control[optim::kGradient], hyper[optim::kBeta1],          hyper[optim::kBeta2],
                         control[optim::kStepSize], control[optim::kRootCorrection], hyper[optim::kEpsilon],
                         chunk.decay != 0 ? control[optim::kDecayFactor] : 1.0f,   control[optim::kEmaShare]};
    const Bank bank{master, gradient, m, v, ema, copy, clear != 0};
#pragma unroll 1
    for (int64_t i = chunk.begin + thread * 4; i < packed; i += kThreads * 4) update<4>(bank, c, i);
#pragma unroll 1
    for (int64_t i = packed + thread; i < end; i += kThreads) update<1>(bank, c, i);
}
