// 2-D convolution with groups, dilation or long filters, gradient with respect to the input; also, with a bias added
// afterwards, transposed convolution forward.
//
//   dx[n,h,w,c] = sum_{r,s,k} dy[n,p,q,k] w[k,r,s,c mod C/G]   over the filters k of c's group
//   and the taps with p stride - top + r d = h and q stride - left + s d = w
//
// Layouts: dy [N,P,Q,K], w [K,R,S,C/G], dx [N,H,W,C] in the storage type; R, S <= 127.
//
// conv2d_dgrad.cu for each group: blockIdx.y is the group, blockIdx.z the phase. The phases of a dilated convolution
// see every stride / gcd(stride, d)-th tap, at pixels of dy d / gcd(stride, d) apart (convolution.cuh).
//
// FLOPs 2 N P Q K R S C/G; bytes at least |dy| + |w| + |dx|.
// Source: as conv2d_dgrad.cu.
// Measured: not by itself; it passed its tests on an H200. The f32 tiles 128x16 and 256x4: not run on a GPU yet.
// Changed since: its epilogue is composed of visitors, windows are longer. Not run on a GPU again yet.
#include "dgrad.cuh"

#define ENTRY(TIER, TYPE, SHAPE)                                                                                       \
    ZOE_TILE_GEOMETRY(conv2d_dgrad_grouped_##TIER##_##TYPE##_##SHAPE, conv2d_dgrad, TIER,                              \
                      "algorithm=grouped_implicit_gemm type=" #TYPE " tile=" #SHAPE, zoe::TIER##_##TYPE##_##SHAPE)     \
    extern "C" __global__ void __launch_bounds__(zoe::TIER##_##TYPE##_##SHAPE::THREADS)                                \
        conv2d_dgrad_grouped_##TIER##_##TYPE##_##SHAPE(const zoe::TYPE* dy, const zoe::TYPE* w, zoe::TYPE* dx,         \
                                                       zoe::GroupedConvolution geometry) {                             \
        zoe::dgrad<zoe::TIER##_##TYPE##_##SHAPE>(dy, w, dx, geometry);                                                 \
    }

ZOE_GROUPED_CONV_TILES(ENTRY)
