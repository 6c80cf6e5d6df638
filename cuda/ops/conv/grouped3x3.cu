// 3 x 3 convolution in groups of 16 channels to 16, stride 1, padding 1: forward and both gradients on tensor cores,
// without the ninefold gather of an implicit GEMM. conv2d_*_grouped.cu does the same for any shape.
//
//   y[n,p,q,k] = sum_{r,s,c} x[n, p-1+r, q-1+s, 16 g + c] w[k,r,s,c] + bias[k] + per_sample[n,k] + residual[n,p,q,k]
//   dx[n,h,w,16 g + c] = sum_{r,s,k} dy[n, h+1-r, w+1-s, 16 g + k] w[16 g + k,r,s,c]
//   dw[k,r,s,c] = sum_{n,p,q} dy[n,p,q,k] x[n, p-1+r, q-1+s, 16 g + c]   (+ dw, when accumulating),   g = floor(k / 16)
//
// Layouts: x, dx, y, dy, residual [N,H,W,C] and per_sample [N,C] in bf16, beginning on 16 bytes; w [C,3,3,16] in bf16; bias
// and dw in f32. W <= 64.
//
// A block takes 128 pixels in memory order, of one group. The pixels that their windows need are neighbours in that order
// too: from W + 1 before to W + 1 behind. They are copied to shared memory once, 32 bytes each at a pitch of 48 (the eight
// rows of an ldmatrix then fall into different banks), and a tap is a displacement. A lane whose tap falls beyond the edge
// of its picture gives ldmatrix the address of a row of zeros instead.
//   grouped3x3_fprop, _dgrad: a warp makes 32 pixels x 16 channels: a tap is one k of 16, four mma. Going back, the taps
//   run backwards and the filters are read transposed.
//   grouped3x3_wgrad: a warp adds up all 9 x 16 x 16 filter slopes over its 32 pixels of each tile of the block's share
//   (blockIdx.y), the warps are added in order, conv2d_wgrad_reduce (conv2d_wgrad.cu) adds the shares in order.
//
// FLOPs 288 N H W C; bytes at least 4 N H W C: 1.2 to 1.5 reads of x with the halo.
// Source: Krizhevsky et al. 2012 (groups); PTX ISA for the fragments.
// Measured: H200, bf16 [256, 14, 14, 64]: fprop 14 us, dgrad 13 us, wgrad 26 us.
// Changed since: its epilogue is composed of visitors. Not run on a GPU again yet.
#include "fprop.cuh"

