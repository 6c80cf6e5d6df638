// One step of a sampler that works on the clean estimate, in place:
//
//   c  = clamp(p·x + q·m, low, high)            the estimate x̂_0 from the network's output m
//   x  = a·x + b·c + d·h + s·z                  the next x; z standard normal, made inside
//   h  = c                                      the history of multistep methods
//
// with row [p, q, low, high, a, b, d, s] of a device table. DDPM, DDIM, DPM-Solver++ 2M and their clipped forms are such
// rows; with the row number in device memory a whole sampling loop is one recorded graph.
//
//   sampler_step_*(x, output, output_is_bf16, history?, copy?, table, rows, row, n, seed, stream, state)
//
// Arguments   x, history: n elements of the entry's type; output: f32 or bf16; copy: the next x in the other type, a network's
//             next input. Without history d is taken as 0. d = 0 does not read the history, s = 0 makes no noise. table
//             f32[rows][8]; row I32[1], null for 0; a row outside the table makes x NaN. Noise: element i of row r takes
//             normal number r·4·ceil(n/4) + i of the key.
// Mapping     tiles of 4096 elements, four a thread and step; one at a time where an address is no multiple of 16 bytes.
// Traffic     n·(2·sizeof(x) + sizeof(output) + 2·sizeof(h) + sizeof(copy)) bytes; 8 operations an element, 46 more with noise.
// Source      Song, Meng, Ermon 2020 (arXiv:2010.02502); Lu et al. 2022 (arXiv:2211.01095).
// Measured    not by itself; it passed its tests on an H200.
#include "sampler.cuh"

using sampler::kThreads;
using sampler::kTile;

namespace {

constexpr int kColumns = 8;

struct Row {
    float from_x, from_output;
    sampler::Range range;
    float next_x, next_clean, next_previous, noise;
};

__device__ __forceinline__ Row read_row(const float* table, int r) {
    const float nan = sampler::not_a_number();
    if (r < 0) return {nan, nan, {nan, nan}, nan, nan, 0.0f, 0.0f};
    const float* c = table + static_cast<int64_t>(r) * kColumns;
    return {c[0], c[1], {c[2], c[3]}, c[4], c[5], c[6], c[7]};
}

struct Element {
    float next, clean;
};

__device__ __forceinline__ Element step(const Row& row, float x, float output, float previous) {
    const float clean = row.range(fmaf(row.from_x, x, row.from_output * output));
    return {fmaf(row.next_x, x, fmaf(row.next_clean, clean, row.next_previous * previous)), clean};
}

template <class T, class Other>
__device__ __forceinline__ void sampler_step(T* x, const void* output, bool is_bf16, T* history, Other* copy,
                                             const float* table, int rows, const int32_t* counter, int64_t n,
                                             const zoe::PhiloxKey& key) {
    const int r = sampler::row_of(counter, rows);
    Row row = read_row(table, r);
    if (history == nullptr) row.next_previous = 0.0f;
    const bool reads_history = row.next_previous != 0.0f;
    const uint64_t first_normal = sampler::first_normal(r, n);
    const int64_t begin = static_cast<int64_t>(blockIdx.x) * kTile;
    const int64_t end = begin + kTile < n ? begin + kTile : n;
    const bool wide = zoe::aligned16(x, static_cast<const char*>(output), history, copy);
    const int64_t packed = wide ? begin + ((end - begin) & ~3ll) : begin;
#pragma unroll 1
    for (int64_t i = begin + static_cast<int>(threadIdx.x) * 4; i < packed; i += kThreads * 4) {
        float v[4];
        float m[4];
        float h[4] = {};
        zoe::load_floats(x + i, v);
        sampler::read4(output, is_bf16, i, m);
        if (reads_history) zoe::load_floats(history + i, h);
#pragma unroll
        for (int k = 0; k < 4; ++k) {
            const Element e = step(row, v[k], m[k], h[k]);
            v[k] = e.next;
            h[k] = e.clean;
        }
        if (row.noise != 0.0f) {
            const float4 z = zoe::philox_normal4(key, (first_normal + static_cast<uint64_t>(i)) >> 2);
            v[0] = fmaf(row.noise, z.x, v[0]);
            v[1] = fmaf(row.noise, z.y, v[1]);
            v[2] = fmaf(row.noise, z.z, v[2]);
            v[3] = fmaf(row.noise, z.w, v[3]);
        }
        zoe::store_floats(x + i, v);
        if (history != nullptr) zoe::store_floats(history + i, h);
        if (copy != nullptr) zoe::store_floats(copy + i, v);
    }
#pragma unroll 1
    for (int64_t i = packed + static_cast<int>(threadIdx.x); i < end; i += kThreads) {
        const float previous = reads_history ? zoe::load_float(history + i) : 0.0f;
        Element e = step(row, zoe::load_float(x + i), sampler::read1(output, is_bf16, i), previous);
        if (row.noise != 0.0f) {
            e.next = fmaf(row.noise, zoe::philox_normal(key, first_normal + static_cast<uint64_t>(i)), e.next);
        }
        zoe::store_float(x + i, e.next);
        if (history != nullptr) zoe::store_float(history + i, e.clean);
        if (copy != nullptr) zoe::store_float(copy + i, e.next);
    }
}

}  // namespace

#define ZOE_SAMPLER_STEP(suffix, type, other)                                                                          \
    ZOE_ELEMENT_GEOMETRY(sampler_step_##suffix, sampler_step, "type=" #suffix)                                         \
    extern "C" __global__ void __launch_bounds__(kThreads) sampler_step_##suffix(                                      \
        type* x, const void* output, int output_is_bf16, type* history, other* copy, const float* table, int rows,     \
        const int32_t* row, int64_t n, uint64_t seed, uint64_t stream, const uint64_t* state) {                        \
        sampler_step(x, output, output_is_bf16 != 0, history, copy, table, rows, row, n,                               \
                     zoe::philox_key(seed, stream, state));                                                            \
    }

ZOE_SAMPLER_STEP(f32, float, zoe::bf16)
ZOE_SAMPLER_STEP(bf16, zoe::bf16, float)
