// 2-D convolution, gradient with respect to the input, as an implicit GEMM.
//
//   dx[n,h,w,c] = sum_{r,s,k} dy[n,p,q,k] w[k,r,s,c]
//   over the taps with p stride - top + r = h and q stride - left + s = w
//
// Layouts: dy [N,P,Q,K], w [K,R,S,C], dx [N,H,W,C] in the storage type. R, S <= 15.
//
// With stride t, pixels h of x with the same (h + top) mod t see the same taps: t x t phases, one per blockIdx.z, each
// a convolution of dy with stride 1 and a filter of every t-th tap (conv_shape.cuh). It is a gather: every pixel is
// written once, by one thread, no atomics; a phase no tap reaches is written with zeros. The product of a phase is
// [pixels, R' S' K] x [R' S' K, C]: dy is gathered K-major, the filter is read as it lies, C contiguous, so the second
// tile is MN-major (ldmatrix.trans, or words for TF32).
//
// FLOPs 2 N P Q K R S C (without the part in the padding); bytes at least |dy| + |w| + |dx|.
// Source: the phase decomposition of strided dgrad as in Vasilache et al. and CUTLASS's documentation; PTX ISA.
// Not measured on a GPU yet.
#include "zoetrope/conv_shape.cuh"
#include "zoetrope/tile_shapes.cuh"

namespace zoe {

template <class Tile, class T = typename Tile::T>
__device__ __forceinline__ void dgrad(const T* dy, const T* w, T* dx, const Convolution& g) {
    const DgradPhase phase(g, blockIdx.z / g.stride, blockIdx.z % g.stride);
    const int across = (g.c + Tile::TN - 1) / Tile::TN;
    const int m0 = int(blockIdx.x / across) * Tile::TM, n0 = int(blockIdx.x % across) * Tile::TN;
    const int rows = g.n * phase.rows_h * phase.rows_w - m0, columns = g.c - n0;
    if (rows <= 0) return;
    const int depth = phase.taps_h * phase.taps_w * g.k;

    WindowKMajor<T, Tile::TM, Tile::TK, Tile::THREADS> a;
    FilterMNMajor<T, Tile::TN, Tile::TK, Tile::THREADS> b;
    a.init(threadIdx.x, dy, phase.windows, m0, m0 + rows);
    b.init(threadIdx.x, w, g.k, g.c, g.r, g.s, phase.windows, phase.last_r, phase.last_s, g.stride, n0);
    block_product<Tile>(a, b, (depth + Tile::TK - 1) / Tile::TK, rows, columns, [&](const auto& out, auto& acc) {
        store_rows<T>(out, acc, rows, columns, Tile::TN, g.c % 2 == 0 && pair_aligned(dx), [&](int row) {
            unsigned m = m0 + row, line = m / unsigned(phase.rows_w), n = line / unsigned(phase.rows_h);
            int h = phase.first_h + int(line - n * phase.rows_h) * g.stride;
            int v = phase.first_w + int(m - line * phase.rows_w) * g.stride;
            return dx + ((static_cast<long long>(n) * g.h + h) * g.w + v) * g.c + n0;
        });
    });
}

}  // namespace zoe

#define ENTRY(TIER, TYPE, SHAPE)                                                                                       \
    ZOE_TILE_GEOMETRY(conv2d_dgrad_##TIER##_##TYPE##_##SHAPE, zoe::TIER##_##TYPE##_##SHAPE)                            \
    extern "C" __global__ void __launch_bounds__(zoe::TIER##_##TYPE##_##SHAPE::THREADS)                                \
        conv2d_dgrad_##TIER##_##TYPE##_##SHAPE(const zoe::TYPE* dy, const zoe::TYPE* w, zoe::TYPE* dx,                 \
                                               zoe::Convolution geometry) {                                            \
        zoe::dgrad<zoe::TIER##_##TYPE##_##SHAPE>(dy, w, dx, geometry);                                                 \
    }

ZOE_CONV_TILES(ENTRY)
