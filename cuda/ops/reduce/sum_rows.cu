// Sums over rows (or places), channel by channel, in a fixed order: bias gradients and spatial sums.
//
//   sum_rows(x, partial, slabs, rows, channels, lanes_log2)              partial[p,s,c] = Σ over the rows of part p of x[s,r,c]
//   sum_rows_finish_*(partial, out, columns, parts, scale, accumulate)   out[i] = scale·Σ_p partial[p,i] (+ out[i])
//
// x is [slabs][rows][channels]; partial is f32 [parts][slabs·channels]; columns = slabs·channels.
// Bias gradient: slabs = 1. Sum over the places of each sample: slabs = samples.
//
// Mapping     A block of 256 threads is 2^lanes_log2 row lanes times 256 >> lanes_log2 column groups; a group is one pack of
//             8 bytes (bf16) or 16 bytes (f32), four channels, where channels are a multiple of 4 and the address allows, else
//             one channel. grid.x = slabs · ceil(channels / (4 or 1) / groups), grid.y = parts; part p takes rows p·R …
//             with R = ceil(rows / parts). Each lane adds its rows in order, then the lanes are added in a tree. The host
//             chooses lanes and parts from the shape alone, so that the order never depends on the device. finish: 32
//             columns × 8 shares of the parts a block.
// Traffic     x once, partial twice; one addition an element.
// Measured    not by itself; it passed its tests on an H200.
#include "zoetrope/copy/vector.cuh"
#include "zoetrope/entry.cuh"

namespace {

constexpr int kThreads = 256;

template <class T, int V> __device__ __forceinline__ void read(const T* p, float (&v)[V]) {
    if constexpr (V == 1) {
        v[0] = zoe::load_float(p);
    } else {
        zoe::load_floats(p, v);
    }
}

template <class T, int V>
__device__ __forceinline__ void sum_part(const T* x, float* partial, int slabs, int64_t rows, int channels,
                                         int lanes_log2, float* shared) {
    const int groups = kThreads >> lanes_log2;
    const int lanes = 1 << lanes_log2;
    const unsigned column_blocks = static_cast<unsigned>((channels / V + groups - 1) / groups);
    const unsigned slab = blockIdx.x / column_blocks;
    const int group = static_cast<int>(threadIdx.x) & (groups - 1);
    const int lane = static_cast<int>(threadIdx.x) >> (8 - lanes_log2);
    const int c = (static_cast<int>(blockIdx.x - slab * column_blocks) * groups + group) * V;
    const int64_t part_rows = (rows + gridDim.y - 1) / gridDim.y;
    const int64_t begin = blockIdx.y * part_rows;
    const int64_t end = begin + part_rows < rows ? begin + part_rows : rows;
    float total[V] = {};
    if (c < channels) {
        const T* p = x + (slab * rows + begin + lane) * channels + c;
        const int64_t step = static_cast<int64_t>(lanes) * channels;
        int64_t r = begin + lane;
        for (; r + 3 * lanes < end; r += 4 * lanes) {
            float v[4][V];
#pragma unroll
            for (int u = 0; u < 4; ++u) read(p + u * step, v[u]);
            p += 4 * step;
#pragma unroll
            for (int u = 0; u < 4; ++u) {
#pragma unroll
                for (int k = 0; k < V; ++k) total[k] += v[u][k];
            }
        }
        for (; r < end; r += lanes) {
            float v[V];
            read(p, v);
            p += step;
#pragma unroll
            for (int k = 0; k < V; ++k) total[k] += v[k];
        }
    }
    // shared[k][thread]: lanes of a group are `groups` apart.
#pragma unroll
    for (int k = 0; k < V; ++k) shared[k * kThreads + threadIdx.x] = total[k];
    for (int half = lanes >> 1; half > 0; half >>= 1) {
        __syncthreads();
        if (lane < half) {
#pragma unroll
            for (int k = 0; k < V; ++k) {
                total[k] += shared[k * kThreads + threadIdx.x + half * groups];
                shared[k * kThreads + threadIdx.x] = total[k];
            }
        }
    }
    if (lane == 0 && c < channels) {
        float* target = partial + (static_cast<int64_t>(blockIdx.y) * slabs + slab) * channels + c;
#pragma unroll
        for (int k = 0; k < V; ++k) target[k] = total[k];
    }
}

template <class T>
__device__ __forceinline__ void sum_rows(const T* x, float* partial, int slabs, int64_t rows, int channels,
                                         int lanes_log2) {
    __shared__ float shared[4 * kThreads];
    // The host makes the same choice: four channels a thread only where every row start is aligned.
    if (channels % 4 == 0 && (reinterpret_cast<uintptr_t>(x) & (4 * sizeof(T) - 1)) == 0) {
        sum_part<T, 4>(x, partial, slabs, rows, channels, lanes_log2, shared);
    } else {
        sum_part<T, 1>(x, partial, slabs, rows, channels, lanes_log2, shared);
    }
}

// A warp adds every kFinishShares-th part of 32 columns; the first warp adds the shares.
constexpr int kFinishColumns = 32;
constexpr int kFinishShares = kThreads / kFinishColumns;

template <class T>
__device__ __forceinline__ void finish(const float* partial, T* out, int64_t columns, int parts, float scale,
                                       int accumulate) {
    __shared__ float shares[kFinishShares][kFinishColumns];
    const int x = static_cast<int>(threadIdx.x) % kFinishColumns, y = static_cast<int>(threadIdx.x) / kFinishColumns;
    const int64_t i = static_cast<int64_t>(blockIdx.x) * kFinishColumns + x;
    float total = 0.0f;
    if (i < columns) {
        const float* p = partial + y * columns + i;
#pragma unroll 4
        for (int k = y; k < parts; k += kFinishShares, p += kFinishShares * columns) total += *p;
    }
    shares[y][x] = total;
    __syncthreads();
    if (y != 0 || i >= columns) return;
#pragma unroll
    for (int k = 1; k < kFinishShares; ++k) total += shares[k][x];
    total *= scale;
    if (accumulate != 0) total += zoe::load_float(out + i);
    zoe::store_float(out + i, total);
}

}  // namespace

#define ZOE_SUM_ROWS(suffix, type)                                                                                     \
    ZOE_GEOMETRY(sum_rows_##suffix, sum_rows, simt, "type=" #suffix, kThreads, kThreads, 1, 1, 0)                      \
    extern "C" __global__ void __launch_bounds__(kThreads, 4)                                                          \
        sum_rows_##suffix(const type* __restrict__ x, float* __restrict__ partial, int slabs, int64_t rows,            \
                          int channels, int lanes_log2) {                                                              \
        sum_rows(x, partial, slabs, rows, channels, lanes_log2);                                                       \
    }                                                                                                                  \
    ZOE_GEOMETRY(sum_rows_finish_##suffix, sum_rows_finish, simt, "type=" #suffix, kThreads, kFinishColumns, 1, 1, 0)  \
    extern "C" __global__ void __launch_bounds__(kThreads)                                                             \
        sum_rows_finish_##suffix(const float* __restrict__ partial, type* __restrict__ out, int64_t columns,           \
                                 int parts, float scale, int accumulate) {                                             \
        finish(partial, out, columns, parts, scale, accumulate);                                                       \
    }

ZOE_SUM_ROWS(f32, float)
ZOE_SUM_ROWS(bf16, zoe::bf16)
