// One block's share of a tiled product in either tier: the main loop, then finish(outputs, accumulators).
#pragma once
#include "zoetrope/epilogue/passes.cuh"
#include "arch/simt/product.cuh"
#include "arch/sm80/product.cuh"

namespace zoe {

// `tiles`: k-tiles to run over; rows, columns: outputs from the block's first to the end of the matrix.
template <class Tile, class SourceA, class SourceB, class Finish>
__device__ __forceinline__ void block_product(SourceA& a, SourceB& b, int tiles, int rows, int columns, Finish finish) {
    __shared__ __align__(128) unsigned char shared[Tile::SHARED_BYTES];
    if constexpr (Tile::TENSOR) {
        const int warp = threadIdx.x / 32;
        const int warp_m = warp % Tile::WARPS_M * Tile::WM, warp_n = warp / Tile::WARPS_M * Tile::WN;
        const bool live = warp_m < rows && warp_n < columns;
        float acc[Tile::MI][Tile::NI][4];
        sm80_product<Tile>(a, b, tiles, live, warp_m, warp_n, shared_address(shared), acc);
        if (live) finish(Sm80Outputs<Tile>(warp_m, warp_n), acc);
    } else {
        float acc[Tile::RM][Tile::RN];
        simt_product<Tile>(a, b, tiles, reinterpret_cast<float*>(shared), acc);
        finish(SimtOutputs<Tile>(), acc);
    }
}

}  // namespace zoe
