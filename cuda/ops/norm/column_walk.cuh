// Sums down the columns of [R, C]: how a block finds its rows and a thread its pack of columns, and the walk over them.
#pragma once
#include <cstdint>
#include "zoetrope/copy/vector.cuh"

namespace zoe::norm {

inline constexpr int kSumThreads = 128;
inline constexpr int kSumRows = 64;  // of a block

// V columns from `column` on and `count` rows from `row0` on, the block's `piece` of all. A thread without a column has no
// rows.
template <class T, int V> struct ColumnWalk {
    int64_t piece, row0;
    int column, count;

    __device__ __forceinline__ ColumnWalk(int64_t rows, int channels) {
        const int tiles = (channels + kSumThreads * V - 1) / (kSumThreads * V);
        piece = blockIdx.x / tiles;
        column = (static_cast<int>(blockIdx.x % tiles) * kSumThreads + static_cast<int>(threadIdx.x)) * V;
        row0 = piece * kSumRows;
        count = column < channels ? static_cast<int>(min(static_cast<int64_t>(kSumRows), rows - row0)) : 0;
    }

    // Calls body(row, values of grad_y, values of x) from the first row to the last.
    template <class Body>
    __device__ __forceinline__ void each(const T* __restrict__ grad_y, const T* __restrict__ x, int channels,
                                         Body body) const {
        const T* from_x = x + row0 * channels + column;
        const T* from_g = grad_y + row0 * channels + column;
#pragma unroll 2
        for (int i = 0; i < count; ++i) {
            float v[V], g[V];
            load_values(from_x, v);
            load_values(from_g, g);
            from_x += channels;
            from_g += channels;
            body(row0 + i, g, v);
        }
    }
};

}  // namespace zoe::norm
