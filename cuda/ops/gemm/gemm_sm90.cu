// Matrix product on Hopper's tensor cores; see gemm_sm80.cu for the definition, of which this takes what is bf16 and
// can be copied by TMA: a and b begin at a multiple of 16 bytes and so does each of their rows. C may lie anywhere.
//
// Persistent and warp-specialised: as many blocks as multiprocessors each make tile after tile
// (pipeline/persistent.cuh). Warpgroup 0 has 64 x 64 boxes of the operands copied into a ring of stages, the others
// multiply 64 rows each by wgmma m64nNk16 and store while the next tile's operands come (arch/sm90/product.cuh). In
// clusters, two blocks, one below the other, fetch half of their common columns' operand each, for both.
//
//   tile      consumers  cluster  stages  shared memory  sums a thread  registers by ptxas -> setmaxnreg
//   128 x 256     2         2        4      192 KiB           128         168 -> 40, 232 of a consumer
//   128 x 128     2         1        6      192 KiB            64         168 -> 40, 232
//   128 x 64      2         1        8      192 KiB            32         168 -> 40, 232
//    64 x 64      1         1        8      128 KiB            32         114
// and 16 bytes a stage for its two barriers. One block fits a multiprocessor; no spills, no local memory.
//
// FLOPs 2 m n k. A k-tile of 128 x 256 takes at least 1024 clocks of the tensor cores (2048 multiplications a clock),
// and brings 48 KiB into shared memory, 32 of them from the second-level cache, whose 64 bytes a clock take 512: bound
// by the tensor cores. So are 128 x 128, just, and none of the narrower ones, which give small products more blocks:
// the host's estimate is in io.zoetrope.ops.gemm.HopperTiles. Outputs leave in pairs, as fragments lie: 16 bytes of a
// row at a time, which the second-level cache puts together.
//
// The order of a sum is that of the sm80 tier's tiles: k by 16, one accumulator an output. Given equal rounding inside
// an instruction the bits are the same.
//
// Source: PTX ISA (wgmma, tensor copies, mbarrier); the division of labour is that of CUTLASS's warp-specialised
// persistent kernels.
// Measured: not on a GPU. Predicted from the above: bound by the tensor cores from k = 1024 and whole waves on.
#include "arch/sm80/outputs.cuh"
#include "arch/sm90/product.cuh"
#include "epilogue.cuh"
#include "zoetrope/entry.cuh"
#include "zoetrope/pipeline/persistent.cuh"

