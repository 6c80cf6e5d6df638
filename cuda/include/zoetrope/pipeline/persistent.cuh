// Which tiles of a batch of products a block that stays makes, and in which order.
//
// Tile t goes to block (or cluster) t mod their number. Tiles are numbered down columns of GROUP rows of tiles, so that
// those made at a time, a wave, are near a square: their operands fit the second-level cache together and are read
// once.
#pragma once

namespace zoe {

struct TilePlace {
    int row, column, matrix;  // in tiles; of the batch
};

template <int GROUP = 8> struct PersistentTiles {
    int down, across, total;  // tiles of a matrix, and of all

    __device__ __forceinline__ PersistentTiles(int rows, int columns, int tile_rows, int tile_columns, int batch)
        : down((rows + tile_rows - 1) / tile_rows),
          across((columns + tile_columns - 1) / tile_columns),
          total(down * across * batch) {}

    __device__ __forceinline__ TilePlace place(int tile) const {
        const int matrix = tile / (down * across), in_matrix = tile - matrix * down * across;
        const int group = in_matrix / (GROUP * across), first = group * GROUP, in_group = in_matrix - first * across;
        const int height = min(GROUP, down - first);
        return {first + in_group % height, in_group / height, matrix};
    }
};

}  // namespace zoe
