// A tensor seen through the windows of a convolution, and which taps of a window lie inside.
//
// Whether a tap falls inside the picture is one bit of a mask made once a row: rows r in bits 0..14, columns s in 16..31.
// Where there are groups or dilation, the mask holds any window of R + S <= 31 (rows from bit 0, columns from bit R),
// such as the 1 x 25 of one-dimensional convolutions.
#pragma once

namespace zoe {

constexpr int kMaxWindow = 15;
constexpr unsigned kOutsideWindow = 1u << 15;  // never set in a mask
constexpr unsigned kOutsideGrouped = 1u << 31;

// Bits lo..hi-1 for the taps t of 0..taps-1 with 0 <= begin + t < size.
__device__ __forceinline__ unsigned tap_mask(int begin, int size, int taps) {
    int lo = min(max(-begin, 0), taps);
    int hi = min(max(size - begin, 0), taps);
    return hi > lo ? (1u << hi) - (1u << lo) : 0;
}

// The same for taps `dilation` apart: 0 <= begin + t dilation < size.
__device__ __forceinline__ unsigned tap_mask(int begin, int size, int taps, int dilation) {
    int lo = min((max(-begin, 0) + dilation - 1) / dilation, taps);
    int hi = min((max(size - begin, 0) + dilation - 1) / dilation, taps);
    return hi > lo ? (1u << hi) - (1u << lo) : 0;
}

// A tensor [N, H, W, C] seen through windows: row m = (n, i, j) of `rows_h` x `rows_w` windows a picture begins at
// (origin_h + i * stride, origin_w + j * stride), column k = (r, s, c).
struct WindowView {
    int height, width, channels;
    int rows_h, rows_w;
    int origin_h, origin_w, stride;
    int taps_h, taps_w;
    int pitch, dilation;  // elements from a pixel to the next, pixels from a tap to the next; read where GROUPED
};

}  // namespace zoe
