package io.zoetrope.cuda;

/**
 * How a kernel is launched. Immutable; make it once where launches repeat.
 *
 * @param grid        blocks in each dimension
 * @param block       threads of a block in each dimension
 * @param sharedBytes dynamic shared memory of a block
 * @param attributes  what the driver is told besides. Clusters and cooperation that it cannot have are refused at the
 *                    launch, and a programmatic start below compute capability 9.0; where the driver takes no
 *                    attributes, a programmatic start and a priority, which are hints, are left out
 * @param stream      where it is queued; null for the stream that the thread uses
 */
public record LaunchConfig(Grid grid, Block block, int sharedBytes, BridgeAttributes attributes, Stream stream) {
    public LaunchConfig {
        Grid cluster = attributes.cluster();
        if (grid == null || block == null || sharedBytes < 0) {
            throw new IllegalArgumentException("launch of grid " + grid + ", block " + block + " and " + sharedBytes
                    + " bytes of shared memory: expected both and 0 bytes or more");
        }
        if (cluster != null
                && (grid.x() % cluster.x() != 0 || grid.y() % cluster.y() != 0 || grid.z() % cluster.z() != 0)) {
            throw new IllegalArgumentException(
                    "launch of " + grid + " in clusters of " + cluster + ": expected whole clusters in each dimension");
        }
    }

    public static LaunchConfig of(Grid grid, Block block) {
        return new LaunchConfig(grid, block, 0, BridgeAttributes.NONE, null);
    }

    public static LaunchConfig of(Grid grid, int threads) {
        return of(grid, Block.of(threads));
    }

    public LaunchConfig withSharedBytes(int bytes) {
        return new LaunchConfig(grid, block, bytes, attributes, stream);
    }

    /** Clusters of so many blocks; without it there are as many as the kernel was compiled for. */
    public LaunchConfig withCluster(Grid blocks) {
        return with(attributes.cluster(blocks));
    }

    /** @see BridgeAttributes#cooperative */
    public LaunchConfig withCooperation() {
        return with(attributes.cooperative());
    }

    /** @see BridgeAttributes#programmatic */
    public LaunchConfig withProgrammaticStart() {
        return with(attributes.programmatic());
    }

    /** @see BridgeAttributes#priority */
    public LaunchConfig withPriority(int priority) {
        return with(attributes.priority(priority));
    }

    private LaunchConfig with(BridgeAttributes all) {
        return new LaunchConfig(grid, block, sharedBytes, all, stream);
    }

    public LaunchConfig on(Stream queue) {
        return new LaunchConfig(grid, block, sharedBytes, attributes, queue);
    }
}
