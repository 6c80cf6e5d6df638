// Elementwise operations with broadcasting, computed in f32 (i32 for integers) and rounded once.
//
//   array_unary(x, out, n, op)        0 -x, 1 |x|, 2 eˣ, 3 ln x, 4 √x, 5 sign x (0 at 0, NaN at NaN)
//   array_binary(op, a, b, ...)       0 a+b, 1 a-b, 2 a·b, 3 a/b, 4 aᵇ, 5 max, 6 min
//   array_compare(op, a, b, ...)      0 ==, 1 !=, 2 <, 3 <=, 4 >, 5 >=; out is 1 or 0 in a byte
//   array_where(c, a, b, ...)         out = c != 0 ? a : b, elements of 1, 2, 4 or 8 bytes
//
// max and min are NaN where either operand is; comparisons with NaN are false, but != is true (IEEE 754). Integers wrap
// around; they have no division and no power. b may be null: then it is `scalar` everywhere.
//
// Layout      out is row-major and contiguous with n elements; a, b and c have extents and steps (strides.cuh). out
//             may be an operand that is contiguous too: a thread reads an element before it writes it.
// Mapping     16 elements a thread, 4096 a block. Where the host says `wide`, in packs of 16 bytes along the innermost
//             dimension, else one element at a time (always: where, comparisons, powers, integers).
// Traffic     each operand read once where it is not broadcast (else from cache), out written once. Memory bound,
//             but for the integer divisions of three or more dimensions.
// Measured    not measured on a GPU.
#include "strides.cuh"

