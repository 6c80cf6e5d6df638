// Operand sources of the convolutions: the matrices of an implicit GEMM, never written to memory.
//
// A window of size R x S slides over an NHWC tensor; channels are fastest, so that with C a multiple of VEC a 16-byte
// chunk lies in one tap (r, s). Padding is zero fill. The tap of a chunk is walked with the k-tiles (no division), and
// whether it falls inside the picture is one bit of a mask made once a row: rows r in bits 0..14, columns s in 16..31.
//
// The sources with GROUPED = true serve grouped convolutions, whose windows see `channels` of the tensor's `pitch`, and
// dilated ones, whose taps lie `dilation` pixels apart; their masks hold any window of R + S <= 31 (rows from bit 0,
// columns from bit R), such as the 1 x 25 of one-dimensional ones. The others know that pitch = channels and
// dilation = 1 when they are compiled, and pay nothing.
#pragma once
#include "zoetrope/copy/dense.cuh"

namespace zoe {

constexpr int kMaxWindow = 15;
constexpr unsigned kOutsideWindow = 1u << 15;   // never set in a mask
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
    int pitch, dilation;    // elements from a pixel to the next, pixels from a tap to the next; read where GROUPED
};

// K-major: the activations of fprop and, with windows over dy, of dgrad.
template <class T_, int MN_, int TK_, int THREADS, bool GROUPED = false>
struct WindowKMajor : KMajorMap<T_, MN_, TK_, THREADS> {
    using Map = KMajorMap<T_, MN_, TK_, THREADS>;
    using T = T_;
    using Map::CHUNKS, Map::VEC;
    static constexpr int TK = TK_;

    Address row[CHUNKS];    // element (n, h0, w0, 0) of each row, possibly outside the tensor
    unsigned mask[CHUNKS];
    int r, s, c;            // tap and channel of this thread's chunk (vector path)
    int k;                  // the same as an index (scalar path)
    int channels, width, taps_h, taps_w;
    int pixel_pitch, tap_step;      // pitch and dilation of the view; read through pitch() and dilation()
    int tap_skip;           // bytes from the last channel of a tap to the first of the next
    unsigned need;          // the bits of the tap in a row's mask
    long long shift;        // bytes from a row's beginning to the chunk
    int line_skip;          // bytes from the last tap of a row to the first of the next
    int vector;

    __device__ __forceinline__ int pitch() const { return GROUPED ? pixel_pitch : channels; }
    __device__ __forceinline__ int dilation() const { return GROUPED ? tap_step : 1; }

    __device__ __forceinline__ void init(int thread, const T* base, const WindowView& v, int m_begin, int m_end) {
        Map::place(thread);
        channels = v.channels, width = v.width, taps_h = v.taps_h, taps_w = v.taps_w;
        if constexpr (GROUPED) {
            pixel_pitch = v.pitch, tap_step = v.dilation;
            tap_skip = (tap_step * pixel_pitch - channels) * int(sizeof(T));
        }
        vector = aligned_16(base) && channels % VEC == 0;
        r = s = 0;
        c = k = Map::k0;
        shift = c * int(sizeof(T));
        line_skip = dilation() * (width - taps_w) * pitch() * int(sizeof(T));
        need = tap_bits(0, 0);
        carry();
#pragma unroll
        for (int i = 0; i < CHUNKS; ++i) {
            int m = m_begin + Map::mn(i);
            bool inside = m < m_end;
            unsigned line = unsigned(inside ? m : 0) / unsigned(v.rows_w);
            int h0 = v.origin_h + int(line % unsigned(v.rows_h)) * v.stride;
            int w0 = v.origin_w + ((inside ? m : 0) - int(line) * v.rows_w) * v.stride;
            long long n = line / unsigned(v.rows_h);
            row[i] = global_address(base) + ((n * v.height + h0) * v.width + w0) * pitch() * int(sizeof(T));
            if constexpr (GROUPED)
                mask[i] = inside ? tap_mask(h0, v.height, taps_h, tap_step)
                                       | tap_mask(w0, v.width, taps_w, tap_step) << taps_h : 0;
            else
                mask[i] = inside ? tap_mask(h0, v.height, taps_h) | tap_mask(w0, v.width, taps_w) << 16 : 0;
            keep(row[i]);
            keep(mask[i]);
        }
        keep(line_skip);
        keep(vector);
    }
    __device__ __forceinline__ unsigned tap_bits(int at_r, int at_s) const {
        if constexpr (GROUPED) return at_r < taps_h ? 1u << at_r | (1u << taps_h) << at_s : kOutsideGrouped;
        return at_r < taps_h ? 1u << at_r | 0x10000u << at_s : kOutsideWindow;
    }
    // Brings c below channels. Neighbouring taps of a row adjoin in memory, so only a new row moves the chunk; in the
    // general case a new tap does too.
    __device__ __forceinline__ void carry() {
        if (c < channels) return;
        do {
            c -= channels;
            if constexpr (GROUPED) shift += tap_skip;
            if (++s == taps_w) {
                s = 0, ++r;
                shift += line_skip;
            }
        } while (c >= channels);
        need = tap_bits(r, s);
    }
    __device__ __forceinline__ void prepare() {}
    __device__ __forceinline__ Address address(int i) const { return row[i] + shift; }
    __device__ __forceinline__ int bytes(int i) const { return (mask[i] & need) == need ? 16 : 0; }

