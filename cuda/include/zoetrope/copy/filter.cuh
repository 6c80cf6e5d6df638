// The filters of dgrad as an operand source.
#pragma once
#include "zoetrope/copy/global.cuh"
#include "zoetrope/layout/operand.cuh"
#include "zoetrope/layout/window.cuh"

namespace zoe {

// MN-major: w[K][R][S][C] as the matrix [(r', s', k), c] of one phase. The window of dgrad walks
// dy forwards, hence the taps backwards: step r' of the walk is tap r_last - r' * stride.
template <class T_, int MN_, int TK_, int THREADS> struct FilterMNMajor : MNMajorMap<T_, MN_, TK_, THREADS> {
    using Map = MNMajorMap<T_, MN_, TK_, THREADS>;
    using T = T_;
    using Map::CHUNKS, Map::VEC, Map::PER_ROW;
    static constexpr int TK = TK_;

    Address top;  // filter row 0, at the column of chunk 0
    Address first;
    int filters, channels, width;  // K, C, S of the whole filter
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
    int row_elements;  // R * S * C

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

    struct Element {
        int e;
    };
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
