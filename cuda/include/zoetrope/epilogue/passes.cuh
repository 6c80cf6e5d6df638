// What happens to a product between the accumulators and memory, in passes over the outputs a thread holds: bias,
// activation, other terms to add, and the store. Passes that do not apply are skipped by branches uniform over the
// block.
//
// Where two neighbouring columns can move as one word (even leading dimension, aligned pointers) they do.
#pragma once
#include "zoetrope/layout/operand.cuh"

namespace zoe {

enum Activation : int { kNone = 0, kSilu = 1, kGelu = 2 };

// x sigmoid(x c0 + x^3 c1): SiLU with (1, 0); with sqrt(8/pi) (1, 0.044715) the tanh form of GELU, since
// (1 + tanh u) / 2 = sigmoid(2u).
__device__ __forceinline__ float gated(float x, float c0, float c1) {
    return __fdividef(x, 1.0f + __expf(-x * fmaf(c1 * x, x, c0)));
}

template <class T> __device__ __forceinline__ bool pair_aligned(const T* p) {
    return (reinterpret_cast<unsigned long long>(p) & (2 * sizeof(T) - 1)) == 0;
}

__device__ __forceinline__ void load_pair(const float* p, float& a, float& b) {
    float2 v = *reinterpret_cast<const float2*>(p);
    a = v.x, b = v.y;
}
__device__ __forceinline__ void load_pair(const bf16* p, float& a, float& b) {
    uint32_t v = *reinterpret_cast<const uint32_t*>(p);
    a = bf16_low(v), b = bf16_high(v);
}
__device__ __forceinline__ void store_pair(float* p, float a, float b) {
    *reinterpret_cast<float2*>(p) = make_float2(a, b);
}
__device__ __forceinline__ void store_pair(bf16* p, float a, float b) {
    *reinterpret_cast<uint32_t*>(p) = bf16_pair(a, b);
}

template <class Outputs> __device__ __forceinline__ void add_bias(const Outputs& out, typename Outputs::Acc& acc,
                                                                  const float* bias, int columns) {
    out.each_column(acc, columns, [&](int c) { return bias[c]; }, [](float v, float b) { return v + b; });
}

template <class Outputs>
__device__ __forceinline__ void activate(const Outputs& out, typename Outputs::Acc& acc, int activation) {
    if (activation == kNone) return;
    const float c0 = activation == kSilu ? 1.0f : 1.5957691216057308f;
    const float c1 = activation == kSilu ? 0.0f : 0.044715f * 1.5957691216057308f;
    out.each_value(acc, [&](float v) { return gated(v, c0, c1); });
}

// f(output, element) for every element of a matrix of T; line(row) is the matrix's row, at the tile's first column.
// `pairs`: its rows are pair-aligned.
template <class T, class Outputs, class Line, class F>
__device__ __forceinline__ void with_rows(const Outputs& out, typename Outputs::Acc& acc, int rows, int columns,
                                          bool pairs, Line line, F f) {
    if (pairs)
        out.template each_pair<false>(acc, rows, columns, line, [&](const T* at, int c, bool two, float& a, float& b) {
            float x = 0, y = 0;
            if (two) load_pair(at + c, x, y);
            else x = to_float(at[c]);
            f(a, x), f(b, y);
        });
    else
        out.template each_pair<false>(acc, rows, columns, line, [&](const T* at, int c, bool two, float& a, float& b) {
            f(a, to_float(at[c]));
            if (two) f(b, to_float(at[c + 1]));
        });
}

// acc += factor * matrix.
template <class T, class Outputs, class Line>
__device__ __forceinline__ void add_rows(const Outputs& out, typename Outputs::Acc& acc, int rows, int columns,
                                         bool pairs, float factor, Line line) {
    with_rows<T>(out, acc, rows, columns, pairs, line, [&](float& v, float x) { v = fmaf(factor, x, v); });
}

// acc *= matrix, element by element.
template <class T, class Outputs, class Line>
__device__ __forceinline__ void scale_rows(const Outputs& out, typename Outputs::Acc& acc, int rows, int columns,
                                           bool pairs, Line line) {
    with_rows<T>(out, acc, rows, columns, pairs, line, [](float& v, float x) { v *= x; });
}

// Stores to line(row), the output's row at the tile's first column. `width`: columns of a whole tile.
template <class T, class Outputs, class Line>
__device__ __forceinline__ void store_rows(const Outputs& out, typename Outputs::Acc& acc, int rows, int columns,
                                           int width, bool pairs, Line line) {
    if (pairs && columns >= width)
        out.template each_pair<true>(acc, rows, columns, line, [](T* at, int c, bool two, float a, float b) {
            if (two) store_pair(at + c, a, b);
            else at[c] = from_float<T>(a);
        });
    else
        out.template each_pair<false>(acc, rows, columns, line, [](T* at, int c, bool two, float a, float b) {
            at[c] = from_float<T>(a);
            if (two) at[c + 1] = from_float<T>(b);
        });
}

}  // namespace zoe
