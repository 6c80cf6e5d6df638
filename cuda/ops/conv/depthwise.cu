// Depthwise 2-D convolution, groups = C = K: every channel has a filter of its own. Forward and both gradients, direct.
//
//   y[n,p,q,c]  = sum_{r,s} x[n, p t - top + r d, q t - left + s d, c] w[c,r,s] + bias[c] + per_sample[n,c]
//                 + residual[n,p,q,c]
//   dx[n,h,w,c] = sum dy[n,p,q,c] w[c,r,s] over the taps with p t - top + r d = h and q t - left + s d = w
//   dw[c,r,s]   = sum_{n,p,q} dy[n,p,q,c] x[n, p t - top + r d, q t - left + s d, c]   (+ dw, when accumulating)
//
// Layouts: x, dx [N,H,W,C], y, dy, residual [N,P,Q,C], per_sample [N,C], w [C,R,S] in the storage type, sums in f32;
// bias and dw in f32. t is the stride, d the dilation; padding is zeros.
//
// A tensor core has nothing to do here: each product is used once. A thread makes V channels of one pixel (16 bytes
// where C and the addresses allow, else one), neighbouring threads neighbouring channels, so that accesses are
// contiguous; the filters come from the L1 cache. dx gathers: no atomics. dw: a block takes 32 channels and one tap, the
// warps every fourth pixel of the block's share (blockIdx.y), added in order; conv2d_wgrad_reduce adds the shares
// in order.
//
// FLOPs 2 N P Q C R S; bytes at least |x| + |y|, with R S reads of x from the caches. Memory bound.
// Source: Howard et al., MobileNets (2017), for the operation.
// Measured: not by itself; it passed its tests on an H200.
// Changed since: its epilogue is composed of visitors. Not run on a GPU again yet.
#include "convolution.cuh"
#include "zoetrope/copy/vector.cuh"
#include "zoetrope/entry.cuh"
#include "zoetrope/epilogue/visitors.cuh"

namespace zoe {

constexpr int kDepthwiseThreads = 128;

// acc += x w for the V channels whose filters begin at w, `taps` elements apart.
template <class T, int V> __device__ __forceinline__ void add_tap(const T* x, const T* w, int taps, float (&acc)[V]) {
    float v[V];
    load_values(x, v);
#pragma unroll
    for (int e = 0; e < V; ++e) acc[e] = fmaf(v[e], load_float(w + e * taps), acc[e]);
}

// V channels of one pixel, as epilogues visit them (epilogue/outputs.cuh).
template <int V> struct PixelOutputs {
    using Acc = float[V];

    template <class Of, class F>
    __device__ __forceinline__ void each_column(Acc& acc, const Bounds&, Of of, F f) const {
#pragma unroll
        for (int e = 0; e < V; ++e) acc[e] = f(acc[e], of(e));
    }
    template <class T, class Rows, class F>
    __device__ __forceinline__ void with_rows(Acc& acc, const Bounds&, const T* matrix, const Rows& rows, F f) const {
        float v[V];
        load_values(rows.line(rows.tile(matrix), 0), v);
#pragma unroll
        for (int e = 0; e < V; ++e) f(acc[e], v[e]);
    }
    template <class T, class Rows>
    __device__ __forceinline__ void store(Acc& acc, const Bounds&, T* matrix, const Rows& rows) const {
        store_values(rows.line(rows.tile(matrix), 0), acc);
    }
};

template <class T, int V>
__device__ __forceinline__ void depthwise_fprop(const T* x, const T* w, const float* bias, const T* per_sample,
                                                const T* residual, T* y, const GroupedConvolution& g) {
    const long long at = blockIdx.x * static_cast<long long>(kDepthwiseThreads) + threadIdx.x;
    const int packs = g.c / V;
    const long long pixel = at / packs;
    if (pixel >= static_cast<long long>(g.n) * g.p * g.q) return;
    const int c = int(at - pixel * packs) * V;
    const unsigned line = unsigned(pixel) / unsigned(g.q);
    const int q = int(unsigned(pixel) - line * unsigned(g.q)), n = int(line / unsigned(g.p));
    const int p = int(line - unsigned(n) * unsigned(g.p));
    const int h0 = p * g.stride - g.top, w0 = q * g.stride - g.left, taps = g.r * g.s;
    w += static_cast<long long>(c) * taps;
    float acc[V] = {};
    for (int r = 0; r < g.r; ++r) {
        const int h = h0 + r * g.dilation;
        if (unsigned(h) >= unsigned(g.h)) continue;
        const T* row = x + (static_cast<long long>(n) * g.h + h) * g.w * g.c + c;
        for (int s = 0; s < g.s; ++s) {
            const int v = w0 + s * g.dilation;
            if (unsigned(v) < unsigned(g.w)) add_tap(row + static_cast<long long>(v) * g.c, w + r * g.s + s, taps, acc);
        }
    }
    using Rows = MatrixRows<int>;
    const Rows rows{int(pixel), c, g.c};
    visit(PixelOutputs<V>{}, acc, Bounds{1, V, V},
          compose(Bias{bias, c}, Residual<T, Rows>{per_sample, {n, c, g.c}, 1.0f},
                  Residual<T, Rows>{residual, rows, 1.0f}, Store<T, Rows>{y, rows}));
}

template <class T, int V>
__device__ __forceinline__ void depthwise_dgrad(const T* dy, const T* w, T* dx, const GroupedConvolution& g) {
    const long long at = blockIdx.x * static_cast<long long>(kDepthwiseThreads) + threadIdx.x;
    const int packs = g.c / V;
    const long long pixel = at / packs;
    if (pixel >= static_cast<long long>(g.n) * g.h * g.w) return;
    const int c = int(at - pixel * packs) * V;
    const unsigned line = unsigned(pixel) / unsigned(g.w);
    const int column = int(unsigned(pixel) - line * unsigned(g.w)), n = int(line / unsigned(g.h));
    const int row = int(line - unsigned(n) * unsigned(g.h)), taps = g.r * g.s;
    w += static_cast<long long>(c) * taps;
    float acc[V] = {};
    for (int r = 0; r < g.r; ++r) {
        const int up = row + g.top - r * g.dilation, p = up / g.stride;
        if (up < 0 || p >= g.p || p * g.stride != up) continue;
        const T* from = dy + (static_cast<long long>(n) * g.p + p) * g.q * g.c + c;
        for (int s = 0; s < g.s; ++s) {
            const int left = column + g.left - s * g.dilation, q = left / g.stride;
            if (left >= 0 && q < g.q && q * g.stride == left)
                add_tap(from + static_cast<long long>(q) * g.c, w + r * g.s + s, taps, acc);
        }
    }
    store_values(dx + pixel * g.c + c, acc);
}

template <class T>
__device__ __forceinline__ void depthwise_wgrad(const T* x, const T* dy, float* out, const GroupedConvolution& g,
                                                int share, int accumulate) {
    __shared__ float sums[kDepthwiseThreads];
    const int taps = g.r * g.s, tap = int(blockIdx.x % unsigned(taps));
    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    const int c = int(blockIdx.x / unsigned(taps)) * 32 + lane;
    const int down = tap / g.s * g.dilation - g.top, across = tap % g.s * g.dilation - g.left;
    const int pixels = g.n * g.p * g.q, begin = int(blockIdx.y) * share, end = min(pixels, begin + share);
    float sum = 0.0f;
    if (c < g.c) {
        for (int pixel = begin + warp; pixel < end; pixel += kDepthwiseThreads / 32) {
            const unsigned line = unsigned(pixel) / unsigned(g.q), n = line / unsigned(g.p);
            const int q = int(unsigned(pixel) - line * unsigned(g.q)), p = int(line - n * unsigned(g.p));
            const int h = p * g.stride + down, v = q * g.stride + across;
            if (unsigned(h) >= unsigned(g.h) || unsigned(v) >= unsigned(g.w)) continue;
            sum = fmaf(load_float(dy + static_cast<long long>(pixel) * g.c + c),
                       load_float(x + ((static_cast<long long>(n) * g.h + h) * g.w + v) * g.c + c), sum);
        }
    }
    sums[threadIdx.x] = sum;
    __syncthreads();
    if (warp != 0 || c >= g.c) return;
    for (int other = 32; other < kDepthwiseThreads; other += 32) sum += sums[lane + other];
    float* to = out + (static_cast<long long>(blockIdx.y) * g.c + c) * taps + tap;
    *to = accumulate ? *to + sum : sum;
}

}  // namespace zoe

