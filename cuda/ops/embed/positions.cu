// Sinusoidal embeddings of the places of a grid with up to four axes, such as the patches of a picture (two) or film
// (three).
//
// With D' = D/axes, h = D'/2 and f_i = period^(-i/h), axis a owns the columns aD' … (a+1)D' - 1:
//
//   out[p, aD' + i]     = sin(p_a·f_i)
//   out[p, aD' + h + i] = cos(p_a·f_i)        0 ≤ i < h
//
// p being the row-major number of the place (p_0, p_1, …).
//
//   grid_positions_*(out, places, width, axes, extent0, extent1, extent2, extent3, log2_period)
//
// Arguments   extents of the axes, those not used being 1 and last; width a multiple of 2·axes; log2_period f64.
// Mapping     one thread a sine and its cosine; made once for a model, so nothing is tuned.
// Traffic     places·width·sizeof(T) bytes written; about 60 operations a pair.
// Source      Vaswani et al. 2017 (arXiv:1706.03762) §3.5; two axes as in He et al. 2022 (arXiv:2111.06377).
// Measured    not by itself; it passed its tests on an H200.
#include "zoetrope/copy/vector.cuh"
#include "zoetrope/entry.cuh"
#include "zoetrope/sines.cuh"

namespace {

constexpr int kThreads = 128;

template <class T>
__device__ __forceinline__ void embed(T* out, int64_t places, int width, int axes, int extent0, int extent1,
                                      int extent2, int extent3, double log2_period) {
    const int pairs = width >> 1;
    const int64_t index = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x;
    const int64_t place = index / pairs;
    if (place >= places) return;
    const int half = pairs / axes;
    const int pair = static_cast<int>(index - place * pairs);
    const int axis = pair / half;
    const int i = pair - axis * half;
    // The axes behind this one are the digits below its own.
    int64_t below = 1;
    if (axis < 1) below *= extent1;
    if (axis < 2) below *= extent2;
    if (axis < 3) below *= extent3;
    const int extent = axis == 0 ? extent0 : axis == 1 ? extent1 : axis == 2 ? extent2 : extent3;
    const int64_t position = place / below % extent;
    float sine;
    float cosine;
    zoe::sine_cosine(static_cast<double>(position), i, half, log2_period, sine, cosine);
    T* row = out + place * width + axis * 2 * half;
    zoe::store_float(row + i, sine);
    zoe::store_float(row + half + i, cosine);
}

}  // namespace

#define ZOE_GRID_POSITIONS(suffix, type)                                                                               \
    ZOE_GEOMETRY(grid_positions_##suffix, grid_positions, simt, "type=" #suffix, kThreads, kThreads, 1, 1, 0)          \
    extern "C" __global__ void __launch_bounds__(kThreads)                                                             \
        grid_positions_##suffix(type* __restrict__ out, int64_t places, int width, int axes, int extent0, int extent1, \
                                int extent2, int extent3, double log2_period) {                                        \
        embed(out, places, width, axes, extent0, extent1, extent2, extent3, log2_period);                              \
    }

ZOE_GRID_POSITIONS(f32, float)
ZOE_GRID_POSITIONS(bf16, zoe::bf16)
