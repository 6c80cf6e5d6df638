package io.zoetrope.kernel;

import io.zoetrope.tensor.DType;
import java.util.List;

/**
 * Picks among the tile shapes that are compiled (zoetrope/mma/shapes.cuh). Wide tiles reuse operands more; narrow
 * ones waste less on few columns; smaller ones give every multiprocessor a block. The shape of a tile never changes the
 * order of a sum, so the choice may depend on the device.
 */
final class Tiles {
    /** The most rows that a tile of gemm_skinny covers. */
    static final long MAX_SKINNY_ROWS = 64;
    private static final List<String> SKINNY = List.of("16x8", "16x16", "32x8", "32x16", "64x8", "64x16");

    private Tiles() {
    }

    static long count(long extent, long tile) {
        return (extent + tile - 1) / tile;
    }

    private static long blocks(String tile, long m, long n) {
        int cross = tile.indexOf('x');
        return count(m, Integer.parseInt(tile.substring(0, cross)))
                * count(n, Integer.parseInt(tile.substring(cross + 1)));
    }

    /** The first of the shapes that fills the multiprocessors without padding most of a tile, else the last. */
    static String gemm(List<String> wideFirst, long m, long n, long batch, int multiprocessors) {
        for (String tile : wideFirst.subList(0, wideFirst.size() - 1)) {
            if (m > 64 && n > 64 && blocks(tile, m, n) * batch >= multiprocessors) {
                return tile;
            }
        }
        return wideFirst.get(wideFirst.size() - 1);
    }

    /**
     * For at most {@value #MAX_SKINNY_ROWS} rows whose weights are streamed: 16 columns halve how often the rows are read, 8
     * give narrow weights twice as many blocks to stream them with.
     */
    static String skinny(long m, long n, int multiprocessors) {
        int rows = m <= 16 ? 16 : m <= 32 ? 32 : 64;
        boolean occupied = count(n, 16) * 4 >= multiprocessors * 3L;
        return rows + (occupied ? "x16" : "x8");
    }

    static boolean ofSkinny(String tile) {
        return SKINNY.contains(tile);
    }

    /** For fprop and dgrad: {@code rows} pixels by {@code columns} channels. */
    static String conv(Tier tier, DType dtype, long rows, long columns, int multiprocessors) {
        if (columns <= 8) {
            return "128x8";
        }
        boolean wide = tier == Tier.SM80 && dtype == DType.BF16;
        if (columns <= 32) {
            return wide && blocks("256x32", rows, columns) >= multiprocessors ? "256x32" : "128x32";
        }
        if (!wide) {
            return "128x64";
        }
        boolean fills = columns % 128 == 0 || columns > 256;
        if (fills && blocks("128x128", rows, columns) >= multiprocessors) {
            return "128x128";
        }
        return blocks("128x64", rows, columns) >= multiprocessors ? "128x64" : "64x64";
    }

    /** For fprop and dgrad of grouped and dilated convolutions: {@code columns} channels of a group. */
    static String grouped(Tier tier, DType dtype, long columns) {
        boolean wide = tier == Tier.SM80 && dtype == DType.BF16;
        if (columns <= 8) {
            return "128x8";
        }
        if (wide && columns <= 16) {
            return "128x16";
        }
        return wide && columns > 32 ? "128x64" : "128x32";
    }

    /** For wgrad of grouped and dilated convolutions: {@code filters} of a group. */
    static String groupedWgrad(Tier tier, DType dtype, long filters) {
        if (tier == Tier.SIMT) {
            return "32x64";
        }
        if (dtype != DType.BF16) {
            return "32x128";
        }
        return filters <= 16 ? "16x128" : "64x128";
    }

    /** For wgrad: {@code filters} rows by r · s · c columns. It depends on the shape alone. */
    static String wgrad(Tier tier, DType dtype, long filters) {
        if (tier == Tier.SIMT) {
            return "64x64";
        }
        if (filters <= 32) {
            return "32x128";
        }
        return dtype == DType.BF16 && filters % 128 == 0 ? "128x128" : "64x128";
    }
}
