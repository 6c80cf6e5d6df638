// The tile shapes that are compiled, by tier and type: <tier>_<type>_<TM>x<TN>, the suffix of the entries' names. The
// host picks one by the shape of the product (io.zoetrope.ops.Candidates): wide tiles reuse operands more, narrow ones
// waste less on few columns, 64x64 fills more multiprocessors. 256x4 makes and differentiates pictures of up to four
// channels; f32 alone has it, as dgrad fetches filters 16 bytes at a time, which are eight columns of bf16.
//
// ZOE_CONV_TILES(ENTRY) and ZOE_WGRAD_TILES(ENTRY) expand ENTRY(tier, type, shape) for the shapes of those kernels,
// ZOE_GROUPED_CONV_TILES and ZOE_GROUPED_WGRAD_TILES for those of grouped and dilated ones, whose groups are narrow.
#pragma once
#include "arch/simt/tile.cuh"
#include "arch/sm80/tile.cuh"
#include "zoetrope/entry.cuh"

namespace zoe {

// 128 threads each. Warp tiles are as large as registers allow: 64 x 64 needs 128 accumulators a thread.
using sm80_bf16_128x128 = Sm80Tile<bf16, 128, 128, 64, 64, 3>;
using sm80_bf16_128x64 = Sm80Tile<bf16, 128, 64, 64, 32, 3>;
using sm80_bf16_64x64 = Sm80Tile<bf16, 64, 64, 32, 32, 3>;
using sm80_bf16_256x32 = Sm80Tile<bf16, 256, 32, 64, 32, 2>;  // two stages: three are over 48 KB
using sm80_bf16_128x32 = Sm80Tile<bf16, 128, 32, 32, 32, 3>;
using sm80_bf16_128x8 = Sm80Tile<bf16, 128, 8, 32, 8, 3>;
using sm80_bf16_128x16 = Sm80Tile<bf16, 128, 16, 32, 16, 3>;
using sm80_bf16_16x128 = Sm80Tile<bf16, 16, 128, 16, 32, 3>;
using sm80_bf16_64x128 = Sm80Tile<bf16, 64, 128, 64, 32, 3>;
using sm80_bf16_32x128 = Sm80Tile<bf16, 32, 128, 32, 32, 3>;
using sm80_f32_128x64 = Sm80Tile<float, 128, 64, 64, 32, 3>;
using sm80_f32_64x64 = Sm80Tile<float, 64, 64, 32, 32, 3>;
using sm80_f32_128x32 = Sm80Tile<float, 128, 32, 32, 32, 3>;
using sm80_f32_128x16 = Sm80Tile<float, 128, 16, 32, 16, 3>;
using sm80_f32_128x8 = Sm80Tile<float, 128, 8, 32, 8, 3>;
using sm80_f32_64x128 = Sm80Tile<float, 64, 128, 32, 64, 3>;
using sm80_f32_32x128 = Sm80Tile<float, 32, 128, 32, 32, 3>;
using simt_f32_128x64 = SimtTile<float, 128, 64, 8, 8>;
using simt_f32_64x64 = SimtTile<float, 64, 64, 8, 4>;
using simt_f32_128x32 = SimtTile<float, 128, 32, 8, 4>;
using simt_f32_128x16 = SimtTile<float, 128, 16, 4, 4>;
using simt_f32_128x8 = SimtTile<float, 128, 8, 8, 1>;
using simt_f32_256x4 = SimtTile<float, 256, 4, 8, 1>;
using simt_f32_32x64 = SimtTile<float, 32, 64, 4, 4>;
using simt_bf16_32x64 = SimtTile<bf16, 32, 64, 4, 4>;
using simt_bf16_128x64 = SimtTile<bf16, 128, 64, 8, 8>;
using simt_bf16_64x64 = SimtTile<bf16, 64, 64, 8, 4>;
using simt_bf16_128x32 = SimtTile<bf16, 128, 32, 8, 4>;
using simt_bf16_128x8 = SimtTile<bf16, 128, 8, 8, 1>;

}  // namespace zoe

// clang-format off
#define ZOE_CONV_TILES(ENTRY)                                                                                          \
    ENTRY(sm80, bf16, 128x128) ENTRY(sm80, bf16, 128x64) ENTRY(sm80, bf16, 64x64) ENTRY(sm80, bf16, 256x32)            \
    ENTRY(sm80, bf16, 128x32) ENTRY(sm80, bf16, 128x16) ENTRY(sm80, bf16, 128x8)                                       \
    ENTRY(sm80, f32, 128x64) ENTRY(sm80, f32, 128x32) ENTRY(sm80, f32, 128x16) ENTRY(sm80, f32, 128x8)                 \
    ENTRY(simt, f32, 128x64) ENTRY(simt, f32, 128x32) ENTRY(simt, f32, 128x16) ENTRY(simt, f32, 128x8)                 \
    ENTRY(simt, f32, 256x4)                                                                                            \
    ENTRY(simt, bf16, 128x64) ENTRY(simt, bf16, 128x32) ENTRY(simt, bf16, 128x8)

#define ZOE_WGRAD_TILES(ENTRY)                                                                                         \
    ENTRY(sm80, bf16, 128x128) ENTRY(sm80, bf16, 64x128) ENTRY(sm80, bf16, 32x128)                                     \
    ENTRY(sm80, f32, 64x128) ENTRY(sm80, f32, 32x128)                                                                  \
    ENTRY(simt, f32, 64x64) ENTRY(simt, bf16, 64x64)

#define ZOE_GROUPED_CONV_TILES(ENTRY)                                                                                  \
    ENTRY(sm80, bf16, 128x64) ENTRY(sm80, bf16, 128x32) ENTRY(sm80, bf16, 128x16) ENTRY(sm80, bf16, 128x8)             \
    ENTRY(sm80, f32, 128x32) ENTRY(sm80, f32, 128x16) ENTRY(sm80, f32, 128x8)                                          \
    ENTRY(simt, f32, 128x32) ENTRY(simt, f32, 128x16) ENTRY(simt, f32, 128x8) ENTRY(simt, f32, 256x4)                  \
    ENTRY(simt, bf16, 128x32) ENTRY(simt, bf16, 128x8)

#define ZOE_GROUPED_WGRAD_TILES(ENTRY)                                                                                 \
    ENTRY(sm80, bf16, 64x128) ENTRY(sm80, bf16, 16x128) ENTRY(sm80, f32, 32x128)                                       \
    ENTRY(simt, f32, 32x64) ENTRY(simt, bf16, 32x64)
// clang-format on

#define ZOE_TILE_GEOMETRY(entry, operation, TIER, traits, Tile)                                                        \
    ZOE_GEOMETRY(entry, operation, TIER, traits, Tile::THREADS, Tile::TM, Tile::TN, Tile::TK, 0)                       \
    ZOE_PIPELINE(entry, Tile::STAGES, 1)
