package io.zoetrope.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.cuda.Device;
import io.zoetrope.nn.ParameterStore;
import io.zoetrope.ops.loss.Loss;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import java.util.List;
import java.util.function.DoubleSupplier;
import java.util.function.Function;

/**
 * Compares the gradients that a backward pass left in a store with central differences of the loss, along one direction
 * for each parameter. The store computes in F32.
 */
public final class Gradients {
    private static final Precision USUAL = new Precision(4e-3, 0.02, 1e-4);

    /**
     * How near a slope has to come.
     *
     * @param step  of the differences: large enough for the loss's F32, small enough for what curves it
     * @param share of the slope that may be missing
     * @param least what may be missing of any slope
     */
    public record Precision(double step, double share, double least) {
    }

    private Gradients() {
    }

    /** Moves every parameter off its first value, so that none is at a special place such as zero. */
    public static float[] shaken(ParameterStore store, double by) {
        return shaken(store, 11, by);
    }

    /** As {@link #shaken(ParameterStore, double)} with normal values of another seed. */
    public static float[] shaken(ParameterStore store, long seed, double by) {
        return shaken(store, store.segments(), Values.normal(seed, store.size(), by));
    }

    /** Moves the parameters of some segments alone. @param shake laid out as the store */
    public static float[] shaken(ParameterStore store, List<ParameterStore.Segment> segments, float[] shake) {
        float[] theta = store.values();
        for (ParameterStore.Segment segment : segments) {
            for (int i = (int) segment.start(); i < segment.end(); i++) {
                theta[i] += shake[i];
            }
        }
        store.values(theta);
        return theta;
    }

    /**
     * The mean square distance of what a network computes from a target, in double from its F32 output.
     *
     * @param backward whether to leave the gradients in the store, too
     */
    public static double meanSquare(Device device, Function<Tape, Variable> network, Tensor target, boolean backward) {
        try (Tape tape = backward ? Tape.forTraining(device) : Tape.forInference(device);
                Scope scope = Scope.open(device)) {
            Variable output = network.apply(tape);
            if (backward) {
                Tensor gradient = scope.emptyLike(target);
                Loss.weightedMse(output.value(), target, null, scope.empty(DType.F32, 1), null, gradient);
                tape.backward(output, gradient);
            }
            float[] o = output.value().toFloats();
            float[] t = target.toFloats();
            double sum = 0;
            for (int i = 0; i < o.length; i++) {
                sum += ((double) o[i] - t[i]) * ((double) o[i] - t[i]);
            }
            return sum / o.length;
        }
    }

    /**
     * @param loss of the store's present masters, in double; the gradients at {@code theta} are in the store already
     */
    public static void check(ParameterStore store, float[] theta, DoubleSupplier loss) {
        check(store, theta, USUAL, loss);
    }

    /**
     * As {@link #check(ParameterStore, float[], DoubleSupplier)} for a loss that is measured less finely or curves
     * more.
     */
    public static void check(ParameterStore store, float[] theta, Precision precision, DoubleSupplier loss) {
        double step = precision.step;
        float[] gradient = store.gradients().toFloats();
        for (ParameterStore.Segment segment : store.trainable()) {
            int start = (int) segment.start();
            int length = (int) segment.length();
            double norm = 0;
            for (int i = start; i < start + length; i++) {
                norm += (double) gradient[i] * gradient[i];
            }
            norm = Math.sqrt(norm);
            assertThat(norm).as("gradient of %s", segment.parameter()).isPositive();
            // Along the gradient itself the slope is its norm; a part of it points elsewhere so that a wrong sign
            // shows.
            float[] other = Values.normal(17 + start, length, 1 / Math.sqrt(length));
            float[] direction = new float[length];
            double slope = 0;
            for (int i = 0; i < length; i++) {
                direction[i] = (float) (gradient[start + i] / norm + 0.3 * other[i]);
                slope += (double) direction[i] * gradient[start + i];
            }
            double measured = (at(store, theta, direction, start, step, loss)
                    - at(store, theta, direction, start, -step, loss)) / (2 * step);
            assertThat(measured).as("slope of the loss along %s", segment.parameter()).isCloseTo(slope,
                    within(precision.share * Math.abs(slope) + precision.least));
        }
        store.values(theta);
    }

    private static double at(ParameterStore store, float[] theta, float[] direction, int start, double step,
            DoubleSupplier loss) {
        float[] moved = theta.clone();
        for (int i = 0; i < direction.length; i++) {
            moved[start + i] += (float) (step * direction[i]);
        }
        store.values(moved);
        return loss.getAsDouble();
    }
}
