// The matrix product that both tiers of gemm instantiate; see gemm_sm80.cu for the mathematics. Its shape and
// its way from the sums to memory also serve gemm_skinny.cu.
#pragma once
#include "zoetrope/mma/shapes.cuh"

namespace zoe {

// As the host passes it. Strides are in elements; a batch stride of 0 uses one matrix for all.
struct GemmShape {
    long long lda, ldb, ldc, batch_a, batch_b, batch_c;
    int m, n, k, activation, f32_out;   // f32_out: c is f32 though a and b are bf16
    float alpha, beta;
    int gate_rows;                      // rows of c that share a vector of the gate
    long long gate_stride;
    const void* gate;                   // of the operands' type; null: none
    const void* old;                    // what beta multiplies, laid out as c and of its type: c itself, or another
};

template <class Tile, class C, class Outputs, class Acc>
__device__ __forceinline__ void gemm_store(const Outputs& out, Acc& acc, C* c, const GemmShape& g, int m0, int n0) {
    const int rows = g.m - m0, columns = g.n - n0;
    C* tile = c + blockIdx.z * g.batch_c + m0 * g.ldc + n0;
    const bool pairs = g.ldc % 2 == 0 && pair_aligned(tile);
    auto line = [&](int row) { return tile + row * g.ldc; };
    if (g.beta != 0.0f) {
        const C* old = static_cast<const C*>(g.old) + (tile - c);
        add_rows<C>(out, acc, rows, columns, pairs && pair_aligned(old), g.beta,
                    [&](int row) { return old + row * g.ldc; });
    }
    store_rows<C>(out, acc, rows, columns, Tile::TN, pairs, line);
}

// From the sums to memory: scale, bias, activation, gate, old output. The outputs belong to the tile at (m0, n0).
template <class Tile, class Outputs, class Acc>
__device__ __forceinline__ void gemm_finish(const Outputs& out, Acc& acc, const float* bias, void* c,
                                            const GemmShape& g, int m0, int n0) {
    using T = typename Tile::T;
    if (g.alpha != 1.0f) out.each_value(acc, [&](float v) { return g.alpha * v; });
    if (bias) add_bias(out, acc, bias + n0, g.n - n0);
    activate(out, acc, g.activation);
    if (g.gate) {
        const T* gate = static_cast<const T*>(g.gate) + n0;
        scale_rows<T>(out, acc, g.m - m0, g.n - n0, g.gate_stride % 2 == 0 && pair_aligned(gate),
                      [&](int row) { return gate + (m0 + row) / g.gate_rows * g.gate_stride; });
    }
    if constexpr (sizeof(T) == 4) {
        gemm_store<Tile>(out, acc, static_cast<float*>(c), g, m0, n0);
    } else {
        if (g.f32_out) gemm_store<Tile>(out, acc, static_cast<float*>(c), g, m0, n0);
        else gemm_store<Tile>(out, acc, static_cast<T*>(c), g, m0, n0);
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
                        [&](const auto& out, auto& acc) { gemm_finish<Tile>(out, acc, bias, c, g, m0, n0); });
}

}  // namespace zoe

// Four entries a tile: gemm_<tier>_<type>_<shape>_<nn|nt|tn|tt>, the letters for a and b: t where it is stored
// transposed.
#define ZOE_GEMM_ENTRY(TIER, TYPE, SHAPE, LAYOUT, TRANS_A, TRANS_B)                                                    \
    ZOE_TILE_GEOMETRY(gemm_##TIER##_##TYPE##_##SHAPE##_##LAYOUT, gemm, TIER,                                           \
                      "algorithm=tiled type=" #TYPE " tile=" #SHAPE " layout=" #LAYOUT,                                \
                      zoe::TIER##_##TYPE##_##SHAPE)                                                                    \
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