    struct Element { long long shift; unsigned need; };
    __device__ __forceinline__ Element element(int e) const {
        unsigned tap = unsigned(k + e) / unsigned(channels);
        int at_r = tap / unsigned(taps_w), at_s = int(tap) - at_r * taps_w;
        int at_c = k + e - int(tap) * channels;
        long long elements = (at_r * width + at_s) * dilation() * static_cast<long long>(pitch()) + at_c;
        return {elements * int(sizeof(T)), tap_bits(at_r, at_s)};
    }
    __device__ __forceinline__ bool has(int i, Element at) const { return (mask[i] & at.need) == at.need; }
    __device__ __forceinline__ T get(int i, Element at) const { return load_global<T>(row[i] + at.shift); }

    __device__ __forceinline__ void advance() {
        k += TK;
        if (vector) {
            c += TK;
            shift += TK * int(sizeof(T));
            carry();
        }
    }
};

// MN-major: the activations of wgrad. Row k of the product is a window, column (r, s, c) belongs to the thread's chunk.
template <class T_, int MN_, int TK_, int THREADS, bool GROUPED = false>
struct WindowMNMajor : MNMajorMap<T_, MN_, TK_, THREADS> {
    using Map = MNMajorMap<T_, MN_, TK_, THREADS>;
    using T = T_;
    using Map::CHUNKS, Map::VEC;
    static constexpr int TK = TK_;

    Address tensor;
    Address window;         // element (n, h0, w0, 0) of this thread's window, possibly outside the tensor
    WindowView view;
    int n, i, j, h0, w0;
    int step_n, step_i, step_j;   // TK windows on, in mixed radix
    int left;               // windows from this thread's to the end of the block's share
    int tap_r[CHUNKS], tap_s[CHUNKS], shift[CHUNKS];   // of each chunk's first column (vector path); bytes
    int column, columns;
    int vector;

    __device__ __forceinline__ int pitch() const { return GROUPED ? view.pitch : view.channels; }
    __device__ __forceinline__ int dilation() const { return GROUPED ? view.dilation : 1; }

    __device__ __forceinline__ void init(int thread, const T* tensor_, const WindowView& v, int column_begin,
                                         int window_begin, int window_end) {
        Map::place(thread);
        tensor = global_address(tensor_), view = v;
        vector = aligned_16(tensor_) && v.channels % VEC == 0;
        columns = v.taps_h * v.taps_w * v.channels;
        column = column_begin;
        unsigned m = window_begin + Map::k0, line = m / unsigned(v.rows_w);
        j = m - line * v.rows_w;
        n = line / unsigned(v.rows_h);
        i = line - unsigned(n) * v.rows_h;
        left = window_end - int(m);
        unsigned lines = unsigned(TK) / unsigned(v.rows_w);
        step_j = TK - lines * v.rows_w;
        step_n = lines / unsigned(v.rows_h);
        step_i = lines - unsigned(step_n) * v.rows_h;
#pragma unroll
        for (int q = 0; q < CHUNKS; ++q) {
            Place at = locate(column + Map::mn(q));
            tap_r[q] = at.r, tap_s[q] = at.s, shift[q] = at.shift;
            keep(tap_r[q]);
            keep(tap_s[q]);
            keep(shift[q]);
        }
        keep(vector);
        find();
    }

