// Operands of mma.sync in shared memory and registers, the same calls for bf16 (m16n8k16) and f32 rounded to TF32
// (m16n8k8), so that one kernel body serves both.
//
// In both shapes a warp's C fragment of 16 × 8 gives lane l the elements (l/4, 2(l%4)), (l/4, 2(l%4)+1) and the same
// two of row l/4 + 8. What differs is how a probability tile, made as C, becomes an A operand in registers:
//   bf16   two C tiles side by side are one A fragment of 16 × 16, element for element.
//   TF32   an A lane holds columns t and t+4 of 8 (t = l%4), but C gives it 2t and 2t+1. The inner index of a product
//          may be numbered freely, so columns 2t, 2t+1 are called t, t+4 and B's rows are read in that order.
#pragma once
#include <cstdint>
#include "arch/sm80/cp_async.cuh"
#include "arch/sm80/ldmatrix.cuh"
#include "arch/sm80/mma_sync.cuh"
#include "zoetrope/copy/shared.cuh"
#include "zoetrope/dtype.cuh"
#include "zoetrope/unroll.cuh"

namespace zoe::attention {

__device__ __forceinline__ uint32_t tf32_bits(float x) { return to_tf32(__float_as_uint(x)); }

// For operand tiles in shared memory of PITCH elements a row. `…_lane` is this lane's byte offset into a tile, which
// the loads take added to the tile's shared address; OFFSET is in elements. One load of B is 16 outer columns: b[0],
// b[1] for the first 8 of them, b[2], b[3] for the others.
template <class T, int PITCH> struct Fragments;

template <int PITCH> struct Fragments<bf16, PITCH> {
    static constexpr int kInner = 16;  // inner size of one mma

    static __device__ __forceinline__ void mma(float (&c)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1) {
        mma_bf16(c, a, b0, b1);
    }
    static __device__ __forceinline__ uint32_t a_lane(int lane) { return ((lane & 15) * PITCH + (lane >> 4) * 8) * 2; }
    // B where shared memory has a row for each outer column.
    static __device__ __forceinline__ uint32_t b_lane(int lane) {
        return (((lane & 7) + ((lane >> 4) << 3)) * PITCH + ((lane >> 3) & 1) * 8) * 2;
    }
    // B where shared memory has a row for each inner index.
    static __device__ __forceinline__ uint32_t b_by_inner_lane(int lane) { return a_lane(lane); }

    template <int OFFSET> static __device__ __forceinline__ void load_a(uint32_t (&a)[4], uint32_t address) {
        ldmatrix_x4<OFFSET * 2>(a, address);
    }
    template <int OFFSET> static __device__ __forceinline__ void load_b(uint32_t (&b)[4], uint32_t address) {
        ldmatrix_x4<OFFSET * 2>(b, address);
    }
    template <int OFFSET> static __device__ __forceinline__ void load_b_by_inner(uint32_t (&b)[4], uint32_t address) {
        ldmatrix_x4_trans<OFFSET * 2>(b, address);
    }
    // Inner step K of a product whose A operand is the C tiles `c`.
    template <int K, int N> static __device__ __forceinline__ void from_c(uint32_t (&a)[4], const float (&c)[N][4]) {
        a[0] = bf16_pair(c[2 * K][0], c[2 * K][1]);
        a[1] = bf16_pair(c[2 * K][2], c[2 * K][3]);
        a[2] = bf16_pair(c[2 * K + 1][0], c[2 * K + 1][1]);
        a[3] = bf16_pair(c[2 * K + 1][2], c[2 * K + 1][3]);
    }
};

template <int PITCH> struct Fragments<float, PITCH> {
    static constexpr int kInner = 8;

    static __device__ __forceinline__ void mma(float (&c)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1) {
        mma_tf32(c, a, b0, b1);
    }
    // A row of an 8 × 8 matrix of 16-bit elements is 16 bytes, four f32, of which lane l receives number l%4 of row
    // l/4: the TF32 layout of A and of B with a row for each outer column.
    static __device__ __forceinline__ uint32_t a_lane(int lane) { return ((lane & 15) * PITCH + (lane >> 4) * 4) * 4; }
    static __device__ __forceinline__ uint32_t b_lane(int lane) {
        return (((lane & 7) + ((lane >> 4) << 3)) * PITCH + ((lane >> 3) & 1) * 4) * 4;
    }
    static __device__ __forceinline__ uint32_t b_by_inner_lane(int lane) {
        return (2 * (lane & 3) * PITCH + (lane >> 2)) * 4;
    }
    template <int OFFSET> static __device__ __forceinline__ void load_a(uint32_t (&a)[4], uint32_t address) {
        ldmatrix_x4<OFFSET * 4>(a, address);
    }
    template <int OFFSET> static __device__ __forceinline__ void load_b(uint32_t (&b)[4], uint32_t address) {
        ldmatrix_x4<OFFSET * 4>(b, address);
    }
    template <int OFFSET> static __device__ __forceinline__ void load_b_by_inner(uint32_t (&b)[4], uint32_t address) {
        b[0] = load_shared_b32<OFFSET * 4>(address);
        b[1] = load_shared_b32<(OFFSET + PITCH) * 4>(address);
        b[2] = load_shared_b32<(OFFSET + 8) * 4>(address);
        b[3] = load_shared_b32<(OFFSET + PITCH + 8) * 4>(address);
    }
    template <int K, int N> static __device__ __forceinline__ void from_c(uint32_t (&a)[4], const float (&c)[N][4]) {
        a[0] = tf32_bits(c[K][0]);
        a[1] = tf32_bits(c[K][2]);
        a[2] = tf32_bits(c[K][1]);
        a[3] = tf32_bits(c[K][3]);
    }
};

// A tile of ROWS rows of one head in shared memory, brought by THREADS threads: zero where there is no row or column.
template <class T, int ROWS, int DP, int THREADS> struct Tile {
    // Rows 16 bytes apart modulo 128: ldmatrix, and the pairs of rows of the TF32 loads, meet no bank twice.
    static constexpr int kPitch = DP + 16 / static_cast<int>(sizeof(T));
    static constexpr int kElements = ROWS * kPitch;
    static constexpr int kVector = 16 / static_cast<int>(sizeof(T));
    static constexpr int kChunksPerRow = DP / kVector;
    static_assert(ROWS * kChunksPerRow % THREADS == 0, "every thread copies the same number of chunks");
    static constexpr int kChunks = ROWS * kChunksPerRow / THREADS;

    // Starts the copy; `wide` says that base, stride and dim are multiples of 16 bytes.
    static __device__ __forceinline__ void load(T* to, const T* from, int64_t stride, int row0, int rows, int dim,
                                                bool wide) {
        const int thread = static_cast<int>(threadIdx.x);
        if (wide) {
#pragma unroll
            for (int i = 0; i < kChunks; ++i) {
                const int chunk = thread + i * THREADS;
                const int r = chunk / kChunksPerRow, c = chunk % kChunksPerRow * kVector;
                const bool inside = row0 + r < rows && c < dim;
                copy_async_16<0>(shared_address(to + r * kPitch + c), inside ? from + (row0 + r) * stride + c : from,
                                 inside ? 16 : 0);
            }
        } else {
#pragma unroll 1
            for (int i = thread; i < ROWS * DP; i += THREADS) {
                const int r = i / DP, c = i % DP;
                const bool inside = row0 + r < rows && c < dim;
                to[r * kPitch + c] = inside ? from[(row0 + r) * stride + c] : from_float<T>(0.0f);
            }
        }
    }

    // f32 only: rounds to TF32 what this thread copied; after its copies have landed, before the barrier that shows the
    // tile to the others. (mma.sync would cut the low bits off instead, a bias towards zero.)
    static __device__ __forceinline__ void round(T* tile, bool wide) {
        if constexpr (sizeof(T) == 4) {
            const int thread = static_cast<int>(threadIdx.x);
            if (wide) {
#pragma unroll
                for (int i = 0; i < kChunks; ++i) {
                    const int chunk = thread + i * THREADS;
                    const int r = chunk / kChunksPerRow, c = chunk % kChunksPerRow * kVector;
                    uint4* p = reinterpret_cast<uint4*>(tile + r * kPitch + c);
                    uint4 v = *p;
                    v.x = tf32_bits(__uint_as_float(v.x));
                    v.y = tf32_bits(__uint_as_float(v.y));
                    v.z = tf32_bits(__uint_as_float(v.z));
                    v.w = tf32_bits(__uint_as_float(v.w));
                    *p = v;
                }
            } else {
#pragma unroll 1
                for (int i = thread; i < ROWS * DP; i += THREADS) {
                    T* p = tile + i / DP * kPitch + i % DP;
                    *p = __uint_as_float(tf32_bits(*p));
                }
            }
        }
    }
};

// Two adjacent elements of an output row; `wide` promises that they may be stored together.
template <class T>
__device__ __forceinline__ void store_pair(T* row, int column, int dim, bool wide, float a, float b) {
    if (wide) {
        if (column < dim) {
            if constexpr (sizeof(T) == 4) {
                *reinterpret_cast<float2*>(row + column) = make_float2(a, b);
            } else {
                *reinterpret_cast<uint32_t*>(row + column) = bf16_pair(a, b);
            }
        }
    } else {
        if (column < dim) row[column] = from_float<T>(a);
        if (column + 1 < dim) row[column + 1] = from_float<T>(b);
    }
}

}  // namespace zoe::attention
