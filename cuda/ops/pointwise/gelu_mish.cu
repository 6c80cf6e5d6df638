// GELU in its exact form and Mish, forward and backward, on f32 and bf16.
//
//   gelu(x) = x·Φ(x),  Φ(x) = ½ erfc(-x/√2)        gelu'(x) = Φ(x) + x·exp(-x²/2)/√(2π)
//   mish(x) = x·w,     w = tanh(ln(1 + eˣ))         mish'(x) = w + x·(1 - w²)·σ(x)
//
// erfc keeps the digits of Φ far below zero, where 1 + erf would cancel. With e = exp(-|x|), which never overflows,
//
//   x >= 0   w = (1 + 2e)/(1 + 2e + 2e²),   1 - w = 2e²/(1 + 2e + 2e²),   σ = 1/(1 + e)
//   x <  0   w = e(2 + e)/(2 + 2e + e²),    1 - w = 2/(2 + 2e + e²),      σ = e/(1 + e)
//
// Arguments   forward (x, y, n), backward (dy, x, dx, n): flat arrays of n elements; y may be x, dx may be dy or x.
//             NaN stays NaN.
// Mapping     zoetrope/elementwise.cuh: sixteen elements a thread in 16-byte packs.
// Traffic     forward 2 and backward 3 times n·sizeof(T) bytes; about 25 operations an element.
// Source      Hendrycks, Gimpel 2016 (arXiv:1606.08415), eq. 1; Misra 2019 (arXiv:1908.08681), eq. 1.
// Measured    not measured on a GPU yet.
#include "activation.cuh"

namespace {

constexpr float kRootHalf = 0.70710678f;
constexpr float kNormal = 0.39894228f;  // 1/√(2π)

struct Gelu {
    __device__ __forceinline__ static float cdf(float x) { return 0.5f * erfcf(-kRootHalf * x); }
    __device__ __forceinline__ float operator()(float x) const { return x * cdf(x); }
    __device__ __forceinline__ float operator()(float dy, float x) const {
        return dy * fmaf(x * kNormal, __expf(-0.5f * x * x), cdf(x));
    }
};

struct Mish {
    __device__ __forceinline__ float operator()(float x) const {
        const float e = __expf(-fabsf(x));
        const float top = x < 0.0f ? e * (2.0f + e) : 1.0f + 2.0f * e;
        const float rest = x < 0.0f ? 2.0f : 2.0f * e * e;
        return x * (top / (top + rest));
    }
    __device__ __forceinline__ float operator()(float dy, float x) const {
        const float e = __expf(-fabsf(x));
        const float top = x < 0.0f ? e * (2.0f + e) : 1.0f + 2.0f * e;
        const float rest = x < 0.0f ? 2.0f : 2.0f * e * e;
        const float both = 1.0f / (top + rest);
        const float w = top * both;
        const float sigma = (x < 0.0f ? e : 1.0f) / (1.0f + e);
        return dy * fmaf(x * sigma, rest * both * (1.0f + w), w);
    }
};

}  // namespace

ZOE_ACTIVATION(gelu_erf, Gelu, f32, float)
ZOE_ACTIVATION(gelu_erf, Gelu, bf16, zoe::bf16)
ZOE_ACTIVATION(mish, Mish, f32, float)
ZOE_ACTIVATION(mish, Mish, bf16, zoe::bf16)
