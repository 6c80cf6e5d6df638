// The outputs of a warp of the sm80 tier, as epilogues visit them (epilogue/outputs.cuh).
#pragma once
#include "zoetrope/epilogue/outputs.cuh"

namespace zoe {

template <class Tile> struct Sm80Outputs : PairOutputs<Sm80Outputs<Tile>> {
    using Acc = float[Tile::MI][Tile::NI][4];
    int m, n;  // of this thread's first output

    __device__ __forceinline__ Sm80Outputs(int warp_m, int warp_n)
        : m(warp_m + ((threadIdx.x & 31) >> 2)), n(warp_n + (threadIdx.x & 3) * 2) {}

    template <class F> __device__ __forceinline__ void each_value(Acc& acc, F f) const {
#pragma unroll
        for (int i = 0; i < Tile::MI; ++i)
#pragma unroll
            for (int j = 0; j < Tile::NI; ++j)
#pragma unroll
                for (int e = 0; e < 4; ++e) acc[i][j][e] = f(acc[i][j][e]);
    }
    template <class Of, class F>
    __device__ __forceinline__ void each_column(Acc& acc, const Bounds& bounds, Of of, F f) const {
#pragma unroll
        for (int j = 0; j < Tile::NI; ++j)
#pragma unroll
            for (int e = 0; e < 2; ++e) {
                if (n + j * 8 + e >= bounds.columns) continue;
                float v = of(n + j * 8 + e);
#pragma unroll
                for (int i = 0; i < Tile::MI; ++i) {
                    acc[i][j][e] = f(acc[i][j][e], v);
                    acc[i][j][e + 2] = f(acc[i][j][e + 2], v);
                }
            }
    }
    template <bool WHOLE, class Line, class F>
    __device__ __forceinline__ void each_pair(Acc& acc, const Bounds& bounds, Line line, F f) const {
#pragma unroll
        for (int i = 0; i < Tile::MI; ++i)
#pragma unroll
            for (int h = 0; h < 2; ++h) {
                int row = m + i * 16 + h * 8;
                if (row >= bounds.rows) continue;
                auto at = line(row);
#pragma unroll
                for (int j = 0; j < Tile::NI; ++j) {
                    int column = n + j * 8;
                    if (WHOLE || column < bounds.columns)
                        f(at, column, WHOLE || column + 1 < bounds.columns, acc[i][j][2 * h], acc[i][j][2 * h + 1]);
                }
            }
    }
};

}  // namespace zoe
