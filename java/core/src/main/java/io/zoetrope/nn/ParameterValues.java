package io.zoetrope.nn;

import io.zoetrope.cuda.Device;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import java.util.List;

/**
 * A value for each parameter of a store, where it lies on the device: the store's own ({@link ParameterStore#current}),
 * or their moving average ({@link Optimizer#averaged}). Taken one by one, so that a model of any size needs no second
 * copy. They are those of the moment in which each is asked for.
 */
public interface ParameterValues {
    Device device();

    /** The parameters, and where they lie in the order of all values. */
    List<ParameterStore.Segment> segments();

    /**
     * The value of one of them, flat, in F32 or the type that layers compute with: a view not to be written to, or a
     * tensor of {@code scratch}.
     */
    Tensor of(ParameterStore.Segment segment, Scope scratch);

    /**
     * All values in their order, gaps zero. Waits for queued work.
     *
     * @throws ArithmeticException for more than an array holds
     */
    default float[] toFloats() {
        List<ParameterStore.Segment> segments = segments();
        long end = segments.stream().mapToLong(ParameterStore.Segment::alignedEnd).max().orElse(0);
        float[] values = new float[Math.toIntExact(end)];
        for (ParameterStore.Segment segment : segments) {
            try (Scope scratch = Scope.open(device())) {
                float[] part = of(segment, scratch).toFloats();
                System.arraycopy(part, 0, values, (int) segment.start(), part.length);
            }
        }
        return values;
    }
}
