// The main loop of a tiled product on FP32 FMA units, for any device and for exact f32: acc[i][j] = step(a[i,k], b[j,k],
// acc[i][j]) for every k in order. The next k-tile is in registers while this one is used.
#pragma once
#include "arch/simt/staged.cuh"
#include "arch/simt/tile.cuh"

namespace zoe {

template <int COUNT> __device__ __forceinline__ void read_group(const float* from, float* to) {
    if constexpr (COUNT == 4) {
        float4 v = *reinterpret_cast<const float4*>(from);
        to[0] = v.x, to[1] = v.y, to[2] = v.z, to[3] = v.w;
    } else {
        to[0] = from[0];
    }
}

struct MultiplyAdd {
    __device__ __forceinline__ float operator()(float a, float b, float sum) const { return fmaf(a, b, sum); }
};

// What lies beyond the last k is zero in both operands.
template <class Tile, class Step = MultiplyAdd, class SourceA, class SourceB>
__device__ __forceinline__ void simt_product(SourceA& a, SourceB& b, int tiles, float* shared,
                                             float (&acc)[Tile::RM][Tile::RN], Step step = {}) {
    const int tm = threadIdx.x / Tile::COLUMNS * 4, tn = threadIdx.x % Tile::COLUMNS * Tile::SN;
#pragma unroll
    for (int i = 0; i < Tile::RM; ++i)
#pragma unroll
        for (int j = 0; j < Tile::RN; ++j) acc[i][j] = 0;
    if (tiles == 0) return;

    Staged<SourceA> next_a;
    Staged<SourceB> next_b;
    float* read = shared;
    float* write = shared + Tile::STAGE_FLOATS;
    next_a.fetch(a);
    next_b.fetch(b);
    next_a.template store<Tile::A_LINE>(a, read);
    next_b.template store<Tile::B_LINE>(b, read + Tile::TK * Tile::A_LINE);
    __syncthreads();
#pragma unroll 1
    for (int kt = 0; kt < tiles; ++kt) {
        bool more = kt + 1 < tiles;
        if (more) {
            next_a.fetch(a);
            next_b.fetch(b);
        }
        const float* line_a = read + tm;
        const float* line_b = read + Tile::TK * Tile::A_LINE + tn;
#pragma unroll
        for (int k = 0; k < Tile::TK; ++k) {
            float va[Tile::RM], vb[Tile::RN];
#pragma unroll
            for (int q = 0; q < Tile::GM; ++q)
                read_group<4>(line_a + k * Tile::A_LINE + q * (Tile::TM / Tile::GM), va + 4 * q);
#pragma unroll
            for (int q = 0; q < Tile::GN; ++q)
                read_group<Tile::SN>(line_b + k * Tile::B_LINE + q * (Tile::TN / Tile::GN), vb + 4 * q);
#pragma unroll
            for (int i = 0; i < Tile::RM; ++i)
#pragma unroll
                for (int j = 0; j < Tile::RN; ++j) acc[i][j] = step(va[i], vb[j], acc[i][j]);
        }
        if (more) {
            next_a.template store<Tile::A_LINE>(a, write);
            next_b.template store<Tile::B_LINE>(b, write + Tile::TK * Tile::A_LINE);
        }
        __syncthreads();
        float* swap = read;
        read = write, write = swap;
    }
}

}  // namespace zoe