namespace zoe {

using sm90_bf16_128x256 = Sm90Tile<128, 256, 4, 2>;
using sm90_bf16_128x128 = Sm90Tile<128, 128, 6, 1>;
using sm90_bf16_128x64 = Sm90Tile<128, 64, 8, 1>;
using sm90_bf16_64x64 = Sm90Tile<64, 64, 8, 1>;

// The fragments of a warp, as the epilogue visits them: wgmma's accumulators lie as those of mma.sync.
template <class Tile> struct WarpRows { static constexpr int MI = 1, NI = Tile::FRAGMENTS; };

template <class Tile, bool TRANS_A, bool TRANS_B>
__device__ __forceinline__ void gemm_sm90(const CUtensorMap& a, const CUtensorMap& b, const float* bias, void* c,
                                          const GemmShape& g, int batch) {
    using Product = Sm90Product<Tile, TRANS_A, TRANS_B>;
    extern __shared__ __align__(1024) unsigned char shared[];
    StagePlace<Tile> at{shared_address(shared)};
    const int warpgroup = warpgroup_index(), warp = threadIdx.x / 32, rank = Tile::CLUSTER > 1 ? cluster_rank() : 0;
    if (threadIdx.x == 0) {
        prefetch_map(a);
        prefetch_map(b);
        init_ring<Tile>(at.shared);
    }
    cluster_barrier<Tile::CLUSTER>();

    const PersistentTiles<> tiles(g.m, g.n, Tile::TM * Tile::CLUSTER, Tile::TN, batch);
    const int first = blockIdx.x / Tile::CLUSTER, step = gridDim.x / Tile::CLUSTER;
    const int k_tiles = (g.k + Tile::TK - 1) / Tile::TK;
    if (warpgroup == 0) {
        if constexpr (Tile::MOVES_REGISTERS) keep_registers<Tile::PRODUCER_REGISTERS>();
        if (warp == 0 && elected()) {
#pragma unroll 1
            for (int t = first; t < tiles.total; t += step) {
                const TilePlace p = tiles.place(t);
                const OperandTile tile{(p.row * Tile::CLUSTER + rank) * Tile::TM, p.column * Tile::TN,
                                       g.batch_a != 0 ? p.matrix : 0, g.batch_b != 0 ? p.matrix : 0};
                Product::produce(at, a, b, tile, k_tiles, rank);
            }
        }
    } else {
        if constexpr (Tile::MOVES_REGISTERS) take_registers<Tile::CONSUMER_REGISTERS>();
        float acc[1][Tile::FRAGMENTS][4];
#pragma unroll 1
        for (int t = first; t < tiles.total; t += step) {
            Product::consume(at, warpgroup - 1, k_tiles, acc[0]);
            const TilePlace p = tiles.place(t);
            const int m0 = (p.row * Tile::CLUSTER + rank) * Tile::TM, n0 = p.column * Tile::TN;
            visit(Sm80Outputs<WarpRows<Tile>>((warp - 4) * 16, 0), acc, Bounds{g.m - m0, g.n - n0, Tile::TN},
                  gemm_epilogue<bf16>(bias, c, g, m0, n0, p.matrix));
        }
    }
    // A block that ended would take with it the barriers at which its neighbour's consumers still arrive.
    if constexpr (Tile::CLUSTER > 1) {
        __syncwarp();
        cluster_barrier<Tile::CLUSTER>();
    }
}

}  // namespace zoe

#define ZOE_GEMM_SM90_ENTRY(SHAPE, LAYOUT, TRANS_A, TRANS_B)                                                           \
    ZOE_GEOMETRY(gemm_sm90_bf16_##SHAPE##_##LAYOUT, gemm, sm90,                                                        \
                 "algorithm=tiled type=bf16 tile=" #SHAPE " layout=" #LAYOUT, zoe::sm90_bf16_##SHAPE::THREADS,         \
                 zoe::sm90_bf16_##SHAPE::TM, zoe::sm90_bf16_##SHAPE::TN, zoe::sm90_bf16_##SHAPE::TK,                   \
                 zoe::sm90_bf16_##SHAPE::SHARED_BYTES)                                                                 \
    ZOE_PIPELINE(gemm_sm90_bf16_##SHAPE##_##LAYOUT, zoe::sm90_bf16_##SHAPE::STAGES, zoe::sm90_bf16_##SHAPE::CLUSTER)   \
    extern "C" __global__ void __cluster_dims__(zoe::sm90_bf16_##SHAPE::CLUSTER, 1, 1)                                 \
        __launch_bounds__(zoe::sm90_bf16_##SHAPE::THREADS, 1) gemm_sm90_bf16_##SHAPE##_##LAYOUT(                       \
            const __grid_constant__ CUtensorMap a, const __grid_constant__ CUtensorMap b, const float* bias, void* c,  \
            zoe::GemmShape shape, int batch) {                                                                         \
        zoe::gemm_sm90<zoe::sm90_bf16_##SHAPE, TRANS_A, TRANS_B>(a, b, bias, c, shape, batch);                         \
    }

#define ZOE_GEMM_SM90(SHAPE)                                                                                           \
    ZOE_GEMM_SM90_ENTRY(SHAPE, nn, false, false)                                                                       \
    ZOE_GEMM_SM90_ENTRY(SHAPE, nt, false, true)                                                                        \
    ZOE_GEMM_SM90_ENTRY(SHAPE, tn, true, false)                                                                        \
    ZOE_GEMM_SM90_ENTRY(SHAPE, tt, true, true)

ZOE_GEMM_SM90(128x256)
ZOE_GEMM_SM90(128x128)
ZOE_GEMM_SM90(128x64)
ZOE_GEMM_SM90(64x64)
