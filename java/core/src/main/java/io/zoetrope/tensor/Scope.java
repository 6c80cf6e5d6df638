package io.zoetrope.tensor;

import io.zoetrope.cuda.Device;
import io.zoetrope.cuda.DeviceMemory;
import java.lang.ref.Cleaner;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Owns the tensors made in it: when the scope closes, their memory goes back to the device's pool. Use with
 * try-with-resources. Tensors of a closed scope fail on use.
 *
 * <p>One thread at a time uses a scope. One that is forgotten is closed when neither it nor a tensor of it can be
 * reached any more, with a warning. {@code -Dzoetrope.leaks=trace} makes that name where it was opened, with the calls
 * that led there, and opening a scope several times as dear.
 */
public final class Scope implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Scope.class);
    private static final Cleaner CLEANER = Cleaner.create();
    private static final boolean TRACE = "trace".equals(System.getProperty("zoetrope.leaks"));
    private static final Set<Contents> OPEN = ConcurrentHashMap.newKeySet();

    /** What a scope holds, apart from the scope itself so that the cleaner can see it was forgotten. */
    private static final class Contents implements Runnable {
        private final Device device;
        private final Set<DeviceMemory> blocks = new LinkedHashSet<>();
        private final Throwable trace = TRACE ? new Throwable("scope opened here") : null;
        private boolean closed;

        private Contents(Device device) {
            this.device = device;
        }

        private String openedAt() {
            if (trace == null) {
                return "(-Dzoetrope.leaks=trace tells where)";
            }
            return "at " + Arrays.stream(trace.getStackTrace())
                    .filter(frame -> !frame.getClassName().startsWith(Scope.class.getName() + "$")
                            && !frame.getClassName().equals(Scope.class.getName()))
                    .findFirst().map(StackTraceElement::toString).orElse("an unknown place");
        }

        private long bytes() {
            return blocks.stream().mapToLong(DeviceMemory::bytes).sum();
        }

        /** Called at most once: by {@link Scope#close}, or by the cleaner's thread when the scope was forgotten. */
        @Override
        public void run() {
            if (!closed && !device.isClosed() && !blocks.isEmpty()) {
                LOG.warn(leak(this), trace);
            }
            free();
            OPEN.remove(this);
        }

        private void free() {
            closed = true;
            blocks.forEach(DeviceMemory::close);
            blocks.clear();
        }
    }

    private final Contents contents;
    private final Cleaner.Cleanable cleanable;

    private Scope(Device device) {
        contents = new Contents(device);
        OPEN.add(contents);
        cleanable = CLEANER.register(this, contents);
    }

    public static Scope open(Device device) {
        return new Scope(device);
    }

    private static String leak(Contents contents) {
        return "a scope with " + contents.blocks.size() + " tensors (" + contents.bytes()
                + " bytes of device memory) that was opened " + contents.openedAt() + " was never closed";
    }

    /** One line for each scope of the device that is open now and holds memory. */
    public static List<String> openScopes(Device device) {
        return OPEN.stream().filter(c -> c.device == device && !c.blocks.isEmpty()).map(Scope::leak).toList();
    }

    public Device device() {
        return contents.device;
    }

    /** Bytes of device memory this scope holds. */
    public long bytes() {
        return contents.bytes();
    }

    /** A tensor with undefined contents. */
    public Tensor empty(DType dtype, long... dims) {
        return empty(dtype, Shape.of(dims));
    }

    /** A tensor with undefined contents. */
    public Tensor empty(DType dtype, Shape shape) {
        if (contents.closed) {
            throw new IllegalStateException("a tensor was asked of a closed scope");
        }
        long bytes;
        try {
            bytes = Math.multiplyExact(shape.size(), (long) dtype.bytes());
        } catch (ArithmeticException e) {
            throw new IllegalArgumentException("tensor " + dtype + shape + ": its bytes overflow 64 bits");
        }
        DeviceMemory memory = contents.device.memory().allocate(bytes);
        contents.blocks.add(memory);
        return new Tensor(this, memory, 0, dtype, shape);
    }

    /**
     * Gives the memory of a tensor and of all its views back now.
     *
     * @throws IllegalArgumentException for another scope's tensor
     */
    public void free(Tensor tensor) {
        if (!contents.blocks.remove(tensor.memory())) {
            throw new IllegalArgumentException(
                    "free " + tensor.describe() + ": it is not this scope's, or was freed already");
        }
        tensor.memory().close();
    }

    /** A tensor like another in type and shape, with undefined contents. */
    public Tensor emptyLike(Tensor other) {
        return empty(other.dtype(), other.shape());
    }

    public Tensor zeros(DType dtype, long... dims) {
        return empty(dtype, dims).zero();
    }

    /** An F32 tensor with these values. */
    public Tensor of(float[] values, long... dims) {
        return empty(DType.F32, dims).copyFrom(values);
    }

    /** An F32 or BF16 tensor with these values. */
    public Tensor of(DType dtype, float[] values, long... dims) {
        return empty(dtype, dims).copyFrom(values);
    }

    public Tensor of(int[] values, long... dims) {
        return empty(DType.I32, dims).copyFrom(values);
    }

    public Tensor of(long[] values, long... dims) {
        return empty(DType.I64, dims).copyFrom(values);
    }

    public Tensor of(byte[] values, long... dims) {
        return empty(DType.U8, dims).copyFrom(values);
    }

    @Override
    public void close() {
        if (!contents.closed) {
            contents.closed = true;
            cleanable.clean();
        }
    }
}
