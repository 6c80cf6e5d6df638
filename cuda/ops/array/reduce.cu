// Reductions along one axis of x seen as [outer, n, inner], and the softmax's gradient.
//
//   array_sum(x, out, ..., parts, scale)     out[o, p, i] = scale · Σ over part p of the n of x[o, ·, i]
//   array_select(x, values, indices, ..., k, largest)
//       the k first of each x[o, ·, i] by (value, index); values and indices are [outer, k, inner]
//   array_softmax_backward(dy, y, dx, ...)   dx = y (dy - Σ dy y) over rows of n
//
// Order of select: larger first (or smaller, largest = 0); a NaN comes before every number either way; of equal ones
// (and of NaNs) the lower index first. -0 equals 0. k = 1 is argmax and max. Sums are f32 in an order that n, inner
// and parts fix.
//
// Mapping     sum, inner = 1: a block of 256 threads a row (or part), each adds every 256th element, then a tree.
//             inner > 1: a thread an output walks along the axis, so that a warp reads 32 neighbours. select: a
//             block of 128 threads a row; each of k rounds takes the first element after the one taken last.
//             softmax: a block of 256 a row.
// Traffic     sum: x once. select: x k times (a row stays in cache), for small k. softmax: dy and y twice, dx once.
// Measured    not measured on a GPU.
#include "strides.cuh"
#include "zoetrope/reduce.cuh"

namespace zoe::array {

inline constexpr int kSelectThreads = 128;
inline constexpr int kSelectWarps = kSelectThreads / 32;

template <class In, class Out>
__device__ __forceinline__ void sum(const In* x, Out* out, int64_t outer, int64_t n, int64_t inner, int parts,
                                    float scale) {
    __shared__ float shared[kThreads / 32];
    const int64_t length = (n + parts - 1) / parts;
    if (inner == 1) {
        const int64_t row = blockIdx.x / parts, begin = blockIdx.x % parts * length;
        const int64_t end = begin + length < n ? begin + length : n;
        float total = 0.0f;
        for (int64_t i = begin + threadIdx.x; i < end; i += kThreads) total += load_float(x + row * n + i);
        total = block_sum<kThreads>(total, shared);
        if (threadIdx.x == 0) store_float(out + blockIdx.x, total * scale);
        return;
    }
    const int64_t at = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x;
    if (at >= outer * parts * inner) return;
    const int64_t place = at / inner, i = at - place * inner;
    const int64_t row = place / parts, begin = (place - row * parts) * length;
    const int64_t end = begin + length < n ? begin + length : n;
    float total = 0.0f;
    for (int64_t k = begin; k < end; ++k) total += load_float(x + (row * n + k) * inner + i);
    store_float(out + at, total * scale);
}

// An element and where it is; index -1 is none, which comes after all.
template <class W> struct Ranked {
    W value;
    int64_t index;
};

template <class W> __device__ __forceinline__ bool before(const Ranked<W>& a, const Ranked<W>& b, bool largest) {
    if (a.index < 0 || b.index < 0) return a.index >= 0;
    const bool a_nan = a.value != a.value, b_nan = b.value != b.value;
    if (a_nan || b_nan) return a_nan && (!b_nan || a.index < b.index);
    if (a.value != b.value) return largest ? a.value > b.value : a.value < b.value;
    return a.index < b.index;
}

template <class W> __device__ __forceinline__ void take_from_lanes(Ranked<W>& best, bool largest) {
#pragma unroll
    for (int offset = 16; offset > 0; offset >>= 1) {
        const Ranked<W> other{
            __shfl_xor_sync(kFullWarp, best.value, offset),
            static_cast<int64_t>(__shfl_xor_sync(kFullWarp, static_cast<long long>(best.index), offset))};
        if (before(other, best, largest)) best = other;
    }
}

__device__ __forceinline__ float wide_value(const float* p) { return *p; }
__device__ __forceinline__ float wide_value(const bf16* p) { return to_float(*p); }
__device__ __forceinline__ int32_t wide_value(const int32_t* p) { return *p; }

template <class T, class W>
__device__ __forceinline__ void select(const T* x, T* values, int32_t* indices, int64_t n, int64_t inner, int k,
                                       bool largest) {
    __shared__ W shared_value[kSelectWarps];
    __shared__ int64_t shared_index[kSelectWarps];
    const int64_t row = blockIdx.x / inner, column = blockIdx.x - row * inner;
    const T* const from = x + row * n * inner + column;
    const int warp = static_cast<int>(threadIdx.x) / 32;
    Ranked<W> last{W{}, -1};
    for (int round = 0; round < k; ++round) {
        Ranked<W> best{W{}, -1};
        for (int64_t i = threadIdx.x; i < n; i += kSelectThreads) {
            const Ranked<W> one{wide_value(from + i * inner), i};
            if ((last.index < 0 || before(last, one, largest)) && before(one, best, largest)) best = one;
        }
        take_from_lanes(best, largest);
        if (threadIdx.x % 32 == 0) {
            shared_value[warp] = best.value;
            shared_index[warp] = best.index;
        }
        __syncthreads();
        best = {shared_value[0], shared_index[0]};
#pragma unroll
        for (int w = 1; w < kSelectWarps; ++w) {
            const Ranked<W> other{shared_value[w], shared_index[w]};
            if (before(other, best, largest)) best = other;
        }
        __syncthreads();  // before the next round writes them
        last = best;
        if (threadIdx.x == 0) {
            const int64_t to = (row * k + round) * inner + column;
            if (values != nullptr) values[to] = from[best.index * inner];
            if (indices != nullptr) indices[to] = static_cast<int32_t>(best.index);
        }
    }
}

template <class T> __device__ __forceinline__ void softmax_backward(const T* dy, const T* y, T* dx, int64_t n) {
    __shared__ float shared[kThreads / 32];
    const int64_t begin = blockIdx.x * n;
    float product = 0.0f;
    for (int64_t i = threadIdx.x; i < n; i += kThreads)
        product = fmaf(load_float(dy + begin + i), load_float(y + begin + i), product);
    product = block_sum<kThreads>(product, shared);
    for (int64_t i = threadIdx.x; i < n; i += kThreads)
        store_float(dx + begin + i, load_float(y + begin + i) * (load_float(dy + begin + i) - product));
}

}  // namespace zoe::array

