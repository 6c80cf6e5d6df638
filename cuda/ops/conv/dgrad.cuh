// The body of dgrad, for conv2d_dgrad.cu and conv2d_dgrad_grouped.cu: a block makes a tile of TM pixels of one phase by
// TN channels; blockIdx.z is the phase, blockIdx.y the group, where there are groups.
#pragma once
#include "dgrad_phase.cuh"
#include "zoetrope/copy/filter.cuh"
#include "zoetrope/copy/im2col.cuh"
#include "zoetrope/epilogue/visitors.cuh"
#include "zoetrope/mma/product.cuh"
#include "zoetrope/mma/shapes.cuh"

namespace zoe {

// The pixels of a phase in dx, as an epilogue finds them (rows.cuh).
template <class Geometry> struct PhaseRows {
    const DgradPhase& phase;
    const Geometry& g;
    int m0, n0;

    template <class T> __device__ __forceinline__ T* tile(T* dx) const { return dx; }
    template <class T> __device__ __forceinline__ T* line(T* dx, int row) const {
        const unsigned m = m0 + row, line = m / unsigned(phase.rows_w), n = line / unsigned(phase.rows_h);
        const int h = phase.first_h + int(line - n * phase.rows_h) * g.stride;
        const int v = phase.first_w + int(m - line * phase.rows_w) * g.stride;
        return dx + ((static_cast<long long>(n) * g.h + h) * g.w + v) * g.c + n0;
    }
    template <class T> __device__ __forceinline__ bool pairs(const T* dx) const {
        return (g.c % 2 == 0) & (g.group_channels() % 2 == 0) & pair_aligned(dx);
    }
};

template <class Tile, class Geometry, class T = typename Tile::T>
__device__ __forceinline__ void dgrad(const T* dy, const T* w, T* dx, const Geometry& g) {
    const DgradPhase phase(g, blockIdx.z / g.stride, blockIdx.z % g.stride);
    const int filters = g.group_filters(), channels = g.group_channels();
    const int across = (channels + Tile::TN - 1) / Tile::TN;
    const int m0 = int(blockIdx.x / across) * Tile::TM, n0 = int(blockIdx.x % across) * Tile::TN;
    const int rows = g.n * phase.rows_h * phase.rows_w - m0, columns = channels - n0;
    if (rows <= 0) return;
    const int depth = phase.taps_h * phase.taps_w * filters;
    if constexpr (Geometry::GROUPED) {
        dy += static_cast<long long>(blockIdx.y) * filters;
        w += static_cast<long long>(blockIdx.y) * filters * g.r * g.s * channels;
        dx += static_cast<long long>(blockIdx.y) * channels;
    }

    WindowKMajor<T, Tile::TM, Tile::TK, Tile::THREADS, Geometry::GROUPED> a;
    FilterMNMajor<T, Tile::TN, Tile::TK, Tile::THREADS> b;
    b.init(threadIdx.x, w, filters, channels, g.r, g.s, phase.windows, phase.last_r, phase.last_s, phase.tap_step, n0);
    a.init(threadIdx.x, dy, phase.windows, m0, m0 + rows);
    block_product<Tile>(a, b, (depth + Tile::TK - 1) / Tile::TK, rows, columns, [&] {
        using Rows = PhaseRows<Geometry>;
        return compose(Store<T, Rows>{dx, Rows{phase, g, m0, n0}});
    });
}

}  // namespace zoe
