// The body of fprop, for conv2d_fprop.cu and conv2d_fprop_grouped.cu: a block makes a tile of TM output pixels by TN
// filters; blockIdx.y is the group, where there are groups.
#pragma once
#include "convolution.cuh"
#include "zoetrope/copy/dense.cuh"
#include "zoetrope/copy/im2col.cuh"
#include "zoetrope/epilogue/visitors.cuh"
#include "zoetrope/mma/product.cuh"
#include "zoetrope/mma/shapes.cuh"

namespace zoe {

// y = sums + bias + per_sample + residual, for the tile at pixel m0 and filter n0 of pictures of `pixels` pixels of
// `filters` channels. ALIGNED: see rows.cuh.
template <bool ALIGNED = false, class T>
__device__ __forceinline__ auto fprop_epilogue(const float* bias, const T* per_sample, const T* residual, T* y,
                                               unsigned pixels, int filters, int m0, int n0) {
    using Rows = MatrixRows<int, ALIGNED>;
    using Samples = SampleRows<int, ALIGNED>;
    const Rows rows{m0, n0, filters};
    return compose(Bias{bias, n0}, Residual<T, Samples>{per_sample, {m0, n0, pixels, filters}, 1.0f},
                   Residual<T, Rows>{residual, rows, 1.0f}, Store<T, Rows>{y, rows});
}

template <class Tile, class Geometry, class T = typename Tile::T>
__device__ __forceinline__ void fprop(const T* x, const T* w, const float* bias, const T* per_sample, const T* residual,
                                      T* y, const Geometry& g) {
    const int filters = g.group_filters(), channels = g.group_channels();
    const int across = (filters + Tile::TN - 1) / Tile::TN;
    const int m0 = int(blockIdx.x / across) * Tile::TM;
    int n0 = int(blockIdx.x % across) * Tile::TN;
    const int rows = g.n * g.p * g.q - m0, columns = filters - n0, depth = g.r * g.s * channels;
    if constexpr (Geometry::GROUPED) {
        x += static_cast<long long>(blockIdx.y) * channels;
        w += static_cast<long long>(blockIdx.y) * filters * depth;
    }

    WindowKMajor<T, Tile::TM, Tile::TK, Tile::THREADS, Geometry::GROUPED> a;
    DenseKMajor<T, Tile::TN, Tile::TK, Tile::THREADS> b;
    a.init(threadIdx.x, x, g.windows(), m0, m0 + rows);
    b.init(threadIdx.x, w, 0, depth, n0, filters, depth);
    if constexpr (Geometry::GROUPED) n0 += int(blockIdx.y) * filters;  // from here on a column of y
    block_product<Tile>(a, b, (depth + Tile::TK - 1) / Tile::TK, rows, columns,
                        [&] { return fprop_epilogue(bias, per_sample, residual, y, g.p * g.q, g.k, m0, n0); });
}

}  // namespace zoe
