// What an epilogue visits: the outputs that a thread holds when the main loop of a product is done.
//
// Rows and columns count from the block's first output. A class of outputs has
//   Acc                                     the accumulators
//   each_value(acc, f)                      v = f(v)
//   each_column(acc, bounds, of, f)         v = f(v, of(column)); `of` is asked once a column
//   with_rows<T>(acc, bounds, m, rows, f)   f(v, element) for the elements of a matrix of T in memory (rows.cuh)
//   store<T>(acc, bounds, m, rows)          the same of T from v
// PairOutputs makes the last two of
//   each_pair<WHOLE>(acc, bounds, line, f)  f(line(row), column, whether column + 1 is inside, value, next value)
// where pairs are (column, column + 1) with column even, and WHOLE says that all columns are inside. Two neighbouring
// columns move as one word where alignment allows.
#pragma once
#include "zoetrope/dtype.cuh"

namespace zoe {

struct Bounds {
    int rows, columns;  // from the block's first output to the end of the matrix
    int width;          // columns of a whole tile

    __device__ __forceinline__ bool whole() const { return columns >= width; }
};

template <class T> __device__ __forceinline__ bool pair_aligned(const T* p) {
    return (reinterpret_cast<unsigned long long>(p) & (2 * sizeof(T) - 1)) == 0;
}

__device__ __forceinline__ void load_pair(const float* p, float& a, float& b) {
    const float2 v = *reinterpret_cast<const float2*>(p);
    a = v.x, b = v.y;
}
__device__ __forceinline__ void load_pair(const bf16* p, float& a, float& b) {
    const uint32_t v = *reinterpret_cast<const uint32_t*>(p);
    a = bf16_low(v), b = bf16_high(v);
}
__device__ __forceinline__ void store_pair(float* p, float a, float b) {
    *reinterpret_cast<float2*>(p) = make_float2(a, b);
}
__device__ __forceinline__ void store_pair(bf16* p, float a, float b) {
    *reinterpret_cast<uint32_t*>(p) = bf16_pair(a, b);
}

template <class Outputs> struct PairOutputs {
    template <class T, class Acc, class Rows, class F>
    __device__ __forceinline__ void with_rows(Acc& acc, const Bounds& bounds, const T* matrix, const Rows& rows,
                                              F f) const {
        auto* const tile = rows.tile(matrix);
        const bool pairs = rows.pairs(tile);
        auto line = [&](int row) { return rows.line(tile, row); };
        if (pairs)
            self().template each_pair<false>(acc, bounds, line, [&](const T* at, int c, bool two, float& a, float& b) {
                float x = 0, y = 0;
                at += c;
                if (two) load_pair(at, x, y);
                else x = to_float(*at);
                f(a, x), f(b, y);
            });
        else
            self().template each_pair<false>(acc, bounds, line, [&](const T* at, int c, bool two, float& a, float& b) {
                at += c;
                f(a, to_float(at[0]));
                if (two) f(b, to_float(at[1]));
            });
    }

    template <class T, class Acc, class Rows>
    __device__ __forceinline__ void store(Acc& acc, const Bounds& bounds, T* matrix, const Rows& rows) const {
        auto* const tile = rows.tile(matrix);
        const bool pairs = rows.pairs(tile);
        auto line = [&](int row) { return rows.line(tile, row); };
        if (pairs && bounds.whole())
            self().template each_pair<true>(acc, bounds, line, [](T* at, int c, bool two, float a, float b) {
                at += c;
                if (two) store_pair(at, a, b);
                else *at = from_float<T>(a);
            });
        else
            self().template each_pair<false>(acc, bounds, line, [](T* at, int c, bool two, float a, float b) {
                at += c;
                at[0] = from_float<T>(a);
                if (two) at[1] = from_float<T>(b);
            });
    }

private:
    __device__ __forceinline__ const Outputs& self() const { return static_cast<const Outputs&>(*this); }
};

}  // namespace zoe
