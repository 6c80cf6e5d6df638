// The entries of a tier: for both types and each padded head dimension D, one parameter list for all tiers. The file that
// includes this has zoe::attention::forward or backward, and says how it is launched:
//
//   template <class T, int D> struct Launch {
//       static constexpr int kThreads, kRows, kColumns;    // of a block; rows and columns of its tiles of scores
//       static constexpr int kShared;                      // bytes of dynamic shared memory
//       static constexpr int kBlocks, kQueryBlocks;        // a multiprocessor at least; the latter for backward_queries
//   };
#pragma once
#include "zoetrope/entry.cuh"

#define ZOE_ATTENTION_TYPES(ENTRY, TIER)                                                                               \
    ENTRY(TIER, bf16, zoe::bf16, 32)                                                                                   \
    ENTRY(TIER, bf16, zoe::bf16, 64)                                                                                   \
    ENTRY(TIER, bf16, zoe::bf16, 128)                                                                                  \
    ENTRY(TIER, f32, float, 32)                                                                                        \
    ENTRY(TIER, f32, float, 64)                                                                                        \
    ENTRY(TIER, f32, float, 128)

// Of the entry <operation>_<tier>_<type>_d<D>.
#define ZOE_ATTENTION_GEOMETRY(operation, TIER, TYPE, T, D)                                                            \
    ZOE_GEOMETRY(operation##_##TIER##_##TYPE##_d##D, operation, TIER, "type=" #TYPE " head=" #D,                       \
                 (zoe::attention::Launch<T, D>::kThreads), (zoe::attention::Launch<T, D>::kRows),                      \
                 (zoe::attention::Launch<T, D>::kColumns), D, (zoe::attention::Launch<T, D>::kShared))

#define ZOE_ATTENTION_FORWARD(TIER, TYPE, T, D)                                                                        \
    ZOE_ATTENTION_GEOMETRY(attention_forward, TIER, TYPE, T, D)                                                        \
    extern "C" __global__ void __launch_bounds__(zoe::attention::Launch<T, D>::kThreads,                               \
                                                 zoe::attention::Launch<T, D>::kBlocks)                                \
        attention_forward_##TIER##_##TYPE##_d##D(const T* q, const T* k, const T* v, T* o, float* normalizer,          \
                                                 int heads, int queries, int keys, int dim, int64_t q_stride,          \
                                                 int64_t k_stride, int64_t v_stride, int64_t o_stride, float scale,    \
                                                 int causal, int wide) {                                               \
        zoe::attention::forward<T, D>(q, k, v, o, normalizer, heads, queries, keys, dim, q_stride, k_stride, v_stride, \
                                      o_stride, scale, causal, wide);                                                  \
    }

#define ZOE_ATTENTION_BACKWARD(TIER, TYPE, T, D)                                                                       \
    ZOE_ATTENTION_GEOMETRY(attention_backward_keys, TIER, TYPE, T, D)                                                  \
    extern "C" __global__ void __launch_bounds__(zoe::attention::Launch<T, D>::kThreads,                               \
                                                 zoe::attention::Launch<T, D>::kBlocks)                                \
        attention_backward_keys_##TIER##_##TYPE##_d##D(                                                                \
            const T* q, const T* k, const T* v, const T* grad_o, const float* normalizer, const float* delta,          \
            T* grad_k, T* grad_v, int heads, int queries, int keys, int dim, int64_t q_stride, int64_t k_stride,       \
            int64_t v_stride, int64_t grad_o_stride, int64_t grad_k_stride, int64_t grad_v_stride, float scale,        \
            int causal, int wide) {                                                                                    \
        zoe::attention::backward<T, D, true>(k, v, q, grad_o, normalizer, delta, grad_k, grad_v, heads, queries, keys, \
                                             dim, k_stride, v_stride, q_stride, grad_o_stride, grad_k_stride,          \
                                             grad_v_stride, scale, causal, wide);                                      \
    }                                                                                                                  \
    ZOE_ATTENTION_GEOMETRY(attention_backward_queries, TIER, TYPE, T, D)                                               \
    extern "C" __global__ void __launch_bounds__(zoe::attention::Launch<T, D>::kThreads,                               \
                                                 zoe::attention::Launch<T, D>::kQueryBlocks)                           \
        attention_backward_queries_##TIER##_##TYPE##_d##D(                                                             \
            const T* q, const T* k, const T* v, const T* grad_o, const float* normalizer, const float* delta,          \
            T* grad_q, int heads, int queries, int keys, int dim, int64_t q_stride, int64_t k_stride,                  \
            int64_t v_stride, int64_t grad_o_stride, int64_t grad_q_stride, float scale, int causal, int wide) {       \
        zoe::attention::backward<T, D, false>(q, grad_o, k, v, normalizer, delta, grad_q, nullptr, heads, queries,     \
                                              keys, dim, q_stride, grad_o_stride, k_stride, v_stride, grad_q_stride,   \
                                              0, scale, causal, wide);                                                 \
    }
