package io.zoetrope.nn;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.tensor.Shape;
import io.zoetrope.tensor.Tensor;
import java.util.List;

/**
 * A trainable tensor of a model. Declared by a layer, given memory by a {@link ParameterStore}.
 */
public final class Parameter {
    /** Order of the elements on the device, and what a weights file holds instead. */
    public enum Layout {
        /** The same in files. */
        PLAIN,
        /** Convolution weight: [K,R,S,C] on the device, [K,C,R,S] in files. */
        CONVOLUTION
    }

    /** What training does with it. */
    public enum Role {
        /** A weight: kept in the compute type, optimised, decayed. */
        MATRIX,
        /** A bias or a norm's affine vector: kept in F32, optimised, not decayed. */
        VECTOR,
        /**
         * A statistic that layers keep themselves, such as a running mean: F32, saved with the model, never optimised.
         */
        BUFFER,
        /** A matrix of a low-rank adapter: as a weight, but no part of the model's own files. */
        ADAPTER
    }

    private final List<String> names;
    private final Shape shape;
    private final Layout layout;
    private final Role role;
    private final Init init;
    private Variable variable;
    private boolean adaptable;
    private Adapter adapter;

    /**
     * @param names names in weights files; several when the tensor is several of a file's tensors stacked along the
     *              first dimension
     */
    Parameter(List<String> names, Shape shape, Layout layout, Role role, Init init) {
        this.names = List.copyOf(names);
        this.shape = shape;
        this.layout = layout;
        this.role = role;
        this.init = init;
    }

    public List<String> names() {
        return names;
    }

    public Shape shape() {
        return shape;
    }

    public Layout layout() {
        return layout;
    }

    public boolean isMatrix() {
        return role == Role.MATRIX || role == Role.ADAPTER;
    }

    public boolean isBuffer() {
        return role == Role.BUFFER;
    }

    public boolean isAdapter() {
        return role == Role.ADAPTER;
    }

    /** Says that the layer asks for {@link #variable(Tape)}, so that an adapter would take effect. */
    Parameter adaptable() {
        adaptable = true;
        return this;
    }

    boolean isAdaptable() {
        return adaptable;
    }

    void adapt(Adapter own) {
        adapter = own;
    }

    boolean isAdapted() {
        return adapter != null;
    }

    /** Null where there is none. */
    Adapter adapter() {
        return adapter;
    }

    /** The merged adapter's weight, or null. */
    Tensor merged() {
        return adapter == null ? null : adapter.merged();
    }

    Init init() {
        return init;
    }

    /** The value layers compute with, an adapter's update included. */
    Variable variable(Tape tape) {
        return adapter == null ? variable() : adapter.updated(tape);
    }

    /**
     * The value that is trained or loaded.
     *
     * @throws IllegalStateException before a store gave it memory
     */
    public Variable variable() {
        if (variable == null) {
            throw new IllegalStateException(
                    "parameter " + names + " has no memory yet: make a ParameterStore of the model");
        }
        return variable;
    }

    void bind(Variable bound) {
        if (variable != null) {
            throw new IllegalStateException("parameter " + names + " belongs to a store already");
        }
        variable = bound;
    }

    @Override
    public String toString() {
        return names + " " + shape;
    }
}
