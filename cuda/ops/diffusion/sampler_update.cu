// One step of a sampler: out = Σ_{k<terms} c_k·x_k + c_z·z, the coefficients a row of a device table, the noise made inside.
//
//   sampler_update_*(x0, x1, x2, x3, terms, kinds, table, rows, row, out, copy?, n, low, high, seed, stream, state)
//
// Every deterministic and ancestral sampler of order up to four previous states is such a sum: DDIM, DDPM, Euler(-a), Heun,
// DPM-Solver++ 2M, UniPC. With the row number in device memory a whole sampling loop is one recorded graph.
//
// Arguments   x_k: n elements, f32 where bit k of `kinds` is 0, bf16 where it is 1; out: the entry's type; copy: n elements of
//             the other type, the network's next input; out and copy may be one of the x_k. table f32[rows][terms + 1], c_z
//             last; row I32[1], null for 0; a row outside the table makes out NaN. Then out is clamped to [low, high].
//             Noise: element i of row r takes normal number r·4·ceil(n/4) + i of the key. c_z = 0 makes none.
// Mapping     tiles of 4096 elements, four a thread and step; one at a time where an address is no multiple of 16 bytes.
// Traffic     n·(sizes of the terms and outputs) bytes; 2·terms operations an element, 46 more with noise.
// Source      Song, Meng, Ermon 2020 (arXiv:2010.02502); Lu et al. 2022 (arXiv:2211.01095).
// Measured    not by itself; it passed its tests on an H200.
#include "sampler.cuh"

using sampler::kThreads;
using sampler::kTile;
using sampler::Range;
using sampler::read1;
using sampler::read4;

namespace {

struct Terms {
    const void* x[4];
    float c[4];
    uint32_t kinds;
    __device__ __forceinline__ bool is_bf16(int k) const { return (kinds >> k & 1u) != 0; }
};

template <int K, class T, class Other>
__device__ __forceinline__ void update(const Terms& terms, float noise, T* out, Other* copy, int64_t n, bool wide,
                                       Range range, const zoe::PhiloxKey& key, uint64_t first_normal) {
    const int64_t begin = static_cast<int64_t>(blockIdx.x) * kTile;
    const int64_t end = begin + kTile < n ? begin + kTile : n;
    const int64_t packed = wide ? begin + ((end - begin) & ~3ll) : begin;
#pragma unroll 1
    for (int64_t i = begin + static_cast<int>(threadIdx.x) * 4; i < packed; i += kThreads * 4) {
        float v[K][4];
#pragma unroll
        for (int k = 0; k < K; ++k) read4(terms.x[k], terms.is_bf16(k), i, v[k]);
        float total[4];
#pragma unroll
        for (int e = 0; e < 4; ++e) {
            total[e] = terms.c[0] * v[0][e];
#pragma unroll
            for (int k = 1; k < K; ++k) total[e] = fmaf(terms.c[k], v[k][e], total[e]);
        }
        if (noise != 0.0f) {
            const float4 z = zoe::philox_normal4(key, (first_normal + static_cast<uint64_t>(i)) >> 2);
            total[0] = fmaf(noise, z.x, total[0]);
            total[1] = fmaf(noise, z.y, total[1]);
            total[2] = fmaf(noise, z.z, total[2]);
            total[3] = fmaf(noise, z.w, total[3]);
        }
#pragma unroll
        for (int e = 0; e < 4; ++e) total[e] = range(total[e]);
        zoe::store_floats(out + i, total);
        if (copy != nullptr) zoe::store_floats(copy + i, total);
    }
#pragma unroll 1
    for (int64_t i = packed + static_cast<int>(threadIdx.x); i < end; i += kThreads) {
        float total = terms.c[0] * read1(terms.x[0], terms.is_bf16(0), i);
#pragma unroll
        for (int k = 1; k < K; ++k) total = fmaf(terms.c[k], read1(terms.x[k], terms.is_bf16(k), i), total);
        if (noise != 0.0f) {
            total = fmaf(noise, zoe::philox_normal(key, first_normal + static_cast<uint64_t>(i)), total);
        }
        total = range(total);
        zoe::store_float(out + i, total);
        if (copy != nullptr) zoe::store_float(copy + i, total);
    }
}

template <class T, class Other>
__device__ __forceinline__ void sampler_update(const void* x0, const void* x1, const void* x2, const void* x3,
                                               int count, uint32_t kinds, const float* table, int rows,
                                               const int32_t* row, T* out, Other* copy, int64_t n, Range range,
                                               const zoe::PhiloxKey& key) {
    const int r = sampler::row_of(row, rows);
    Terms terms{{x0, x1, x2, x3}, {sampler::not_a_number(), 0.0f, 0.0f, 0.0f}, kinds};
    float noise = 0.0f;
    if (r >= 0) {
        const float* c = table + static_cast<int64_t>(r) * (count + 1);
#pragma unroll
        for (int k = 0; k < 4; ++k) {
            if (k < count) terms.c[k] = c[k];
        }
        noise = c[count];
    }
    const bool wide = zoe::aligned16(x0, x1, x2, x3, out, copy);
    const uint64_t first_normal = sampler::first_normal(r, n);
    switch (count) {
        case 1: update<1>(terms, noise, out, copy, n, wide, range, key, first_normal); break;
        case 2: update<2>(terms, noise, out, copy, n, wide, range, key, first_normal); break;
        case 3: update<3>(terms, noise, out, copy, n, wide, range, key, first_normal); break;
        default: update<4>(terms, noise, out, copy, n, wide, range, key, first_normal); break;
    }
}

}  // namespace

#define ZOE_SAMPLER_UPDATE(suffix, type, other)                                                                        \
    ZOE_ELEMENT_GEOMETRY(sampler_update_##suffix, sampler_update, "type=" #suffix)                                     \
    extern "C" __global__ void __launch_bounds__(kThreads) sampler_update_##suffix(                                    \
        const void* x0, const void* x1, const void* x2, const void* x3, int terms, uint32_t kinds, const float* table, \
        int rows, const int32_t* row, type* out, other* copy, int64_t n, float low, float high, uint64_t seed,         \
        uint64_t stream, const uint64_t* state) {                                                                      \
        sampler_update(x0, x1, x2, x3, terms, kinds, table, rows, row, out, copy, n, Range{low, high},                 \
                       zoe::philox_key(seed, stream, state));                                                          \
    }

ZOE_SAMPLER_UPDATE(f32, float, zoe::bf16)
ZOE_SAMPLER_UPDATE(bf16, zoe::bf16, float)
