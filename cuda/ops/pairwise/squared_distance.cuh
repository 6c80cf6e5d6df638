// The block's place in a matrix of squared distances, its operands and its store: what both tiers share.
#pragma once
#include "zoetrope/copy/dense.cuh"
#include "zoetrope/epilogue/visitors.cuh"
#include "zoetrope/mma/shapes.cuh"

namespace zoe::pairwise {

// As the host passes it: a [n, d], b [m, d], out [n, m].
struct Shape {
    int n, m, d;
};

template <class Tile> struct Place {
    using T = typename Tile::T;
    static constexpr int TM = Tile::TM, TN = Tile::TN, TK = Tile::TK, THREADS = Tile::THREADS;
    int m0, n0, rows, columns, tiles;

    __device__ __forceinline__ explicit Place(const Shape& s) {
        const int across = (s.m + TN - 1) / TN;
        m0 = int(blockIdx.x / across) * TM, n0 = int(blockIdx.x % across) * TN;
        rows = s.n - m0, columns = s.m - n0;
        tiles = (s.d + TK - 1) / TK;
    }

    DenseKMajor<T, TM, TK, THREADS> left;
    DenseKMajor<T, TN, TK, THREADS> right;

    __device__ __forceinline__ void open(const T* a, const T* b, const Shape& s) {
        left.init(threadIdx.x, a, 0, s.d, m0, s.n, s.d);
        right.init(threadIdx.x, b, 0, s.d, n0, s.m, s.d);
    }

    __device__ __forceinline__ Bounds bounds() const { return {rows, columns, TN}; }
    __device__ __forceinline__ Store<float, MatrixRows<int>> store(float* out, const Shape& s) const {
        return {out, {m0, n0, s.m}};
    }
};

}  // namespace zoe::pairwise
