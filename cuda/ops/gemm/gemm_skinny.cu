// Skinny matrix product, of few rows: the weights are read once and time is the memory's, as when tokens are decoded.
//
//   C = gate act(alpha A B^T + bias) + beta D        as gemm_sm80.cu has it: bf16 by mma.m16n8k16, summed in fp32
//
// Layouts: A [m, k] and B [n, k] row-major with leading dimensions, in bf16; bias [n] in f32; C [m, n] in bf16 or f32.
// A and B are 16-byte aligned, k and their leading dimensions multiples of 8. Any m, n >= 1; one matrix, no batch.
//
// A block makes 16 to 64 rows by 8 or 16 columns, so that even narrow weights occupy many multiprocessors. Its 8 warps
// share k: of every 512, each takes 64 neighbouring ones, a 128-byte line of a row. No operand passes through shared
// memory: the order of k within a product is free as long as A and B agree, so lane (g, t) = (lane / 4, lane % 4) reads
// the 16 bytes at k = 8 t of rows g (and g + 8), which are the fragments of two mma steps: words 0 and 1 of the first,
// 2 and 3 of the second. A lane keeps SLOTS such chunks of 32 k in flight and asks for another as soon as one is used.
//
// The 8 partial tiles are added in the order of the warps. Which chunks a warp takes, and in which order, depends on k
// alone: every shape of tile gives the same bits.
//
// FLOPs 2 m n k; bytes: B once from memory, A once a block from the second-level cache, and C.
// Source: PTX ISA (fragments).
// Measured: on an H200 a transformer of width 2048 and 16 layers decodes 16 rows at 33 % of the bound that its weights set.
// Changed since: its epilogue is composed of visitors. Not run on a GPU again yet.
#include "gemm.cuh"

namespace zoe {

template <int TM_, int TN_, int SLOTS_> struct SkinnyTile {
    using T = bf16;
    static constexpr int TM = TM_, TN = TN_, MI = TM / 16, NI = TN / 8, WARPS = 8, THREADS = WARPS * 32;
    static constexpr int STAGES = 1;  // of shared memory: what is in flight is in registers
    static constexpr int SLOTS = SLOTS_, CHUNK = 32, TK = SLOTS * CHUNK * WARPS;  // TK: k that a block has in flight
    static_assert(SLOTS % 2 == 0 && MI * NI <= WARPS, "whole lines a warp; a warp a fragment of the result");

    // k of a slot's chunk, from the warp's first: pairs of neighbouring chunks, the other warps' pairs between them.
    static constexpr __host__ __device__ int offset(int slot) { return (slot / 2 * WARPS * 2 + slot % 2) * CHUNK; }
};

// One 16 x 8 fragment of the result, as the epilogue visits it.
struct OneFragment {
    static constexpr int MI = 1, NI = 1;
};

// A row of an operand from this lane's first k on. Rows past the matrix have no k.
struct StreamedRow {
    const bf16* at;
    int k;  // how many there are, at most 0: none