#define ZOE_ARRAY_SUM(in, In, out_type, Out)                                                                           \
    ZOE_GEOMETRY(array_sum_##in##_##out_type, array_sum, simt, "from=" #in " to=" #out_type, zoe::array::kThreads,     \
                 zoe::array::kThreads, 1, 1, 0)                                                                        \
    extern "C" __global__ void __launch_bounds__(zoe::array::kThreads) array_sum_##in##_##out_type(                    \
        const In* x, Out* out, int64_t outer, int64_t n, int64_t inner, int parts, float scale) {                      \
        zoe::array::sum(x, out, outer, n, inner, parts, scale);                                                        \
    }

#define ZOE_ARRAY_SELECT(suffix, type, wide)                                                                           \
    ZOE_GEOMETRY(array_select_##suffix, array_select, simt, "type=" #suffix, zoe::array::kSelectThreads, 1, 1, 1, 0)   \
    extern "C" __global__ void __launch_bounds__(zoe::array::kSelectThreads) array_select_##suffix(                    \
        const type* x, type* values, int32_t* indices, int64_t n, int64_t inner, int k, int largest) {                 \
        zoe::array::select<type, wide>(x, values, indices, n, inner, k, largest != 0);                                 \
    }

#define ZOE_ARRAY_SOFTMAX(suffix, type)                                                                                \
    ZOE_GEOMETRY(array_softmax_backward_##suffix, array_softmax_backward, simt, "type=" #suffix, zoe::array::kThreads, \
                 1, 1, 1, 0)                                                                                           \
    extern "C" __global__ void __launch_bounds__(zoe::array::kThreads)                                                 \
        array_softmax_backward_##suffix(const type* dy, const type* y, type* dx, int64_t n) {                          \
        zoe::array::softmax_backward(dy, y, dx, n);                                                                    \
    }

ZOE_ARRAY_SUM(f32, float, f32, float)
ZOE_ARRAY_SUM(f32, float, bf16, zoe::bf16)
ZOE_ARRAY_SUM(bf16, zoe::bf16, f32, float)
ZOE_ARRAY_SUM(bf16, zoe::bf16, bf16, zoe::bf16)
ZOE_ARRAY_SELECT(f32, float, float)
ZOE_ARRAY_SELECT(bf16, zoe::bf16, float)
ZOE_ARRAY_SELECT(i32, int32_t, int32_t)
ZOE_ARRAY_SOFTMAX(f32, float)
ZOE_ARRAY_SOFTMAX(bf16, zoe::bf16)
