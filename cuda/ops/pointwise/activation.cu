// SiLU, GELU (tanh form), ReLU, leaky ReLU, tanh and sigmoid, forward and backward, on f32 and bf16.
//
//   silu(x) = x·σ(x)                            silu'(x) = s + x·s·(1-s)            with s = σ(x)
//   gelu(x) = x·½(1 + tanh u) = x·σ(2u)         gelu'(x) = s + x·s·(1-s)·2u'        with s = σ(2u),
//             u = √(2/π)·(x + 0.044715·x³)               u' = √(2/π)·(1 + 0.134145·x²)
//   relu(x) = max(x, 0)                         relu'(x) = 0 for x <= 0, else 1: NaN is passed on
//   leaky(x) = x for x > 0, else slope·x        leaky'(x) = 1 for x > 0, else slope
//   tanh(x)                                     tanh'(x) = 4·e/(1+e)²               with e = exp(-2·|x|)
//   sigmoid(x) = σ(x)                           σ'(x) = e/(1+e)²                    with e = exp(-|x|)
//
// The last two slopes are written in e so that they keep their digits where the function saturates and 1 - y² would cancel.
// σ(z) = 1/(1 + 2^(-z·log2 e)): one ex2.approx and one rcp.approx.
//
// Arguments   forward (x, y, n), backward (dy, x, dx, n): flat arrays of n elements; y may be x, dx may be dy or x. The
//             leaky entries take slope last. NaN stays NaN.
// Mapping     zoetrope/elementwise.cuh: sixteen elements a thread in 16-byte packs.
// Traffic     forward 2 and backward 3 times n·sizeof(T) bytes; about 6 (SiLU) to 20 (tanh) operations an element.
// Source      Elfwing et al. 2017 (arXiv:1702.03118); Hendrycks, Gimpel 2016 (arXiv:1606.08415).
// Measured    not by itself; it passed its tests on an H200.
// Changed since: relu's gradient at NaN. Not run on a GPU again yet.
#include "activation.cuh"

namespace {

__device__ __forceinline__ float reciprocal(float x) {
    float r;
    asm("rcp.approx.f32 %0, %1;" : "=f"(r) : "f"(x));
    return r;
}

__device__ __forceinline__ float exponential2(float x) {
    float r;
    asm("ex2.approx.f32 %0, %1;" : "=f"(r) : "f"(x));
    return r;
}

constexpr float kLog2E = 1.44269504f;
constexpr float kGelu = 0.79788456f;  // √(2/π)

__device__ __forceinline__ float sigmoid(float z) { return reciprocal(1.0f + exponential2(-kLog2E * z)); }

struct Silu {
    __device__ __forceinline__ float operator()(float x) const { return x * sigmoid(x); }
    __device__ __forceinline__ float operator()(float dy, float x) const {
        const float s = sigmoid(x);
        return dy * fmaf(x * s, 1.0f - s, s);
    }
};

struct Gelu {
    __device__ __forceinline__ static float gate(float x, float square) {
        return sigmoid(x * fmaf(2.0f * kGelu * 0.044715f, square, 2.0f * kGelu));
    }
    __device__ __forceinline__ float operator()(float x) const { return x * gate(x, x * x); }
    __device__ __forceinline__ float operator()(float dy, float x) const {
        const float square = x * x;
        const float s = gate(x, square);
        const float slope = fmaf(2.0f * kGelu * 0.134145f, square, 2.0f * kGelu);
        return dy * fmaf(x * s * (1.0f - s), slope, s);
    }
};

struct Leaky {
    float slope;
    __device__ __forceinline__ float operator()(float x) const { return x <= 0.0f ? x * slope : x; }
    __device__ __forceinline__ float operator()(float dy, float x) const { return x > 0.0f ? dy : dy * slope; }
};

// e/(1+e)² for e = 2^z, z <= 0: the slope of the logistic function.
__device__ __forceinline__ float bell(float z) {
    const float e = exponential2(z);
    const float r = reciprocal(1.0f + e);
    return e * r * r;
}

struct Tanh {
    __device__ __forceinline__ float operator()(float x) const { return tanhf(x); }
    __device__ __forceinline__ float operator()(float dy, float x) const {
        return 4.0f * dy * bell(-2.0f * kLog2E * fabsf(x));
    }
};

struct Sigmoid {
    __device__ __forceinline__ float operator()(float x) const { return sigmoid(x); }
    __device__ __forceinline__ float operator()(float dy, float x) const { return dy * bell(-kLog2E * fabsf(x)); }
};

// Not slope 0: -∞·0 would be NaN.
struct Relu {
    __device__ __forceinline__ float operator()(float x) const { return x <= 0.0f ? 0.0f : x; }
    __device__ __forceinline__ float operator()(float dy, float x) const { return x <= 0.0f ? 0.0f : dy; }
};

}  // namespace

#define ZOE_LEAKY(suffix, type)                                                                                        \
    ZOE_ELEMENT_GEOMETRY(leaky_relu_forward_##suffix, leaky_relu_forward, "type=" #suffix)                             \
    extern "C" __global__ void __launch_bounds__(zoe::kElementThreads)                                                 \
        leaky_relu_forward_##suffix(const type* x, type* y, int64_t n, float slope) {                                  \
        zoe::map(x, y, n, Leaky{slope});                                                                               \
    }                                                                                                                  \
    ZOE_ELEMENT_GEOMETRY(leaky_relu_backward_##suffix, leaky_relu_backward, "type=" #suffix)                           \
    extern "C" __global__ void __launch_bounds__(zoe::kElementThreads)                                                 \
        leaky_relu_backward_##suffix(const type* dy, const type* x, type* dx, int64_t n, float slope) {                \
        zoe::map(dy, x, dx, n, Leaky{slope});                                                                          \
    }

ZOE_ACTIVATION(silu, Silu, f32, float)
ZOE_ACTIVATION(silu, Silu, bf16, zoe::bf16)
ZOE_ACTIVATION(gelu, Gelu, f32, float)
ZOE_ACTIVATION(gelu, Gelu, bf16, zoe::bf16)
ZOE_ACTIVATION(relu, Relu, f32, float)
ZOE_ACTIVATION(relu, Relu, bf16, zoe::bf16)
ZOE_ACTIVATION(tanh, Tanh, f32, float)
ZOE_ACTIVATION(tanh, Tanh, bf16, zoe::bf16)
ZOE_ACTIVATION(sigmoid, Sigmoid, f32, float)
ZOE_ACTIVATION(sigmoid, Sigmoid, bf16, zoe::bf16)
ZOE_LEAKY(f32, float)
ZOE_LEAKY(bf16, zoe::bf16)
