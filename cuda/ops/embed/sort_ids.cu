// Stable sort of row numbers by table index: radix sort, least significant digit of eight bits first, a pass a digit.
//
//   sort_count(keys, counts, rows, entries, shift)          counts[digit][block]: this block's keys of each digit
//   sort_scan(counts, count)                                exclusive sums of all counts, in place; one block
//   sort_scatter(keys, values, out_keys, out_values, counts, rows, entries, shift)   moves keys and values to their places
//
// Keys are I32 indices into a table of `entries` rows; one outside 0 … entries-1 counts as `entries`, which sorts it to the
// end. values null: the row numbers themselves. Stable in each pass, so rows of one index stay in ascending order: the
// result is a pure function of the keys. (Integer atomics only count; their order does not show.)
//
// Mapping     blocks of 256 threads take 2048 keys. In a scatter the warps vote bit by bit which lanes hold the same digit,
//             rank themselves among those, and add the counts of the warps and rounds before.
// Traffic     a pass reads the keys twice and the values once, and writes both once.
// Source      Merrill, Grimshaw, "High performance and scalable radix sorting" (2011), with the counts scanned by one block.
// Measured    not by itself; it passed its tests on an H200.
#include <cstdint>
#include "zoetrope/entry.cuh"

namespace {

constexpr int kThreads = 256;
constexpr int kWarps = kThreads / 32;
constexpr int kDigits = 256;
constexpr int kTile = 2048;
constexpr int kScanThreads = 1024;

__device__ __forceinline__ uint32_t key_of(const int32_t* keys, int64_t row, uint32_t entries) {
    const uint32_t key = static_cast<uint32_t>(keys[row]);
    return key < entries ? key : entries;
}

}  // namespace

ZOE_GEOMETRY(sort_count, sort_count, simt, "", kThreads, kTile, kDigits, 1, 0)
extern "C" __global__ void __launch_bounds__(kThreads)
    sort_count(const int32_t* __restrict__ keys, int32_t* __restrict__ counts, int64_t rows, uint32_t entries,
               int shift) {
    __shared__ int32_t mine[kDigits];
    const int thread = static_cast<int>(threadIdx.x);
    mine[thread] = 0;
    __syncthreads();
    const int64_t begin = static_cast<int64_t>(blockIdx.x) * kTile;
#pragma unroll 1
    for (int i = thread; i < kTile && begin + i < rows; i += kThreads) {
        atomicAdd(&mine[key_of(keys, begin + i, entries) >> shift & (kDigits - 1)], 1);
    }
    __syncthreads();
    counts[static_cast<int64_t>(thread) * gridDim.x + blockIdx.x] = mine[thread];
}

ZOE_GEOMETRY(sort_scan, sort_scan, simt, "", kScanThreads, 1, 1, 1, 0)
extern "C" __global__ void __launch_bounds__(kScanThreads) sort_scan(int32_t* __restrict__ counts, int count) {
    __shared__ int32_t totals[32];
    const int thread = static_cast<int>(threadIdx.x);
    const int lane = thread & 31;
    const int warp = thread >> 5;
    int32_t carry = 0;
#pragma unroll 1
    for (int begin = 0; begin < count; begin += kScanThreads) {
        const int i = begin + thread;
        const int32_t own = i < count ? counts[i] : 0;
        int32_t sum = own;
#pragma unroll
        for (int offset = 1; offset < 32; offset *= 2) {
            const int32_t below = __shfl_up_sync(0xffffffffu, sum, offset);
            if (lane >= offset) sum += below;
        }
        if (lane == 31) totals[warp] = sum;
        __syncthreads();
        int32_t before = 0;
        int32_t all = 0;
#pragma unroll 1
        for (int w = 0; w < 32; ++w) {
            before += w < warp ? totals[w] : 0;
            all += totals[w];
        }
        if (i < count) counts[i] = carry + before + sum - own;
        carry += all;
        __syncthreads();
    }
}

ZOE_GEOMETRY(sort_scatter, sort_scatter, simt, "", kThreads, kTile, kDigits, 1, 0)
extern "C" __global__ void __launch_bounds__(kThreads)
    sort_scatter(const int32_t* __restrict__ keys, const int32_t* __restrict__ values, int32_t* __restrict__ out_keys,
                 int32_t* __restrict__ out_values, const int32_t* __restrict__ counts, int64_t rows, uint32_t entries,
                 int shift) {
    __shared__ int32_t place[kDigits];  // where this block's next key of a digit goes
    __shared__ int32_t warp_counts[kWarps][kDigits];
    const int thread = static_cast<int>(threadIdx.x);
    const int lane = thread & 31;
    const int warp = thread >> 5;
    place[thread] = counts[static_cast<int64_t>(thread) * gridDim.x + blockIdx.x];
    const int64_t begin = static_cast<int64_t>(blockIdx.x) * kTile;
#pragma unroll 1
    for (int round = 0; round < kTile && begin + round < rows; round += kThreads) {
#pragma unroll
        for (int w = 0; w < kWarps; ++w) warp_counts[w][thread] = 0;
        __syncthreads();
        const int64_t row = begin + round + thread;
        const bool valid = row < rows;
        const uint32_t key = valid ? key_of(keys, row, entries) : 0;
        const uint32_t digit = key >> shift & (kDigits - 1);
        uint32_t same = __ballot_sync(0xffffffffu, valid);
#pragma unroll
        for (int bit = 0; bit < 8; ++bit) {
            const uint32_t votes = __ballot_sync(0xffffffffu, digit >> bit & 1);
            same &= (digit >> bit & 1) != 0 ? votes : ~votes;
        }
        const int rank = __popc(same & ((1u << lane) - 1u));
        if (valid && rank == 0) warp_counts[warp][digit] = __popc(same);
        __syncthreads();
        if (valid) {
            int to = place[digit] + rank;
#pragma unroll 1
            for (int w = 0; w < warp; ++w) to += warp_counts[w][digit];
            out_keys[to] = static_cast<int32_t>(key);
            out_values[to] = values != nullptr ? values[row] : static_cast<int32_t>(row);
        }
        __syncthreads();
        int moved = 0;
#pragma unroll
        for (int w = 0; w < kWarps; ++w) moved += warp_counts[w][thread];
        place[thread] += moved;
        __syncthreads();
    }
}
