// Portable tier: the main loop of a tiled product on FP32 FMA units, for any device and for exact f32.
//
// 128 threads make a TM x TN tile, a thread RM x RN of it, in groups of four neighbouring rows and columns (so that
// shared memory is read 16 bytes at a time), the groups TM/(RM/4) apart. Operands of either type are widened to f32 on
// the way into shared memory, where both tiles lie [k][m or n]. The next k-tile is in registers while this one is used.
#pragma once
#include "zoetrope/copy/window.cuh"

namespace zoe {

template <class T_, int TM_, int TN_, int RM_, int RN_> struct SimtTile {
    using T = T_;
    static constexpr bool TENSOR = false;
    static constexpr int TM = TM_, TN = TN_, TK = 16, RM = RM_, RN = RN_, STAGES = 2;
    static constexpr int COLUMNS = TN / RN, THREADS = (TM / RM) * COLUMNS;
    static constexpr int GM = RM / 4, GN = RN >= 4 ? RN / 4 : 1, SN = RN >= 4 ? 4 : RN;   // groups, their width
    static constexpr int A_LINE = TM + 4, B_LINE = TN + 4;        // padded against bank conflicts of transposing stores
    static constexpr int STAGE_FLOATS = TK * (A_LINE + B_LINE), SHARED_BYTES = 2 * STAGE_FLOATS * 4;
    static_assert(RM % 4 == 0 && (RN == 1 || RN % 4 == 0), "groups of four");
};

template <class Source> struct Staged {
    using T = typename Source::T;
    static constexpr int VEC = Source::VEC;
    union Chunk {
        uint4 whole;
        T part[VEC];
        __device__ Chunk() {}
    };
    Chunk chunk[Source::CHUNKS];

    // Global memory to registers.
    __device__ __forceinline__ void fetch(Source& source) {
        if (source.vector) {
            source.prepare();
#pragma unroll
            for (int i = 0; i < Source::CHUNKS; ++i) {
                chunk[i].whole = make_uint4(0, 0, 0, 0);
                if (!source.present(i)) continue;
                Address from = source.address(i);
                int bytes = source.bytes(i);
                if (bytes == 16) {
                    chunk[i].whole = load_global_16(from);
                } else if (bytes > 0) {
#pragma unroll
                    for (int e = 0; e < VEC; ++e)
                        if (e * int(sizeof(T)) < bytes) chunk[i].part[e] = load_global<T>(from + e * sizeof(T));
                }
            }
        } else {
#pragma unroll
            for (int e = 0; e < VEC; ++e) {
                auto element = source.element(e);
#pragma unroll
                for (int i = 0; i < Source::CHUNKS; ++i) {
                    chunk[i].part[e] = T(0.0f);
                    if (source.present(i) && source.has(i, element)) chunk[i].part[e] = source.get(i, element);
                }
            }
        }
        source.advance();
    }

    // Registers to shared memory, lines of LINE floats, one for each k.
    template <int LINE> __device__ __forceinline__ void store(const Source& source, float* tile) const {
#pragma unroll
        for (int i = 0; i < Source::CHUNKS; ++i) {
            if (!source.present(i)) continue;
            if constexpr (Source::K_MAJOR) {
                float* to = tile + source.k0 * LINE + source.mn(i);
#pragma unroll
                for (int e = 0; e < VEC; ++e) to[e * LINE] = to_float(chunk[i].part[e]);
            } else {
                float* to = tile + source.k0 * LINE + source.mn(i);
#pragma unroll
                for (int e = 0; e < VEC; e += 4)
                    *reinterpret_cast<float4*>(to + e) =
                        make_float4(to_float(chunk[i].part[e]), to_float(chunk[i].part[e + 1]),
                                    to_float(chunk[i].part[e + 2]), to_float(chunk[i].part[e + 3]));
            }
        }
    }
};

template <int COUNT> __device__ __forceinline__ void read_group(const float* from, float* to) {
    if constexpr (COUNT == 4) {
        float4 v = *reinterpret_cast<const float4*>(from);
        to[0] = v.x, to[1] = v.y, to[2] = v.z, to[3] = v.w;
    } else {
        to[0] = from[0];
    }
}

template <class Tile, class SourceA, class SourceB>
__device__ __forceinline__ void simt_product(SourceA& a, SourceB& b, int tiles, float* shared,
                                                 float (&acc)[Tile::RM][Tile::RN]) {
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
                for (int j = 0; j < Tile::RN; ++j) acc[i][j] = fmaf(va[i], vb[j], acc[i][j]);
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

// The outputs of a thread, as the epilogue passes (epilogue/passes.cuh) visit them; as Sm80Outputs.
template <class Tile> struct SimtOutputs {
    using Acc = float[Tile::RM][Tile::RN];
    int m, n;

    __device__ __forceinline__ SimtOutputs()
        : m(threadIdx.x / Tile::COLUMNS * 4), n(threadIdx.x % Tile::COLUMNS * Tile::SN) {}

    static constexpr __device__ int row_of(int i) { return i / 4 * (Tile::TM / Tile::GM) + i % 4; }
    static constexpr __device__ int column_of(int j) { return j / 4 * (Tile::TN / Tile::GN) + j % 4; }

    template <class F> __device__ __forceinline__ void each_value(Acc& acc, F f) const {
#pragma unroll
        for (int i = 0; i < Tile::RM; ++i)
#pragma unroll
            for (int j = 0; j < Tile::RN; ++j) acc[i][j] = f(acc[i][j]);
    }
    template <class Of, class F> __device__ __forceinline__ void each_column(Acc& acc, int columns, Of of, F f) const {
#pragma unroll
        for (int j = 0; j < Tile::RN; ++j) {
            if (n + column_of(j) >= columns) continue;
            float v = of(n + column_of(j));
#pragma unroll
            for (int i = 0; i < Tile::RM; ++i) acc[i][j] = f(acc[i][j], v);
        }
    }
    template <bool WHOLE, class Line, class F>
    __device__ __forceinline__ void each_pair(Acc& acc, int rows, int columns, Line line, F f) const {
#pragma unroll
        for (int i = 0; i < Tile::RM; ++i) {
            if (m + row_of(i) >= rows) continue;
            auto at = line(m + row_of(i));
            if constexpr (Tile::RN == 1) {
                float none = 0;
                if (n < columns) f(at, n, false, acc[i][0], none);
            } else {
#pragma unroll
                for (int j = 0; j < Tile::RN; j += 2) {
                    int column = n + column_of(j);
                    if (WHOLE || column < columns)
                        f(at, column, WHOLE || column + 1 < columns, acc[i][j], acc[i][j + 1]);
                }
            }
        }
    }
};

}  // namespace zoe
