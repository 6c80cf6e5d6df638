// The activations of wgrad as an operand source: the matrix of im2col.cuh with its inner index over the windows.
#pragma once
#include "zoetrope/copy/global.cuh"
#include "zoetrope/layout/operand.cuh"
#include "zoetrope/layout/window.cuh"

namespace zoe {

// MN-major: row k of the product is a window, column (r, s, c) belongs to the thread's chunk.
template <class T_, int MN_, int TK_, int THREADS, bool GROUPED = false>
struct WindowMNMajor : MNMajorMap<T_, MN_, TK_, THREADS> {
    using Map = MNMajorMap<T_, MN_, TK_, THREADS>;
    using T = T_;
    using Map::CHUNKS, Map::VEC;
    static constexpr int TK = TK_;

    Address tensor;
    Address window;  // element (n, h0, w0, 0) of this thread's window, possibly outside the tensor
    WindowView view;
    int n, i, j, h0, w0;
    int step_n, step_i, step_j;                       // TK windows on, in mixed radix
    int left;                                         // windows from this thread's to the end of the block's share
    int tap_r[CHUNKS], tap_s[CHUNKS], shift[CHUNKS];  // of each chunk's first column (vector path); bytes
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

    struct Place {
        int r, s, shift;
    };  // pixels down and across from the window's first, bytes
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

    struct Element {
        int e;
    };
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

}  // namespace zoe