    __device__ __forceinline__ void init(const bf16* matrix, long long stride, int row, int rows, int first,
                                         int depth) {
        at = matrix + row * stride + first;
        k = row < rows ? depth - first : 0;
    }
};

__device__ __forceinline__ uint4 load_once(const bf16* p) {
    uint4 v;
    asm volatile("ld.global.nc.L1::no_allocate.v4.u32 {%0,%1,%2,%3}, [%4];"
                 : "=r"(v.x), "=r"(v.y), "=r"(v.z), "=r"(v.w)
                 : "l"(p));
    return v;
}

template <class Tile> struct SkinnySlot {
    uint4 a[Tile::MI][2], b[Tile::NI];

    __device__ __forceinline__ void load(const StreamedRow (&left)[Tile::MI][2], const StreamedRow (&right)[Tile::NI],
                                         int k) {
#pragma unroll
        for (int j = 0; j < Tile::NI; ++j) {
            b[j] = make_uint4(0, 0, 0, 0);
            if (k < right[j].k) b[j] = load_once(right[j].at + k);
        }
#pragma unroll
        for (int i = 0; i < Tile::MI; ++i)
#pragma unroll
            for (int h = 0; h < 2; ++h) {
                a[i][h] = make_uint4(0, 0, 0, 0);
                if (k < left[i][h].k) a[i][h] = __ldg(reinterpret_cast<const uint4*>(left[i][h].at + k));
            }
    }

    __device__ __forceinline__ void multiply(float (&acc)[Tile::MI][Tile::NI][4]) const {
#pragma unroll
        for (int i = 0; i < Tile::MI; ++i) {
            const uint4 &upper = a[i][0], &lower = a[i][1];
            const unsigned first[4] = {upper.x, lower.x, upper.y, lower.y};
            const unsigned second[4] = {upper.z, lower.z, upper.w, lower.w};
#pragma unroll
            for (int j = 0; j < Tile::NI; ++j) {
                mma_bf16(acc[i][j], first, b[j].x, b[j].y);
                mma_bf16(acc[i][j], second, b[j].z, b[j].w);
            }
        }
    }
};

// This warp's share of the sums of its block's tile.
template <class Tile>
__device__ __forceinline__ void skinny_product(const bf16* a, const bf16* b, const GemmShape& g, int m0, int n0,
                                               float (&acc)[Tile::MI][Tile::NI][4]) {
    const int lane = threadIdx.x & 31, from = int(threadIdx.x) / 32 * 2 * Tile::CHUNK;
    const int row = lane >> 2, first = from + (lane & 3) * 8;
    StreamedRow left[Tile::MI][2], right[Tile::NI];
#pragma unroll
    for (int i = 0; i < Tile::MI; ++i)
#pragma unroll
        for (int h = 0; h < 2; ++h) left[i][h].init(a, g.lda, m0 + i * 16 + h * 8 + row, g.m, first, g.k);
#pragma unroll
    for (int j = 0; j < Tile::NI; ++j) right[j].init(b, g.ldb, n0 + j * 8 + row, g.n, first, g.k);
#pragma unroll
    for (int i = 0; i < Tile::MI; ++i)
#pragma unroll
        for (int j = 0; j < Tile::NI; ++j)
#pragma unroll
            for (int e = 0; e < 4; ++e) acc[i][j][e] = 0;

    SkinnySlot<Tile> slots[Tile::SLOTS];
    int k = 0;
    unroll<Tile::SLOTS>([&](auto at) {
        constexpr int S = decltype(at)::value;
        slots[S].load(left, right, Tile::offset(S));
    });
#pragma unroll 1
    for (; k + Tile::TK < g.k; k += Tile::TK)
        unroll<Tile::SLOTS>([&](auto at) {
            constexpr int S = decltype(at)::value;
            slots[S].multiply(acc);
            slots[S].load(left, right, k + Tile::TK + Tile::offset(S));
        });
    unroll<Tile::SLOTS>([&](auto at) {
        constexpr int S = decltype(at)::value;
        if (k + from + Tile::offset(S) < g.k) slots[S].multiply(acc);  // the same for the whole warp
    });
}

template <class Tile>
__device__ __forceinline__ void gemm_skinny(const bf16* a, const bf16* b, const float* bias, void* c,
                                            const GemmShape& g) {
    const int across = (g.n + Tile::TN - 1) / Tile::TN;
    const int m0 = int(blockIdx.x / across) * Tile::TM, n0 = int(blockIdx.x % across) * Tile::TN;
    const int warp = threadIdx.x / 32, lane = threadIdx.x & 31;
    constexpr int FRAGMENTS = Tile::MI * Tile::NI;
    __shared__ float4 partial[Tile::WARPS][FRAGMENTS][32];
    {
        float acc[Tile::MI][Tile::NI][4];
        skinny_product<Tile>(a, b, g, m0, n0, acc);
#pragma unroll
        for (int i = 0; i < Tile::MI; ++i)
#pragma unroll
            for (int j = 0; j < Tile::NI; ++j) {
                const float(&v)[4] = acc[i][j];
                partial[warp][i * Tile::NI + j][lane] = make_float4(v[0], v[1], v[2], v[3]);
            }
    }
    __syncthreads();
    if (warp >= FRAGMENTS) return;
    float acc[1][1][4] = {};
#pragma unroll
    for (int w = 0; w < Tile::WARPS; ++w) {
        const float4 v = partial[w][warp][lane];
        acc[0][0][0] += v.x, acc[0][0][1] += v.y, acc[0][0][2] += v.z, acc[0][0][3] += v.w;
    }
    visit(Sm80Outputs<OneFragment>(warp / Tile::NI * 16, warp % Tile::NI * 8), acc,
          Bounds{g.m - m0, g.n - n0, Tile::TN}, gemm_epilogue<bf16>(bias, c, g, m0, n0, 0));
}

// As many slots as registers allow for two blocks a multiprocessor, for one from 32 x 16 on.
using skinny_16x8 = SkinnyTile<16, 8, 8>;
using skinny_16x16 = SkinnyTile<16, 16, 6>;
using skinny_32x8 = SkinnyTile<32, 8, 4>;
using skinny_32x16 = SkinnyTile<32, 16, 4>;
using skinny_64x8 = SkinnyTile<64, 8, 4>;
using skinny_64x16 = SkinnyTile<64, 16, 4>;

}  // namespace zoe

#define ZOE_GEMM_SKINNY(SHAPE, BLOCKS)                                                                                 \
    ZOE_TILE_GEOMETRY(gemm_sm80_bf16_##SHAPE##_nt, gemm, sm80, "algorithm=skinny type=bf16 tile=" #SHAPE " layout=nt", \
                      zoe::skinny_##SHAPE)                                                                             \
    extern "C" __global__ void __launch_bounds__(zoe::skinny_##SHAPE::THREADS, BLOCKS) gemm_sm80_bf16_##SHAPE##_nt(    \
        const zoe::bf16* a, const zoe::bf16* b, const float* bias, void* c, zoe::GemmShape shape) {                    \
        zoe::gemm_skinny<zoe::skinny_##SHAPE>(a, b, bias, c, shape);                                                   \
    }

ZOE_GEMM_SKINNY(16x8, 2)
ZOE_GEMM_SKINNY(16x16, 2)
ZOE_GEMM_SKINNY(32x8, 2)
ZOE_GEMM_SKINNY(32x16, 1)
ZOE_GEMM_SKINNY(64x8, 1)
ZOE_GEMM_SKINNY(64x16, 1)
