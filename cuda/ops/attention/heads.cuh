// What the attention kernels have in common: how a block finds its head and tile, the causal rule, and how a tile of
// rows comes from global memory.
//
// Operands are [B, S, H, D] with D elements of a head adjacent, heads adjacent (head h begins at h·D), rows `stride`
// elements apart, and S·stride elements from one batch entry to the next. A packed [B, S, 3, H, D] tensor is three such
// operands, each with stride 3·H·D.
//
// Causal masks are aligned to the end: query i sees keys j ≤ i + Sk − Sq.
#pragma once
#include <cstdint>
#include <math_constants.h>
#include "zoetrope/copy/vector.cuh"
#include "zoetrope/dtype.cuh"

namespace zoe::attention {

inline constexpr float kLog2e = 1.4426950408889634f;
inline constexpr float kLn2 = 0.6931471805599453f;

__device__ __forceinline__ float exp2_fast(float x) {
    float y;
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
}

// One of the B·H heads and a tile within it, from a one-dimensional grid of B·H·tiles blocks.
struct Place {
    int batch, head, tile;
    __device__ __forceinline__ Place(int heads, int tiles) {
        const int block = static_cast<int>(blockIdx.x);
        const int both = block / tiles;
        tile = block - both * tiles;
        batch = both / heads;
        head = both - batch * heads;
    }
    __device__ __forceinline__ int64_t rows(int sequence, int heads) const {  // index of row 0 in a [B, H, S] array
        return (static_cast<int64_t>(batch) * heads + head) * sequence;
    }
};

template <class T>
__device__ __forceinline__ T* head_of(T* base, const Place& at, int sequence, int64_t stride, int dim) {
    return base + static_cast<int64_t>(at.batch) * sequence * stride + static_cast<int64_t>(at.head) * dim;
}

__device__ __forceinline__ int ceil_div(int a, int b) { return (a + b - 1) / b; }

// lse of a query in units of log2, ready to be subtracted: +∞ for queries that do not exist or see no key, for
// which P is then 0.
__device__ __forceinline__ float log2_sum(const float* lse, int query, int queries) {
    const float l = query < queries ? lse[query] : CUDART_INF_F;
    return l == -CUDART_INF_F ? CUDART_INF_F : l * kLog2e;
}

// Rows row0 … row0+ROWS-1 of one head as float in shared memory, PITCH floats a row; rows from `rows` on and columns
// from `dim` to DP are zero. The caller synchronises.
template <int ROWS, int DP, int PITCH, int THREADS, class T>
__device__ __forceinline__ void load_rows_as_float(float* to, const T* from, int64_t stride, int row0, int rows,
                                                   int dim, bool wide) {
    constexpr int V = kPack<T>;
    constexpr int kPerRow = DP / V;
    const int thread = static_cast<int>(threadIdx.x);
    if (wide) {
#pragma unroll 4
        for (int i = thread; i < ROWS * kPerRow; i += THREADS) {
            const int r = i / kPerRow, c = i % kPerRow * V;
            float v[V] = {};
            if (row0 + r < rows && c < dim) load_floats(from + (row0 + r) * stride + c, v);
            store_floats(to + r * PITCH + c, v);
        }
    } else {
#pragma unroll 1
        for (int i = thread; i < ROWS * DP; i += THREADS) {
            const int r = i / DP, c = i % DP;
            to[r * PITCH + c] = row0 + r < rows && c < dim ? load_float(from + (row0 + r) * stride + c) : 0.0f;
        }
    }
}

}  // namespace zoe::attention
