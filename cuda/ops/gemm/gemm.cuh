// The matrix product that both tiers of gemm instantiate; see gemm_sm80.cu for the mathematics. Its shape and
// its way from the sums to memory also serve gemm_skinny.cu.
#pragma once
#include "zoetrope/copy/dense.cuh"
#include "zoetrope/epilogue/activation.cuh"
#include "zoetrope/epilogue/visitors.cuh"
#include "zoetrope/mma/product.cuh"
#include "zoetrope/mma/shapes.cuh"
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

// The tile at (m0, n0) of this block's matrix of the batch, as an epilogue finds it (rows.cuh).
struct BatchRows {
    const GemmShape& g;
    int m0, n0;

    template <class T> __device__ __forceinline__ T* tile(T* c) const {
        return c + blockIdx.z * g.batch_c + m0 * g.ldc + n0;
    }
    template <class T> __device__ __forceinline__ T* line(T* tile, int row) const { return tile + row * g.ldc; }
    template <class T> __device__ __forceinline__ bool pairs(const T* tile) const {
        return (g.ldc % 2 == 0) & pair_aligned(tile);
    }
};

// From the sums to memory: c = gate act(alpha sums + bias) + beta old.
template <class T>
__device__ __forceinline__ auto gemm_epilogue(const float* bias, void* c, const GemmShape& g, int m0, int n0) {
    const BatchRows rows{g, m0, n0};
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

template <class Tile, bool TRANS_A, bool TRANS_B, class T = typename Tile::T>
__device__ __forceinline__ void gemm(const T* a, const T* b, const float* bias, void* c, const GemmShape& g) {
    const int across = (g.n + Tile::TN - 1) / Tile::TN;
    const int m0 = int(blockIdx.x / across) * Tile::TM, n0 = int(blockIdx.x % across) * Tile::TN;
    a += blockIdx.z * g.batch_a;
    b += blockIdx.z * g.batch_b;

    constexpr int TM = Tile::TM, TN = Tile::TN, TK = Tile::TK, THREADS = Tile::THREADS;
    Choose<TRANS_A, DenseMNMajor<T, TM, TK, THREADS>, DenseKMajor<T, TM, TK, THREADS>> left;
    Choose<TRANS_B, DenseKMajor<T, TN, TK, THREADS>, DenseMNMajor<T, TN, TK, THREADS>> right;
    left.init(threadIdx.x, a, 0, g.lda, m0, g.m, g.k);
    right.init(threadIdx.x, b, 0, g.ldb, n0, g.n, g.k);
    block_product<Tile>(left, right, (g.k + Tile::TK - 1) / Tile::TK, g.m - m0, g.n - n0,
                        [&] { return gemm_epilogue<T>(bias, c, g, m0, n0); });
}

}  // namespace zoe

// Four entries a tile: gemm_<tier>_<type>_<shape>_<nn|nt|tn|tt>, the letters for a and b: t where it is stored
// transposed.
#define ZOE_GEMM_ENTRY(TIER, TYPE, SHAPE, LAYOUT, TRANS_A, TRANS_B)                                                    \
    ZOE_TILE_GEOMETRY(gemm_##TIER##_##TYPE##_##SHAPE##_##LAYOUT, gemm, TIER,                                           \
                      "algorithm=tiled type=" #TYPE " tile=" #SHAPE " layout=" #LAYOUT, zoe::TIER##_##TYPE##_##SHAPE)  \
    extern "C" __global__ void __launch_bounds__(zoe::TIER##_##TYPE##_##SHAPE::THREADS)                                \
        gemm_##TIER##_##TYPE##_##SHAPE##_##LAYOUT(const zoe::TYPE* a, const zoe::TYPE* b, const float* bias, void* c,  \
                                                  zoe::GemmShape shape) {                                              \
        zoe::gemm<zoe::TIER##_##TYPE##_##SHAPE, TRANS_A, TRANS_B>(a, b, bias, c, shape);                               \
    }

#define ZOE_GEMM(TIER, TYPE, SHAPE)                                                                                    \
    ZOE_GEMM_ENTRY(TIER, TYPE, SHAPE, nn, false, false)                                                                \
    ZOE_GEMM_ENTRY(TIER, TYPE, SHAPE, nt, false, true)                                                                 \
    ZOE_GEMM_ENTRY(TIER, TYPE, SHAPE, tn, true, false)                                                                 \
    ZOE_GEMM_ENTRY(TIER, TYPE, SHAPE, tt, true, true)
