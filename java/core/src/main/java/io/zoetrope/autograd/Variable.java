package io.zoetrope.autograd;

import io.zoetrope.tensor.Shape;
import io.zoetrope.tensor.Tensor;

/** A value that a {@link Tape} can differentiate by. */
public final class Variable {
    private final Tensor value;
    private final boolean needsGrad;
    private final boolean parameter;
    private Tensor grad;
    private boolean keepsGrad;

    private Variable(Tensor value, boolean needsGrad, boolean parameter, Tensor grad) {
        this.value = value;
        this.needsGrad = needsGrad;
        this.parameter = parameter;
        this.grad = grad;
    }

    /** A value no gradient is wanted for: data, noise, conditions. */
    public static Variable constant(Tensor value) {
        return new Variable(value, false, false, null);
    }

    /** An input whose gradient can be read from {@link #grad()} after the backward pass. */
    public static Variable input(Tensor value) {
        return new Variable(value, true, false, null);
    }

    /**
     * A parameter: its gradient goes to {@code grad} (F32, same shape). The first use in a backward pass overwrites it,
     * further uses add to it.
     */
    public static Variable parameter(Tensor value, Tensor grad) {
        if (!value.shape().equals(grad.shape())) {
            throw new IllegalArgumentException("parameter " + value.describe() + " with gradient " + grad.describe()
                    + ": shapes must be the same");
        }
        return new Variable(value, true, true, grad);
    }

    /**
     * What takes a parameter's place in an operation, computed from others on a tape: its gradient, too, is F32. It
     * gets memory when the first contribution arrives.
     */
    static Variable derivedParameter(Tensor value, boolean needsGrad) {
        return new Variable(value, needsGrad, true, null);
    }

    static Variable result(Tensor value, boolean needsGrad) {
        return new Variable(value, needsGrad, false, null);
    }

    public Tensor value() {
        return value;
    }

    /** The value of an input that may be left out: null for null. */
    public static Tensor valueOf(Variable variable) {
        return variable == null ? null : variable.value;
    }

    public Shape shape() {
        return value.shape();
    }

    public boolean needsGrad() {
        return needsGrad;
    }

    /** Whether its gradient is F32 and goes through {@link Tape#accumulateParameter}. */
    public boolean isParameter() {
        return parameter;
    }

    /**
     * The gradient; null where the backward pass has not reached this value, or is past it and it was not
     * {@link Tape#keep kept}.
     */
    public Tensor grad() {
        return grad;
    }

    void grad(Tensor value) {
        this.grad = value;
    }

    /** Whether the gradient outlives the backward pass. */
    boolean keepsGrad() {
        return keepsGrad;
    }

    void keepGrad() {
        keepsGrad = true;
    }

    /** Type, shape and whether it is differentiable, as messages name a variable. Reads no value. */
    public String describe() {
        return value.describe() + differentiable();
    }

    /** As {@link #describe()} of a variable that may be left out: null for null. */
    public static String describe(Variable variable) {
        return variable == null ? "null" : variable.describe();
    }

    private String differentiable() {
        return needsGrad ? " (differentiable)" : "";
    }

    /** With its values, as {@link Tensor#toString}. */
    @Override
    public String toString() {
        return value + differentiable();
    }
}
