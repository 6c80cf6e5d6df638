// The weights that attention never keeps, made again for looking at them: which query looks at which key.
//
//   p[b, h, i, j] = 2^(s_ij − max_i − log2 Σ_i),   0 where a causal mask hides key j from query i
//
// Layouts     q, k as attention_forward has them; normalizer f32 [B, H, Sq, 2] as it wrote it; p f32 [B, H, Sq, Sk].
// Mapping     a thread a weight, the keys of a query in neighbouring threads. For explanations, not for training.
// Traffic     p once; q and k from cache. 2·D FLOP a weight.
// Measured: not by itself; it passed its tests on an H200.
// Changed since: the largest score and the logarithm of the sum are kept apart. Not run on a GPU again yet.
#include "heads.cuh"
#include "zoetrope/entry.cuh"

namespace zoe::attention {

constexpr int kWeightThreads = 256;

template <class T>
__device__ __forceinline__ void weights(const T* __restrict__ q, const T* __restrict__ k,
                                        const float* __restrict__ normalizer, float* __restrict__ p, int64_t size,
                                        int heads, int queries, int keys, int dim, int64_t q_stride, int64_t k_stride,
                                        float scale, int causal) {
    const int64_t index = static_cast<int64_t>(blockIdx.x) * kWeightThreads + threadIdx.x;
    if (index >= size) return;
    const int64_t line = index / keys;  // (b·H + h)·Sq + i
    const int j = static_cast<int>(index - line * keys);
    const int64_t both = line / queries;
    const int i = static_cast<int>(line - both * queries);
    const int64_t batch = both / heads;
    const int64_t head = (both - batch * heads) * dim;
    if (causal && j > i + keys - queries) {
        p[index] = 0.0f;
        return;
    }
    const T* a = q + (batch * queries + i) * q_stride + head;
    const T* b = k + (batch * keys + j) * k_stride + head;
    float score = 0.0f;
#pragma unroll 1
    for (int d = 0; d < dim; ++d) score = fmaf(load_float(a + d), load_float(b + d), score);
    const Normalizer of{normalizer[2 * line], normalizer[2 * line + 1]};
    p[index] = of.probability(score, scale * kLog2e);
}

}  // namespace zoe::attention

#define ZOE_ATTENTION_WEIGHTS(suffix, T)                                                                               \
    ZOE_GEOMETRY(attention_weights_##suffix, attention_weights, simt, "type=" #suffix, zoe::attention::kWeightThreads, \
                 zoe::attention::kWeightThreads, 1, 1, 0)                                                              \
    extern "C" __global__ void __launch_bounds__(zoe::attention::kWeightThreads) attention_weights_##suffix(           \
        const T* q, const T* k, const float* normalizer, float* p, int64_t size, int heads, int queries, int keys,     \
        int dim, int64_t q_stride, int64_t k_stride, float scale, int causal) {                                        \
        zoe::attention::weights(q, k, normalizer, p, size, heads, queries, keys, dim, q_stride, k_stride, scale,       \
                                causal);                                                                               \
    }

ZOE_ATTENTION_WEIGHTS(f32, float)
ZOE_ATTENTION_WEIGHTS(bf16, zoe::bf16)
