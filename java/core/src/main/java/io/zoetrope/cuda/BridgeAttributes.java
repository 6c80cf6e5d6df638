package io.zoetrope.cuda;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * Attributes of a launch, as the driver reads them. Immutable: made once for a kernel and used by all its launches.
 *
 * <p>A kernel that asks for a cluster or a cooperative launch cannot run without; programmatic serialisation and a
 * priority are hints, which change when a kernel runs and never what it computes.
 */
public final class BridgeAttributes {
    public static final BridgeAttributes NONE = new BridgeAttributes(new int[0][], null);

    /** Each the id and the 32-bit words of its value. */
    private final int[][] attributes;
    private final Grid cluster;
    private final ByteBuffer buffer;

    private BridgeAttributes(int[][] attributes, Grid cluster) {
        this.attributes = attributes;
        this.cluster = cluster;
        buffer = ByteBuffer.allocateDirect(attributes.length * BridgeNative.ATTRIBUTE_BYTES)
                .order(ByteOrder.nativeOrder());
        for (int i = 0; i < attributes.length; i++) {
            int base = i * BridgeNative.ATTRIBUTE_BYTES;
            buffer.putInt(base, attributes[i][0]);
            for (int word = 1; word < attributes[i].length; word++) {
                int offset = BridgeNative.ATTRIBUTE_VALUE_OFFSET + (word - 1) * Integer.BYTES;
                buffer.putInt(base + offset, attributes[i][word]);
            }
        }
    }

    /** Blocks run in clusters of so many, close to each other; each must divide the grid's number of blocks. */
    public BridgeAttributes cluster(Grid blocks) {
        return with(blocks, BridgeNative.ATTRIBUTE_CLUSTER_DIMENSION, blocks.x(), blocks.y(), blocks.z());
    }

    /** All blocks are resident at once, so that they may wait for each other. */
    public BridgeAttributes cooperative() {
        return with(cluster, BridgeNative.ATTRIBUTE_COOPERATIVE, 1);
    }

    /**
     * The kernel may start before the one ahead of it in the stream has ended; before it touches what that one writes
     * it must execute {@code griddepcontrol.wait}. For devices of compute capability 9.0 and later.
     */
    public BridgeAttributes programmatic() {
        return with(cluster, BridgeNative.ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION, 1);
    }

    /** As streams' priorities: lower numbers run first. */
    public BridgeAttributes priority(int priority) {
        return with(cluster, BridgeNative.ATTRIBUTE_PRIORITY, priority);
    }

    private BridgeAttributes with(Grid blocks, int... attribute) {
        if (has(attribute[0])) {
            throw new IllegalArgumentException("launch attribute " + describe(attribute) + " is given twice");
        }
        int[][] all = Arrays.copyOf(attributes, attributes.length + 1);
        all[attributes.length] = attribute;
        return new BridgeAttributes(all, blocks);
    }

    public boolean isEmpty() {
        return attributes.length == 0;
    }

    /** Blocks of a cluster in each dimension; null where none is asked for. */
    public Grid cluster() {
        return cluster;
    }

    public boolean isCooperative() {
        return has(BridgeNative.ATTRIBUTE_COOPERATIVE);
    }

    public boolean isProgrammatic() {
        return has(BridgeNative.ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION);
    }

    private boolean has(int id) {
        for (int[] attribute : attributes) {
            if (attribute[0] == id) {
                return true;
            }
        }
        return false;
    }

    int id(int index) {
        return attributes[index][0];
    }

    int count() {
        return attributes.length;
    }

    /** {@link #count} structures CUlaunchAttribute. Not to be written to. */
    ByteBuffer buffer() {
        return buffer;
    }

    private static String describe(int[] attribute) {
        return switch (attribute[0]) {
            case BridgeNative.ATTRIBUTE_CLUSTER_DIMENSION ->
                "cluster " + attribute[1] + "×" + attribute[2] + "×" + attribute[3];
            case BridgeNative.ATTRIBUTE_COOPERATIVE -> "cooperative";
            case BridgeNative.ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION -> "programmatic serialisation";
            default -> "priority " + attribute[1];
        };
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof BridgeAttributes that && Arrays.deepEquals(attributes, that.attributes);
    }

    @Override
    public int hashCode() {
        return Arrays.deepHashCode(attributes);
    }

    @Override
    public String toString() {
        return isEmpty() ? "no attributes"
                : Arrays.stream(attributes).map(BridgeAttributes::describe).collect(Collectors.joining(", "));
    }
}
