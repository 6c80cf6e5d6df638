// Gathering and scattering along one axis, and dropout.
//
//   array_gather(x, ids, out, ...)        out[o, j, i] = x[o, ids[o, j, i], i]; an index outside 0 … n-1: bytes
//                                         0xff, which is NaN in f32 and bf16 and -1 in integers
//   array_scatter_add(ids, src, out, ...) out[o, r, i] = Σ over j with ids[o, j, i] = r of src[o, j, i]; others are
//                                         left out
//   array_check_ids(ids, n, bound, bad)   bad[0] = the lowest position whose index is outside 0 … bound-1; left
//                                         alone if none is
//   array_dropout(x, out, n, key, ...)    out = x · factor where the element's word of Philox is at least `dropped`,
//                                         else 0
//
// Layout      x [outer, n, inner], src and out of gather [outer, count, inner]; ids are i32 with a step for each of
//             the three dimensions, 0 where one index serves all. The sum of scatter_add is f32 in the order of j:
//             no atomics, so that the same input gives the same bits.
// Mapping     gather, dropout, check_ids: 16 elements a thread. scatter_add: a thread an output, which reads all
//             `count` indices of its line: n · count reads, from cache where the indices are shared.
// Traffic     gather reads ids and writes out once, and reads as much of x; dropout reads x and writes out once.
// Source      dropout: Srivastava et al. (2014), in the inverted form; philox.cuh.
// Measured    not measured on a GPU.
#include "strides.cuh"
#include "zoetrope/philox.cuh"

namespace zoe::array {

template <class Unit>
__device__ __forceinline__ void gather(const void* x, const int32_t* ids, void* out, int64_t total, int64_t n,
                                       int64_t count, int64_t inner, int64_t step_outer, int64_t step_count,
                                       int64_t step_inner) {
    const auto single = [&](int64_t at) {
        const int64_t line = at / inner, i = at - line * inner;
        const int64_t o = line / count, j = line - o * count;
        const int64_t id = ids[o * step_outer + j * step_count + i * step_inner];
        Unit v = static_cast<Unit>(~Unit{0});
        if (id >= 0 && id < n) v = static_cast<const Unit*>(x)[(o * n + id) * inner + i];
        static_cast<Unit*>(out)[at] = v;
    };
    for_tile<kThreads, 1, 16>(total, false, single, single);
}

template <class T>
__device__ __forceinline__ void scatter_add(const int32_t* ids, const T* src, T* out, int64_t total, int64_t n,
                                            int64_t count, int64_t inner, int64_t step_outer, int64_t step_count,
                                            int64_t step_inner) {
    const int64_t at = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x;
    if (at >= total) return;
    const int64_t line = at / inner, i = at - line * inner;
    const int64_t o = line / n, r = line - o * n;
    const int32_t* id = ids + o * step_outer + i * step_inner;
    float sum = 0.0f;
    for (int64_t j = 0; j < count; ++j, id += step_count) {
        if (*id == r) sum += load_float(src + (o * count + j) * inner + i);
    }
    store_float(out + at, sum);
}

}  // namespace zoe::array

ZOE_GEOMETRY(array_gather, array_gather, simt, "", zoe::array::kThreads, zoe::array::kTile, 1, 1, 0)
extern "C" __global__ void __launch_bounds__(zoe::array::kThreads)
    array_gather(const void* x, const int32_t* ids, void* out, int64_t total, int64_t n, int64_t count, int64_t inner,
                 int64_t step_outer, int64_t step_count, int64_t step_inner, int element_bytes) {
    using zoe::array::gather;
    switch (element_bytes) {
        case 1: gather<uint8_t>(x, ids, out, total, n, count, inner, step_outer, step_count, step_inner); break;
        case 2: gather<uint16_t>(x, ids, out, total, n, count, inner, step_outer, step_count, step_inner); break;
        case 4: gather<uint32_t>(x, ids, out, total, n, count, inner, step_outer, step_count, step_inner); break;
        default: gather<uint64_t>(x, ids, out, total, n, count, inner, step_outer, step_count, step_inner); break;
    }
}

ZOE_GEOMETRY(array_check_ids, array_check_ids, simt, "", zoe::array::kThreads, zoe::array::kTile, 1, 1, 0)
extern "C" __global__ void __launch_bounds__(zoe::array::kThreads)
    array_check_ids(const int32_t* ids, int64_t n, int64_t bound, int32_t* bad) {
    const auto single = [&](int64_t i) {
        if (ids[i] < 0 || ids[i] >= bound) atomicMin(bad, static_cast<int32_t>(i));
    };
    zoe::for_tile<zoe::array::kThreads, 1, 16>(n, false, single, single);
}

#define ZOE_ARRAY_INDEX(suffix, type)                                                                                  \
    ZOE_GEOMETRY(array_scatter_add_##suffix, array_scatter_add, simt, "type=" #suffix, zoe::array::kThreads,           \
                 zoe::array::kThreads, 1, 1, 0)                                                                        \
    extern "C" __global__ void __launch_bounds__(zoe::array::kThreads) array_scatter_add_##suffix(                     \
        const int32_t* ids, const type* src, type* out, int64_t total, int64_t n, int64_t count, int64_t inner,        \
        int64_t step_outer, int64_t step_count, int64_t step_inner) {                                                  \
        zoe::array::scatter_add(ids, src, out, total, n, count, inner, step_outer, step_count, step_inner);            \
    }                                                                                                                  \
    ZOE_GEOMETRY(array_dropout_##suffix, array_dropout, simt, "type=" #suffix, zoe::array::kThreads,                   \
                 zoe::array::kTile, 1, 1, 0)                                                                           \
    extern "C" __global__ void __launch_bounds__(zoe::array::kThreads)                                                 \
        array_dropout_##suffix(const type* x, type* out, int64_t n, uint64_t seed, uint64_t stream,                    \
                               const uint64_t* state, int64_t dropped, float factor) {                                 \
        const zoe::PhiloxKey key = zoe::philox_key(seed, stream, state);                                               \
        const auto single = [&](int64_t i) {                                                                           \
            const bool kept = zoe::philox_word(key, static_cast<uint64_t>(i)) >= dropped;                              \
            zoe::store_float(out + i, kept ? zoe::load_float(x + i) * factor : 0.0f);                                  \
        };                                                                                                             \
        const auto pack = [&](int64_t i) {                                                                             \
            const uint4 w = zoe::philox_words(key, static_cast<uint64_t>(i) >> 2);                                     \
            float v[4];                                                                                                \
            zoe::load_floats(x + i, v);                                                                                \
            v[0] = w.x >= dropped ? v[0] * factor : 0.0f;                                                              \
            v[1] = w.y >= dropped ? v[1] * factor : 0.0f;                                                              \
            v[2] = w.z >= dropped ? v[2] * factor : 0.0f;                                                              \
            v[3] = w.w >= dropped ? v[3] * factor : 0.0f;                                                              \
            zoe::store_floats(out + i, v);                                                                             \
        };                                                                                                             \
        zoe::for_tile<zoe::array::kThreads, 4, 4>(n, zoe::aligned16(x, out), pack, single);                            \
    }

ZOE_ARRAY_INDEX(f32, float)
ZOE_ARRAY_INDEX(bf16, zoe::bf16)
