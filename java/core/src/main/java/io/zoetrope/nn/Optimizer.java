package io.zoetrope.nn;

import io.zoetrope.tensor.Tensor;
import java.util.Map;

/** Updates the parameters of one store from their gradients. Its step is queued and can be captured in a graph. */
public interface Optimizer extends AutoCloseable {
    /** Queues one step: clip, update, moving average, compute copy. */
    void step();

    /**
     * Micro-batches whose gradients are added up before each step; where there are several, a step leaves gradients of
     * 0.
     */
    default int accumulation() {
        return 1;
    }

    /** All that a bit-exact continuation needs beside the number of steps, by name; the tensors themselves. */
    Map<String, Tensor> state();

    /** Continues after {@code steps} steps, once the tensors of {@link #state} hold what they held then. */
    void restored(long steps);

    /** The learning rate of the last step. Waits for it. */
    float learningRate();

    /** Global norm of the last step's gradients before clipping. Waits for it. */
    float gradientNorm();

    /**
     * Whether a gradient norm was NaN or infinite since the start; such steps change nothing. Waits for the queued
     * steps.
     */
    boolean sawNonFinite();

    /**
     * The values that models are saved with: the moving average of what is trained where one is kept, the rest as it
     * is; weights with the updates of their adapters.
     */
    ParameterValues averaged();

    @Override
    void close();
}
