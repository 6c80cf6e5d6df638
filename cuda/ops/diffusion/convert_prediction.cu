// The clean picture and the noise that a network's output stands for.
//
//   epsilon (0):  x̂ = (x_t - √(1-ᾱ)·o)/√ᾱ     ε̂ = o
//   v (1):        x̂ = √ᾱ·x_t - √(1-ᾱ)·o       ε̂ = √ᾱ·o + √(1-ᾱ)·x_t
//   sample (2):   x̂ = o                        ε̂ = (x_t - √ᾱ·o)/√(1-ᾱ)
//
// With limit > 0, x̂ is clamped to [-limit, limit] and, where that changed it, ε̂ = (x_t - √ᾱ·x̂)/√(1-ᾱ), so that the pair
// always mixes to x_t.
//
//   convert_prediction_*(xt, output, t, t_stride, alpha_bar, steps, clean?, noise?, samples, size, prediction, limit)
//
// Arguments   xt, output, clean, noise: T[samples][size], outputs may be inputs; t I32, sample i uses t[i·t_stride] (stride 0:
//             one for all); alpha_bar f32[steps]. A t outside the table makes NaN of all that depends on ᾱ.
// Mapping     grid.x = samples · ceil(size / 4096), packs of 16 bytes where size and addresses allow.
// Traffic     up to 4·n·sizeof(T) bytes, about 8 operations an element.
// Source      Salimans, Ho 2022 (arXiv:2202.00512), appendix D.
// Measured    not by itself; it passed its tests on an H200.
#include "zoetrope/elementwise.cuh"

namespace {

constexpr int kThreads = zoe::kElementThreads;
constexpr int kTile = zoe::kElementTile;
constexpr int kEpsilon = 0;
constexpr int kVelocity = 1;

// x̂ = from_x·x_t + from_o·o and ε̂ = e_from_x·x_t + e_from_o·o, whatever the prediction.
struct Rule {
    float from_x, from_o, e_from_x, e_from_o;
    float signal, inverse_spread, limit;
    __device__ __forceinline__ void operator()(float x, float o, float& clean, float& noise) const {
        clean = fmaf(from_x, x, from_o * o);
        noise = fmaf(e_from_x, x, e_from_o * o);
        if (limit > 0.0f && fabsf(clean) > limit) {
            clean = copysignf(limit, clean);
            noise = fmaf(-signal, clean, x) * inverse_spread;
        }
    }
};

__device__ __forceinline__ Rule rule_for(float alpha, int prediction, float limit) {
    const float a = sqrtf(alpha);
    const float s = sqrtf(1.0f - alpha);
    if (prediction == kEpsilon) return {1.0f / a, -s / a, 0.0f, 1.0f, a, 1.0f / s, limit};
    if (prediction == kVelocity) return {a, -s, s, a, a, 1.0f / s, limit};
    return {0.0f, 1.0f, 1.0f / s, -a / s, a, 1.0f / s, limit};
}

template <class T>
__device__ __forceinline__ void convert(const T* xt, const T* output, const int32_t* t, int t_stride,
                                        const float* alpha_bar, int steps, T* clean, T* noise, int samples,
                                        int64_t size, int prediction, float limit) {
    constexpr int V = zoe::kPack<T>;
    const unsigned tiles = gridDim.x / static_cast<unsigned>(samples);
    const unsigned sample = blockIdx.x / tiles;
    const int64_t begin = static_cast<int64_t>(blockIdx.x - sample * tiles) * kTile;
    const int count = static_cast<int>(size - begin < kTile ? size - begin : kTile);
    const int64_t base = sample * size + begin;
    const int step = t[static_cast<int64_t>(sample) * t_stride];
    float alpha = __int_as_float(0x7fffffff);
    if (step >= 0 && step < steps) alpha = alpha_bar[step];
    const Rule rule = rule_for(alpha, prediction, limit);
    xt += base;
    output += base;
    if (clean != nullptr) clean += base;
    if (noise != nullptr) noise += base;
    const int packed = zoe::aligned16(xt, output, clean, noise) ? count / V * V : 0;
#pragma unroll 1
    for (int i = static_cast<int>(threadIdx.x) * V; i < packed; i += kThreads * V) {
        float x[V];
        float o[V];
        zoe::load_floats(xt + i, x);
        zoe::load_floats(output + i, o);
#pragma unroll
        for (int k = 0; k < V; ++k) rule(x[k], o[k], x[k], o[k]);
        if (clean != nullptr) zoe::store_floats(clean + i, x);
        if (noise != nullptr) zoe::store_floats(noise + i, o);
    }
#pragma unroll 1
    for (int i = packed + static_cast<int>(threadIdx.x); i < count; i += kThreads) {
        float x;
        float o;
        rule(zoe::load_float(xt + i), zoe::load_float(output + i), x, o);
        if (clean != nullptr) zoe::store_float(clean + i, x);
        if (noise != nullptr) zoe::store_float(noise + i, o);
    }
}

}  // namespace

#define ZOE_CONVERT_PREDICTION(suffix, type)                                                                           \
    ZOE_ELEMENT_GEOMETRY(convert_prediction_##suffix, convert_prediction, "type=" #suffix)                             \
    extern "C" __global__ void __launch_bounds__(kThreads) convert_prediction_##suffix(                                \
        const type* xt, const type* output, const int32_t* t, int t_stride, const float* alpha_bar, int steps,         \
        type* clean, type* noise, int samples, int64_t size, int prediction, float limit) {                            \
        convert(xt, output, t, t_stride, alpha_bar, steps, clean, noise, samples, size, prediction, limit);            \
    }

ZOE_CONVERT_PREDICTION(f32, float)
ZOE_CONVERT_PREDICTION(bf16, zoe::bf16)
