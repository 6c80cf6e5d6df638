// How the outputs of a block lie in a matrix in memory:
//   tile(matrix)      where the block's first output is
//   line(tile, row)   where the block's first column of that row is
//   pairs(tile)       whether every even column can move together with the next
// Nothing is computed before it is used: an epilogue runs while the accumulators fill the registers. ALIGNED: the kernel
// promises that columns move in pairs.
#pragma once
#include "zoetrope/epilogue/outputs.cuh"

namespace zoe {

// Rows `stride` apart; the block's first output is in row `row0` and column `column0`.
template <class Stride, bool ALIGNED = false> struct MatrixRows {
    int row0, column0;
    Stride stride;

    template <class T> __device__ __forceinline__ T* tile(T* matrix) const { return matrix + column0; }
    template <class T> __device__ __forceinline__ T* line(T* tile, int row) const {
        return tile + static_cast<long long>(row0 + row) * stride;
    }
    template <class T> __device__ __forceinline__ bool pairs(const T* tile) const {
        return ALIGNED || (stride % 2 == 0) & pair_aligned(tile);
    }
};

// A vector for every `each` rows, `stride` apart.
template <class Stride, bool ALIGNED = false> struct SampleRows {
    int row0, column0;
    unsigned each;
    Stride stride;

    template <class T> __device__ __forceinline__ T* tile(T* vectors) const { return vectors + column0; }
    template <class T> __device__ __forceinline__ T* line(T* tile, int row) const {
        return tile + static_cast<long long>(unsigned(row0 + row) / each) * stride;
    }
    template <class T> __device__ __forceinline__ bool pairs(const T* tile) const {
        return ALIGNED || (stride % 2 == 0) & pair_aligned(tile);
    }
};

}  // namespace zoe
