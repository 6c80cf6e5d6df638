// The steps of the epilogues (compose.cuh). All arithmetic is in f32.
#pragma once
#include "zoetrope/epilogue/compose.cuh"
#include "zoetrope/epilogue/rows.cuh"

namespace zoe {

// v = factor v
struct Scale {
    float factor;

    template <class Outputs>
    __device__ __forceinline__ void visit(const Outputs& out, typename Outputs::Acc& acc, const Bounds&) const {
        if (factor == 1.0f) return;
        out.each_value(acc, [&](float v) { return factor * v; });
    }
};

// v += bias[column]; null: none.
struct Bias {
    const float* bias;
    int column0;  // of the block

    template <class Outputs>
    __device__ __forceinline__ void visit(const Outputs& out, typename Outputs::Acc& acc, const Bounds& bounds) const {
        if (!bias) return;
        const float* const tile = bias + column0;
        out.each_column(
            acc, bounds, [&](int c) { return tile[c]; }, [](float v, float b) { return v + b; });
    }
};

// v += factor m[row, column]; null or a factor of 0: none. m may be where the result goes. With SampleRows it is a bias
// of each sample.
template <class T, class Rows> struct Residual {
    const T* matrix;
    Rows rows;
    float factor;

    template <class Outputs>
    __device__ __forceinline__ void visit(const Outputs& out, typename Outputs::Acc& acc, const Bounds& bounds) const {
        if (!matrix || factor == 0.0f) return;
        out.with_rows(acc, bounds, matrix, rows, [&](float& v, float x) { v = fmaf(factor, x, v); });
    }
};

// v *= m[row, column]; null: none.
template <class T, class Rows> struct Gate {
    const T* matrix;
    Rows rows;

    template <class Outputs>
    __device__ __forceinline__ void visit(const Outputs& out, typename Outputs::Acc& acc, const Bounds& bounds) const {
        if (!matrix) return;
        out.with_rows(acc, bounds, matrix, rows, [](float& v, float x) { v *= x; });
    }
};

// m[row, column] = v, rounded to T.
template <class T, class Rows> struct Store {
    T* matrix;
    Rows rows;

    template <class Outputs>
    __device__ __forceinline__ void visit(const Outputs& out, typename Outputs::Acc& acc, const Bounds& bounds) const {
        out.store(acc, bounds, matrix, rows);
    }
};

// An epilogue as one step of another.
template <class Epilogue> struct Nested {
    Epilogue epilogue;

    template <class Outputs>
    __device__ __forceinline__ void visit(const Outputs& out, typename Outputs::Acc& acc, const Bounds& bounds) const {
        zoe::visit(out, acc, bounds, epilogue);
    }
};
template <class Epilogue> Nested(Epilogue) -> Nested<Epilogue>;

// The one epilogue or the other, the same for the whole grid.
template <class First, class Second> struct Either {
    bool take_first;
    First first;
    Second second;

    template <class Outputs>
    __device__ __forceinline__ void visit(const Outputs& out, typename Outputs::Acc& acc, const Bounds& bounds) const {
        if (take_first) zoe::visit(out, acc, bounds, first);
        else zoe::visit(out, acc, bounds, second);
    }
};
template <class First, class Second> Either(bool, First, Second) -> Either<First, Second>;

}  // namespace zoe
