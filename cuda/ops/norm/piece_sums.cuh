// The last stage of sums in pieces: [K, P] to [P], in an order that K alone fixes.
#pragma once
#include <cstdint>

namespace zoe::norm {

inline constexpr int kSumColumns = 32;  // of a block
inline constexpr int kSumShares = 8;    // warps, each of which sums every eighth piece
inline constexpr int kPieceThreads = kSumColumns * kSumShares;

// The column that this thread has a part in.
__device__ __forceinline__ int64_t piece_column() {
    return static_cast<int64_t>(blockIdx.x) * kSumColumns + threadIdx.x % kSumColumns;
}

// The sum of a column of `partial`, for the threads of the block's first warp; of the others, a part.
__device__ __forceinline__ float sum_of_pieces(const float* __restrict__ partial, int64_t pieces, int64_t pitch,
                                               int64_t column) {
    __shared__ float shares[kSumShares][kSumColumns];
    const int x = static_cast<int>(threadIdx.x) % kSumColumns, y = static_cast<int>(threadIdx.x) / kSumColumns;
    float sum = 0.0f;
    if (column < pitch) {
        const float* from = partial + y * pitch + column;
#pragma unroll 4
        for (int64_t k = y; k < pieces; k += kSumShares) {
            sum += *from;
            from += kSumShares * pitch;
        }
    }
    shares[y][x] = sum;
    __syncthreads();
    if (y == 0) {
#pragma unroll
        for (int i = 1; i < kSumShares; ++i) sum += shares[i][x];
    }
    return sum;
}

}  // namespace zoe::norm
