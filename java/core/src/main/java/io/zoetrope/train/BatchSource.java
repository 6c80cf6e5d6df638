package io.zoetrope.train;

import io.zoetrope.tensor.Tensor;

/**
 * Where the examples of a step come from. A recorded step reads the same tensors every time, so the tensors of a
 * {@link Batch} never change, only what they hold: a source whose data all lie on the device chooses other indices, one
 * that streams them uploads other examples before the step.
 */
public interface BatchSource {
    /**
     * The examples of a step on the device: those rows of {@code examples} and {@code labels} that {@code indices}
     * name.
     *
     * @param examples [M, …]
     * @param labels   I32 [M]; null where there are none
     * @param indices  I32 [batch], each below M
     */
    record Batch(Tensor examples, Tensor labels, Tensor indices) {
        /** Examples in a step. */
        public int size() {
            return Math.toIntExact(indices.size());
        }
    }

    /** The tensors of every batch. */
    Batch batch();

    /**
     * Called by the host before each micro-batch; what it queues is not recorded.
     *
     * @param before how many micro-batches (steps, unless gradients are accumulated) the run has taken before: a batch
     *               depends on this and the seed alone
     */
    default void upload(long before) {
    }

    /** Queues, within the step, what the device itself does to fill {@link #batch}. Recorded with the step. */
    void queue();
}
