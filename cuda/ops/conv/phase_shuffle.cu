// Phase shuffle: every sample is moved along its length by a whole number of places of its own, the ends mirrored, so
// that a discriminator of sounds cannot tell them by the phase that strided transposed convolutions leave.
//
//   y[n,l,c]  = x[n, m(l + shift[n] - radius), c],   m(i) = |i| below the end, 2 (L-1) - i beyond it
//   dx[n,i,c] = sum of dy[n,l,c] over the l that read x[n,i,c]: at most three
//
// Layouts: x, y, dy, dx [N,L,C] in the storage type; shift I32 [N] of 0 ... 2 radius; radius < L, so that one mirroring is
// enough. A shift beyond its range is taken as the nearest within it.
//
// A block takes 1024 elements of a sample, eight a thread, neighbouring threads neighbouring channels. dx gathers the
// direct place, then the mirrored ones, in this order: no atomics, the same bits every time.
// Bytes 2 |x|; memory bound. Source: Donahue, McAuley, Puckette, Adversarial audio synthesis (ICLR 2019), section 3.3.
// Measured: not by itself; it passed its tests on an H200.
#include "zoetrope/copy/vector.cuh"
#include "zoetrope/entry.cuh"

namespace zoe {

constexpr int kShuffleThreads = 128, kShuffleTile = kShuffleThreads * 8;

// The block's sample and first element of it; calls body(place, channel, element) for each of the thread's elements.
template <class Body> __device__ __forceinline__ void for_places(int length, int channels, Body body) {
    const long long size = static_cast<long long>(length) * channels;
    const unsigned tiles = unsigned((size + kShuffleTile - 1) / kShuffleTile);
    const unsigned sample = blockIdx.x / tiles;
    const long long begin = static_cast<long long>(blockIdx.x - sample * tiles) * kShuffleTile;
#pragma unroll 1
    for (int i = threadIdx.x; i < kShuffleTile; i += kShuffleThreads) {
        const long long at = begin + i;
        if (at >= size) return;
        const int place = int(at / channels);
        body(sample, place, int(at - static_cast<long long>(place) * channels), sample * size + at);
    }
}

__device__ __forceinline__ int clamped_shift(const int* shift, unsigned sample, int radius) {
    return min(max(shift[sample], 0), 2 * radius) - radius;
}

template <class T>
__device__ __forceinline__ void shuffle(const T* x, const int* shift, T* y, int length, int channels, int radius) {
    for_places(length, channels, [&](unsigned sample, int place, int c, long long at) {
        int from = abs(place + clamped_shift(shift, sample, radius));
        if (from >= length) from = 2 * (length - 1) - from;
        y[at] = x[(static_cast<long long>(sample) * length + from) * channels + c];
    });
}

template <class T>
__device__ __forceinline__ void shuffle_backward(const T* dy, const int* shift, T* dx, int length, int channels,
                                                 int radius) {
    for_places(length, channels, [&](unsigned sample, int place, int c, long long at) {
        const int moved = clamped_shift(shift, sample, radius);
        const T* of = dy + static_cast<long long>(sample) * length * channels + c;
        float sum = 0.0f;
        auto add = [&](int from) {
            if (from >= 0 && from < length) sum += load_float(of + static_cast<long long>(from) * channels);
        };
        add(place - moved);
        if (place > 0) add(-place - moved);
        if (place < length - 1) add(2 * (length - 1) - place - moved);
        store_float(dx + at, sum);
    });
}

}  // namespace zoe

#define ENTRY(TYPE, STORED)                                                                                            \
    ZOE_GEOMETRY(phase_shuffle_##TYPE, phase_shuffle, simt, "type=" #TYPE, zoe::kShuffleThreads, zoe::kShuffleTile, 1, \
                 1, 0)                                                                                                 \
    extern "C" __global__ void __launch_bounds__(zoe::kShuffleThreads)                                                 \
        phase_shuffle_##TYPE(const STORED* x, const int* shift, STORED* y, int length, int channels, int radius) {     \
        zoe::shuffle(x, shift, y, length, channels, radius);                                                           \
    }                                                                                                                  \
    ZOE_GEOMETRY(phase_shuffle_backward_##TYPE, phase_shuffle_backward, simt, "type=" #TYPE, zoe::kShuffleThreads,     \
                 zoe::kShuffleTile, 1, 1, 0)                                                                           \
    extern "C" __global__ void __launch_bounds__(zoe::kShuffleThreads) phase_shuffle_backward_##TYPE(                  \
        const STORED* dy, const int* shift, STORED* dx, int length, int channels, int radius) {                        \
        zoe::shuffle_backward(dy, shift, dx, length, channels, radius);                                                \
    }

ENTRY(f32, float)
ENTRY(bf16, zoe::bf16)
