// 2-D convolution, forward, as an implicit GEMM.
//
//   y[n,p,q,k] = sum_{r,s,c} x[n, p stride - top + r, q stride - left + s, c] w[k,r,s,c]
//                + bias[k] + per_sample[n,k] + residual[n,p,q,k]
//
// Layouts: x [N,H,W,C], w [K,R,S,C], y and residual [N,P,Q,K], per_sample [N,K] in the storage type; bias [K] in f32.
// residual may be y itself: an output is read and written by one thread. Padding is zeros; R, S <= 15.
//
// The product is [N P Q, R S C] x [R S C, K]: both operands have the inner index (r,s,c) contiguous within a tap, so
// both tiles are K-major. Im2col never exists: a block gathers its 64-byte rows straight from x (tile_conv.cuh).
// A block makes a tile of TM output pixels by TN filters; blocks with the same pixels are neighbours, for the L2 cache.
// Block thread mapping: tile_tensor.cuh (mma.sync) and tile_portable.cuh (FMA). Narrow tiles serve few filters.
//
// FLOPs 2 N P Q K R S C; bytes at least |x| + |w| + |y|, in practice x once for each row of filter tiles.
// Source: Chetlur et al., cuDNN: Efficient Primitives for Deep Learning (2014), section 3; PTX ISA for the fragments.
// Not measured on a GPU yet.
#include "zoetrope/conv_shape.cuh"
#include "zoetrope/tile_shapes.cuh"

namespace zoe {

template <class Tile, class T = typename Tile::T>
__device__ __forceinline__ void fprop(const T* x, const T* w, const float* bias, const T* per_sample, const T* residual,
                                      T* y, const Convolution& g) {
    const int across = (g.k + Tile::TN - 1) / Tile::TN;
    const int m0 = int(blockIdx.x / across) * Tile::TM, n0 = int(blockIdx.x % across) * Tile::TN;
    const int rows = g.n * g.p * g.q - m0, columns = g.k - n0, depth = g.r * g.s * g.c;

    WindowKMajor<T, Tile::TM, Tile::TK, Tile::THREADS> a;
    DenseKMajor<T, Tile::TN, Tile::TK, Tile::THREADS> b;
    a.init(threadIdx.x, x, g.windows(), m0, m0 + rows);
    b.init(threadIdx.x, w, 0, depth, n0, g.k, depth);
    block_product<Tile>(a, b, (depth + Tile::TK - 1) / Tile::TK, rows, columns, [&](const auto& out, auto& acc) {
        const bool even = g.k % 2 == 0;
        if (bias) add_bias(out, acc, bias + n0, columns);
        if (per_sample) {
            const unsigned pixels = g.p * g.q;
            add_rows<T>(out, acc, rows, columns, even && pair_aligned(per_sample), 1.0f, [&](int row) {
                return per_sample + static_cast<long long>(unsigned(m0 + row) / pixels) * g.k + n0;
            });
        }
        if (residual)
            add_rows<T>(out, acc, rows, columns, even && pair_aligned(residual), 1.0f,
                        [&](int row) { return residual + static_cast<long long>(m0 + row) * g.k + n0; });
        store_rows<T>(out, acc, rows, columns, Tile::TN, even && pair_aligned(y),
                      [&](int row) { return y + static_cast<long long>(m0 + row) * g.k + n0; });
    });
}

}  // namespace zoe

#define ENTRY(TIER, TYPE, SHAPE)                                                                                       \
    ZOE_TILE_GEOMETRY(conv2d_fprop_##TIER##_##TYPE##_##SHAPE, zoe::TIER##_##TYPE##_##SHAPE)                            \
    extern "C" __global__ void __launch_bounds__(zoe::TIER##_##TYPE##_##SHAPE::THREADS)                                \
        conv2d_fprop_##TIER##_##TYPE##_##SHAPE(const zoe::TYPE* x, const zoe::TYPE* w, const float* bias,              \
                                               const zoe::TYPE* per_sample, const zoe::TYPE* residual, zoe::TYPE* y,   \
                                               zoe::Convolution geometry) {                                            \
        zoe::fprop<zoe::TIER##_##TYPE##_##SHAPE>(x, w, bias, per_sample, residual, y, geometry);                       \
    }

ZOE_CONV_TILES(ENTRY)
