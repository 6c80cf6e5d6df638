// Elementwise arithmetic on f32 and bf16, computed in f32 and rounded once.
//
//   add(a, b, out, n)                 out = a + b
//   multiply(a, b, out, n)            out = a·b
//   scale(x, out, n, s)               out = s·x
//   axpby(x, y, out, n, a, b)         out = a·x + b·y      (a = 1-g, b = g is the guidance combine u + g·(c - u))
//   clamp(x, out, n, low, high)       out = min(max(x, low), high); NaN stays NaN
//
// Arguments   flat arrays of n elements; out may be an input.
// Mapping     zoetrope/elementwise.cuh: sixteen elements a thread in 16-byte packs.
// Traffic     2 (scale, clamp) or 3 times n·sizeof(T) bytes, at most two operations an element.
// Measured    not by itself; it passed its tests on an H200.
#include "zoetrope/elementwise.cuh"

namespace {

struct Add {
    __device__ __forceinline__ float operator()(float a, float b) const { return a + b; }
};

struct Multiply {
    __device__ __forceinline__ float operator()(float a, float b) const { return a * b; }
};

struct Scale {
    float s;
    __device__ __forceinline__ float operator()(float x) const { return s * x; }
};

struct Axpby {
    float a, b;
    __device__ __forceinline__ float operator()(float x, float y) const { return fmaf(a, x, b * y); }
};

struct Clamp {
    float low, high;
    __device__ __forceinline__ float operator()(float x) const {
        x = x < low ? low : x;
        return x > high ? high : x;
    }
};

}  // namespace

#define ZOE_BINARY(name, suffix, type, functor)                                                                        \
    ZOE_ELEMENT_GEOMETRY(name##_##suffix, name, "type=" #suffix)                                                       \
    extern "C" __global__ void __launch_bounds__(zoe::kElementThreads)                                                 \
        name##_##suffix(const type* a, const type* b, type* out, int64_t n) {                                          \
        zoe::map(a, b, out, n, functor{});                                                                             \
    }

#define ZOE_ARITHMETIC(suffix, type)                                                                                   \
    ZOE_BINARY(add, suffix, type, Add)                                                                                 \
    ZOE_BINARY(multiply, suffix, type, Multiply)                                                                       \
    ZOE_ELEMENT_GEOMETRY(scale_##suffix, scale, "type=" #suffix)                                                       \
    extern "C" __global__ void __launch_bounds__(zoe::kElementThreads)                                                 \
        scale_##suffix(const type* x, type* out, int64_t n, float s) {                                                 \
        zoe::map(x, out, n, Scale{s});                                                                                 \
    }                                                                                                                  \
    ZOE_ELEMENT_GEOMETRY(axpby_##suffix, axpby, "type=" #suffix)                                                       \
    extern "C" __global__ void __launch_bounds__(zoe::kElementThreads)                                                 \
        axpby_##suffix(const type* x, const type* y, type* out, int64_t n, float a, float b) {                         \
        zoe::map(x, y, out, n, Axpby{a, b});                                                                           \
    }                                                                                                                  \
    ZOE_ELEMENT_GEOMETRY(clamp_##suffix, clamp, "type=" #suffix)                                                       \
    extern "C" __global__ void __launch_bounds__(zoe::kElementThreads)                                                 \
        clamp_##suffix(const type* x, type* out, int64_t n, float low, float high) {                                   \
        zoe::map(x, out, n, Clamp{low, high});                                                                         \
    }

ZOE_ARITHMETIC(f32, float)
ZOE_ARITHMETIC(bf16, zoe::bf16)
