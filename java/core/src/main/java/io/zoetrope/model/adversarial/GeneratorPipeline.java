package io.zoetrope.model.adversarial;

import io.zoetrope.io.Interruption;
import io.zoetrope.model.ModelPipeline;
import java.util.Arrays;
import java.util.List;

/**
 * Makes samples with the generator of an adversarial model.
 *
 * @param <M> the model
 * @param <S> the samples of one call, such as pictures
 */
public abstract class GeneratorPipeline<M extends GeneratorModel<?, ?>, S> extends ModelPipeline<M> {
    private final List<String> classNames;

    /** Makes a part of a call's samples. */
    @FunctionalInterface
    protected interface Batch {
        /** Puts samples where those of a call from {@code from} on belong; {@code labels} is null without classes. */
        void make(float[] latents, int[] labels, int from);
    }

    /**
     * Takes the model over: closing the pipeline closes it.
     *
     * @param classNames that it knows, by number
     */
    protected GeneratorPipeline(M model, List<String> classNames) {
        super(model);
        this.classNames = classNames;
    }

    /** The names of the classes that can be asked for, by number; empty where there are none. */
    public final List<String> classNames() {
        return classNames;
    }

    /**
     * The number of a class.
     *
     * @throws IllegalArgumentException naming those there are
     */
    public final int classNamed(String name) {
        return Latents.classNamed(name, classNames);
    }

    /** Makes samples, of the classes in turn. The same count and seed give the same samples on the same device. */
    public final S generate(int count, long seed) {
        return generate(seed, Latents.inTurn(count, classNames.size()));
    }

    /** Makes samples of one class. */
    public final S generate(int count, long seed, int label) {
        return generate(seed, Latents.all(count, label));
    }

    /**
     * Makes a sample for each label. Sample i depends on seed, i and its label alone.
     *
     * @param labels class numbers; only their number matters where the model has no classes
     */
    public abstract S generate(long seed, int[] labels);

    /**
     * Makes a call's samples a batch at a time, until an interrupt.
     *
     * @param size    samples in a batch
     * @param latents a vector for each label, end to end
     */
    protected final void inBatches(int size, float[] latents, int[] labels, Batch batch) {
        int length = latents.length / labels.length;
        for (int from = 0; from < labels.length; from += size) {
            Interruption.check("generating");
            int to = Math.min(labels.length, from + size);
            batch.make(Arrays.copyOfRange(latents, from * length, to * length),
                    classNames.isEmpty() ? null : Arrays.copyOfRange(labels, from, to), from);
        }
    }
}
