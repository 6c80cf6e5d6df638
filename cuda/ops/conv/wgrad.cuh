// The body of wgrad, for conv2d_wgrad.cu and conv2d_wgrad_grouped.cu: a block makes the sums over its share of the
// pixels (blockIdx.y) of a tile of TM filters by TN columns (r, s, c); blockIdx.z is the group, where there are groups.
#pragma once
#include "convolution.cuh"
#include "zoetrope/copy/dense.cuh"
#include "zoetrope/copy/im2col_transposed.cuh"
#include "zoetrope/epilogue/visitors.cuh"
#include "zoetrope/mma/product.cuh"
#include "zoetrope/mma/shapes.cuh"

namespace zoe {

template <class Tile, class Geometry, class T = typename Tile::T>
__device__ __forceinline__ void wgrad(const T* x, const T* dy, float* out, const Geometry& g, int share,
                                      int accumulate) {
    const int filters = g.group_filters();
    const int width = g.r * g.s * g.group_channels();
    const int across = (width + Tile::TN - 1) / Tile::TN;
    const int m0 = int(blockIdx.x / across) * Tile::TM, n0 = int(blockIdx.x % across) * Tile::TN;
    const int rows = filters - m0, columns = width - n0;
    const int begin = int(blockIdx.y) * share * Tile::TK;
    const int end = min(g.n * g.p * g.q, begin + share * Tile::TK);

    if constexpr (Geometry::GROUPED) {
        dy += static_cast<long long>(blockIdx.z) * filters;
        x += static_cast<long long>(blockIdx.z) * g.group_channels();
        out += static_cast<long long>(blockIdx.z) * filters * width;
    }

    DenseMNMajor<T, Tile::TM, Tile::TK, Tile::THREADS> a;
    WindowMNMajor<T, Tile::TN, Tile::TK, Tile::THREADS, Geometry::GROUPED> b;
    a.init(threadIdx.x, dy, begin, g.k, m0, filters, end - begin);
    b.init(threadIdx.x, x, g.windows(), n0, begin, end);
    block_product<Tile>(a, b, (end - begin + Tile::TK - 1) / Tile::TK, rows, columns, [&] {
        using Rows = MatrixRows<int>;
        float* const slice = out + static_cast<long long>(blockIdx.y) * g.k * width;
        const Rows at{m0, n0, width};
        return compose(Residual<float, Rows>{accumulate ? slice : nullptr, at, 1.0f}, Store<float, Rows>{slice, at});
    });
}

}  // namespace zoe
