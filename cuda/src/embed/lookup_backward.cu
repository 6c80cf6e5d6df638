// Gradient of a table lookup, deterministic: dtable[v] (+)= Σ dout[r] over the rows r with ids[r] = v, in the order of r.
//
//   lookup_backward_*(dout, ids, dtable, rows, channels, accumulate)     dout T[rows][channels], ids I32, dtable f32
//
// The lookup itself is gather_rows of cuda/src/pointwise/rows.cu.
// Mapping     grid.x = table rows, grid.y = ceil(channels / 128): a block scans all ids 128 at a time, votes which are its
//             own, and adds those rows one after the other, a channel a thread. No atomics. Meant for class and token tables,
//             where rows of the table times ids stays small beside the rest of a training step.
// Traffic     dout once, dtable once, the ids once for each table row.
// Measured    not measured on a GPU yet.
#include "zoetrope/geometry.cuh"
#include "zoetrope/vector.cuh"

namespace {

constexpr int kThreads = 128;
constexpr int kWarps = kThreads / 32;

template <class T>
__device__ __forceinline__ void lookup_backward(const T* dout, const int32_t* ids, float* dtable, int64_t rows,
                                                int channels, int accumulate) {
    __shared__ uint32_t mine[kWarps];
    const int entry = static_cast<int>(blockIdx.x);
    const int c = static_cast<int>(blockIdx.y * kThreads + threadIdx.x);
    const int warp = static_cast<int>(threadIdx.x) >> 5;
    float total = 0.0f;
    for (int64_t begin = 0; begin < rows; begin += kThreads) {
        const int64_t r = begin + threadIdx.x;
        const uint32_t votes = __ballot_sync(0xffffffffu, r < rows && ids[r] == entry);
        if ((threadIdx.x & 31) == 0) mine[warp] = votes;
        __syncthreads();
#pragma unroll 1
        for (int w = 0; w < kWarps; ++w) {
#pragma unroll 1
            for (uint32_t left = mine[w]; left != 0; left &= left - 1) {
                const int64_t row = begin + w * 32 + (__ffs(static_cast<int>(left)) - 1);
                if (c < channels) total += zoe::load_float(dout + row * channels + c);
            }
        }
        __syncthreads();
    }
    if (c < channels) {
        float* target = dtable + static_cast<int64_t>(entry) * channels + c;
        *target = accumulate != 0 ? *target + total : total;
    }
}

}  // namespace

#define ZOE_LOOKUP_BACKWARD(suffix, type)                                                                              \
    ZOE_GEOMETRY(lookup_backward_##suffix, kThreads, 1, kThreads, 1, 0)                                                \
    extern "C" __global__ void __launch_bounds__(kThreads)                                                             \
        lookup_backward_##suffix(const type* __restrict__ dout, const int32_t* __restrict__ ids,                       \
                                 float* __restrict__ dtable, int64_t rows, int channels, int accumulate) {             \
        lookup_backward(dout, ids, dtable, rows, channels, accumulate);                                                \
    }

ZOE_LOOKUP_BACKWARD(f32, float)
ZOE_LOOKUP_BACKWARD(bf16, zoe::bf16)
