// The activations of fprop and, with windows over dy, of dgrad as an operand source: the matrix of an implicit GEMM,
// never written to memory.
//
// A window of size R x S slides over an NHWC tensor; channels are fastest, so that with C a multiple of VEC a 16-byte
// chunk lies in one tap (r, s). Padding is zero fill. The tap of a chunk is walked with the k-tiles (no division).
//
// With GROUPED = true the windows see `channels` of the tensor's `pitch`, and taps lie `dilation` pixels apart. The
// others know that pitch = channels and dilation = 1 when they are compiled, and pay nothing.
#pragma once
#include "zoetrope/copy/global.cuh"
#include "zoetrope/layout/operand.cuh"
#include "zoetrope/layout/window.cuh"

namespace zoe {

// K-major: row m is a window, column k a tap and channel (r, s, c).
template <class T_, int MN_, int TK_, int THREADS, bool GROUPED = false>
struct WindowKMajor : KMajorMap<T_, MN_, TK_, THREADS> {
    using Map = KMajorMap<T_, MN_, TK_, THREADS>;
    using T = T_;
    using Map::CHUNKS, Map::VEC;
    static constexpr int TK = TK_;

    Address row[CHUNKS];    // element (n, h0, w0, 0) of each row, possibly outside the tensor
    unsigned mask[CHUNKS];  // which taps of each row lie inside
    int r, s, c;            // tap and channel of this thread's chunk (vector path)
    int k;                  // the same as an index (scalar path); in the grouped case c is it, which spares a register
    int channels, width, taps_h, taps_w;
    int pixel_pitch, tap_step;  // pitch and dilation of the view; read through pitch() and dilation()
    int tap_skip;               // bytes from the last channel of a tap to the first of the next
    unsigned need;              // the tap, as a row's mask is asked for it
    long long shift;            // bytes from a row's beginning to the chunk
    int line_skip;              // bytes from the last tap of a row to the first of the next
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
        if (vector || !GROUPED) carry();
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
                mask[i] = inside ? tap_interval(h0, v.height, taps_h, tap_step)
                                       | tap_interval(w0, v.width, taps_w, tap_step) << 16
                                 : kNoTaps | kNoTaps << 16;
            else mask[i] = inside ? tap_mask(h0, v.height, taps_h) | tap_mask(w0, v.width, taps_w) << 16 : 0;
            keep(row[i]);
            keep(mask[i]);
        }
        keep(line_skip);
        keep(vector);
    }
    __device__ __forceinline__ unsigned tap_bits(int at_r, int at_s) const {
        if constexpr (GROUPED) return at_r < taps_h ? tap_place(at_r) + (tap_place(at_s) << 16) : kOutsideIntervals;
        return at_r < taps_h ? 1u << at_r | 0x10000u << at_s : kOutsideWindow;
    }
    // Brings c below channels. Neighbouring taps of a row adjoin in memory, so only a new row moves the chunk; in the
    // grouped case a new tap does too.
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
    __device__ __forceinline__ bool inside(int i, unsigned tap) const {
        if constexpr (GROUPED) return in_intervals(mask[i], tap);
        return (mask[i] & tap) == tap;
    }
    __device__ __forceinline__ void prepare() {}
    __device__ __forceinline__ Address address(int i) const { return row[i] + shift; }
    __device__ __forceinline__ int bytes(int i) const { return inside(i, need) ? 16 : 0; }

    struct Element {
        long long shift;
        unsigned need;
    };
    __device__ __forceinline__ Element element(int e) const {
        const int index = (GROUPED ? c : k) + e;
        unsigned tap = unsigned(index) / unsigned(channels);
        int at_r = tap / unsigned(taps_w), at_s = int(tap) - at_r * taps_w;
        int at_c = index - int(tap) * channels;
        long long elements = (at_r * width + at_s) * dilation() * static_cast<long long>(pitch()) + at_c;
        return {elements * int(sizeof(T)), tap_bits(at_r, at_s)};
    }
    __device__ __forceinline__ bool has(int i, Element at) const { return inside(i, at.need); }
    __device__ __forceinline__ T get(int i, Element at) const { return load_global<T>(row[i] + at.shift); }

    __device__ __forceinline__ void advance() {
        k += TK;
        if (vector || GROUPED) c += TK;
        if (vector) {
            shift += TK * int(sizeof(T));
            carry();
        }
    }
};

}  // namespace zoe
