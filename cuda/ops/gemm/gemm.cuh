// The matrix product that the simt and sm80 tiers of gemm instantiate; see gemm_sm80.cu for the mathematics.
#pragma once
#include "epilogue.cuh"
#include "zoetrope/copy/dense.cuh"
#include "zoetrope/mma/product.cuh"
#include "zoetrope/mma/shapes.cuh"

namespace zoe {

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
                        [&] { return gemm_epilogue<T>(bias, c, g, m0, n0, blockIdx.z); });
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
