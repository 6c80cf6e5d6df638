// From a stage of operand tiles in shared memory to the accumulators of a warp.
#pragma once
#include "arch/sm80/ldmatrix.cuh"
#include "arch/sm80/mma_sync.cuh"
#include "zoetrope/copy/global.cuh"
#include "zoetrope/copy/shared.cuh"
#include "zoetrope/layout/operand.cuh"
#include "zoetrope/unroll.cuh"

namespace zoe {

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
            } else if constexpr (B_K_MAJOR) {  // one fragment wide: both steps in one ldmatrix
                int row = warp_n + (lane & 7);
                b_place[j] = A_OFFSET + row * B_ROW + swizzle<B_CHUNKS>(row, lane >> 3) * 16;
            } else if constexpr (WORDS) {
                int n = warp_n + j * 8 + g;
                b_place[j] = A_OFFSET + t * B_ROW + swizzle_words<B_CHUNKS>(t, n / VEC) * 16 + n % VEC * 4;
            } else if constexpr (NI > 1) {
                int row = lane & 15;
                b_place[j] =
                    A_OFFSET + row * B_ROW + swizzle<B_CHUNKS>(row, (warp_n + j * 16) / VEC + (lane >> 4)) * 16;
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

}  // namespace zoe
