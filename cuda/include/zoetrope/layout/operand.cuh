// How the operand tiles of a matrix product lie in shared memory and which thread fetches which part of them.
//
// C[M,N] = A[M,K] B[K,N] is computed tile by tile over K. An operand is K-major where k is contiguous in global memory
// (rows of the tile are m or n) and MN-major where m or n is contiguous (rows are k). Tiles move in chunks of 16 bytes,
// VEC elements, swizzled. The map says, for chunk i of this thread, its place in the tile; the source (copy/dense.cuh,
// copy/im2col.cuh, copy/filter.cuh), derived from it, says where the chunk comes from.
#pragma once
#include "zoetrope/layout/swizzle.cuh"

namespace zoe {

template <class T> constexpr int kVec = 16 / int(sizeof(T));

// K-major tile of MN rows by TK: a thread keeps its chunk column and takes every STEP-th row.
template <class T_, int MN_, int TK_, int THREADS> struct KMajorMap {
    using T = T_;
    static constexpr bool K_MAJOR = true;
    static constexpr int MN = MN_, TK = TK_, VEC = kVec<T>;
    static constexpr int COLUMNS = TK / VEC, ROW_BYTES = COLUMNS * 16, STEP = THREADS / COLUMNS;
    static constexpr int CHUNKS = (MN + STEP - 1) / STEP, BYTES = MN * ROW_BYTES;
    static constexpr bool EXACT = MN % STEP == 0;
    static_assert(STEP % 8 == 0, "the swizzle must not change from a thread's row to its next");

    int row0, k0;  // first row; k of the chunk within the tile
    unsigned place0;

    __device__ __forceinline__ void place(int thread) {
        int column = thread % COLUMNS;
        row0 = thread / COLUMNS;
        k0 = column * VEC;
        place0 = row0 * ROW_BYTES + swizzle<COLUMNS>(row0, column) * 16;
    }
    __device__ __forceinline__ int mn(int i) const { return row0 + i * STEP; }
    __device__ __forceinline__ bool present(int i) const { return EXACT || mn(i) < MN; }
    // Byte offset of chunk i in the tile is base(i) + OFFSET(i).
    __device__ __forceinline__ unsigned base(int) const { return place0; }
    static constexpr __host__ __device__ int offset(int i) { return i * STEP * ROW_BYTES; }
};

// MN-major tile of TK rows by MN: a thread keeps its row (one k) and takes every PER_ROW-th chunk of it.
template <class T_, int MN_, int TK_, int THREADS> struct MNMajorMap {
    using T = T_;
    static constexpr bool K_MAJOR = false;
    static constexpr int MN = MN_, TK = TK_, VEC = kVec<T>;
    static constexpr int COLUMNS = MN / VEC, ROW_BYTES = COLUMNS * 16, PER_ROW = THREADS / TK;
    static constexpr int CHUNKS = (COLUMNS + PER_ROW - 1) / PER_ROW, BYTES = TK * ROW_BYTES;
    static constexpr bool EXACT = COLUMNS % PER_ROW == 0;

    // The swizzle turns 8 neighbouring chunks among themselves: chunks i and i + PERIOD are a constant apart.
    static constexpr int PERIOD = PER_ROW < 8 ? 8 / PER_ROW : 1, PLACES = CHUNKS < PERIOD ? CHUNKS : PERIOD;

    int k0, column0;  // row of the tile; first chunk column
    unsigned places[PLACES];

    __device__ __forceinline__ void place(int thread) {
        k0 = thread / PER_ROW;
        column0 = thread % PER_ROW;
#pragma unroll
        for (int i = 0; i < PLACES; ++i)
            places[i] = k0 * ROW_BYTES + swizzle_mn_major<T, COLUMNS>(k0, column0 + i * PER_ROW) * 16;
    }
    __device__ __forceinline__ int mn(int i) const { return (column0 + i * PER_ROW) * VEC; }
    __device__ __forceinline__ bool present(int i) const { return EXACT || column0 + i * PER_ROW < COLUMNS; }
    __device__ __forceinline__ unsigned base(int i) const { return places[i % PERIOD]; }
    static constexpr __host__ __device__ int offset(int i) { return i / PERIOD * PERIOD * PER_ROW * 16; }
};

}  // namespace zoe
