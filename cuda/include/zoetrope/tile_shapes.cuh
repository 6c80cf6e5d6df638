// The tile shapes that are compiled, by tier and type: <tier>_<type>_<TM>x<TN>, the suffix of the entries' names. The
// host picks one by the shape of the product (io.zoetrope.kernel.Tiles): wide tiles reuse operands more, narrow ones
// waste less on few columns, 64x64 fills more multiprocessors.
//
// ZOE_CONV_TILES(ENTRY) and ZOE_WGRAD_TILES(ENTRY) expand ENTRY(tier, type, shape) for the shapes of those kernels,
// ZOE_GENERAL_CONV_TILES and ZOE_GENERAL_WGRAD_TILES for those of grouped and dilated ones, whose groups are narrow.
#pragma once
#include "zoetrope/geometry.cuh"
#include "zoetrope/tile_product.cuh"

namespace zoe {

// 128 threads each. Warp tiles are as large as registers allow: 64 x 64 needs 128 accumulators a thread.
using tensor_bf16_128x128 = TensorTile<bf16, 128, 128, 64, 64, 3>;
using tensor_bf16_128x64 = TensorTile<bf16, 128, 64, 64, 32, 3>;
using tensor_bf16_64x64 = TensorTile<bf16, 64, 64, 32, 32, 3>;
using tensor_bf16_256x32 = TensorTile<bf16, 256, 32, 64, 32, 2>;   // two stages: three are over 48 KB
using tensor_bf16_128x32 = TensorTile<bf16, 128, 32, 32, 32, 3>;
using tensor_bf16_128x8 = TensorTile<bf16, 128, 8, 32, 8, 3>;
using tensor_bf16_128x16 = TensorTile<bf16, 128, 16, 32, 16, 3>;
using tensor_bf16_16x128 = TensorTile<bf16, 16, 128, 16, 32, 3>;
using tensor_bf16_64x128 = TensorTile<bf16, 64, 128, 64, 32, 3>;
using tensor_bf16_32x128 = TensorTile<bf16, 32, 128, 32, 32, 3>;
using tensor_f32_128x64 = TensorTile<float, 128, 64, 64, 32, 3>;
using tensor_f32_64x64 = TensorTile<float, 64, 64, 32, 32, 3>;
using tensor_f32_128x32 = TensorTile<float, 128, 32, 32, 32, 3>;
using tensor_f32_128x8 = TensorTile<float, 128, 8, 32, 8, 3>;
using tensor_f32_64x128 = TensorTile<float, 64, 128, 32, 64, 3>;
using tensor_f32_32x128 = TensorTile<float, 32, 128, 32, 32, 3>;
using portable_f32_128x64 = PortableTile<float, 128, 64, 8, 8>;
using portable_f32_64x64 = PortableTile<float, 64, 64, 8, 4>;
using portable_f32_128x32 = PortableTile<float, 128, 32, 8, 4>;
using portable_f32_128x8 = PortableTile<float, 128, 8, 8, 1>;
using portable_f32_32x64 = PortableTile<float, 32, 64, 4, 4>;
using portable_bf16_32x64 = PortableTile<bf16, 32, 64, 4, 4>;
using portable_bf16_128x64 = PortableTile<bf16, 128, 64, 8, 8>;
using portable_bf16_64x64 = PortableTile<bf16, 64, 64, 8, 4>;
using portable_bf16_128x32 = PortableTile<bf16, 128, 32, 8, 4>;
using portable_bf16_128x8 = PortableTile<bf16, 128, 8, 8, 1>;

}  // namespace zoe

#define ZOE_CONV_TILES(ENTRY)                                                                                          \
    ENTRY(tensor, bf16, 128x128) ENTRY(tensor, bf16, 128x64) ENTRY(tensor, bf16, 64x64) ENTRY(tensor, bf16, 256x32)    \
    ENTRY(tensor, bf16, 128x32) ENTRY(tensor, bf16, 128x8)                                                             \
    ENTRY(tensor, f32, 128x64) ENTRY(tensor, f32, 128x32) ENTRY(tensor, f32, 128x8)                                    \
    ENTRY(portable, f32, 128x64) ENTRY(portable, f32, 128x32) ENTRY(portable, f32, 128x8)                              \
    ENTRY(portable, bf16, 128x64) ENTRY(portable, bf16, 128x32) ENTRY(portable, bf16, 128x8)

#define ZOE_WGRAD_TILES(ENTRY)                                                                                         \
    ENTRY(tensor, bf16, 128x128) ENTRY(tensor, bf16, 64x128) ENTRY(tensor, bf16, 32x128)                               \
    ENTRY(tensor, f32, 64x128) ENTRY(tensor, f32, 32x128)                                                              \
    ENTRY(portable, f32, 64x64) ENTRY(portable, bf16, 64x64)

#define ZOE_GENERAL_CONV_TILES(ENTRY)                                                                                  \
    ENTRY(tensor, bf16, 128x64) ENTRY(tensor, bf16, 128x32) ENTRY(tensor, bf16, 128x16) ENTRY(tensor, bf16, 128x8)     \
    ENTRY(tensor, f32, 128x32) ENTRY(tensor, f32, 128x8)                                                               \
    ENTRY(portable, f32, 128x32) ENTRY(portable, f32, 128x8)                                                           \
    ENTRY(portable, bf16, 128x32) ENTRY(portable, bf16, 128x8)

#define ZOE_GENERAL_WGRAD_TILES(ENTRY)                                                                                 \
    ENTRY(tensor, bf16, 64x128) ENTRY(tensor, bf16, 16x128) ENTRY(tensor, f32, 32x128)                                 \
    ENTRY(portable, f32, 32x64) ENTRY(portable, bf16, 32x64)

#define ZOE_TILE_GEOMETRY(entry, Tile) ZOE_GEOMETRY(entry, Tile::THREADS, Tile::TM, Tile::TN, Tile::TK, 0)
