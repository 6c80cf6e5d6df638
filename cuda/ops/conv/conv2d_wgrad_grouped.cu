// 2-D convolution with groups, dilation or long filters, gradient with respect to the filters.
//
//   dw[k,r,s,c] = sum_{n,p,q} dy[n,p,q,k] x[n, p stride - top + r d, q stride - left + s d, g C/G + c]
//                 (+ dw, when accumulating),     g = floor(k / (K/G)), c < C/G
//
// Layouts: x [N,H,W,C], dy [N,P,Q,K] in the storage type, dw [K,R,S,C/G] in f32; R, S <= 127.
//
// conv2d_wgrad.cu for each group: blockIdx.z is the group, blockIdx.y the share of the pixels; the slices of the shares
// are added in order by conv2d_wgrad_reduce of that file.
//
// FLOPs 2 N P Q K R S C/G; bytes: x and dy once for each column, respectively row, of tiles, and 8 shares K R S C/G.
// Source: as conv2d_wgrad.cu.
// Measured: not by itself; it passed its tests on an H200.
// Changed since: its epilogue is composed of visitors, windows are longer. Not run on a GPU again yet.
#include "wgrad.cuh"

#define ENTRY(TIER, TYPE, SHAPE)                                                                                       \
    ZOE_TILE_GEOMETRY(conv2d_wgrad_grouped_##TIER##_##TYPE##_##SHAPE, conv2d_wgrad, TIER,                              \
                      "algorithm=grouped_implicit_gemm type=" #TYPE " tile=" #SHAPE, zoe::TIER##_##TYPE##_##SHAPE)     \
    extern "C" __global__ void __launch_bounds__(zoe::TIER##_##TYPE##_##SHAPE::THREADS)                                \
        conv2d_wgrad_grouped_##TIER##_##TYPE##_##SHAPE(const zoe::TYPE* x, const zoe::TYPE* dy, float* out,            \
                                                       zoe::GroupedConvolution geometry, int share, int accumulate) {  \
        zoe::wgrad<zoe::TIER##_##TYPE##_##SHAPE>(x, dy, out, geometry, share, accumulate);                             \
    }

ZOE_GROUPED_WGRAD_TILES(ENTRY)
