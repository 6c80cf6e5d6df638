// The body of fprop, for conv2d_fprop.cu and conv2d_fprop_grouped.cu: a block makes a tile of TM output pixels by TN
// filters; blockIdx.y is the group, where there are groups.
#pragma once
#include "convolution.cuh"
#include "zoetrope/mma/shapes.cuh"

namespace zoe {

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
    if constexpr (Geometry::GROUPED) n0 += int(blockIdx.y) * filters;     // from here on a column of y
    block_product<Tile>(a, b, (depth + Tile::TK - 1) / Tile::TK, rows, columns, [&](const auto& out, auto& acc) {
        const bool even = g.k % 2 == 0 && filters % 2 == 0;
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
