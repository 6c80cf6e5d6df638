// What the attention kernels for heads of any width have in common: a tile of scores from operands that do not fit shared
// memory, a piece of the head dimension at a time.
//
// A block of 128 threads makes 16 rows × 32 columns of scores: a warp has 4 rows, a lane a column. Its result is 16 rows ×
// 256 channels, of which a thread has two, 128 apart, so that a row of the other operand is read by neighbouring threads.
// Wider heads take several blocks, each making the scores again.
#pragma once
#include "heads.cuh"
#include "zoetrope/entry.cuh"

namespace zoe::attention::wide {

inline constexpr int kThreads = 128;
inline constexpr int kRows = 16;  // of a tile of scores
inline constexpr int kRowsPerWarp = 4;
inline constexpr int kColumns = 32;
inline constexpr int kChannels = 2;  // of the result, a thread
inline constexpr int kSlice = kThreads * kChannels;
inline constexpr int kPiece = 32;          // of the head dimension
inline constexpr int kPitch = kPiece + 4;  // neighbouring rows start four banks apart: 16-byte reads without conflicts
static_assert(kRows == kRowsPerWarp * (kThreads / 32));

struct Operands {
    alignas(16) float rows[kRows * kPitch];
    alignas(16) float columns[kColumns * kPitch];
};

// Numbers for each pair of a tile: those of a column are adjacent, so that one thread reads all its rows at once.
struct alignas(16) Tile {
    float values[kColumns * kRows];
    __device__ __forceinline__ void store(int lane, int warp, const float (&v)[kRowsPerWarp]) {
        *reinterpret_cast<float4*>(values + lane * kRows + warp * kRowsPerWarp) = make_float4(v[0], v[1], v[2], v[3]);
    }
    // into[i][c] += value of row i and this column · x[c]
    __device__ __forceinline__ void add_to(float (&into)[kRows][kChannels], int column,
                                           const float (&x)[kChannels]) const {
#pragma unroll
        for (int i = 0; i < kRows; i += 4) {
            const float4 w = *reinterpret_cast<const float4*>(values + column * kRows + i);
#pragma unroll
            for (int c = 0; c < kChannels; ++c) {
                into[i][c] = fmaf(w.x, x[c], into[i][c]);
                into[i + 1][c] = fmaf(w.y, x[c], into[i + 1][c]);
                into[i + 2][c] = fmaf(w.z, x[c], into[i + 2][c]);
                into[i + 3][c] = fmaf(w.w, x[c], into[i + 3][c]);
            }
        }
    }
};

// Rows first … first+ROWS-1 of [count, dim], channels begin … begin+kPiece-1; zeros where there are none.
template <int ROWS, class T>
__device__ __forceinline__ void load_piece(float* to, const T* from, int64_t stride, int first, int count, int begin,
                                           int dim, int lane, int warp) {
#pragma unroll
    for (int r = 0; r < ROWS; r += kThreads / 32) {
        const int row = first + r + warp;
        const bool exists = row < count && begin + lane < dim;
        to[(r + warp) * kPitch + lane] = exists ? load_float(from + row * stride + begin + lane) : 0.0f;
    }
}

// scores[i] += row (row0 + 4·warp + i) · column (column0 + lane). Begins with a barrier, so that what a block read before
// may be overwritten after it.
template <class T>
__device__ __forceinline__ void add_products(float (&scores)[kRowsPerWarp], Operands& shared, const T* rows,
                                             int64_t row_stride, int row0, int row_count, const T* columns,
                                             int64_t column_stride, int column0, int column_count, int dim, int lane,
                                             int warp) {
#pragma unroll 1
    for (int begin = 0; begin < dim; begin += kPiece) {
        __syncthreads();
        load_piece<kRows>(shared.rows, rows, row_stride, row0, row_count, begin, dim, lane, warp);
        load_piece<kColumns>(shared.columns, columns, column_stride, column0, column_count, begin, dim, lane, warp);
        __syncthreads();
#pragma unroll
        for (int d = 0; d < kPiece; d += 4) {
            const float4 b = *reinterpret_cast<const float4*>(shared.columns + lane * kPitch + d);
#pragma unroll
            for (int i = 0; i < kRowsPerWarp; ++i) {
                const float4 a = *reinterpret_cast<const float4*>(shared.rows + (warp * kRowsPerWarp + i) * kPitch + d);
                scores[i] = fmaf(a.x, b.x, fmaf(a.y, b.y, fmaf(a.z, b.z, fmaf(a.w, b.w, scores[i]))));
            }
        }
    }
}

// This thread's channels of a row; zero beyond the head.
template <class T>
__device__ __forceinline__ void load_channels(float (&x)[kChannels], const T* row, int channel, int dim) {
#pragma unroll
    for (int c = 0; c < kChannels; ++c) {
        x[c] = channel + c * kThreads < dim ? load_float(row + channel + c * kThreads) : 0.0f;
    }
}

// factor(i) · from[i][…] to this thread's channels of rows row0 … row0+kRows-1 of [count, dim].
template <class T, class F>
__device__ __forceinline__ void store_channels(T* to, int64_t stride, int row0, int count, int channel, int dim,
                                               const float (&from)[kRows][kChannels], F factor) {
#pragma unroll
    for (int i = 0; i < kRows; ++i) {
#pragma unroll
        for (int c = 0; c < kChannels; ++c) {
            if (row0 + i < count && channel + c * kThreads < dim) {
                store_float(to + (row0 + i) * stride + channel + c * kThreads, from[i][c] * factor(i));
            }
        }
    }
}

}  // namespace zoe::attention::wide

#define ZOE_WIDE_GEOMETRY(operation, suffix)                                                                           \
    ZOE_GEOMETRY(operation##_wide_heads_##suffix, operation, simt, "type=" #suffix " head=any",                        \
                 zoe::attention::wide::kThreads, zoe::attention::wide::kRows, zoe::attention::wide::kColumns,          \
                 zoe::attention::wide::kSlice, 0)