namespace zoe {

constexpr int kGroup = 16, kTaps = 9, kMostColumns = 64;
constexpr int kPitch = 48, kFilterPitch = 304;  // bytes of shared memory a pixel, a filter
constexpr int kTilePixels = 128, kLoadedPixels = kTilePixels + 2 * (kMostColumns + 1);
constexpr int kThreads3x3 = 128;
using Grouped = Sm80Tile<bf16, kTilePixels, kGroup, 32, kGroup, 2>;

// Pixels first ... first + count - 1, of `pitch` channels in all, to shared memory. Those outside the tensor stay as they
// are: no window that is inside a picture reads them. `zeros`: they become zero instead.
__device__ __forceinline__ void load_pixels(unsigned to, const bf16* x, int pitch, int first, int count, int end,
                                            bool zeros) {
    for (int i = threadIdx.x; i < 2 * count; i += kThreads3x3) {
        const int pixel = first + (i >> 1);
        const bool inside = pixel >= 0 && pixel < end;
        if (inside || zeros)
            copy_async_16<0>(to + (i >> 1) * kPitch + (i & 1) * 16,
                             global_address(x + static_cast<long long>(inside ? pixel : 0) * pitch + (i & 1) * 8),
                             inside ? 16 : 0);
    }
}

// Bit 3 r + s: the tap (r, s) of the window around this pixel is inside the picture.
__device__ __forceinline__ unsigned taps_inside(int pixel, int end, int height, int width) {
    if (pixel >= end) return 0;
    const unsigned line = unsigned(pixel) / unsigned(width);
    const int q = pixel - int(line) * width, p = int(line % unsigned(height));
    const unsigned rows = (p > 0 ? 0007u : 0u) | 0070u | (p < height - 1 ? 0700u : 0u);
    const unsigned columns = (q > 0 ? 0111u : 0u) | 0222u | (q < width - 1 ? 0444u : 0u);
    return rows & columns;
}

__device__ __forceinline__ void clear_row(unsigned char* row) {
    if (threadIdx.x < 8) reinterpret_cast<unsigned*>(row)[threadIdx.x] = 0;
}

// BACK: x is dy, and what is made is dx.
template <bool BACK>
__device__ __forceinline__ void convolve3x3(const bf16* x, const bf16* w, const float* bias, const bf16* per_sample,
                                            const bf16* residual, bf16* y, const GroupedConvolution& g) {
    __shared__ __align__(16) unsigned char pixels[kLoadedPixels * kPitch];
    __shared__ __align__(16) unsigned char filters[kGroup * kFilterPitch];
    __shared__ __align__(16) unsigned char zeros[32];
    const int end = g.n * g.h * g.w, m0 = int(blockIdx.x) * kTilePixels, n0 = int(blockIdx.y) * kGroup;
    const int rows = end - m0, lane = threadIdx.x & 31, warp_m = int(threadIdx.x >> 5) * 32;

    load_pixels(shared_address(pixels), x + n0, g.c, m0 - g.w - 1, kTilePixels + 2 * g.w + 2, end, false);
    const bf16* from = w + static_cast<long long>(n0) * kTaps * kGroup;
    for (int i = threadIdx.x; i < kGroup * 2 * kTaps; i += kThreads3x3) {
        const int filter = i / (2 * kTaps);
        copy_async_16<0>(shared_address(filters) + filter * kFilterPitch + (i - filter * 2 * kTaps) * 16,
                         global_address(from + i * 8), 16);
    }
    copy_async_commit();
    clear_row(zeros);

    unsigned place[Grouped::MI], mask[Grouped::MI];
    const unsigned none = shared_address(zeros) + (lane >> 4) * 16;
#pragma unroll
    for (int i = 0; i < Grouped::MI; ++i) {
        const int row = warp_m + i * 16 + (lane & 15);
        mask[i] = taps_inside(m0 + row, end, g.h, g.w);
        place[i] = shared_address(pixels) + (row + g.w + 1) * kPitch + (lane >> 4) * 16;
    }
    const unsigned filter = BACK ? (lane & 15) * kFilterPitch + (lane >> 4) * 16
                                 : ((lane & 7) + ((lane >> 4) << 3)) * kFilterPitch + ((lane >> 3) & 1) * 16;
    const unsigned b_place = shared_address(filters) + filter;
    float acc[Grouped::MI][Grouped::NI][4] = {};
    copy_async_wait<0>();
    __syncthreads();
    if (warp_m >= rows) return;
    unroll<kTaps>([&](auto at) {
        constexpr int TAP = decltype(at)::value;
        const int shift = ((TAP / 3 - 1) * g.w + TAP % 3 - 1) * kPitch;
        unsigned a[Grouped::MI][4], b[4];
        if constexpr (BACK) ldmatrix_x4_trans<(kTaps - 1 - TAP) * 32>(b, b_place);
        else ldmatrix_x4<TAP * 32>(b, b_place);
#pragma unroll
        for (int i = 0; i < Grouped::MI; ++i) {
            ldmatrix_x4<0>(a[i], mask[i] & 1u << TAP ? place[i] + shift : none);
            mma_bf16(acc[i][0], a[i], b[0], b[1]);
            mma_bf16(acc[i][1], a[i], b[2], b[3]);
        }
    });
    visit(Sm80Outputs<Grouped>(warp_m, 0), acc, Bounds{rows, kGroup, kGroup},
          fprop_epilogue<true>(bias, per_sample, residual, y, g.h * g.w, g.c, m0, n0));
}

__device__ __forceinline__ void wgrad3x3(const bf16* x, const bf16* dy, float* out, const GroupedConvolution& g,
                                         int share, int accumulate) {
    __shared__ __align__(16) unsigned char pixels[kLoadedPixels * kPitch];
    __shared__ __align__(16) unsigned char slopes[kTilePixels * kPitch];
    __shared__ __align__(16) unsigned char zeros[32];
    __shared__ float sums[kGroup * kTaps * kGroup];
    const int end = g.n * g.h * g.w, n0 = int(blockIdx.x) * kGroup;
    const int lane = threadIdx.x & 31, warp = threadIdx.x >> 5;
    const int begin = int(blockIdx.y) * share * kTilePixels, stop = min(end, begin + share * kTilePixels);
    clear_row(zeros);

    // dy transposed: rows are pixels, columns filters. x: rows are pixels, columns channels.
    const unsigned a_place =
        shared_address(slopes) + (warp * 32 + (lane & 7) + ((lane >> 4) << 3)) * kPitch + ((lane >> 3) & 1) * 16;
    const unsigned b_place = shared_address(pixels) + (warp * 32 + (lane & 15) + g.w + 1) * kPitch + (lane >> 4) * 16;
    const unsigned none = shared_address(zeros) + (lane >> 4) * 16;
    float acc[kTaps][2][4] = {};
#pragma unroll 1
    for (int m0 = begin; m0 < stop; m0 += kTilePixels) {
        __syncthreads();
        load_pixels(shared_address(pixels), x + n0, g.c, m0 - g.w - 1, kTilePixels + 2 * g.w + 2, end, false);
        load_pixels(shared_address(slopes), dy + n0, g.c, m0, kTilePixels, end, true);
        copy_async_commit();
        copy_async_wait<0>();
        __syncthreads();
#pragma unroll
        for (int step = 0; step < 2; ++step) {
            const unsigned mask = taps_inside(m0 + warp * 32 + step * 16 + (lane & 15), end, g.h, g.w);
            unsigned a[4];
            ldmatrix_x4_trans<0>(a, a_place + step * 16 * kPitch);
            unroll<kTaps>([&](auto at) {
                constexpr int TAP = decltype(at)::value;
                const int shift = ((TAP / 3 - 1) * g.w + TAP % 3 - 1 + step * 16) * kPitch;
                unsigned b[4];
                ldmatrix_x4_trans<0>(b, mask & 1u << TAP ? b_place + shift : none);
                mma_bf16(acc[TAP][0], a, b[0], b[1]);
                mma_bf16(acc[TAP][1], a, b[2], b[3]);
            });
        }
    }
    const int row = lane >> 2, column = (lane & 3) * 2;
#pragma unroll 1
    for (int turn = 0; turn < kThreads3x3 / 32; ++turn) {
        if (turn == warp) {
#pragma unroll
            for (int tap = 0; tap < kTaps; ++tap)
#pragma unroll
                for (int j = 0; j < 2; ++j)
#pragma unroll
                    for (int e = 0; e < 4; ++e) {
                        float& sum = sums[((row + (e >> 1) * 8) * kTaps + tap) * kGroup + j * 8 + column + (e & 1)];
                        sum = turn == 0 ? acc[tap][j][e] : sum + acc[tap][j][e];
                    }
        }
        __syncthreads();
    }
    float* slice = out + (static_cast<long long>(blockIdx.y) * g.c + n0) * kTaps * kGroup;
    for (int i = threadIdx.x; i < kGroup * kTaps * kGroup; i += kThreads3x3)
        slice[i] = accumulate ? slice[i] + sums[i] : sums[i];
}

}  // namespace zoe