namespace zoe::array {

template <int V, class F>
__device__ __forceinline__ void each(const float (&a)[V], const float (&b)[V], float (&out)[V], F f) {
#pragma unroll
    for (int k = 0; k < V; ++k) out[k] = f(a[k], b[k]);
}

// Powers are as long as all the rest: where POWER is false there are none, for code that is unrolled.
template <bool POWER, int V>
__device__ __forceinline__ void float_binary(int op, const float (&a)[V], const float (&b)[V], float (&out)[V]) {
    switch (op) {
        case 0: each(a, b, out, [](float x, float y) { return x + y; }); break;
        case 1: each(a, b, out, [](float x, float y) { return x - y; }); break;
        case 2: each(a, b, out, [](float x, float y) { return x * y; }); break;
        case 3: each(a, b, out, [](float x, float y) { return x / y; }); break;
        case 4:
            if constexpr (POWER) each(a, b, out, [](float x, float y) { return powf(x, y); });
            break;
        case 5: each(a, b, out, [](float x, float y) { return x > y || x != x ? x : y; }); break;
        default: each(a, b, out, [](float x, float y) { return x < y || x != x ? x : y; }); break;
    }
}

__device__ __forceinline__ int32_t integer_binary(int op, int32_t a, int32_t b) {
    const uint32_t x = static_cast<uint32_t>(a), y = static_cast<uint32_t>(b);
    switch (op) {
        case 0: return static_cast<int32_t>(x + y);
        case 1: return static_cast<int32_t>(x - y);
        case 2: return static_cast<int32_t>(x * y);
        case 5: return a > b ? a : b;
        default: return a < b ? a : b;
    }
}

template <class T> __device__ __forceinline__ bool compares(int op, T a, T b) {
    switch (op) {
        case 0: return a == b;
        case 1: return a != b;
        case 2: return a < b;
        case 3: return a <= b;
        case 4: return a > b;
        default: return a >= b;
    }
}

__device__ __forceinline__ float unary(int op, float x) {
    switch (op) {
        case 0: return -x;
        case 1: return fabsf(x);
        case 2: return expf(x);
        case 3: return logf(x);
        case 4: return sqrtf(x);
        default: return x > 0.0f ? 1.0f : x < 0.0f ? -1.0f : x == 0.0f ? 0.0f : x;
    }
}

// Calls pack(i, offsets) for whole packs and single(i, offsets) elsewhere.
template <int V, class Pack, class Single>
__device__ __forceinline__ void for_places(int64_t n, const Extents& extents, int rank, const Steps (&steps)[2],
                                           int wide, Pack pack, Single single) {
    for_tile<kThreads, V, 16 / V>(
        n, wide != 0,
        [&](int64_t i) {
            int64_t offset[2];
            place(i, extents, rank, steps, offset);
            pack(i, offset);
        },
        [&](int64_t i) {
            int64_t offset[2];
            place(i, extents, rank, steps, offset);
            single(i, offset);
        });
}

template <class T>
__device__ __forceinline__ void binary(int op, const T* a, const T* b, T* out, int64_t n, const Extents& extents,
                                       int rank, const Steps& steps_a, const Steps& steps_b, float scalar, int wide) {
    constexpr int V = kPack<T>;
    const Steps steps[2] = {steps_a, steps_b};
    for_places<V>(
        n, extents, rank, steps, wide,
        [&](int64_t i, const int64_t(&offset)[2]) {
            float x[V], y[V], z[V];
            read_run(a + offset[0], steps_a.s5, x);
            if (b != nullptr) {
                read_run(b + offset[1], steps_b.s5, y);
            } else {
#pragma unroll
                for (int k = 0; k < V; ++k) y[k] = scalar;
            }
            float_binary<false>(op, x, y, z);
            store_values(out + i, z);
        },
        [&](int64_t i, const int64_t(&offset)[2]) {
            const float x[1] = {load_float(a + offset[0])};
            const float y[1] = {b != nullptr ? load_float(b + offset[1]) : scalar};
            float z[1];
            float_binary<true>(op, x, y, z);
            store_float(out + i, z[0]);
        });
}

template <class T, class W>
__device__ __forceinline__ void compare(int op, const T* a, const T* b, uint8_t* out, int64_t n, const Extents& extents,
                                        int rank, const Steps& steps_a, const Steps& steps_b, W scalar) {
    const Steps steps[2] = {steps_a, steps_b};
    const auto single = [&](int64_t i, const int64_t(&offset)[2]) {
        W x, y;
        if constexpr (sizeof(T) == 2) {
            x = load_float(a + offset[0]);
            y = b != nullptr ? load_float(b + offset[1]) : scalar;
        } else {
            x = a[offset[0]];
            y = b != nullptr ? b[offset[1]] : scalar;
        }
        out[i] = compares(op, x, y) ? 1 : 0;
    };
    for_places<1>(n, extents, rank, steps, 0, single, single);
}

template <class Unit>
__device__ __forceinline__ void choose(const uint8_t* c, const void* a, const void* b, void* out, int64_t n,
                                       const Extents& extents, int rank, const Steps& steps_c, const Steps& steps_a,
                                       const Steps& steps_b) {
    const Steps steps[3] = {steps_c, steps_a, steps_b};
    const auto single = [&](int64_t i) {
        int64_t offset[3];
        place(i, extents, rank, steps, offset);
        static_cast<Unit*>(out)[i] =
            c[offset[0]] != 0 ? static_cast<const Unit*>(a)[offset[1]] : static_cast<const Unit*>(b)[offset[2]];
    };
    for_tile<kThreads, 1, 16>(n, false, single, single);
}

}  // namespace zoe::array

