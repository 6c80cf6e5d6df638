// 2-D convolution, forward, as an implicit GEMM.
//
//   y[n,p,q,k] = sum_{r,s,c} x[n, p stride - top + r, q stride - left + s, c] w[k,r,s,c]
//                + bias[k] + per_sample[n,k] + residual[n,p,q,k]
//
// Layouts: x [N,H,W,C], w [K,R,S,C], y and residual [N,P,Q,K], per_sample [N,K] in the storage type; bias [K] in f32.
// residual may be y itself: an output is read and written by one thread. Padding is zeros; R, S <= 15.
//
// The product is [N P Q, R S C] x [R S C, K]: both operands have the inner index (r,s,c) contiguous within a tap, so
// both tiles are K-major. Im2col never exists: a block gathers its 64-byte rows straight from x (copy/im2col.cuh).
// A block makes a tile of TM output pixels by TN filters; blocks with the same pixels are neighbours, for the L2 cache.
// Block thread mapping: arch/sm80/tile.cuh (mma.sync) and arch/simt/tile.cuh (FMA). Narrow tiles serve few filters.
//
// FLOPs 2 N P Q K R S C; bytes at least |x| + |w| + |y|, in practice x once for each row of filter tiles.
// Source: Chetlur et al., cuDNN: Efficient Primitives for Deep Learning (2014), section 3; PTX ISA for the fragments.
// Measured: H200, bf16 3x3: [64, 28, 28, 32] to 32 channels 12.0 us, 1.49 x cuDNN; [64, 32, 32, 256] to 256 232 us,
// 0.67 x. The tiles 128x16 and 256x4: not run on a GPU yet.
// Changed since: its epilogue is composed of visitors. Not run on a GPU again yet.
#include "fprop.cuh"

#define ENTRY(TIER, TYPE, SHAPE)                                                                                       \
    ZOE_TILE_GEOMETRY(conv2d_fprop_##TIER##_##TYPE##_##SHAPE, conv2d_fprop, TIER,                                      \
                      "algorithm=implicit_gemm type=" #TYPE " tile=" #SHAPE, zoe::TIER##_##TYPE##_##SHAPE)             \
    extern "C" __global__ void __launch_bounds__(zoe::TIER##_##TYPE##_##SHAPE::THREADS)                                \
        conv2d_fprop_##TIER##_##TYPE##_##SHAPE(const zoe::TYPE* x, const zoe::TYPE* w, const float* bias,              \
                                               const zoe::TYPE* per_sample, const zoe::TYPE* residual, zoe::TYPE* y,   \
                                               zoe::Convolution geometry) {                                            \
        zoe::fprop<zoe::TIER##_##TYPE##_##SHAPE>(x, w, bias, per_sample, residual, y, geometry);                       \
    }

ZOE_CONV_TILES(ENTRY)
