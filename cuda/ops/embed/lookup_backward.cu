// Gradient of a table lookup, deterministic: dtable[v] (+)= Σ dout[r] over the rows r with index v.
//
//   lookup_backward_*(dout, keys, order, dtable, rows, channels, accumulate)
//
// dout T[rows][channels]; keys I32, the indices in ascending order; order I32, the row of dout each belongs to (sort_ids.cu);
// dtable f32. The lookup itself is gather_rows of cuda/src/pointwise/rows.cu.
// Mapping     grid.x = table rows, grid.y = ceil(channels / 32). A block's first warp finds its stretch of the sorted rows by
//             bisection; its eight warps take every eighth row of it, a channel a lane, and their sums are added in the order
//             of the warps. An index that half the rows share (a mask token) is eight times as quick as with one warp. Most
//             rows of a large table have no stretch: their blocks end after one bisection.
// Order       of a sum: rows w, w+8, w+16, … of the stretch for warp w, then warp 0 to 7. A pure function of the indices.
// Traffic     dout once, dtable once, two indices a row.
// Measured    softcuda, bf16, 5,376 rows into 8,192 × 128, a third of the rows with an index of their own: 73 ms of CPU
//             time, 247 when every warp searched. That form passed its tests on an H200; this one has run on softcuda alone.
#include "zoetrope/copy/vector.cuh"
#include "zoetrope/entry.cuh"

namespace {

constexpr int kWarps = 8;
constexpr int kThreads = 32 * kWarps;

// The first of the ascending keys from `low` to `high` that is `wanted` or more.
__device__ __forceinline__ int64_t first_of(const int32_t* keys, int64_t low, int64_t high, int wanted) {
    while (low < high) {
        const int64_t middle = (low + high) >> 1;
        if (keys[middle] < wanted) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

template <class T>
__device__ __forceinline__ void lookup_backward(const T* dout, const int32_t* keys, const int32_t* order, float* dtable,
                                                int64_t rows, int channels, int accumulate) {
    __shared__ float sums[kWarps][32];
    __shared__ int64_t stretch[2];
    const int entry = static_cast<int>(blockIdx.x);
    const int lane = static_cast<int>(threadIdx.x) & 31;
    const int warp = static_cast<int>(threadIdx.x) >> 5;
    const int c = static_cast<int>(blockIdx.y) * 32 + lane;
    if (warp == 0) {
        const int64_t first = first_of(keys, 0, rows, entry);
        const int64_t after = first < rows && keys[first] == entry ? first_of(keys, first, rows, entry + 1) : first;
        if (lane == 0) {
            stretch[0] = first;
            stretch[1] = after;
        }
    }
    __syncthreads();
    const int64_t begin = stretch[0];
    const int64_t end = stretch[1];
    if (begin == end) {
        if (warp == 0 && c < channels && accumulate == 0) dtable[static_cast<int64_t>(entry) * channels + c] = 0.0f;
        return;
    }
    float total = 0.0f;
    if (c < channels) {
#pragma unroll 4
        for (int64_t i = begin + warp; i < end; i += kWarps) {
            total += zoe::load_float(dout + static_cast<int64_t>(order[i]) * channels + c);
        }
    }
    sums[warp][lane] = total;
    __syncthreads();
    if (warp == 0 && c < channels) {
        float* target = dtable + static_cast<int64_t>(entry) * channels + c;
        float sum = accumulate != 0 ? *target : 0.0f;
#pragma unroll
        for (int w = 0; w < kWarps; ++w) sum += sums[w][lane];
        *target = sum;
    }
}

}  // namespace

#define ZOE_LOOKUP_BACKWARD(suffix, type)                                                                              \
    ZOE_GEOMETRY(lookup_backward_##suffix, lookup_backward, simt, "type=" #suffix, kThreads, 1, 32, 1, 0)              \
    extern "C" __global__ void __launch_bounds__(kThreads) lookup_backward_##suffix(                                   \
        const type* __restrict__ dout, const int32_t* __restrict__ keys, const int32_t* __restrict__ order,            \
        float* __restrict__ dtable, int64_t rows, int channels, int accumulate) {                                      \
        lookup_backward(dout, keys, order, dtable, rows, channels, accumulate);                                        \
    }

ZOE_LOOKUP_BACKWARD(f32, float)
ZOE_LOOKUP_BACKWARD(bf16, zoe::bf16)
