package io.zoetrope.cuda;

import io.zoetrope.cuda.Signature.Kind;
import io.zoetrope.cuda.Signature.Slot;

/**
 * The arguments of one launch, each given with the name that the device code has for it, in the declared order; of a
 * structure that is passed by value, the fields follow {@link #structure}.
 *
 * <p>Where the module has a manifest, a name, an order or a type other than declared is refused when it is given, and a
 * missing argument at the launch. A pointer's elements are checked where a {@link DeviceArray} is given, and that it
 * lives on the kernel's device. Without a manifest the arguments are laid out one after another, each aligned to its
 * size, unchecked.
 *
 * <p>Objects of this class are used again: one serves one launch, in the thread that asked for it, and is not to be
 * kept.
 */
public final class Arguments {
    private final LaunchBuffer buffer = new LaunchBuffer();
    private Kernel kernel;
    private Signature signature;
    private int given;
    Arguments next;

    Arguments begin(Kernel target, Signature expected) {
        kernel = target;
        signature = expected;
        given = 0;
        buffer.clear();
        return this;
    }

    /** A pointer to the first element; null for the null pointer. */
    public Arguments pointer(String name, DeviceArray array) {
        if (array == null) {
            return pointer(name, 0);
        }
        int index = given;
        long address = array.address();
        pointer(name, address);
        if (array.device() != kernel.device()) {
            throw refused(name + " is on " + array.device() + ", the kernel on " + kernel.device());
        }
        if (signature != null) {
            ElementType element = signature.slot(index).element();
            if (element != null && element != array.elementType()) {
                throw refused(name + " has elements of type " + array.elementType() + ", expected " + element
                        + " for the " + signature.slot(index).type() + " that is declared");
            }
        }
        return this;
    }

    /** A device address; 0 for the null pointer. */
    public Arguments pointer(String name, long address) {
        buffer.put64(place(name, Kind.POINTER), address);
        return this;
    }

    /** A 32-bit whole number, signed or not. */
    public Arguments i32(String name, int value) {
        buffer.put32(place(name, Kind.I32), value);
        return this;
    }

    /**
     * An int parameter given as a long.
     *
     * @throws IllegalArgumentException when it does not fit
     */
    public Arguments i32(String name, long value) {
        if ((int) value != value) {
            throw refused(name + " is " + value + ", which does not fit in an int");
        }
        return i32(name, (int) value);
    }

    /** A 64-bit whole number, signed or not. */
    public Arguments i64(String name, long value) {
        buffer.put64(place(name, Kind.I64), value);
        return this;
    }

    /** A 32-bit float. */
    public Arguments f32(String name, float value) {
        buffer.put32(place(name, Kind.F32), Float.floatToRawIntBits(value));
        return this;
    }

    /** A 64-bit float. */
    public Arguments f64(String name, double value) {
        buffer.put64(place(name, Kind.F64), Double.doubleToRawLongBits(value));
        return this;
    }

    /** A 16-bit whole number, or the bits of a 16-bit float. */
    public Arguments i16(String name, short value) {
        buffer.put16(place(name, Kind.I16), value);
        return this;
    }

    /** A byte, or a bool. */
    public Arguments i8(String name, byte value) {
        buffer.put8(place(name, Kind.I8), value);
        return this;
    }

    /** A structure passed by value: its fields come next, each with its own name. */
    public Arguments structure(String name) {
        if (signature != null) {
            next(name, Kind.STRUCTURE);
        }
        return this;
    }

    /**
     * A structure passed by value as the bytes it has in memory.
     *
     * @param alignment where the module has no manifest to tell it, such as 64 for a tensor map of 128 bytes
     */
    public Arguments opaque(String name, byte[] value, int alignment) {
        int offset;
        if (signature == null) {
            offset = aligned(alignment);
        } else {
            Slot slot = next(name, Kind.OPAQUE);
            if (slot.bytes() != value.length) {
                throw refused(name + " is given as " + value.length + " bytes, expected the " + slot.bytes() + " of "
                        + slot.type());
            }
            offset = slot.offset();
        }
        buffer.put(offset, value);
        return this;
    }

    /** A {@code __grid_constant__ const CUtensorMap}. Without a manifest it lies where code of toolkit 13 has it. */
    public Arguments tensorMap(String name, TensorMap map) {
        buffer.put(place(name, Kind.TENSOR_MAP), map);
        return this;
    }

    private int place(String name, Kind kind) {
        return signature == null ? aligned(kind.bytes()) : next(name, kind).offset();
    }

    private int aligned(int alignment) {
        requireLive();
        if (Integer.bitCount(alignment) != 1) {
            throw refused("an alignment of " + alignment + ": expected a power of two");
        }
        return (buffer.size() + alignment - 1) / alignment * alignment;
    }

    /** The declared parameter that comes next, when it is this one. */
    private Slot next(String name, Kind kind) {
        requireLive();
        Slot slot = given < signature.count() ? signature.slot(given) : null;
        if (slot == null || slot.kind() != kind || slot.name() != name && !slot.name().equals(name)) {
            throw refused(
                    "argument " + (given + 1) + " is given as " + name + " (" + kind + "), expected " + (slot == null
                            ? "no more" : slot.name() + " (" + slot.kind() + ", declared as " + slot.type() + ")"));
        }
        given++;
        return slot;
    }

    private void requireLive() {
        if (kernel == null) {
            throw new IllegalStateException("these arguments served a launch already: ask the kernel for new ones");
        }
    }

    private IllegalArgumentException refused(String what) {
        IllegalArgumentException refusal = new IllegalArgumentException(
                "kernel " + kernel + ": " + what + (signature == null ? "" : "; its parameters are " + signature));
        release();
        return refusal;
    }

    /** Launches with the threads and the shared memory that the kernel declares. */
    public void launch(Grid grid) {
        requireLive();
        Geometry geometry = kernel.geometry();
        launch(grid, geometry.threads(), geometry.sharedBytes());
    }

    /** As {@link #launch(Grid)}, without an object for the grid. */
    public void launch(long blocksX, long blocksY, long blocksZ) {
        Grid.require(blocksX, blocksY, blocksZ);
        requireComplete();
        Geometry geometry = kernel.geometry();
        try {
            kernel.launch((int) blocksX, (int) blocksY, (int) blocksZ, geometry.threads(), 1, 1, geometry.sharedBytes(),
                    BridgeAttributes.NONE, null, buffer);
        } finally {
            release();
        }
    }

    /**
     * Launches as many blocks of the declared rows (tileM) as cover so many items, at least one; as declared for the
     * rest.
     */
    public void launchCovering(long items) {
        requireLive();
        launch(Grid.blocks(items, kernel.geometry().tileM()), 1, 1);
    }

    /** Launches with blocks of {@code threads} threads and {@code sharedBytes} of dynamic shared memory. */
    public void launch(Grid grid, int threads, int sharedBytes) {
        requireComplete();
        try {
            kernel.launch(grid.x(), grid.y(), grid.z(), threads, 1, 1, sharedBytes, BridgeAttributes.NONE, null,
                    buffer);
        } finally {
            release();
        }
    }

    /** Queues the kernel as {@code config} says. */
    public void launch(LaunchConfig config) {
        requireComplete();
        try {
            kernel.launch(config, buffer);
        } finally {
            release();
        }
    }

    private void requireComplete() {
        requireLive();
        if (signature != null && given < signature.count()) {
            throw refused("argument " + signature.slot(given).name() + " is missing, and what follows it");
        }
    }

    private void release() {
        kernel = null;
        CallingThread.state().giveBack(this);
    }
}
