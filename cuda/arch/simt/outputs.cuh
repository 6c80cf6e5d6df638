// The outputs of a thread of the simt tier, as epilogues visit them (epilogue/outputs.cuh).
#pragma once
#include "zoetrope/epilogue/outputs.cuh"

namespace zoe {

template <class Tile> struct SimtOutputs : PairOutputs<SimtOutputs<Tile>> {
    using Acc = float[Tile::RM][Tile::RN];
    int m, n;

    __device__ __forceinline__ SimtOutputs()
        : m(threadIdx.x / Tile::COLUMNS * 4), n(threadIdx.x % Tile::COLUMNS * Tile::SN) {}

    static constexpr __device__ int row_of(int i) { return i / 4 * (Tile::TM / Tile::GM) + i % 4; }
    static constexpr __device__ int column_of(int j) { return j / 4 * (Tile::TN / Tile::GN) + j % 4; }

    template <class F> __device__ __forceinline__ void each_value(Acc& acc, F f) const {
#pragma unroll
        for (int i = 0; i < Tile::RM; ++i)
#pragma unroll
            for (int j = 0; j < Tile::RN; ++j) acc[i][j] = f(acc[i][j]);
    }
    template <class Of, class F>
    __device__ __forceinline__ void each_column(Acc& acc, const Bounds& bounds, Of of, F f) const {
#pragma unroll
        for (int j = 0; j < Tile::RN; ++j) {
            if (n + column_of(j) >= bounds.columns) continue;
            float v = of(n + column_of(j));
#pragma unroll
            for (int i = 0; i < Tile::RM; ++i) acc[i][j] = f(acc[i][j], v);
        }
    }
    template <bool WHOLE, class Line, class F>
    __device__ __forceinline__ void each_pair(Acc& acc, const Bounds& bounds, Line line, F f) const {
#pragma unroll
        for (int i = 0; i < Tile::RM; ++i) {
            if (m + row_of(i) >= bounds.rows) continue;
            auto at = line(m + row_of(i));
            if constexpr (Tile::RN == 1) {
                float none = 0;
                if (n < bounds.columns) f(at, n, false, acc[i][0], none);
            } else {
#pragma unroll
                for (int j = 0; j < Tile::RN; j += 2) {
                    int column = n + column_of(j);
                    if (WHOLE || column < bounds.columns)
                        f(at, column, WHOLE || column + 1 < bounds.columns, acc[i][j], acc[i][j + 1]);
                }
            }
        }
    }
};

}  // namespace zoe
