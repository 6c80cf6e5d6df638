// Pooling kernels work on [N, H, W, C], a block on one row of W·C elements: neighbouring threads take neighbouring
// packs of V channels (16 bytes where C and the addresses allow, else one element), so that every access is contiguous
// in a warp.
#pragma once
#include <cstdint>
#include "zoetrope/copy/vector.cuh"

namespace zoe::pool {

inline constexpr int kMaxThreads = 256;

// Calls body(w, c, offset) for the thread's packs of a row of `width` positions: channels c … c+V-1 of position w,
// which begin `offset` elements into the row. The host sees to it that a row has fewer than 2^31 elements.
template <int V, class Body> __device__ __forceinline__ void for_row(int width, int channels, Body body) {
    const int packs = channels / V;
    const int total = width * packs;
#pragma unroll 1
    for (int i = static_cast<int>(threadIdx.x); i < total; i += static_cast<int>(blockDim.x)) {
        const int w = i / packs;
        body(w, (i - w * packs) * V, i * V);
    }
}

// Windows of a pooling with kernel size k and stride s, no padding.
struct Windows {
    int height, width, channels;  // of the input
    int out_height, out_width, kernel, stride;

    // Output rows (or columns) whose window holds input row (or column) i: first … last.
    __device__ __forceinline__ int first(int i) const {
        const int before = i - kernel + 1;
        return before <= 0 ? 0 : (before + stride - 1) / stride;
    }
    __device__ __forceinline__ int last(int i, int outputs) const { return min(i / stride, outputs - 1); }
};

}  // namespace zoe::pool
