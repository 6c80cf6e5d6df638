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
// Measured: H200, bf16 3x3: [64, 28, 28, 32] to 32 channels 20.6 us, 1.56 x cuDNN; [64, 32, 32, 256] to 256 301 us,
// 0.44 x.
// Changed since: its epilogue is composed of visitors. Not run on a GPU again yet.
#include "wgrad.cuh"

#define ENTRY(TIER, TYPE, SHAPE)                                                                                       \
    ZOE_TILE_GEOMETRY(conv2d_wgrad_##TIER##_##TYPE##_##SHAPE, conv2d_wgrad, TIER,                                      \
                      "algorithm=implicit_gemm type=" #TYPE " tile=" #SHAPE, zoe::TIER##_##TYPE##_##SHAPE)             \
    extern "C" __global__ void __launch_bounds__(zoe::TIER##_##TYPE##_##SHAPE::THREADS)                                \
        conv2d_wgrad_##TIER##_##TYPE##_##SHAPE(const zoe::TYPE* x, const zoe::TYPE* dy, float* out,                    \
                                               zoe::Convolution geometry, int share, int accumulate) {                 \
        zoe::wgrad<zoe::TIER##_##TYPE##_##SHAPE>(x, dy, out, geometry, share, accumulate);                             \
    }

ZOE_WGRAD_TILES(ENTRY)

// dw[i] = (accumulate ? dw[i] : 0) + sum of slices[0..shares-1][i], in that order. One thread an element.
ZOE_GEOMETRY(conv2d_wgrad_reduce, conv2d_wgrad_reduce, simt, "", 128, 128, 1, 1, 0)
extern "C" __global__ void __launch_bounds__(128)
    conv2d_wgrad_reduce(const float* slices, float* dw, long long count, int shares, int accumulate) {
    const long long i = blockIdx.x * 128ll + threadIdx.x;
    if (i >= count) return;
    float sum = accumulate ? dw[i] : 0.0f;
#pragma unroll 8
    for (int s = 0; s < shares; ++s) sum += slices[s * count + i];
    dw[i] = sum;
}