#define ENTRY(TYPE)                                                                                                    \
    ZOE_GEOMETRY(depthwise_fprop_##TYPE, conv2d_fprop, simt, "algorithm=depthwise type=" #TYPE,                        \
                 zoe::kDepthwiseThreads, zoe::kDepthwiseThreads, zoe::kPack<zoe::TYPE>, 1, 0)                          \
    extern "C" __global__ void __launch_bounds__(zoe::kDepthwiseThreads)                                               \
        depthwise_fprop_##TYPE(const zoe::TYPE* x, const zoe::TYPE* w, const float* bias, const zoe::TYPE* per_sample, \
                               const zoe::TYPE* residual, zoe::TYPE* y, zoe::GroupedConvolution geometry, int wide) {  \
        if (wide)                                                                                                      \
            zoe::depthwise_fprop<zoe::TYPE, zoe::kPack<zoe::TYPE>>(x, w, bias, per_sample, residual, y, geometry);     \
        else zoe::depthwise_fprop<zoe::TYPE, 1>(x, w, bias, per_sample, residual, y, geometry);                        \
    }                                                                                                                  \
    ZOE_GEOMETRY(depthwise_dgrad_##TYPE, conv2d_dgrad, simt, "algorithm=depthwise type=" #TYPE,                        \
                 zoe::kDepthwiseThreads, zoe::kDepthwiseThreads, zoe::kPack<zoe::TYPE>, 1, 0)                          \
    extern "C" __global__ void __launch_bounds__(zoe::kDepthwiseThreads) depthwise_dgrad_##TYPE(                       \
        const zoe::TYPE* dy, const zoe::TYPE* w, zoe::TYPE* dx, zoe::GroupedConvolution geometry, int wide) {          \
        if (wide) zoe::depthwise_dgrad<zoe::TYPE, zoe::kPack<zoe::TYPE>>(dy, w, dx, geometry);                         \
        else zoe::depthwise_dgrad<zoe::TYPE, 1>(dy, w, dx, geometry);                                                  \
    }                                                                                                                  \
    ZOE_GEOMETRY(depthwise_wgrad_##TYPE, conv2d_wgrad, simt, "algorithm=depthwise type=" #TYPE,                        \
                 zoe::kDepthwiseThreads, 32, 1, 4, 0)                                                                  \
    extern "C" __global__ void __launch_bounds__(zoe::kDepthwiseThreads)                                               \
        depthwise_wgrad_##TYPE(const zoe::TYPE* x, const zoe::TYPE* dy, float* out, zoe::GroupedConvolution geometry,  \
                               int share, int accumulate) {                                                            \
        zoe::depthwise_wgrad(x, dy, out, geometry, share, accumulate);                                                 \
    }

ENTRY(f32)
ENTRY(bf16)
