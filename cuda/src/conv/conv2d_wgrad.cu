// 2-D convolution, gradient with respect to the filters, as an implicit GEMM split over its inner index.
//
//   dw[k,r,s,c] = sum_{n,p,q} dy[n,p,q,k] x[n, p stride - top + r, q stride - left + s, c]   (+ dw, when accumulating)
//
// Layouts: x [N,H,W,C], dy [N,P,Q,K] in the storage type, dw [K,R,S,C] in f32. R, S <= 15.
//
// The product is [K, N P Q] x [N P Q, R S C]: few outputs, a long inner index, contiguous in neither operand, so both
// tiles are MN-major. blockIdx.y takes a share of `share` k-tiles and writes its sums to a slice of the workspace
// [shares, K, R S C]; conv2d_wgrad_reduce adds the slices in order. Same bits every time, no atomics. With one share
// the sums go straight to dw.
//
// FLOPs 2 N P Q K R S C; bytes: x and dy once for each column, respectively row, of tiles, and 8 shares K R S C.
// Source: split-K as in CUTLASS's documentation ("efficient GEMM"); PTX ISA for the fragments.
// Not measured on a GPU yet.
#include "zoetrope/conv_shape.cuh"
#include "zoetrope/tile_shapes.cuh"

namespace zoe {

template <class Tile, class T = typename Tile::T>
__device__ __forceinline__ void wgrad(const T* x, const T* dy, float* out, const Convolution& g, int share,
                                      int accumulate) {
    const int width = g.r * g.s * g.c;
    const int across = (width + Tile::TN - 1) / Tile::TN;
    const int m0 = int(blockIdx.x / across) * Tile::TM, n0 = int(blockIdx.x % across) * Tile::TN;
    const int rows = g.k - m0, columns = width - n0;
    const int begin = int(blockIdx.y) * share * Tile::TK;
    const int end = min(g.n * g.p * g.q, begin + share * Tile::TK);

    DenseMNMajor<T, Tile::TM, Tile::TK, Tile::THREADS> a;
    WindowMNMajor<T, Tile::TN, Tile::TK, Tile::THREADS> b;
    a.init(threadIdx.x, dy, begin, g.k, m0, g.k, end - begin);
    b.init(threadIdx.x, x, g.windows(), n0, begin, end);
    float* slice = out + static_cast<long long>(blockIdx.y) * g.k * width;
    block_product<Tile>(a, b, (end - begin + Tile::TK - 1) / Tile::TK, rows, columns, [&](const auto& o, auto& acc) {
        const bool pairs = width % 2 == 0 && pair_aligned(slice);
        auto line = [&](int row) { return slice + static_cast<long long>(m0 + row) * width + n0; };
        if (accumulate) add_rows<float>(o, acc, rows, columns, pairs, 1.0f, line);
        store_rows<float>(o, acc, rows, columns, Tile::TN, pairs, line);
    });
}

}  // namespace zoe

#define ENTRY(TIER, TYPE, SHAPE)                                                                                       \
    ZOE_TILE_GEOMETRY(conv2d_wgrad_##TIER##_##TYPE##_##SHAPE, zoe::TIER##_##TYPE##_##SHAPE)                            \
    extern "C" __global__ void __launch_bounds__(zoe::TIER##_##TYPE##_##SHAPE::THREADS)                                \
        conv2d_wgrad_##TIER##_##TYPE##_##SHAPE(const zoe::TYPE* x, const zoe::TYPE* dy, float* out,                    \
                                               zoe::Convolution geometry, int share, int accumulate) {                 \
        zoe::wgrad<zoe::TIER##_##TYPE##_##SHAPE>(x, dy, out, geometry, share, accumulate);                             \
    }

ZOE_WGRAD_TILES(ENTRY)

// dw[i] = (accumulate ? dw[i] : 0) + sum of slices[0..shares-1][i], in that order. One thread an element.
ZOE_GEOMETRY(conv2d_wgrad_reduce, 128, 128, 1, 1, 0)
extern "C" __global__ void __launch_bounds__(128)
    conv2d_wgrad_reduce(const float* slices, float* dw, long long count, int shares, int accumulate) {
    const long long i = blockIdx.x * 128ll + threadIdx.x;
    if (i >= count) return;
    float sum = accumulate ? dw[i] : 0.0f;
    for (int s = 0; s < shares; ++s) sum += slices[s * count + i];
    dw[i] = sum;
}
