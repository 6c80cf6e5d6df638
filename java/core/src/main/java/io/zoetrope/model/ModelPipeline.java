package io.zoetrope.model;

import io.zoetrope.autograd.Tape;
import io.zoetrope.cuda.Device;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import java.util.Arrays;
import java.util.function.IntConsumer;

/**
 * Applies a model of one family; the base of all pipelines. It owns the model: closing it closes the model. Not for
 * several threads at a time, as its model is not.
 *
 * @param <M> the family's model
 */
public abstract class ModelPipeline<M extends NetworkModel<?, ?>> implements AutoCloseable {
    /** The longest array that every Java machine can make. */
    private static final int LONGEST_ARRAY = Integer.MAX_VALUE - 8;

    private final M model;

    /** A batch's way through the network. */
    @FunctionalInterface
    protected interface BatchPass {
        /** Writes {@code out}, F32 [to - from, length]: a row for each sample from {@code from} to {@code to} - 1. */
        void run(Scope scope, Tape tape, int from, int to, Tensor out);
    }

    /** Takes the model over. */
    protected ModelPipeline(M model) {
        this.model = model;
    }

    public final M model() {
        return model;
    }

    @Override
    public final void close() {
        model.close();
    }

    /**
     * The length of an array for all samples of a call.
     *
     * @param each    values in a sample
     * @param samples what they are called, such as pictures
     * @param values  what theirs are called, such as bytes
     * @throws IllegalArgumentException if no array is that long
     */
    protected static int arrayLength(int count, long each, String samples, String values) {
        long total = count * each;
        if (total > LONGEST_ARRAY) {
            throw new IllegalArgumentException("count " + count + ": these " + samples + " have " + total + " " + values
                    + ", more than one call can return; make them in several calls with other seeds");
        }
        return (int) total;
    }

    /**
     * What the network says of each sample, [count][length], if it says the same in every batch. Waits for the device.
     *
     * @param batch  samples in one pass
     * @param passed takes how many are done after each
     */
    protected final float[][] rows(int count, int batch, int length, BatchPass pass, IntConsumer passed) {
        float[][] rows = new float[count][];
        Device device = model.device();
        for (int from = 0; from < count; from += batch) {
            int to = Math.min(count, from + batch);
            try (Scope scope = Scope.open(device); Tape tape = Tape.forInference(device)) {
                Tensor out = scope.empty(DType.F32, to - from, length);
                pass.run(scope, tape, from, to, out);
                float[] values = out.toFloats();
                for (int i = from; i < to; i++) {
                    rows[i] = Arrays.copyOfRange(values, (i - from) * length, (i - from + 1) * length);
                }
            }
            passed.accept(to);
        }
        return rows;
    }
}