ZOE_GEOMETRY(grouped3x3_fprop_sm80_bf16, conv2d_fprop, sm80, "algorithm=grouped3x3 type=bf16", zoe::kThreads3x3,
             zoe::kTilePixels, zoe::kGroup, zoe::kGroup, 0)
extern "C" __global__ void __launch_bounds__(zoe::kThreads3x3)
    grouped3x3_fprop_sm80_bf16(const zoe::bf16* x, const zoe::bf16* w, const float* bias, const zoe::bf16* per_sample,
                               const zoe::bf16* residual, zoe::bf16* y, zoe::GroupedConvolution geometry) {
    zoe::convolve3x3<false>(x, w, bias, per_sample, residual, y, geometry);
}

ZOE_GEOMETRY(grouped3x3_dgrad_sm80_bf16, conv2d_dgrad, sm80, "algorithm=grouped3x3 type=bf16", zoe::kThreads3x3,
             zoe::kTilePixels, zoe::kGroup, zoe::kGroup, 0)
extern "C" __global__ void __launch_bounds__(zoe::kThreads3x3)
    grouped3x3_dgrad_sm80_bf16(const zoe::bf16* dy, const zoe::bf16* w, zoe::bf16* dx,
                               zoe::GroupedConvolution geometry) {
    zoe::convolve3x3<true>(dy, w, nullptr, nullptr, nullptr, dx, geometry);
}

ZOE_GEOMETRY(grouped3x3_wgrad_sm80_bf16, conv2d_wgrad, sm80, "algorithm=grouped3x3 type=bf16", zoe::kThreads3x3,
             zoe::kGroup, zoe::kTaps* zoe::kGroup, zoe::kTilePixels, 0)
extern "C" __global__ void __launch_bounds__(zoe::kThreads3x3)
    grouped3x3_wgrad_sm80_bf16(const zoe::bf16* x, const zoe::bf16* dy, float* out, zoe::GroupedConvolution geometry,
                               int share, int accumulate) {
    zoe::wgrad3x3(x, dy, out, geometry, share, accumulate);
}
