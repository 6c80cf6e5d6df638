// Δ_i = Σ_d dO_id · O_id for every query and head: what the softmax's backward subtracts (it equals Σ_j P_ij dP_ij).
//
// Layouts: o, grad_o [B, S, H, D] with their row strides; delta [B, H, S] f32.
// Mapping: 16 bytes of a row a lane, the lanes of a row (4 to 32, a power of two) reduce by a butterfly; a block of 256
// threads takes consecutive rows of the index (b·H + h)·S + s.
// Cost: 2·B·S·H·D elements read, B·H·S floats written; memory bound.
// Measured: not by itself; it passed its tests on an H200.
#include "heads.cuh"
#include "zoetrope/entry.cuh"

namespace zoe::attention {

constexpr int kThreads = 256;

template <class T, int DP> constexpr int kLanesPerRow = DP / kPack<T>;

template <class T, int DP>
__device__ __forceinline__ void delta_rows(const T* __restrict__ o, const T* __restrict__ grad_o,
                                           float* __restrict__ delta, int64_t total, int heads, int sequence, int dim,
                                           int64_t o_stride, int64_t grad_o_stride, int wide) {
    constexpr int V = kPack<T>;
    constexpr int kLanes = kLanesPerRow<T, DP>;
    const int64_t index = static_cast<int64_t>(blockIdx.x) * (kThreads / kLanes) + threadIdx.x / kLanes;
    const int column = static_cast<int>(threadIdx.x) % kLanes * V;
    float sum = 0.0f;
    if (index < total) {
        const int64_t both = index / sequence;
        const int64_t batch = both / heads;
        const int64_t row = batch * sequence + (index - both * sequence);
        const int64_t head = (both - batch * heads) * dim;
        const T* const a = o + row * o_stride + head + column;
        const T* const b = grad_o + row * grad_o_stride + head + column;
        if (wide) {
            if (column < dim) {
                float x[V], y[V];
                load_floats(a, x);
                load_floats(b, y);
#pragma unroll
                for (int e = 0; e < V; ++e) sum = fmaf(x[e], y[e], sum);
            }
        } else {
#pragma unroll 1
            for (int e = 0; e < V && column + e < dim; ++e) sum = fmaf(load_float(a + e), load_float(b + e), sum);
        }
    }
#pragma unroll
    for (int lanes = kLanes / 2; lanes > 0; lanes /= 2) sum += __shfl_xor_sync(~0u, sum, lanes);
    if (index < total && column == 0) delta[index] = sum;
}

}  // namespace zoe::attention

#define ZOE_ATTENTION_DELTA(TYPE, T, D)                                                                                \
    ZOE_GEOMETRY(attention_delta_##TYPE##_d##D, attention_delta, simt, "type=" #TYPE " head=" #D,                      \
                 zoe::attention::kThreads, zoe::attention::kThreads / (zoe::attention::kLanesPerRow<T, D>), D, 1, 0)   \
    extern "C" __global__ void __launch_bounds__(zoe::attention::kThreads)                                             \
        attention_delta_##TYPE##_d##D(const T* o, const T* grad_o, float* delta, int64_t total, int heads,             \
                                      int sequence, int dim, int64_t o_stride, int64_t grad_o_stride, int wide) {      \
        zoe::attention::delta_rows<T, D>(o, grad_o, delta, total, heads, sequence, dim, o_stride, grad_o_stride,       \
                                         wide);                                                                        \
    }

ZOE_ATTENTION_DELTA(bf16, zoe::bf16, 32)
ZOE_ATTENTION_DELTA(bf16, zoe::bf16, 64)
ZOE_ATTENTION_DELTA(bf16, zoe::bf16, 128)
ZOE_ATTENTION_DELTA(f32, float, 32)
ZOE_ATTENTION_DELTA(f32, float, 64)
ZOE_ATTENTION_DELTA(f32, float, 128)
