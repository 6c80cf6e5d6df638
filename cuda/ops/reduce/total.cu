// One number from a whole array, in a fixed order: sum, sum of squares, largest magnitude.
//
//   sum_*(x, partial, n), sum_squares_*(…), max_abs_*(…)   partial[b] = the share of block b; grid.x = blocks
//   total_sum(partial, blocks, out, scale, root)           out[0] = scale·Σ partial, of that the square root if root ≠ 0
//   total_max(partial, blocks, out)                        out[0] = max partial
//
// A NaN anywhere gives NaN, in the maximum too.
// Mapping     Block b takes the tiles b, b + grid, b + 2·grid … of 4096 elements, sixteen a thread in 16-byte packs; each
//             thread adds in order, then warp butterfly and warps in order (zoetrope/reduce.cuh). The host chooses the
//             number of blocks from n alone. One block finishes.
// Traffic     n·sizeof(T) bytes; one or two operations an element.
// Measured    not by itself; it passed its tests on an H200.
#include "zoetrope/elementwise.cuh"
#include "zoetrope/reduce.cuh"

namespace {

constexpr int kThreads = zoe::kElementThreads;
constexpr int kTile = zoe::kElementTile;

struct Plain {
    using Join = zoe::Sum;
    __device__ __forceinline__ float operator()(float total, float x) const { return total + x; }
};

struct Squares {
    using Join = zoe::Sum;
    __device__ __forceinline__ float operator()(float total, float x) const { return fmaf(x, x, total); }
};

struct Magnitude {
    using Join = zoe::Max;
    __device__ __forceinline__ float operator()(float total, float x) const { return zoe::Max{}(total, fabsf(x)); }
};

template <class T, class Take>
__device__ __forceinline__ void partials(const T* x, float* partial, int64_t n, Take take) {
    constexpr int V = zoe::kPack<T>;
    constexpr int U = 16 / V;
    __shared__ float shared[kThreads / 32];
    const bool wide = zoe::aligned16(x);
    float total[1] = {0.0f};
    for (int64_t begin = static_cast<int64_t>(blockIdx.x) * kTile; begin < n;
         begin += static_cast<int64_t>(gridDim.x) * kTile) {
        if (wide && begin + kTile <= n) {
            const T* p = x + begin + static_cast<int>(threadIdx.x) * V;
            float v[U][V];
#pragma unroll
            for (int u = 0; u < U; ++u) zoe::load_floats(p + u * (kThreads * V), v[u]);
#pragma unroll
            for (int u = 0; u < U; ++u) {
#pragma unroll
                for (int k = 0; k < V; ++k) total[0] = take(total[0], v[u][k]);
            }
        } else {
            const int count = static_cast<int>(n - begin < kTile ? n - begin : kTile);
            for (int i = static_cast<int>(threadIdx.x); i < count; i += kThreads) {
                total[0] = take(total[0], zoe::load_float(x + begin + i));
            }
        }
    }
    zoe::block_reduce<kThreads, 1>(total, shared, typename Take::Join{});
    if (threadIdx.x == 0) partial[blockIdx.x] = total[0];
}

template <class Join> __device__ __forceinline__ float join(const float* partial, int blocks, Join op) {
    __shared__ float shared[kThreads / 32];
    float total[1] = {0.0f};
    for (int i = static_cast<int>(threadIdx.x); i < blocks; i += kThreads) total[0] = op(total[0], partial[i]);
    zoe::block_reduce<kThreads, 1>(total, shared, op);
    return total[0];
}

}  // namespace

#define ZOE_TOTAL(name, suffix, type, functor)                                                                         \
    ZOE_ELEMENT_GEOMETRY(name##_##suffix, name, "type=" #suffix)                                                       \
    extern "C" __global__ void __launch_bounds__(kThreads)                                                             \
        name##_##suffix(const type* __restrict__ x, float* __restrict__ partial, int64_t n) {                          \
        partials(x, partial, n, functor{});                                                                            \
    }

ZOE_TOTAL(sum, f32, float, Plain)
ZOE_TOTAL(sum, bf16, zoe::bf16, Plain)
ZOE_TOTAL(sum_squares, f32, float, Squares)
ZOE_TOTAL(sum_squares, bf16, zoe::bf16, Squares)
ZOE_TOTAL(max_abs, f32, float, Magnitude)
ZOE_TOTAL(max_abs, bf16, zoe::bf16, Magnitude)

ZOE_GEOMETRY(total_sum, total_sum, simt, "", kThreads, 1, 1, 1, 0)
extern "C" __global__ void __launch_bounds__(kThreads)
    total_sum(const float* __restrict__ partial, int blocks, float* __restrict__ out, float scale, int root) {
    const float total = scale * join(partial, blocks, zoe::Sum{});
    if (threadIdx.x == 0) out[0] = root != 0 ? sqrtf(total) : total;
}

ZOE_GEOMETRY(total_max, total_max, simt, "", kThreads, 1, 1, 1, 0)
extern "C" __global__ void __launch_bounds__(kThreads)
    total_max(const float* __restrict__ partial, int blocks, float* __restrict__ out) {
    const float total = join(partial, blocks, zoe::Max{});
    if (threadIdx.x == 0) out[0] = total;
}
