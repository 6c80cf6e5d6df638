package io.zoetrope.model.adversarial;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.cuda.Device;
import io.zoetrope.nn.PiecewiseLinearPass;
import io.zoetrope.ops.loss.GanLoss;
import io.zoetrope.ops.pointwise.Pointwise;
import io.zoetrope.ops.reduce.Reduce;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;

/**
 * The gradients of both players of an adversarial game: the relativistic pairing loss with the penalties R1 and R2 on
 * the discriminator's gradient (Huang et al. 2024). All work is queued and can be captured in a graph.
 *
 * <p>The discriminator takes four passes: scores; back to the pictures, which gives the penalties' gradient v; one
 * linear pass of a mix of pictures and v; and back from there to its parameters, for loss and penalties together.
 */
public final class AdversarialGame implements AutoCloseable {
    /** Elements of {@link #row}. */
    public static final int D_LOSS = 0;
    public static final int G_LOSS = 1;
    public static final int REAL_SCORE = 2;
    public static final int FAKE_SCORE = 3;
    public static final int R1 = 4;
    public static final int R2 = 5;
    private static final int ROW = 6;

    /** A discriminator that is piecewise linear in what it scores. */
    @FunctionalInterface
    public interface Critic {
        /** @return [N, 1] for x [N, …] */
        Variable score(Tape tape, Variable x, Tensor labels, PiecewiseLinearPass pass);
    }

    private final Device device;
    private final Scope scope;
    private final Critic critic;
    private final int pairs;
    private final GanLoss.PenaltyWeight gamma;
    private final Tensor row;
    private final Tensor notFinite;
    private final Tensor scale;
    private final Tensor squares;

    /**
     * @param pairs of a real and a made sample in each step
     * @param gamma weight of both penalties
     */
    public AdversarialGame(Device device, Critic critic, int pairs, GanLoss.PenaltyWeight gamma) {
        this.device = device;
        this.scope = Scope.open(device);
        this.critic = critic;
        this.pairs = pairs;
        this.gamma = gamma;
        this.row = scope.zeros(DType.F32, ROW);
        this.notFinite = scope.zeros(DType.I32, 1);
        this.scale = scope.zeros(DType.F32, 2L * pairs);
        this.squares = scope.zeros(DType.F32, 2L * pairs);
    }

    /**
     * What the last steps computed, F32[6]: losses of both players, mean scores of real and made samples, and mean
     * squared lengths of the scores' gradients with respect to them (R1 and R2 without γ/2).
     */
    public Tensor row() {
        return row;
    }

    /** I32[1]: 1 once a loss was NaN or infinite. */
    public Tensor notFinite() {
        return notFinite;
    }

    /**
     * Writes the gradients of the discriminator's parameters.
     *
     * @param samples 2·pairs samples, the real ones first
     * @param labels  I32 [2·pairs], or null
     * @param state   I64[2] {seed, step} that γ's schedule follows, or null
     */
    public void discriminate(Tensor samples, Tensor labels, Tensor state) {
        try (Tape tape = Tape.forInputs(device)) {
            PiecewiseLinearPass pass = PiecewiseLinearPass.recording();
            Variable input = Variable.input(samples);
            Variable scores = critic.score(tape, input, labels, pass);
            Tensor each = scores.value().reshape(-1);
            GanLoss.relativistic(each.slice(0, pairs), each.slice(pairs, 2L * pairs), row.slice(D_LOSS, D_LOSS + 1),
                    new GanLoss.Pairing(null, scale.slice(0, pairs), scale.slice(pairs, 2L * pairs),
                            row.slice(REAL_SCORE, REAL_SCORE + 1), row.slice(FAKE_SCORE, FAKE_SCORE + 1)),
                    notFinite);
            Tensor ones = tape.empty(scores.value().dtype(), scores.shape());
            Pointwise.fill(ones, 1f);
            tape.backward(scores, ones);
            Tensor mixed = tape.empty(samples.dtype(), samples.shape());
            GanLoss.penaltyPass(samples, input.grad(), scale, mixed, squares, pairs, gamma, state);
            Reduce.mean(squares.slice(0, pairs), row.slice(R1, R1 + 1));
            Reduce.mean(squares.slice(pairs, 2L * pairs), row.slice(R2, R2 + 1));
            try (Tape linear = Tape.forTraining(device)) {
                Variable sum = critic.score(linear, Variable.constant(mixed), labels, pass.tangent(scale));
                linear.backward(sum, ones);
            }
        }
    }

    /**
     * Writes the gradients of the generator's parameters.
     *
     * @param tape   on which {@code made} was made; its backward pass runs
     * @param made   samples, as many as pairs
     * @param real   real samples, like made
     * @param labels I32 [pairs] of both, or null
     */
    public void generate(Tape tape, Variable made, Tensor real, Tensor labels) {
        try (Tape inputs = Tape.forInputs(device); Tape plain = Tape.forInference(device)) {
            Variable x = Variable.input(made.value());
            Variable scores = critic.score(inputs, x, labels, PiecewiseLinearPass.plain());
            Tensor others = critic.score(plain, Variable.constant(real), labels, PiecewiseLinearPass.plain()).value();
            Tensor slopes = plain.empty(DType.F32, pairs);
            GanLoss.relativistic(scores.value().reshape(-1), others.reshape(-1), row.slice(G_LOSS, G_LOSS + 1),
                    new GanLoss.Pairing(null, slopes, null, null, null), notFinite);
            Tensor gradient = plain.empty(scores.value().dtype(), scores.shape());
            Pointwise.cast(slopes, gradient);
            inputs.backward(scores, gradient);
            tape.backward(made, x.grad());
        }
    }

    @Override
    public void close() {
        scope.close();
    }
}
