// Where a chunk of 16 bytes lies in a row of a tile in shared memory, so that what is read at once falls into different
// banks.
//
// Chunk c of row r lies at c ^ f(r): the 8 rows which ldmatrix reads at once fall into 8 different 16-byte bank groups.
// f depends on r % 8 only: adding a multiple of 8 rows is adding a constant to the address.
#pragma once

namespace zoe {

// Place of chunk `chunk` in row `row` for a tile of CHUNKS_PER_ROW (a power of two) chunks a row, read by ldmatrix.
template <int CHUNKS_PER_ROW> __device__ __forceinline__ int swizzle(int row, int chunk) {
    if constexpr (CHUNKS_PER_ROW >= 8) return chunk ^ (row & 7);
    if constexpr (CHUNKS_PER_ROW == 4) return chunk ^ ((row >> 1) & 3);
    if constexpr (CHUNKS_PER_ROW == 2) return chunk ^ ((row >> 2) & 1);
    return chunk;
}

// The same for an MN-major tile of floats, which a warp reads word by word: rows t = 0..3, columns g = 0..7.
template <int CHUNKS_PER_ROW> __device__ __forceinline__ int swizzle_words(int row, int chunk) {
    if constexpr (CHUNKS_PER_ROW >= 8) return chunk ^ ((row & 3) << 1);
    if constexpr (CHUNKS_PER_ROW == 4) return chunk ^ (row & 2);
    return chunk;
}

template <class T, int CHUNKS_PER_ROW> __device__ __forceinline__ int swizzle_mn_major(int row, int chunk) {
    if constexpr (sizeof(T) == 4) return swizzle_words<CHUNKS_PER_ROW>(row, chunk);
    else return swizzle<CHUNKS_PER_ROW>(row, chunk);
}

}  // namespace zoe