    struct Place { int r, s, shift; };      // pixels down and across from the window's first, bytes
    __device__ __forceinline__ Place locate(int at) const {
        unsigned tap = unsigned(at) / unsigned(view.channels);
        int r = tap / unsigned(view.taps_w), s = tap - unsigned(r) * view.taps_w;
        r *= dilation(), s *= dilation();
        int elements = (r * view.width + s) * pitch() + (at - int(tap) * view.channels);
        return {at < columns ? r : 1 << 29, s, elements * int(sizeof(T))};
    }
    __device__ __forceinline__ void find() {
        h0 = left > 0 ? view.origin_h + i * view.stride : 1 << 29;
        w0 = view.origin_w + j * view.stride;
        int line = n * view.height + (view.origin_h + i * view.stride);
        window = tensor + (static_cast<long long>(line) * view.width + w0) * (pitch() * int(sizeof(T)));
    }
    __device__ __forceinline__ bool inside(int r, int s) const {
        return unsigned(h0 + r) < unsigned(view.height) && unsigned(w0 + s) < unsigned(view.width);
    }
    __device__ __forceinline__ void prepare() {}
    __device__ __forceinline__ Address address(int q) const { return window + shift[q]; }
    __device__ __forceinline__ int bytes(int q) const { return inside(tap_r[q], tap_s[q]) ? 16 : 0; }

    struct Element { int e; };
    __device__ __forceinline__ Element element(int e) const { return {column + e}; }
    __device__ __forceinline__ bool has(int q, Element at) const {
        if (at.e + Map::mn(q) >= columns) return false;
        Place p = locate(at.e + Map::mn(q));
        return inside(p.r, p.s);
    }
    __device__ __forceinline__ T get(int q, Element at) const {
        return load_global<T>(window + locate(at.e + Map::mn(q)).shift);
    }

    __device__ __forceinline__ void advance() {
        left -= TK;
        j += step_j;
        if (j >= view.rows_w) j -= view.rows_w, ++i;
        i += step_i;
        if (i >= view.rows_h) i -= view.rows_h, ++n;
        n += step_n;
        find();
    }
};

// MN-major: the filters of dgrad, w[K][R][S][C] as the matrix [(r', s', k), c] of one phase. The window of dgrad walks
// dy forwards, hence the taps backwards: step r' of the walk is tap r_last - r' * stride.
template <class T_, int MN_, int TK_, int THREADS> struct FilterMNMajor : MNMajorMap<T_, MN_, TK_, THREADS> {
    using Map = MNMajorMap<T_, MN_, TK_, THREADS>;
    using T = T_;
    using Map::CHUNKS, Map::VEC, Map::PER_ROW;
    static constexpr int TK = TK_;

    Address top;            // filter row 0, at the column of chunk 0
    Address first;
    int filters, channels, width;   // K, C, S of the whole filter
    int taps_h, taps_w, last_r, last_s, stride;
    int r, s, k;
    int room[CHUNKS], valid[CHUNKS];
    int vector;

    __device__ __forceinline__ void init(int thread, const T* w, int filters_, int channels_, int height_, int width_,
                                         const WindowView& v, int last_r_, int last_s_, int stride_, int c_begin) {
        Map::place(thread);
        filters = filters_, channels = channels_, width = width_;
        taps_h = v.taps_h, taps_w = v.taps_w, last_r = last_r_, last_s = last_s_, stride = stride_;
        row_elements = height_ * width_ * channels_;
        vector = aligned_16(w) && channels % VEC == 0;
        top = global_address(w + c_begin + Map::mn(0));
        r = s = 0;
        k = Map::k0;
        carry();
#pragma unroll
        for (int i = 0; i < CHUNKS; ++i) {
            room[i] = channels - c_begin - Map::mn(i);
            valid[i] = clamp_bytes(room[i], sizeof(T));
            keep(valid[i]);
        }
        keep(vector);
        find();
    }
    int row_elements;       // R * S * C

    __device__ __forceinline__ void carry() {
        while (k >= filters) {
            k -= filters;
            if (++s == taps_w) s = 0, ++r;
        }
    }
    __device__ __forceinline__ void find() {
        int tap = (last_r - r * stride) * width + last_s - s * stride;
        first = top + (static_cast<long long>(k) * row_elements + tap * channels) * int(sizeof(T));
    }
    __device__ __forceinline__ void prepare() {}
    __device__ __forceinline__ Address address(int i) const { return first + i * PER_ROW * 16; }
    __device__ __forceinline__ int bytes(int i) const { return r < taps_h ? valid[i] : 0; }

    struct Element { int e; };
    __device__ __forceinline__ Element element(int e) const { return {e}; }
    __device__ __forceinline__ bool has(int i, Element at) const { return r < taps_h && at.e < room[i]; }
    __device__ __forceinline__ T get(int i, Element at) const {
        return load_global<T>(first + i * PER_ROW * 16 + at.e * int(sizeof(T)));
    }

    __device__ __forceinline__ void advance() {
        k += TK;
        carry();
        find();
    }
};

}  // namespace zoe
