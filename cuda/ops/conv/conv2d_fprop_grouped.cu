// 2-D convolution with groups, dilation or long filters, forward, as an implicit GEMM for each group.
//
//   y[n,p,q,k] = sum_{r,s,c} x[n, p stride - top + r d, q stride - left + s d, g C/G + c] w[k,r,s,c]
//                + bias[k] + per_sample[n,k] + residual[n,p,q,k],       g = floor(k / (K/G)), c < C/G
//
// Layouts: x [N,H,W,C], w [K,R,S,C/G], y and residual [N,P,Q,K], per_sample [N,K] in the storage type; bias [K] in f32.
// Padding is zeros; R, S <= 127, such as the 1 x 25 of one-dimensional convolutions.
//
// conv2d_fprop.cu for each group: blockIdx.y is the group, which reads C/G of the C channels of a pixel and writes K/G
// of the K. Without groups or dilation conv2d_fprop.cu does the same with less arithmetic; with one channel a group
// depthwise.cu is faster.
//
// FLOPs 2 N P Q K R S C/G; bytes at least |x| + |w| + |y|. A group narrower than its tile wastes the rest of it.
// Source: Krizhevsky et al. 2012 (groups); Yu and Koltun 2016 (dilation); the sources of conv2d_fprop.cu.
// Measured: not by itself; it passed its tests on an H200. The f32 tiles 128x16 and 256x4: not run on a GPU yet.
// Changed since: its epilogue is composed of visitors, windows are longer. Not run on a GPU again yet.
#include "fprop.cuh"

#define ENTRY(TIER, TYPE, SHAPE)                                                                                       \
    ZOE_TILE_GEOMETRY(conv2d_fprop_grouped_##TIER##_##TYPE##_##SHAPE, conv2d_fprop, TIER,                              \
                      "algorithm=grouped_implicit_gemm type=" #TYPE " tile=" #SHAPE, zoe::TIER##_##TYPE##_##SHAPE)     \
    extern "C" __global__ void __launch_bounds__(zoe::TIER##_##TYPE##_##SHAPE::THREADS)                                \
        conv2d_fprop_grouped_##TIER##_##TYPE##_##SHAPE(const zoe::TYPE* x, const zoe::TYPE* w, const float* bias,      \
                                                       const zoe::TYPE* per_sample, const zoe::TYPE* residual,         \
                                                       zoe::TYPE* y, zoe::GroupedConvolution geometry) {               \
        zoe::fprop<zoe::TIER##_##TYPE##_##SHAPE>(x, w, bias, per_sample, residual, y, geometry);                       \
    }

ZOE_GROUPED_CONV_TILES(ENTRY)
