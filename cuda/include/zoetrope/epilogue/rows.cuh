// How the outputs of a block lie in a matrix in memory: line(matrix, row) is where the block's first column of that row
// is, and pairs(matrix) says whether every even column can move together with the next. ALIGNED: the kernel promises that.
#pragma once
#include "zoetrope/epilogue/outputs.cuh"

namespace zoe {

// Rows `stride` apart; the matrix is given by its pointer to the block's first output.
template <class Stride, bool ALIGNED = false> struct TileRows {
    Stride stride;

    template <class T> __device__ __forceinline__ T* line(T* tile, int row) const {
        return tile + static_cast<long long>(row) * stride;
    }
    template <class T> __device__ __forceinline__ bool pairs(const T* tile) const {
        return ALIGNED || (stride % 2 == 0) & pair_aligned(tile);
    }
};

// A vector for every `each` rows of the whole matrix, in which the block's first row is `row0`; given by the pointer to
// the block's first column in the first vector.
template <class Stride, bool ALIGNED = false> struct SampleRows {
    int row0;
    unsigned each;
    Stride stride;

    template <class T> __device__ __forceinline__ T* line(T* vectors, int row) const {
        return vectors + static_cast<long long>(unsigned(row0 + row) / each) * stride;
    }
    template <class T> __device__ __forceinline__ bool pairs(const T* vectors) const {
        return ALIGNED || (stride % 2 == 0) & pair_aligned(vectors);
    }
};

}  // namespace zoe