#define ZOE_ARRAY_FLOATS(suffix, type)                                                                                 \
    ZOE_GEOMETRY(array_unary_##suffix, array_unary, simt, "type=" #suffix, zoe::array::kThreads, zoe::array::kTile, 1, \
                 1, 0)                                                                                                 \
    extern "C" __global__ void __launch_bounds__(zoe::array::kThreads)                                                 \
        array_unary_##suffix(const type* x, type* out, int64_t n, int op) {                                            \
        const auto single = [&](int64_t i) {                                                                           \
            zoe::store_float(out + i, zoe::array::unary(op, zoe::load_float(x + i)));                                  \
        };                                                                                                             \
        zoe::for_tile<zoe::array::kThreads, zoe::kPack<type>, 16 / zoe::kPack<type>>(                                  \
            n, zoe::aligned16(x, out),                                                                                 \
            [&](int64_t i) {                                                                                           \
                float v[zoe::kPack<type>];                                                                             \
                zoe::load_values(x + i, v);                                                                            \
                _Pragma("unroll") for (float& one : v) one = zoe::array::unary(op, one);                               \
                zoe::store_values(out + i, v);                                                                         \
            },                                                                                                         \
            single);                                                                                                   \
    }                                                                                                                  \
    ZOE_GEOMETRY(array_binary_##suffix, array_binary, simt, "type=" #suffix, zoe::array::kThreads, zoe::array::kTile,  \
                 1, 1, 0)                                                                                              \
    extern "C" __global__ void __launch_bounds__(zoe::array::kThreads) array_binary_##suffix(                          \
        int op, const type* a, const type* b, type* out, int64_t n, zoe::array::Extents extents, int rank,             \
        zoe::array::Steps steps_a, zoe::array::Steps steps_b, float scalar, int wide) {                                \
        zoe::array::binary(op, a, b, out, n, extents, rank, steps_a, steps_b, scalar, wide);                           \
    }                                                                                                                  \
    ZOE_GEOMETRY(array_compare_##suffix, array_compare, simt, "type=" #suffix, zoe::array::kThreads,                   \
                 zoe::array::kTile, 1, 1, 0)                                                                           \
    extern "C" __global__ void __launch_bounds__(zoe::array::kThreads) array_compare_##suffix(                         \
        int op, const type* a, const type* b, uint8_t* out, int64_t n, zoe::array::Extents extents, int rank,          \
        zoe::array::Steps steps_a, zoe::array::Steps steps_b, float scalar) {                                          \
        zoe::array::compare(op, a, b, out, n, extents, rank, steps_a, steps_b, scalar);                                \
    }

ZOE_ARRAY_FLOATS(f32, float)
ZOE_ARRAY_FLOATS(bf16, zoe::bf16)

ZOE_GEOMETRY(array_binary_i32, array_binary, simt, "type=i32", zoe::array::kThreads, zoe::array::kTile, 1, 1, 0)
extern "C" __global__ void __launch_bounds__(zoe::array::kThreads)
    array_binary_i32(int op, const int32_t* a, const int32_t* b, int32_t* out, int64_t n, zoe::array::Extents extents,
                     int rank, zoe::array::Steps steps_a, zoe::array::Steps steps_b, int scalar) {
    const zoe::array::Steps steps[2] = {steps_a, steps_b};
    const auto single = [&](int64_t i, const int64_t(&offset)[2]) {
        out[i] = zoe::array::integer_binary(op, a[offset[0]], b != nullptr ? b[offset[1]] : scalar);
    };
    zoe::array::for_places<1>(n, extents, rank, steps, 0, single, single);
}

ZOE_GEOMETRY(array_compare_i32, array_compare, simt, "type=i32", zoe::array::kThreads, zoe::array::kTile, 1, 1, 0)
extern "C" __global__ void __launch_bounds__(zoe::array::kThreads)
    array_compare_i32(int op, const int32_t* a, const int32_t* b, uint8_t* out, int64_t n, zoe::array::Extents extents,
                      int rank, zoe::array::Steps steps_a, zoe::array::Steps steps_b, int scalar) {
    zoe::array::compare(op, a, b, out, n, extents, rank, steps_a, steps_b, scalar);
}

ZOE_GEOMETRY(array_where, array_where, simt, "", zoe::array::kThreads, zoe::array::kTile, 1, 1, 0)
extern "C" __global__ void __launch_bounds__(zoe::array::kThreads)
    array_where(const uint8_t* c, const void* a, const void* b, void* out, int64_t n, int element_bytes,
                zoe::array::Extents extents, int rank, zoe::array::Steps steps_c, zoe::array::Steps steps_a,
                zoe::array::Steps steps_b) {
    using zoe::array::choose;
    switch (element_bytes) {
        case 1: choose<uint8_t>(c, a, b, out, n, extents, rank, steps_c, steps_a, steps_b); break;
        case 2: choose<uint16_t>(c, a, b, out, n, extents, rank, steps_c, steps_a, steps_b); break;
        case 4: choose<uint32_t>(c, a, b, out, n, extents, rank, steps_c, steps_a, steps_b); break;
        default: choose<uint64_t>(c, a, b, out, n, extents, rank, steps_c, steps_a, steps_b); break;
    }
}
