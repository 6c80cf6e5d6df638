package io.zoetrope.nn;

import io.zoetrope.autograd.Variable;
import io.zoetrope.cuda.Device;
import io.zoetrope.ops.pointwise.Pointwise;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * The memory of a model's parameters: flat F32 masters and gradients, and a copy of the masters in the compute type.
 *
 * <p>Being flat, one kernel updates all parameters, and one reduction measures their gradients. Every parameter starts
 * at a multiple of {@value #ALIGNMENT} elements; the gaps stay zero.
 */
public final class ParameterStore implements AutoCloseable {
    /** Elements: 256 bytes in F32, 128 in BF16, so that vector access is aligned in both. */
    private static final int ALIGNMENT = 64;

    /** Where a parameter lies in the flat store. */
    public record Segment(Parameter parameter, long start, long length) {
        public long end() {
            return start + length;
        }
    }

    private final Scope scope;
    private final List<Segment> segments = new ArrayList<>();
    private final long size;
    private final DType compute;
    private final Tensor masters;
    private final Tensor gradients;
    private final Tensor copy;

    /**
     * Gives the parameters memory and first values.
     *
     * @param compute the type layers compute in: BF16, or F32 (then the masters themselves are used)
     * @param seed    of the first values
     */
    public ParameterStore(Device device, Parameters parameters, DType compute, long seed) {
        if (!compute.isFloating()) {
            throw new IllegalArgumentException("compute type " + compute + ": expected F32 or BF16");
        }
        long at = 0;
        for (Parameter parameter : parameters.all()) {
            segments.add(new Segment(parameter, at, parameter.shape().size()));
            at += (parameter.shape().size() + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        }
        this.size = at;
        this.compute = compute;
        this.scope = Scope.open(device);
        this.masters = scope.zeros(DType.F32, size);
        this.gradients = scope.zeros(DType.F32, size);
        this.copy = compute == DType.F32 ? null : scope.zeros(compute, size);
        initialise(seed);
        for (Segment segment : segments) {
            Parameter parameter = segment.parameter;
            Tensor source = parameter.isMatrix() && copy != null ? copy : masters;
            long[] dims = parameter.shape().dims();
            Tensor value = source.view(segment.start, dims);
            parameter.bind(parameter.isBuffer() ? Variable.constant(value)
                    : Variable.parameter(value, gradients.view(segment.start, dims)));
        }
    }

    private void initialise(long seed) {
        SplittableRandom root = new SplittableRandom(seed);
        float[] values = new float[Math.toIntExact(size)];
        for (Segment segment : segments) {
            float[] part = new float[(int) segment.length];
            segment.parameter.init().fill(part, root.split());
            System.arraycopy(part, 0, values, (int) segment.start, part.length);
        }
        masters(values);
    }

    public Device device() {
        return scope.device();
    }

    public DType compute() {
        return compute;
    }

    /** Elements of the flat store, gaps included. */
    public long size() {
        return size;
    }

    public List<Segment> segments() {
        return List.copyOf(segments);
    }

    /** The segments that training optimises: all but buffers. */
    public List<Segment> trainable() {
        return segments.stream().filter(segment -> !segment.parameter.isBuffer()).toList();
    }

    /** The F32 values that training updates. */
    public Tensor masters() {
        return masters;
    }

    /** Replaces all masters, and the copy layers compute with. */
    public void masters(float[] values) {
        masters.copyFrom(values);
        refreshCopy();
    }

    /** The F32 gradients of the last backward pass. */
    public Tensor gradients() {
        return gradients;
    }

    /** The masters in the compute type, or null when that is F32. */
    public Tensor copy() {
        return copy;
    }

    /** Brings the compute copy up to date with the masters. */
    public void refreshCopy() {
        if (copy != null) {
            Pointwise.cast(masters, copy);
        }
    }

    @Override
    public void close() {
        scope.close();
    }
}
