// A tensor seen through the windows of a convolution, and which taps of a window lie inside.
//
// Whether a tap falls inside the picture is one bit of a mask made once a row: rows r in bits 0..14, columns s in 16..31.
// Where there are groups, dilation or long filters, the taps inside are two intervals, kept as the four bytes of a word;
// seven bits of a byte count taps, so that a filter has at most 127 rows and columns.
#pragma once

namespace zoe {

constexpr int kMaxWindow = 15;
constexpr unsigned kOutsideWindow = 1u << 15;  // never set in a mask

// Bits lo..hi-1 for the taps t of 0..taps-1 with 0 <= begin + t < size.
__device__ __forceinline__ unsigned tap_mask(int begin, int size, int taps) {
    int lo = min(max(-begin, 0), taps);
    int hi = min(max(size - begin, 0), taps);
    return hi > lo ? (1u << hi) - (1u << lo) : 0;
}

constexpr unsigned kNoTaps = 0x7fffu;            // of an axis, as tap_interval makes it
constexpr unsigned kOutsideIntervals = 0x7f00u;  // a tap that no interval holds
constexpr unsigned kIntervalSigns = 0x80808080u;

// The taps t of 0..taps-1 with 0 <= begin + t dilation < size are lo..hi-1: the bytes 127 + hi and 255 - lo. Less those of
// tap_place they are 128 + (hi - 1 - t) and 128 + (t - lo): both have their high bit if the interval holds t, and as no byte
// borrows from its neighbour, one subtraction tests both axes.
__device__ __forceinline__ unsigned tap_interval(int begin, int size, int taps, int dilation) {
    int lo = min((max(-begin, 0) + dilation - 1) / dilation, taps);
    int hi = min((max(size - begin, 0) + dilation - 1) / dilation, taps);
    return unsigned((127 + hi) * 256 + 255 - lo);
}
__device__ __forceinline__ unsigned tap_place(int t) { return unsigned(t * 255 + 127); }  // the bytes t and 127 - t

// Axes in the halves of a word.
__device__ __forceinline__ bool in_intervals(unsigned intervals, unsigned place) {
    return ((intervals - place) & kIntervalSigns) == kIntervalSigns;
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
