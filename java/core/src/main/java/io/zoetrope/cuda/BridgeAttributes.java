package io.zoetrope.cuda;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * Attributes of a launch, as the driver reads them. Immutable: made once for a kernel and used by all its launches.
 *
 * <p>A cluster and a cooperative launch are needed by the kernels that ask for them; programmatic serialisation and a
 * priority are hints, which change when a kernel runs and never what it computes.
 */
final class BridgeAttributes {
    static final BridgeAttributes NONE = new BridgeAttributes(new int[0][]);

    /** Each the id and the 32-bit words of its value. */
    private final int[][] attributes;
    private final ByteBuffer buffer;

    private BridgeAttributes(int[][] attributes) {
        this.attributes = attributes;
        buffer = ByteBuffer.allocateDirect(attributes.length * BridgeNative.ATTRIBUTE_BYTES).order(ByteOrder.nativeOrder());
        for (int i = 0; i < attributes.length; i++) {
            int base = i * BridgeNative.ATTRIBUTE_BYTES;
            buffer.putInt(base, attributes[i][0]);
            for (int word = 1; word < attributes[i].length; word++) {
                int offset = BridgeNative.ATTRIBUTE_VALUE_OFFSET + (word - 1) * Integer.BYTES;
                buffer.putInt(base + offset, attributes[i][word]);
            }
        }
    }

    /** Blocks run in clusters of so many, on one processor cluster; each must divide the grid's number of blocks. */
    BridgeAttributes cluster(int x, int y, int z) {
        if (x < 1 || y < 1 || z < 1) {
            throw new IllegalArgumentException("cluster " + x + "×" + y + "×" + z + ": expected 1 block or more in x, y and z");
        }
        return with(BridgeNative.ATTRIBUTE_CLUSTER_DIMENSION, x, y, z);
    }

    /** All blocks are resident at once, so that they may wait for each other. */
    BridgeAttributes cooperative() {
        return with(BridgeNative.ATTRIBUTE_COOPERATIVE, 1);
    }

    /**
     * The kernel may start before the one ahead of it in the stream has ended; it must execute {@code griddepcontrol.wait}
     * before it touches what that one writes.
     */
    BridgeAttributes programmatic() {
        return with(BridgeNative.ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION, 1);
    }

    /** As streams' priorities: lower numbers run first. */
    BridgeAttributes priority(int priority) {
        return with(BridgeNative.ATTRIBUTE_PRIORITY, priority);
    }

    private BridgeAttributes with(int... attribute) {
        if (Arrays.stream(attributes).anyMatch(other -> other[0] == attribute[0])) {
            throw new IllegalArgumentException("launch attribute " + describe(attribute) + " is given twice");
        }
        int[][] all = Arrays.copyOf(attributes, attributes.length + 1);
        all[attributes.length] = attribute;
        return new BridgeAttributes(all);
    }

    boolean isEmpty() {
        return attributes.length == 0;
    }

    /** Whether a launch without them computes the same. */
    boolean areHints() {
        return Arrays.stream(attributes).noneMatch(attribute -> attribute[0] == BridgeNative.ATTRIBUTE_CLUSTER_DIMENSION
                || attribute[0] == BridgeNative.ATTRIBUTE_COOPERATIVE);
    }

    boolean isProgrammatic() {
        return Arrays.stream(attributes)
                .anyMatch(attribute -> attribute[0] == BridgeNative.ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION);
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
            case BridgeNative.ATTRIBUTE_CLUSTER_DIMENSION -> "cluster " + attribute[1] + "×" + attribute[2] + "×" + attribute[3];
            case BridgeNative.ATTRIBUTE_COOPERATIVE -> "cooperative";
            case BridgeNative.ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION -> "programmatic serialisation";
            default -> "priority " + attribute[1];
        };
    }

    @Override
    public String toString() {
        return isEmpty() ? "no attributes"
                : Arrays.stream(attributes).map(BridgeAttributes::describe).collect(Collectors.joining(", "));
    }
}
