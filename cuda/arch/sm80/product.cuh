// Tensor tier: the main loop of a tiled product on mma.sync, fed by a ring of shared-memory stages.
//
// A block of WARPS_M x WARPS_N warps makes a TM x TN tile, a warp WM x WN of it: MI x NI accumulator fragments of
// 16 x 8. Large warp tiles keep the instructions per mma low. One __syncthreads() a k-tile: it publishes the tile about
// to be read and frees the one read before, into which the copies for STAGES-1 tiles ahead then go.
#pragma once
#include "zoetrope/copy/window.cuh"

namespace zoe {

template <class T_, int TM_, int TN_, int WM_, int WN_, int STAGES_> struct Sm80Tile {
    using T = T_;
    static constexpr bool TENSOR = true;
    static constexpr int TM = TM_, TN = TN_, WM = WM_, WN = WN_, STAGES = STAGES_;
    static constexpr int TK = 64 / int(sizeof(T));               // 64-byte rows: bf16 32, f32 16
    static constexpr int WARPS_M = TM / WM, WARPS_N = TN / WN, THREADS = WARPS_M * WARPS_N * 32;
    static constexpr int MI = WM / 16, NI = WN / 8, STEPS = 2;   // an mma takes two chunks, 32 bytes, of k
    static constexpr int A_BYTES = TM * 64, B_BYTES = TN * 64, STAGE_BYTES = A_BYTES + B_BYTES;
    static constexpr int SHARED_BYTES = STAGES * STAGE_BYTES;
    static_assert(WM % 16 == 0 && (WN == 8 || WN % 16 == 0), "fragments are loaded 16 x 16 at a time, or 8 wide");
};

// This warp's fragments of the stage: addresses fixed once, everything else a displacement.
template <class Tile, bool A_K_MAJOR, bool B_K_MAJOR> struct Fragments {
    using T = typename Tile::T;
    static constexpr bool WORDS = sizeof(T) == 4;
    static constexpr int MI = Tile::MI, NI = Tile::NI, STEPS = Tile::STEPS, VEC = kVec<T>;
    static constexpr int K_STEP = Tile::TK / STEPS;
    static constexpr int A_ROW = A_K_MAJOR ? 64 : Tile::TM * int(sizeof(T));
    static constexpr int B_ROW = B_K_MAJOR ? 64 : Tile::TN * int(sizeof(T));
    static constexpr int A_CHUNKS = A_ROW / 16, B_CHUNKS = B_ROW / 16;
    static constexpr int NJ = NI > 1 ? NI / 2 : 1;
    static constexpr int A_PLACES = A_K_MAJOR ? STEPS : WORDS ? 2 * MI : MI;
    static constexpr int B_PLACES = B_K_MAJOR ? (NI > 1 ? STEPS : 1) : WORDS ? NI : NJ;

    unsigned a_place[A_PLACES], b_place[B_PLACES];

    __device__ __forceinline__ void init(int lane, int warp_m, int warp_n) {
        const int g = lane >> 2, t = lane & 3;
#pragma unroll
        for (int i = 0; i < A_PLACES; ++i) {
            if constexpr (A_K_MAJOR) {
                int row = warp_m + (lane & 15);
                a_place[i] = row * A_ROW + swizzle<A_CHUNKS>(row, i * 2 + (lane >> 4)) * 16;
            } else if constexpr (WORDS) {
                int m = warp_m + i * 8 + g;
                a_place[i] = t * A_ROW + swizzle_words<A_CHUNKS>(t, m / VEC) * 16 + m % VEC * 4;
            } else {
                int row = (lane & 7) + ((lane >> 4) << 3);
                a_place[i] = row * A_ROW + swizzle<A_CHUNKS>(row, (warp_m + i * 16) / VEC + ((lane >> 3) & 1)) * 16;
            }
        }
#pragma unroll
        for (int j = 0; j < B_PLACES; ++j) {
            if constexpr (B_K_MAJOR && NI > 1) {
                int row = warp_n + (lane & 7) + ((lane >> 4) << 3);
                b_place[j] = A_OFFSET + row * B_ROW + swizzle<B_CHUNKS>(row, j * 2 + ((lane >> 3) & 1)) * 16;
            } else if constexpr (B_K_MAJOR) {       // one fragment wide: both steps in one ldmatrix
                int row = warp_n + (lane & 7);
                b_place[j] = A_OFFSET + row * B_ROW + swizzle<B_CHUNKS>(row, lane >> 3) * 16;
            } else if constexpr (WORDS) {
                int n = warp_n + j * 8 + g;
                b_place[j] = A_OFFSET + t * B_ROW + swizzle_words<B_CHUNKS>(t, n / VEC) * 16 + n % VEC * 4;
            } else if constexpr (NI > 1) {
                int row = lane & 15;
                b_place[j] = A_OFFSET + row * B_ROW
                             + swizzle<B_CHUNKS>(row, (warp_n + j * 16) / VEC + (lane >> 4)) * 16;
            } else {
                b_place[j] = A_OFFSET + lane * B_ROW + swizzle<B_CHUNKS>(lane, warp_n / VEC) * 16;
            }
        }
#pragma unroll
        for (int i = 0; i < A_PLACES; ++i) keep(a_place[i]);
#pragma unroll
        for (int j = 0; j < B_PLACES; ++j) keep(b_place[j]);
    }
    static constexpr int A_OFFSET = Tile::A_BYTES;

    template <int STEP> __device__ __forceinline__ void load_a(unsigned stage, unsigned (&a)[MI][4]) const {
        unroll<MI>([&](auto at) {
            constexpr int I = decltype(at)::value;
            if constexpr (A_K_MAJOR) {
                ldmatrix_x4<I * 16 * A_ROW>(a[I], stage + a_place[STEP]);
            } else if constexpr (WORDS) {
                constexpr int K = STEP * K_STEP * A_ROW;
                a[I][0] = load_shared_b32<K>(stage + a_place[2 * I]);
                a[I][1] = load_shared_b32<K>(stage + a_place[2 * I + 1]);
                a[I][2] = load_shared_b32<K + 4 * A_ROW>(stage + a_place[2 * I]);
                a[I][3] = load_shared_b32<K + 4 * A_ROW>(stage + a_place[2 * I + 1]);
            } else {
                ldmatrix_x4_trans<STEP * K_STEP * A_ROW>(a[I], stage + a_place[I]);
            }
            if constexpr (WORDS)
                for (int e = 0; e < 4; ++e) a[I][e] = to_tf32(a[I][e]);
        });
    }

    // b[2j], b[2j+1]: the fragment of columns 8j..8j+7.
    template <int STEP> __device__ __forceinline__ void load_b(unsigned stage, unsigned (&b)[2 * NI]) const {
        unroll<NJ>([&](auto at) {
            [[maybe_unused]] constexpr int J = decltype(at)::value;
            if constexpr (B_K_MAJOR && NI > 1) {
                ldmatrix_x4<J * 16 * B_ROW>(b + 4 * J, stage + b_place[STEP]);
            } else if constexpr (!B_K_MAJOR && WORDS) {
                constexpr int K = STEP * K_STEP * B_ROW;
                constexpr int COUNT = NI > 1 ? 2 : 1;
#pragma unroll
                for (int e = 0; e < COUNT; ++e) {
                    b[4 * J + 2 * e] = load_shared_b32<K>(stage + b_place[2 * J + e]);
                    b[4 * J + 2 * e + 1] = load_shared_b32<K + 4 * B_ROW>(stage + b_place[2 * J + e]);
                }
            } else if constexpr (NI > 1) {
                ldmatrix_x4_trans<STEP * K_STEP * B_ROW>(b + 4 * J, stage + b_place[J]);
            } else {
                unsigned both[4];
                if constexpr (B_K_MAJOR) ldmatrix_x4<0>(both, stage + b_place[0]);
                else ldmatrix_x4_trans<0>(both, stage + b_place[0]);
                b[0] = both[2 * STEP], b[1] = both[2 * STEP + 1];
            }
            if constexpr (WORDS)
                for (int e = 0; e < (NI > 1 ? 4 : 2); ++e) b[4 * J + e] = to_tf32(b[4 * J + e]);
        });
    }

    __device__ __forceinline__ void multiply(unsigned stage, float (&acc)[MI][NI][4]) const {
        unroll<STEPS>([&](auto at) {
            constexpr int STEP = decltype(at)::value;
            unsigned a[MI][4], b[2 * NI];
            load_a<STEP>(stage, a);
            load_b<STEP>(stage, b);
#pragma unroll
            for (int i = 0; i < MI; ++i)
#pragma unroll
                for (int j = 0; j < NI; ++j) {
                    if constexpr (WORDS) mma_tf32(acc[i][j], a[i], b[2 * j], b[2 * j + 1]);
                    else mma_bf16(acc[i][j], a[i], b[2 * j], b[2 * j + 1]);
                }
        });
    }
};

// Brings the source's current k-tile into shared memory at `to` and moves the source on.
template <class Source> __device__ __forceinline__ void load_tile(Source& source, unsigned to) {
    using T = typename Source::T;
    if (source.vector) {
        source.prepare();
        unroll<Source::CHUNKS>([&](auto at) {
            constexpr int I = decltype(at)::value;
            if (source.present(I))
                copy_async_16<Source::offset(I)>(to + source.base(I), source.address(I), source.bytes(I));
        });
    } else {
#pragma unroll 1
        for (int e = 0; e < Source::VEC; ++e) {
            auto element = source.element(e);
#pragma unroll
            for (int i = 0; i < Source::CHUNKS; ++i) {
                if (!source.present(i)) continue;
                T v = T(0.0f);
                if (source.has(i, element)) v = source.get(i, element);
                store_shared(to + source.base(i) + Source::offset(i) + e * int(sizeof(T)), v);
            }
        }
    }
    source.advance();
}

// acc += A B over `tiles` k-tiles. `live`: this warp has outputs at all (the others load and wait, but do not
// multiply).
template <class Tile, class SourceA, class SourceB>
__device__ __forceinline__ void sm80_product(SourceA& a, SourceB& b, int tiles, bool live, int warp_m, int warp_n,
                                               unsigned shared, float (&acc)[Tile::MI][Tile::NI][4]) {
    Fragments<Tile, SourceA::K_MAJOR, SourceB::K_MAJOR> fragments;
    fragments.init(threadIdx.x & 31, warp_m, warp_n);
#pragma unroll
    for (int i = 0; i < Tile::MI; ++i)
#pragma unroll
        for (int j = 0; j < Tile::NI; ++j)
#pragma unroll
            for (int e = 0; e < 4; ++e) acc[i][j][e] = 0;

    unsigned write = shared;
#pragma unroll 1
    for (int s = 0; s < Tile::STAGES - 1; ++s) {
        if (s < tiles) {
            load_tile(a, write);
            load_tile(b, write + Tile::A_BYTES);
        }
        copy_async_commit();
        write += Tile::STAGE_BYTES;
    }
    unsigned read = shared;
    const unsigned end = shared + Tile::SHARED_BYTES;
#pragma unroll 1
    for (int kt = 0; kt < tiles; ++kt) {
        copy_async_wait<Tile::STAGES - 2>();
        __syncthreads();
        if (kt + Tile::STAGES - 1 < tiles) {
            load_tile(a, write);
            load_tile(b, write + Tile::A_BYTES);
            write = write + Tile::STAGE_BYTES == end ? shared : write + Tile::STAGE_BYTES;
        }
        copy_async_commit();
        if (live) fragments.multiply(read, acc);
        read = read + Tile::STAGE_BYTES == end ? shared : read + Tile::STAGE_BYTES;
    }
}

// The outputs of a warp, as the epilogue passes (epilogue/passes.cuh) visit them. Rows and columns count from the block's
// tile; pairs are (column, column + 1) with column even.
template <class Tile> struct Sm80Outputs {
    using Acc = float[Tile::MI][Tile::NI][4];
    int m, n;               // of this thread's first output

    __device__ __forceinline__ Sm80Outputs(int warp_m, int warp_n)
        : m(warp_m + ((threadIdx.x & 31) >> 2)), n(warp_n + (threadIdx.x & 3) * 2) {}

    template <class F> __device__ __forceinline__ void each_value(Acc& acc, F f) const {
#pragma unroll
        for (int i = 0; i < Tile::MI; ++i)
#pragma unroll
            for (int j = 0; j < Tile::NI; ++j)
#pragma unroll
                for (int e = 0; e < 4; ++e) acc[i][j][e] = f(acc[i][j][e]);
    }
    // f(value, of(column)) for every value of a column: `of` is asked once a column.
    template <class Of, class F> __device__ __forceinline__ void each_column(Acc& acc, int columns, Of of, F f) const {
#pragma unroll
        for (int j = 0; j < Tile::NI; ++j)
#pragma unroll
            for (int e = 0; e < 2; ++e) {
                if (n + j * 8 + e >= columns) continue;
                float v = of(n + j * 8 + e);
#pragma unroll
                for (int i = 0; i < Tile::MI; ++i) {
                    acc[i][j][e] = f(acc[i][j][e], v);
                    acc[i][j][e + 2] = f(acc[i][j][e + 2], v);
                }
            }
    }
    // f(line(row), column, whether column + 1 is inside, value, next value). WHOLE: all columns are inside.
    template <bool WHOLE, class Line, class F>
    __device__ __forceinline__ void each_pair(Acc& acc, int rows, int columns, Line line, F f) const {
#pragma unroll
        for (int i = 0; i < Tile::MI; ++i)
#pragma unroll
            for (int h = 0; h < 2; ++h) {
                int row = m + i * 16 + h * 8;
                if (row >= rows) continue;
                auto at = line(row);
#pragma unroll
                for (int j = 0; j < Tile::NI; ++j) {
                    int column = n + j * 8;
                    if (WHOLE || column < columns)
                        f(at, column, WHOLE || column + 1 < columns, acc[i][j][2 * h], acc[i][j][2 * h + 1]);
                }
            }
    }
};

}  // namespace zoe
