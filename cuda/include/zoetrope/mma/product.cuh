// One block's share of a tiled product in either tier: the main loop, then the epilogue.
#pragma once
#include "arch/simt/outputs.cuh"
#include "arch/simt/product.cuh"
#include "arch/sm80/outputs.cuh"
#include "arch/sm80/product.cuh"
#include "zoetrope/epilogue/compose.cuh"

namespace zoe {

// `tiles`: k-tiles to run over; rows, columns: outputs from the block's first to the end of the matrix. make() gives the
// epilogue, and is asked after the main loop, so that nothing of it takes registers before.
template <class Tile, class SourceA, class SourceB, class Make>
__device__ __forceinline__ void block_product(SourceA& a, SourceB& b, int tiles, int rows, int columns, Make make) {
    __shared__ __align__(128) unsigned char shared[Tile::SHARED_BYTES];
    const Bounds bounds{rows, columns, Tile::TN};
    if constexpr (Tile::MMA_SYNC) {
        const int warp = threadIdx.x / 32;
        const int warp_m = warp % Tile::WARPS_M * Tile::WM, warp_n = warp / Tile::WARPS_M * Tile::WN;
        const bool live = warp_m < rows && warp_n < columns;
        float acc[Tile::MI][Tile::NI][4];
        sm80_product<Tile>(a, b, tiles, live, warp_m, warp_n, shared_address(shared), acc);
        if (live) make().visit(Sm80Outputs<Tile>(warp_m, warp_n), acc, bounds);
    } else {
        float acc[Tile::RM][Tile::RN];
        simt_product<Tile>(a, b, tiles, reinterpret_cast<float*>(shared), acc);
        make().visit(SimtOutputs<Tile>(), acc, bounds);
    }
}

}  // namespace zoe
