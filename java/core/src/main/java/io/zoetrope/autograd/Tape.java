package io.zoetrope.autograd;

import io.zoetrope.cuda.Device;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Shape;
import io.zoetrope.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Reverse-mode differentiation: operations note how to push gradients back, {@link #backward} runs the notes in
 * reverse.
 *
 * <p>A tape owns every intermediate value made on it, and frees it when nothing needs it any more (see the package's
 * page); closing it frees the rest. A tape for inference notes nothing. One thread at a time uses a tape.
 */
public final class Tape implements AutoCloseable {
    private static final GradientSum SUM = ServiceLoader.load(GradientSum.class, GradientSum.class.getClassLoader())
            .findFirst().orElseThrow(() -> new IllegalStateException("no " + GradientSum.class.getName()
                    + " is registered: this library's jar was repackaged without its META-INF/services"));

    /** What a tape does with gradients. */
    private enum Purpose { INFERENCE, INPUTS, TRAINING, ACCUMULATION }

    /** How to push a value's gradient back, and what is read to do so. */
    private record Note(Variable output, Consumer<Tensor> pushBack, List<Tensor> saved) {
    }

    /** Writes the gradients of two parameters with one kernel. */
    @FunctionalInterface
    public interface PairWriter {
        /** @param add whether to add to both, or to overwrite both */
        void write(Tensor first, Tensor second, boolean add);
    }

    private final Device device;
    private final Lifetimes lifetimes;
    private final Purpose purpose;
    private final Set<Variable> writtenParameters = new HashSet<>();
    private List<Note> notes = new ArrayList<>();
    private Lifetimes.Part part = new Lifetimes.Part();
    private boolean checkpointing;
    /** Whether operations note anything now: not while the first run of a checkpoint is made. */
    private boolean noting;
    private boolean recomputing;
    private boolean used;

    private Tape(Device device, Purpose purpose) {
        this(new Lifetimes(Scope.open(device), true), device, purpose);
    }

    private Tape(Lifetimes lifetimes, Device device, Purpose purpose) {
        this.device = device;
        this.lifetimes = lifetimes;
        this.purpose = purpose;
        this.noting = purpose != Purpose.INFERENCE;
    }

    /** A tape that can run backward. */
    public static Tape forTraining(Device device) {
        return new Tape(device, Purpose.TRAINING);
    }

    /**
     * As {@link #forTraining}, for the second and further micro-batches of a step: adds to the gradients that the
     * parameters have rather than overwriting them.
     */
    public static Tape forAccumulation(Device device) {
        return new Tape(device, Purpose.ACCUMULATION);
    }

    /** A tape that can run backward to its inputs and leaves the gradients of parameters alone. */
    public static Tape forInputs(Device device) {
        return new Tape(device, Purpose.INPUTS);
    }

    /** A tape that only computes. */
    public static Tape forInference(Device device) {
        return new Tape(device, Purpose.INFERENCE);
    }

    /** A tape that only computes, whose values are a scope's: closing the tape leaves what it holds to the scope. */
    public static Tape into(Scope scope) {
        return new Tape(new Lifetimes(scope, false), scope.device(), Purpose.INFERENCE);
    }

    /** Makes every {@link #block} a {@link #checkpoint}. */
    public Tape checkpointing() {
        checkpointing = true;
        return this;
    }

    public Device device() {
        return device;
    }

    /** Whether a backward pass may follow. */
    public boolean isRecording() {
        return purpose != Purpose.INFERENCE;
    }

    /** Whether a checkpoint is computed again: what the first run has changed beside its values must stay as it is. */
    public boolean isRecomputing() {
        return recomputing;
    }

    // ---- lifetimes --------------------------------------------------------------------------------------------------

    /** A tensor that lives as long as the part it is made in and the notes that save it. */
    public Tensor empty(DType dtype, long... dims) {
        return empty(dtype, Shape.of(dims));
    }

    public Tensor empty(DType dtype, Shape shape) {
        return lifetimes.empty(part, dtype, shape);
    }

    /** Runs a stretch of the forward pass; of what it makes, the caller may use the result alone. */
    public Variable part(Supplier<Variable> body) {
        Lifetimes.Part around = part;
        Lifetimes.Part own = new Lifetimes.Part();
        List<Tensor> results = new ArrayList<>();
        part = own;
        try {
            Variable result = body.get();
            results.add(result.value());
            return result;
        } finally {
            part = around;
            lifetimes.end(own, around, results);
        }
    }

    /**
     * A {@link #part} that keeps no values for the backward pass but {@code inputs}, and runs again when that comes to
     * it (Chen et al. 2016, arXiv:1604.06174). Gradients have the same bits as without.
     *
     * @param body reads no value of this tape but the inputs and what it makes; draws by keys that do not move within a
     *               step
     * @param inputs null allowed
     */
    public Variable checkpoint(Supplier<Variable> body, Variable... inputs) {
        if (!noting) {
            return part(body);
        }
        noting = false;
        Variable result;
        try {
            result = part(body);
        } finally {
            noting = true;
        }
        note(result, dy -> part(() -> recompute(body, dy)),
                Stream.of(inputs).filter(Objects::nonNull).map(Variable::value).toArray(Tensor[]::new));
        return result;
    }

    private Variable recompute(Supplier<Variable> body, Tensor dy) {
        List<Note> outer = notes;
        boolean before = recomputing;
        notes = new ArrayList<>();
        recomputing = true;
        try {
            Variable again = body.get();
            recomputing = before;
            release(again);
            setGradient(again, dy);
            runNotes();
            return again;
        } finally {
            recomputing = before;
            notes = outer;
        }
    }

    /** A {@link #checkpoint} on a tape that makes them of blocks, else a {@link #part}. */
    public Variable block(Supplier<Variable> body, Variable... inputs) {
        return checkpointing ? checkpoint(body, inputs) : part(body);
    }

    /**
     * The caller will not use the value, or a view of it, any more. Does nothing for one that this tape has not made.
     */
    public void release(Variable value) {
        lifetimes.letGo(value.value());
    }

    /** Keeps a tensor made on this tape until the tape closes, whatever part it was made in. */
    public Tensor keep(Tensor tensor) {
        lifetimes.hold(tensor);
        return tensor;
    }

    /** Keeps a value made on this tape, and its gradient once there is one, until the tape closes. */
    public Variable keep(Variable variable) {
        lifetimes.hold(variable.value());
        variable.keepGrad();
        return variable;
    }

    /** Bytes of all values and gradients made so far: what the tape would hold if it freed none before it closes. */
    public long bytesMade() {
        return lifetimes.made();
    }

    /** Bytes of values and gradients held now. */
    public long bytesHeld() {
        return lifetimes.held();
    }

    /** The most bytes of values and gradients held at once so far, without the scratch memory of single operations. */
    public long peakBytes() {
        return lifetimes.peak();
    }

    // ---- notes ------------------------------------------------------------------------------------------------------

    /** The variable for an operation's output: differentiable when any of the inputs (null allowed) is. */
    public Variable output(Tensor value, Variable... inputs) {
        boolean needs = false;
        for (Variable input : inputs) {
            needs |= wants(input);
        }
        return Variable.result(value, isRecording() && needs);
    }

    /** As {@link #output} for a value that operations take in a parameter's place. Its gradient is F32. */
    public Variable parameterOutput(Tensor value, Variable... inputs) {
        return Variable.derivedParameter(value, output(value, inputs).needsGrad());
    }

    /** Whether a backward pass of this tape computes the gradient of {@code variable}; false for null. */
    public boolean wants(Variable variable) {
        return variable != null && variable.needsGrad() && (purpose != Purpose.INPUTS || !variable.isParameter());
    }

    /**
     * Notes how to push {@code output}'s gradient back; skipped at run time when the gradient never arrives.
     *
     * @param saved every tensor that {@code pushBack} reads; null allowed. They live until it has run; others of this
     *              tape may be gone by then, of which shapes and types can still be asked
     */
    public void note(Variable output, Consumer<Tensor> pushBack, Tensor... saved) {
        if (noting && output.needsGrad()) {
            List<Tensor> held = Stream.of(saved).filter(Objects::nonNull).toList();
            held.forEach(lifetimes::hold);
            notes.add(new Note(output, pushBack, held));
        }
    }

    /** The same value under another shape. */
    public Variable reshape(Variable x, long... dims) {
        Variable out = output(x.value().reshape(dims), x);
        note(out, dy -> accumulateShared(x, dy));
        return out;
    }

    // ---- gradients of values ----------------------------------------------------------------------------------------

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
            Tensor grad = lifetimes.empty(null, target.value().dtype(), target.shape());
            writer.accept(grad);
            target.grad(grad);
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

    /** Gives {@code target} a contribution that is an existing tensor, which stays as it is. */
    public void accumulateShared(Variable target, Tensor contribution) {
        if (target == null || !target.needsGrad()) {
            return;
        }
        requireActivation(target);
        Tensor shaped = contribution.reshape(target.shape().dims());
        if (target.grad() == null) {
            setGradient(target, shaped);
        } else {
            addTo(target, shaped);
        }
    }

    private void setGradient(Variable target, Tensor grad) {
        lifetimes.hold(grad);
        target.grad(grad);
    }

    private void addTo(Variable target, Tensor contribution) {
        Tensor before = target.grad();
        if (lifetimes.heldOnce(before)) {
            SUM.add(before, contribution, before);
            return;
        }
        Tensor sum = lifetimes.empty(null, target.value().dtype(), target.shape());
        SUM.add(before, contribution, sum);
        target.grad(sum);
        lifetimes.release(before);
    }

    private static void requireActivation(Variable target) {
        if (target.isParameter()) {
            throw new IllegalStateException(
                    target.describe() + " is a parameter: its gradient is F32 and goes through accumulateParameter");
        }
    }

    // ---- gradients of parameters ------------------------------------------------------------------------------------

    /**
     * Gives a parameter a contribution where it is wanted: {@code writer} gets the F32 gradient tensor and whether to
     * add to it (true) or to overwrite it (false).
     */
    public void accumulateParameter(Variable parameter, BiConsumer<Tensor, Boolean> writer) {
        if (wants(parameter)) {
            boolean add = adds(parameter);
            writer.accept(gradient(parameter), add);
        }
    }

    /**
     * As {@link #accumulateParameter} for kernels that write other gradients too: one not wanted goes to scratch
     * memory.
     */
    public void accumulateParameterOrDiscard(Variable parameter, BiConsumer<Tensor, Boolean> writer) {
        if (wants(parameter)) {
            accumulateParameter(parameter, writer);
            return;
        }
        try (Scope scratch = Scope.open(device())) {
            writer.accept(scratch.empty(DType.F32, parameter.shape()), false);
        }
    }

    /**
     * Gives two parameters a contribution that one kernel writes together, as it may write other gradients: it runs
     * whichever of the two is wanted, and writes to scratch memory where one is not, or where one is added to and the
     * other is overwritten.
     */
    public void accumulateParameters(Variable first, Variable second, PairWriter writer) {
        boolean addFirst = wants(first) && adds(first);
        boolean addSecond = wants(second) && adds(second);
        boolean add = addFirst && addSecond;
        try (Scope scratch = Scope.open(device())) {
            Tensor one = wants(first) && addFirst == add ? gradient(first) : scratch.empty(DType.F32, first.shape());
            Tensor two = wants(second) && addSecond == add ? gradient(second)
                    : scratch.empty(DType.F32, second.shape());
            writer.write(one, two, add);
            addApart(first, one, addFirst && !add);
            addApart(second, two, addSecond && !add);
        }
    }

    private static void addApart(Variable parameter, Tensor contribution, boolean apart) {
        if (apart) {
            SUM.add(parameter.grad(), contribution, parameter.grad());
        }
    }

    /** Whether a parameter has a gradient to be added to by now; it has from here on. */
    private boolean adds(Variable parameter) {
        return !writtenParameters.add(parameter) || purpose == Purpose.ACCUMULATION && parameter.grad() != null;
    }

    private Tensor gradient(Variable parameter) {
        if (parameter.grad() == null) {
            parameter.grad(lifetimes.empty(null, DType.F32, parameter.shape()));
        }
        return parameter.grad();
    }

    // ---- backward ---------------------------------------------------------------------------------------------------

    /**
     * Runs backward from a value whose gradient is {@code grad} (same shape and type).
     *
     * @throws IllegalStateException on a tape that only computes, or that ran backward before
     */
    public void backward(Variable from, Tensor grad) {
        if (!isRecording()) {
            throw new IllegalStateException("this tape computes only: use Tape.forTraining to run backward");
        }
        if (used) {
            throw new IllegalStateException(
                    "this tape ran backward already: a tape does so once; compute the values again on"
                            + " another one");
        }
        if (!from.shape().equals(grad.shape()) || from.value().dtype() != grad.dtype()) {
            throw new IllegalArgumentException("backward from " + from.value().describe() + " with gradient "
                    + grad.describe() + ": shapes and types must be the same");
        }
        used = true;
        setGradient(from, grad);
        runNotes();
    }

    private void runNotes() {
        while (!notes.isEmpty()) {
            Note note = notes.remove(notes.size() - 1);
            Variable output = note.output();
            Tensor grad = output.grad();
            if (grad != null) {
                note.pushBack().accept(grad);
                if (!output.keepsGrad()) {
                    output.grad(null);
                    lifetimes.release(grad);
                }
            }
            note.saved().forEach(lifetimes::release);
        }
    }

    @Override
    public void close() {
        notes.clear();
        lifetimes.close();
    }
}
