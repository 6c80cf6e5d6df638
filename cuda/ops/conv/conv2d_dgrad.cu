// 2-D convolution, gradient with respect to the input, as an implicit GEMM.
//
//   dx[n,h,w,c] = sum_{r,s,k} dy[n,p,q,k] w[k,r,s,c]
//   over the taps with p stride - top + r = h and q stride - left + s = w
//
// Layouts: dy [N,P,Q,K], w [K,R,S,C], dx [N,H,W,C] in the storage type. R, S <= 15.
//
// With stride t, pixels h of x with the same (h + top) mod t see the same taps: t x t phases, one per blockIdx.z, each
// a convolution of dy with stride 1 and a filter of every t-th tap (convolution.cuh). It is a gather: every pixel is
// written once, by one thread, no atomics; a phase no tap reaches is written with zeros. The product of a phase is
// [pixels, R' S' K] x [R' S' K, C]: dy is gathered K-major, the filter is read as it lies, C contiguous, so the second
// tile is MN-major (ldmatrix.trans, or words for TF32).
//
// FLOPs 2 N P Q K R S C (without the part in the padding); bytes at least |dy| + |w| + |dx|.
// Source: the phase decomposition of strided dgrad as in Vasilache et al. and CUTLASS's documentation; PTX ISA.
// Measured: H200, bf16 3x3: [64, 28, 28, 32] to 32 channels 13.0 us, 1.06 x cuDNN; [64, 32, 32, 256] to 256 228 us,
// 0.50 x. The tiles 128x16 and 256x4: not run on a GPU yet.
// Changed since: its epilogue is composed of visitors, its order of loads. Not run on a GPU again yet.
#include "dgrad.cuh"

#define ENTRY(TIER, TYPE, SHAPE)                                                                                       \
    ZOE_TILE_GEOMETRY(conv2d_dgrad_##TIER##_##TYPE##_##SHAPE, conv2d_dgrad, TIER,                                      \
                      "algorithm=implicit_gemm type=" #TYPE " tile=" #SHAPE, zoe::TIER##_##TYPE##_##SHAPE)             \
    extern "C" __global__ void __launch_bounds__(zoe::TIER##_##TYPE##_##SHAPE::THREADS)                                \
        conv2d_dgrad_##TIER##_##TYPE##_##SHAPE(const zoe::TYPE* dy, const zoe::TYPE* w, zoe::TYPE* dx,                 \
                                               zoe::Convolution geometry) {                                            \
        zoe::dgrad<zoe::TIER##_##TYPE##_##SHAPE>(dy, w, dx, geometry);                                                 \
    }

ZOE_CONV_TILES(ENTRY)
