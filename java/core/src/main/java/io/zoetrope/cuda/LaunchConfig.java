package io.zoetrope.cuda;

/**
 * How a kernel is launched. Immutable; make it once where launches repeat.
 *
 * @param grid        blocks in each dimension
 * @param block       threads of a block in each dimension
 * @param sharedBytes dynamic shared memory of a block
 * @param cluster     blocks of a cluster in each dimension; null for as many as the kernel was compiled for. JCuda has no
 *                    launch attributes, so another number than that is refused at the launch
 * @param cooperative all blocks are resident at once and may wait for one another
 * @param stream      where it is queued; null for the stream that the thread uses
 */
public record LaunchConfig(Grid grid, Block block, int sharedBytes, Grid cluster, boolean cooperative, Stream stream) {
    public LaunchConfig {
        if (grid == null || block == null || sharedBytes < 0) {
            throw new IllegalArgumentException("launch of grid " + grid + ", block " + block + " and " + sharedBytes
                    + " bytes of shared memory: expected both and 0 bytes or more");
        }
        if (cluster != null && (grid.x() % cluster.x() != 0 || grid.y() % cluster.y() != 0 || grid.z() % cluster.z() != 0)) {
            throw new IllegalArgumentException("launch of " + grid + " in clusters of " + cluster
                    + ": expected whole clusters in each dimension");
        }
    }

    public static LaunchConfig of(Grid grid, Block block) {
        return new LaunchConfig(grid, block, 0, null, false, null);
    }

    public static LaunchConfig of(Grid grid, int threads) {
        return of(grid, Block.of(threads));
    }

    public LaunchConfig withSharedBytes(int bytes) {
        return new LaunchConfig(grid, block, bytes, cluster, cooperative, stream);
    }

    public LaunchConfig withCluster(Grid blocks) {
        return new LaunchConfig(grid, block, sharedBytes, blocks, cooperative, stream);
    }

    public LaunchConfig withCooperation() {
        return new LaunchConfig(grid, block, sharedBytes, cluster, true, stream);
    }

    public LaunchConfig on(Stream queue) {
        return new LaunchConfig(grid, block, sharedBytes, cluster, cooperative, queue);
    }
}
