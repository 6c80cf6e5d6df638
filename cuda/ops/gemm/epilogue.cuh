// What all kernels of gemm share: the problem as the host passes it, and the way from the sums to memory.
#pragma once
#include "zoetrope/epilogue/activation.cuh"
#include "zoetrope/epilogue/visitors.cuh"
#include "zoetrope/unroll.cuh"

namespace zoe {

// As the host passes it. Strides are in elements; a batch stride of 0 uses one matrix for all.
struct GemmShape {
    long long lda, ldb, ldc, batch_a, batch_b, batch_c;
    int m, n, k, activation, f32_out;  // f32_out: c is f32 though a and b are bf16
    float alpha, beta;
    int gate_rows;  // rows of c that share a vector of the gate
    long long gate_stride;
    const void* gate;  // of the operands' type; null: none
    const void* old;   // what beta multiplies, laid out as c and of its type: c itself, or another
};

// The tile at (m0, n0) of one matrix of the batch, as an epilogue finds it (rows.cuh).
struct BatchRows {
    const GemmShape& g;
    int m0, n0;
    unsigned matrix;

    template <class T> __device__ __forceinline__ T* tile(T* c) const {
        return c + matrix * g.batch_c + m0 * g.ldc + n0;
    }
    template <class T> __device__ __forceinline__ T* line(T* tile, int row) const { return tile + row * g.ldc; }
    template <class T> __device__ __forceinline__ bool pairs(const T* tile) const {
        return (g.ldc % 2 == 0) & pair_aligned(tile);
    }
};

// From the sums to memory: c = gate act(alpha sums + bias) + beta old.
template <class T>
__device__ __forceinline__ auto gemm_epilogue(const float* bias, void* c, const GemmShape& g, int m0, int n0,
                                              unsigned matrix) {
    const BatchRows rows{g, m0, n0, matrix};
    auto finish = [&](auto* to) {
        using C = std::remove_pointer_t<decltype(to)>;
        return compose(Residual<C, BatchRows>{static_cast<const C*>(g.old), rows, g.beta},
                       Store<C, BatchRows>{to, rows});
    };
    auto with = [&](const auto& last) {
        using Gates = SampleRows<long long>;
        const Gates gates{m0, n0, unsigned(g.gate_rows), g.gate_stride};
        return compose(Scale{g.alpha}, Bias{bias, n0}, Activate{g.activation},
                       Gate<T, Gates>{static_cast<const T*>(g.gate), gates}, last);
    };
    if constexpr (sizeof(T) == 4) {
        return with(Nested{finish(static_cast<float*>(c))});
    } else {
        return with(Either{g.f32_out != 0, finish(static_cast<float*>(c)), finish(static_cast<T*>(c))});
    }
}

}  // namespace zoe
