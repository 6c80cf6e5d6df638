// Rotary position embedding: pairs of channels of every head are turned by an angle that grows with the position, so that
// scores depend on distances.
//
// With A axes, h = D/(2A) and f_i = base^(-i/h), pair ai = a·h + i of head channels (2ai, 2ai + 1) turns by p_a·f_i:
//
//   y_2ai = x_2ai cos - x_2ai+1 sin,   y_2ai+1 = x_2ai sin + x_2ai+1 cos
//
// One axis for sequences, two for the rows and columns of a picture's patches. The gradient is the inverse rotation.
//
//   rope_table(positions, table, rows, axes, pairs, first, log2_base)     positions I32 [rows, axes], or null for
//                                                                         first, first+1, …; table f32 [rows, pairs, 2] of
//                                                                         cosine and sine, pairs = D/2
//   rope_rotate_*(x, y, table, start, rows, sequence, heads, dim, x_stride, y_stride, table_rows, first, sign, wide)
//
// Layouts     x, y [B, S, H, D] as heads.cuh has them; y may be x. Row s turns by table row first + start[0] + s, start
//             (I32 in device memory) being null for 0; a row the table does not have becomes NaN. sign -1 turns back.
// Mapping     16 bytes of a head a thread where alignment allows, else a pair; consecutive threads along a row.
// Traffic     x read and y written once; the table stays in cache. Memory bound.
// Source      Su et al. 2021 (arXiv:2104.09864); two axes as in Heo et al. 2024 (arXiv:2403.13298), without mixed axes.
// Measured: not by itself; it passed its tests on an H200.
#include <math_constants.h>
#include "zoetrope/copy/vector.cuh"
#include "zoetrope/entry.cuh"
#include "zoetrope/sines.cuh"

namespace {

constexpr int kThreads = 256;

template <class T, int V>
__device__ __forceinline__ void rotate(const T* x, T* y, const float* table, const int32_t* start, int64_t rows,
                                       int sequence, int heads, int dim, int64_t x_stride, int64_t y_stride,
                                       int64_t table_rows, int first, float sign) {
    const int packs = dim / V;
    const int64_t index = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x;
    const int64_t row = index / (static_cast<int64_t>(packs) * heads);
    if (row >= rows) return;
    const int rest = static_cast<int>(index - row * packs * heads);
    const int head = rest / packs;
    const int d = (rest - head * packs) * V;
    const int64_t at = row % sequence + first + (start != nullptr ? *start : 0);
    const bool known = at >= 0 && at < table_rows;
    const T* from = x + row * x_stride + static_cast<int64_t>(head) * dim + d;
    T* to = y + row * y_stride + static_cast<int64_t>(head) * dim + d;
    float v[V];
    if constexpr (V == 2) {
        v[0] = zoe::load_float(from);
        v[1] = zoe::load_float(from + 1);
    } else {
        zoe::load_floats(from, v);
    }
    const float* angles = table + at * dim + d;
#pragma unroll
    for (int e = 0; e < V; e += 2) {
        const float cosine = known ? angles[e] : CUDART_NAN_F;
        const float sine = known ? sign * angles[e + 1] : CUDART_NAN_F;
        const float a = v[e];
        const float b = v[e + 1];
        v[e] = fmaf(a, cosine, -(b * sine));
        v[e + 1] = fmaf(a, sine, b * cosine);
    }
    if constexpr (V == 2) {
        zoe::store_float(to, v[0]);
        zoe::store_float(to + 1, v[1]);
    } else {
        zoe::store_floats(to, v);
    }
}

}  // namespace

ZOE_GEOMETRY(rope_table, rope_table, simt, "", kThreads, kThreads, 1, 1, 0)
extern "C" __global__ void __launch_bounds__(kThreads)
    rope_table(const int32_t* __restrict__ positions, float* __restrict__ table, int64_t rows, int axes, int pairs,
               int first, double log2_base) {
    const int64_t index = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x;
    const int64_t row = index / pairs;
    if (row >= rows) return;
    const int pair = static_cast<int>(index - row * pairs);
    const int half = pairs / axes;
    const int axis = pair / half;
    const double position = positions != nullptr ? positions[row * axes + axis] : static_cast<double>(first + row);
    float sine;
    float cosine;
    zoe::sine_cosine(position, pair - axis * half, half, log2_base, sine, cosine);
    table[2 * index] = cosine;
    table[2 * index + 1] = sine;
}

// tile_m: elements a block turns with packs; pairs without (tile_n).
#define ZOE_ROPE(suffix, type)                                                                                         \
    ZOE_GEOMETRY(rope_rotate_##suffix, rope_rotate, simt, "type=" #suffix, kThreads, kThreads* zoe::kPack<type>,       \
                 kThreads * 2, 1, 0)                                                                                   \
    extern "C" __global__ void __launch_bounds__(kThreads) rope_rotate_##suffix(                                       \
        const type* x, type* y, const float* table, const int32_t* start, int64_t rows, int sequence, int heads,       \
        int dim, int64_t x_stride, int64_t y_stride, int64_t table_rows, int first, float sign, int wide) {            \
        if (wide) {                                                                                                    \
            rotate<type, zoe::kPack<type>>(x, y, table, start, rows, sequence, heads, dim, x_stride, y_stride,         \
                                           table_rows, first, sign);                                                   \
        } else {                                                                                                       \
            rotate<type, 2>(x, y, table, start, rows, sequence, heads, dim, x_stride, y_stride, table_rows, first,     \
                            sign);                                                                                     \
        }                                                                                                              \
    }

ZOE_ROPE(f32, float)
ZOE_ROPE(bf16, zoe::bf16)
