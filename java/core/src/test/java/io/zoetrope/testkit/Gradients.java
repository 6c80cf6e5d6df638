package io.zoetrope.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.zoetrope.nn.ParameterStore;
import java.util.function.DoubleSupplier;

/**
 * Compares the gradients that a backward pass left in a bank with central differences of the loss, along one direction for
 * each parameter. The bank computes in F32.
 */
public final class Gradients {
    private static final double STEP = 4e-3;

    private Gradients() {
    }

    /** Moves every parameter off its first value, so that none is at a special place such as zero. */
    public static float[] shaken(ParameterStore bank, double by) {
        float[] theta = bank.masters().toFloats();
        float[] shake = Values.normal(11, theta.length, by);
        for (ParameterStore.Segment segment : bank.segments()) {
            for (int i = (int) segment.start(); i < segment.end(); i++) {
                theta[i] += shake[i];
            }
        }
        bank.masters(theta);
        return theta;
    }

    /** @param loss of the bank's present masters, in double; the gradients at {@code theta} are in the bank already */
    public static void check(ParameterStore bank, float[] theta, DoubleSupplier loss) {
        float[] gradient = bank.gradients().toFloats();
        for (ParameterStore.Segment segment : bank.trainable()) {
            int start = (int) segment.start();
            int length = (int) segment.length();
            double norm = 0;
            for (int i = start; i < start + length; i++) {
                norm += (double) gradient[i] * gradient[i];
            }
            norm = Math.sqrt(norm);
            assertThat(norm).as("gradient of %s", segment.parameter()).isPositive();
            // Along the gradient itself the slope is its norm; a part of it points elsewhere so that a wrong sign shows.
            float[] other = Values.normal(17 + start, length, 1 / Math.sqrt(length));
            float[] direction = new float[length];
            double slope = 0;
            for (int i = 0; i < length; i++) {
                direction[i] = (float) (gradient[start + i] / norm + 0.3 * other[i]);
                slope += (double) direction[i] * gradient[start + i];
            }
            double measured = (at(bank, theta, direction, start, STEP, loss) - at(bank, theta, direction, start, -STEP, loss))
                    / (2 * STEP);
            assertThat(measured).as("slope of the loss along %s", segment.parameter())
                    .isCloseTo(slope, within(0.02 * Math.abs(slope) + 1e-4));
        }
        bank.masters(theta);
    }

    private static double at(ParameterStore bank, float[] theta, float[] direction, int start, double step, DoubleSupplier loss) {
        float[] moved = theta.clone();
        for (int i = 0; i < direction.length; i++) {
            moved[start + i] += (float) (step * direction[i]);
        }
        bank.masters(moved);
        return loss.getAsDouble();
    }
}
