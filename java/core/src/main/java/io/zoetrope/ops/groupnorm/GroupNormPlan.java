package io.zoetrope.ops.groupnorm;

import io.zoetrope.cuda.Arguments;
import io.zoetrope.cuda.Device;
import io.zoetrope.cuda.Geometry;
import io.zoetrope.cuda.Grid;
import io.zoetrope.tensor.Tensor;

/**
 * How group normalisation is cut into blocks: see {@code cuda/ops/norm/slices.cuh}.
 *
 * @param positions  positions of a sample
 * @param slice      channels of a block
 * @param parts      blocks side by side that share one group; 1 when a block has whole groups
 * @param chunk      positions of a block
 * @param chunks     blocks one after another that share the same channels; 1 with one part: {@linkplain #fused() fused}
 * @param wide       1 when packs of 16 bytes may be used
 * @param cacheBytes dynamic shared memory of the kernels that hold their tile
 */
record GroupNormPlan(int samples, int positions, int channels, int groups, int slice, int parts, int chunk, int chunks,
        int wide, int cacheBytes) {
    /** What the kernels hold in shared memory besides the tile, at most. */
    private static final int SCRATCH_BYTES = 24 * 1024;
    /** Beyond this, fewer than two blocks share a Hopper multiprocessor and the second read is the cheaper way. */
    private static final int MAX_CACHE_BYTES = 88 * 1024;
    /** The tile of a block when groups are split. */
    private static final int CHUNK_BYTES = 16 * 1024;
    /** Narrower slices read parts of memory sectors. */
    private static final int SECTOR_BYTES = 32;

    /**
     * @param tiles     tensors like x that a block holds in shared memory
     * @param addresses of all tensors like x, or-ed together
     */
    static GroupNormPlan of(Tensor x, int groups, int tiles, long addresses) {
        Device device = x.device();
        String direction = tiles == 1 ? "forward" : "backward";
        Geometry geometry = device
                .kernel("norm/group_norm_" + direction, "group_norm_" + direction + "_" + x.dtype().suffix())
                .geometry();
        return of(geometry.threads(), geometry.tileM(), device.multiprocessors(),
                Math.min(MAX_CACHE_BYTES, device.maxSharedBytes() - SCRATCH_BYTES), x.dim(0),
                x.size() / x.dim(0) / x.shape().dim(-1), x.shape().dim(-1), groups, x.dtype().bytes(), tiles,
                addresses % 16 == 0);
    }

    static GroupNormPlan of(int threads, int maxSlice, int multiprocessors, int budget, long samples, long positions,
            long channels, int groups, int elementBytes, int tiles, boolean aligned) {
        long perGroup = channels / groups;
        int pack = 16 / elementBytes;
        boolean wide = aligned && channels % pack == 0 && (perGroup % pack == 0 || lcm(perGroup, pack) <= maxSlice);
        int vector = wide ? pack : 1;
        long unit = wide ? lcm(perGroup, pack) : perGroup; // the narrowest slice of whole groups and whole packs
        if (unit > maxSlice) {
            long parts = (perGroup + maxSlice - 1) / maxSlice;
            return split(threads, samples, positions, channels, groups, maxSlice, Math.toIntExact(parts), vector,
                    elementBytes, tiles);
        }
        long slice = unit;
        while (channels % (slice * 2) == 0 && slice * 2 <= maxSlice
                && (slice * elementBytes < SECTOR_BYTES || samples * channels / (slice * 2) >= 2L * multiprocessors)
                && cacheBytes(threads, positions, slice * 2, vector, elementBytes, tiles) <= budget) {
            slice *= 2;
        }
        long cache = cacheBytes(threads, positions, slice, vector, elementBytes, tiles);
        if (cache > budget) {
            while (channels % (slice * 2) == 0 && slice * 2 <= maxSlice && slice * elementBytes < 4 * SECTOR_BYTES) {
                slice *= 2;
            }
            return split(threads, samples, positions, channels, groups, slice, 1, vector, elementBytes, tiles);
        }
        return new GroupNormPlan(Math.toIntExact(samples), (int) positions, (int) channels, groups, (int) slice, 1,
                (int) positions, 1, vector > 1 ? 1 : 0, (int) cache);
    }

    private static GroupNormPlan split(int threads, long samples, long positions, long channels, int groups, long slice,
            int parts, int vector, int elementBytes, int tiles) {
        long rows = threads / ((slice + vector - 1) / vector);
        long steps = Math.max(1, CHUNK_BYTES / (threads * (long) vector * elementBytes));
        long chunk = Math.min(positions, rows * steps);
        long chunks = (positions + chunk - 1) / chunk;
        return new GroupNormPlan(Math.toIntExact(samples), (int) positions, (int) channels, groups, (int) slice, parts,
                (int) chunk, Math.toIntExact(chunks), vector > 1 ? 1 : 0,
                (int) cacheBytes(threads, chunk, slice, vector, elementBytes, tiles));
    }

    /** A pack for each thread and row of threads that passes over the chunk. */
    private static long cacheBytes(int threads, long chunk, long slice, int vector, int elementBytes, int tiles) {
        long rows = threads / (slice / vector);
        return (chunk + rows - 1) / rows * threads * vector * elementBytes * tiles;
    }

    private static long lcm(long a, long b) {
        long x = a;
        long y = b;
        while (y != 0) {
            long rest = x % y;
            x = y;
            y = rest;
        }
        return a / x * b;
    }

    /** One block has all data of its groups. */
    boolean fused() {
        return chunks == 1 && parts == 1;
    }

    Grid grid() {
        long slices = parts > 1 ? (long) groups * parts : (channels + slice - 1L) / slice;
        return Grid.of(samples * (long) chunks * slices);
    }

    Arguments append(Arguments arguments) {
        return arguments.i32("positions", positions).i32("channels", channels).i32("groups", groups).i32("slice", slice)
                .i32("parts", parts).i32("chunk", chunk).i32("chunks", chunks);
    }
}
