package io.zoetrope.autograd;

import io.zoetrope.cuda.Device;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Shape;
import io.zoetrope.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * Reverse-mode differentiation: operations note how to push gradients back, {@link #backward} runs the notes in reverse.
 *
 * <p>A tape owns every intermediate value made on it; closing it frees them. A tape for inference notes nothing.
 */
public final class Tape implements AutoCloseable {
    private static final GradientSum SUM = ServiceLoader.load(GradientSum.class, GradientSum.class.getClassLoader()).findFirst()
            .orElseThrow(() -> new IllegalStateException("no " + GradientSum.class.getName()
                    + " is registered: this library's jar was repackaged without its META-INF/services"));

    private final Scope scope;
    private final boolean recording;
    private final boolean parameters;
    private final List<Runnable> notes = new ArrayList<>();
    private final Set<Variable> writtenParameters = new HashSet<>();
    private boolean used;

    private Tape(Device device, boolean recording, boolean parameters) {
        this.scope = Scope.open(device);
        this.recording = recording;
        this.parameters = parameters;
    }

    /** A tape that can run backward. */
    public static Tape forTraining(Device device) {
        return new Tape(device, true, true);
    }

    /** A tape that can run backward to its inputs and leaves the gradients of parameters alone. */
    public static Tape forInputs(Device device) {
        return new Tape(device, true, false);
    }

    /** A tape that only computes. */
    public static Tape forInference(Device device) {
        return new Tape(device, false, false);
    }

    public Device device() {
        return scope.device();
    }

    public boolean isRecording() {
        return recording;
    }

    /** A tensor that lives as long as this tape. */
    public Tensor empty(DType dtype, long... dims) {
        return scope.empty(dtype, dims);
    }

    public Tensor empty(DType dtype, Shape shape) {
        return scope.empty(dtype, shape);
    }

    /** The variable for an operation's output: differentiable when any of the inputs (null allowed) is. */
    public Variable output(Tensor value, Variable... inputs) {
        boolean needs = false;
        for (Variable input : inputs) {
            needs |= input != null && input.needsGrad();
        }
        return Variable.result(value, recording && needs);
    }

    /** Notes how to push {@code output}'s gradient back; skipped at run time when the gradient never arrives. */
    public void note(Variable output, Consumer<Tensor> pushBack) {
        if (recording && output.needsGrad()) {
            notes.add(() -> {
                if (output.grad() != null) {
                    pushBack.accept(output.grad());
                }
            });
        }
    }

    /**
     * Gives {@code target} a gradient contribution that {@code writer} writes in full into the tensor it is handed (of
     * the value's type).
     */
    public void accumulate(Variable target, Consumer<Tensor> writer) {
        if (target == null || !target.needsGrad()) {
            return;
        }
        requireActivation(target);
        if (target.grad() == null) {
            Tensor grad = scope.empty(target.value().dtype(), target.shape());
            writer.accept(grad);
            target.grad(grad, false);
            return;
        }
        try (Scope scratch = Scope.open(device())) {
            Tensor contribution = scratch.empty(target.value().dtype(), target.shape());
            writer.accept(contribution);
            addTo(target, contribution);
        }
    }

    /**
     * As {@link #accumulate}, but for kernels that write several gradients at once: where this one is not wanted,
     * {@code writer} writes into scratch memory.
     */
    public void accumulateOrDiscard(Variable target, Consumer<Tensor> writer) {
        if (target.needsGrad()) {
            accumulate(target, writer);
        } else {
            try (Scope scratch = Scope.open(device())) {
                writer.accept(scratch.empty(target.value().dtype(), target.shape()));
            }
        }
    }

    /** The same value under another shape. */
    public Variable reshape(Variable x, long... dims) {
        Variable out = output(x.value().reshape(dims), x);
        note(out, dy -> accumulateShared(x, dy));
        return out;
    }

    /** Gives {@code target} a contribution that is an existing tensor, which stays as it is. */
    public void accumulateShared(Variable target, Tensor contribution) {
        if (target == null || !target.needsGrad()) {
            return;
        }
        requireActivation(target);
        Tensor shaped = contribution.reshape(target.shape().dims());
        if (target.grad() == null) {
            target.grad(shaped, true);
        } else {
            addTo(target, shaped);
        }
    }

    private void addTo(Variable target, Tensor contribution) {
        Tensor sum = target.isGradShared() ? scope.empty(target.value().dtype(), target.shape()) : target.grad();
        SUM.add(target.grad(), contribution, sum);
        target.grad(sum, false);
    }

    private static void requireActivation(Variable target) {
        if (target.isParameter()) {
            throw new IllegalStateException(target + " is a parameter: its gradient is F32 and goes through accumulateParameter");
        }
    }

    /**
     * Gives a parameter a contribution: {@code writer} gets the F32 gradient tensor and whether to add to it (true) or to
     * overwrite it (false).
     */
    public void accumulateParameter(Variable parameter, BiConsumer<Tensor, Boolean> writer) {
        if (parameter == null || !parameter.needsGrad()) {
            return;
        }
        if (parameters) {
            writer.accept(parameter.grad(), !writtenParameters.add(parameter));
            return;
        }
        try (Scope scratch = Scope.open(device())) {
            writer.accept(scratch.empty(DType.F32, parameter.shape()), false);
        }
    }

    /**
     * As {@link #accumulateParameter}, for a {@code writer} that writes nothing else and need not run on a tape that
     * leaves parameters alone.
     */
    public void accumulateParameterAlone(Variable parameter, BiConsumer<Tensor, Boolean> writer) {
        if (parameters) {
            accumulateParameter(parameter, writer);
        }
    }

    /**
     * Runs backward from a value whose gradient is {@code grad} (same shape and type).
     *
     * @throws IllegalStateException on a tape that only computes, or that ran backward before
     */
    public void backward(Variable from, Tensor grad) {
        if (!recording) {
            throw new IllegalStateException("this tape computes only: use Tape.forTraining to run backward");
        }
        if (used) {
            throw new IllegalStateException("this tape ran backward already: a tape does so once; compute the values again on"
                    + " another one");
        }
        if (!from.shape().equals(grad.shape()) || from.value().dtype() != grad.dtype()) {
            throw new IllegalArgumentException("backward from " + from.value() + " with gradient " + grad
                    + ": shapes and types must be the same");
        }
        used = true;
        from.grad(grad, true);
        for (int i = notes.size() - 1; i >= 0; i--) {
            notes.get(i).run();
        }
        notes.clear();
    }

    @Override
    public void close() {
        notes.clear();
        scope.close();
    }
}
