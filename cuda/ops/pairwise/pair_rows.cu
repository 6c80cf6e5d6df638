// What is wanted of a matrix of pair values (distances, products) row by row, so that the matrix itself is made in parts
// and never kept: each entry takes the columns first … first + columns − 1 and adds them to what earlier ones gave.
//
//   pair_nearest      best[r, 0…k) the k least values of row r, ascending, and the columns they are in; equal values in
//                     the order of their columns. Values that are NaN or infinite are never among them.
//   pair_within       counts[r] += number of columns j with values[r,j] ≤ limits[j]
//   pair_polynomial   sums[r] += Σ_j (values[r,j] + coefficient)^degree, leaving out column r + diagonal where asked
//
// values [rows, columns] f32, dense; best f32 and index i32 [rows, k], index may be null; limits [columns] f32; counts i32,
// sums f32 [rows]. `first` = 0 begins anew: outputs are then written without being read.
// Mapping: a warp a row, four rows a block; lanes take columns in turn. The k ≤ 32 least values lie sorted across the
// lanes; a lane's value enters by a ballot, in the order of the lanes, only while it is less than the k-th.
// Bytes: 4 rows · columns read once. Memory bound; the host keeps the matrix small enough for the L2 cache.
// Measured: not by itself; it passed its tests on an H200.
#include "zoetrope/entry.cuh"
#include "zoetrope/reduce.cuh"

namespace {

constexpr int kThreads = 128;
constexpr int kRows = kThreads / 32;

__device__ __forceinline__ int64_t row_of_warp() {
    return static_cast<int64_t>(blockIdx.x) * kRows + (threadIdx.x >> 5);
}

}  // namespace

ZOE_GEOMETRY(pair_nearest, pair_nearest, simt, "", kThreads, kRows, 1, 1, 0)
extern "C" __global__ void __launch_bounds__(kThreads)
    pair_nearest(const float* __restrict__ values, float* best, int* index, int64_t rows, int columns, int first,
                 int k) {
    const int64_t row = row_of_warp();
    if (row >= rows) return;
    const int lane = static_cast<int>(threadIdx.x) & 31;
    const float infinity = __int_as_float(0x7f800000);
    float mine = infinity;
    int place = -1;
    if (first != 0 && lane < k) {
        mine = best[row * k + lane];
        if (index != nullptr) place = index[row * k + lane];
    }
    float last = __shfl_sync(zoe::kFullWarp, mine, k - 1);
    const float* const line = values + row * columns;
    for (int begin = 0; begin < columns; begin += 32) {
        const int column = begin + lane;
        const float value = column < columns ? line[column] : infinity;
        unsigned waiting = __ballot_sync(zoe::kFullWarp, value < last);
        while (waiting != 0) {
            const int from = __ffs(static_cast<int>(waiting)) - 1;
            const float entering = __shfl_sync(zoe::kFullWarp, value, from);
            // Lanes hold ascending values: those not above the newcomer stay, the others move up by one.
            const int at = __popc(__ballot_sync(zoe::kFullWarp, mine <= entering && lane < k));
            const float below = __shfl_up_sync(zoe::kFullWarp, mine, 1);
            const int below_place = __shfl_up_sync(zoe::kFullWarp, place, 1);
            if (lane > at) mine = below, place = below_place;
            if (lane == at) mine = entering, place = first + begin + from;
            last = __shfl_sync(zoe::kFullWarp, mine, k - 1);
            waiting &= waiting - 1;
            waiting &= __ballot_sync(zoe::kFullWarp, value < last);
        }
    }
    if (lane < k) {
        best[row * k + lane] = mine;
        if (index != nullptr) index[row * k + lane] = place;
    }
}

ZOE_GEOMETRY(pair_within, pair_within, simt, "", kThreads, kRows, 1, 1, 0)
extern "C" __global__ void __launch_bounds__(kThreads)
    pair_within(const float* __restrict__ values, const float* __restrict__ limits, int* counts, int64_t rows,
                int columns, int first) {
    const int64_t row = row_of_warp();
    if (row >= rows) return;
    const int lane = static_cast<int>(threadIdx.x) & 31;
    const float* const line = values + row * columns;
    int count = 0;
    for (int j = lane; j < columns; j += 32) count += line[j] <= limits[j] ? 1 : 0;
#pragma unroll
    for (int offset = 16; offset > 0; offset >>= 1) count += __shfl_xor_sync(zoe::kFullWarp, count, offset);
    if (lane == 0) counts[row] = first == 0 ? count : counts[row] + count;
}

ZOE_GEOMETRY(pair_polynomial, pair_polynomial, simt, "", kThreads, kRows, 1, 1, 0)
extern "C" __global__ void __launch_bounds__(kThreads)
    pair_polynomial(const float* __restrict__ values, float* sums, int64_t rows, int columns, int first, int degree,
                    float coefficient, int64_t diagonal, int leave_out) {
    const int64_t row = row_of_warp();
    if (row >= rows) return;
    const int lane = static_cast<int>(threadIdx.x) & 31;
    const float* const line = values + row * columns;
    const int64_t left_out = leave_out != 0 ? row + diagonal : -1;
    float sum = 0.0f;
    for (int j = lane; j < columns; j += 32) {
        const float base = line[j] + coefficient;
        float power = base;
        for (int e = 1; e < degree; ++e) power *= base;
        if (j != left_out) sum += power;
    }
    sum = zoe::warp_sum(sum);
    if (lane == 0) sums[row] = first == 0 ? sum : sums[row] + sum;
}
