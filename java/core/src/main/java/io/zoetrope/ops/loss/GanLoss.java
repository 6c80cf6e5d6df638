package io.zoetrope.ops.loss;

import io.zoetrope.cuda.Grid;
import io.zoetrope.ops.Operands;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Tensor;

/**
 * Losses of adversarial training: the relativistic pairing loss, and gradient penalties without differentiating twice.
 */
public final class GanLoss {
    private static final String RELATIVISTIC = "loss/relativistic";
    private static final String PENALTY = "loss/gradient_penalty";

    private GanLoss() {
    }

    /**
     * What {@link #relativistic} writes; all F32, and null where not wanted.
     *
     * @param perPair    [N], the loss of each pair
     * @param dwinner    [N], ∂loss/∂winner
     * @param dloser     [N], ∂loss/∂loser
     * @param meanWinner [1], mean score
     * @param meanLoser  [1], mean score
     */
    public record Pairing(Tensor perPair, Tensor dwinner, Tensor dloser, Tensor meanWinner, Tensor meanLoser) {
    }

    /**
     * loss = mean over i of softplus(loser_i - winner_i).
     *
     * @param winner scores that should be higher, F32 or BF16, N of them: for the discriminator those of real pictures,
     *                  for the generator those of its own
     * @param loser     the others, like winner
     * @param loss      F32[1]
     * @param notFinite I32[1] is set to 1 when the loss is NaN or infinite and left alone otherwise, or null
     */
    public static void relativistic(Tensor winner, Tensor loser, Tensor loss, Pairing out, Tensor notFinite) {
        Operands operands = Operands.of("relativistic loss").floating("winner", winner).nonEmpty("winner", winner)
                .alike("loser", loser, "winner", winner).sized("loss", loss, DType.F32, 1)
                .sizedIfGiven("perPair", out.perPair, DType.F32, winner.size())
                .sizedIfGiven("dwinner", out.dwinner, DType.F32, winner.size())
                .sizedIfGiven("dloser", out.dloser, DType.F32, winner.size())
                .sizedIfGiven("meanWinner", out.meanWinner, DType.F32, 1)
                .sizedIfGiven("meanLoser", out.meanLoser, DType.F32, 1)
                .sizedIfGiven("notFinite", notFinite, DType.I32, 1);
        int pairs = operands.fits("N", winner.size());
        operands.reads("winner, loser", winner, loser)
                .writes("loss, perPair, dwinner, dloser, meanWinner, meanLoser, notFinite", loss, out.perPair,
                        out.dwinner, out.dloser, out.meanWinner, out.meanLoser, notFinite)
                .device().kernel(RELATIVISTIC, "relativistic_" + winner.dtype().suffix()).arguments()
                .pointer("winner", winner).pointer("loser", loser).pointer("loss", loss)
                .pointer("per_pair", out.perPair).pointer("dwinner", out.dwinner).pointer("dloser", out.dloser)
                .pointer("mean_winner", out.meanWinner).pointer("mean_loser", out.meanLoser)
                .pointer("not_finite", notFinite).i32("n", pairs).launch(Grid.of(1));
    }

    /**
     * The weight γ of a penalty (γ/2)·mean |∂score/∂picture|² over the steps.
     *
     * @param first γ at the first step
     * @param last  γ from step {@code steps} on; it falls as a cosine in between
     * @param steps 0: stays at {@code first}
     */
    public record PenaltyWeight(float first, float last, long steps) {
        public PenaltyWeight {
            if (!(first >= 0 && last >= 0 && Float.isFinite(first) && Float.isFinite(last)) || steps < 0) {
                throw new IllegalArgumentException("penalty weight from " + first + " to " + last + " over " + steps
                        + " steps: expected finite numbers, 0 or more");
            }
        }

        /** The same at every step. */
        public static PenaltyWeight constant(float gamma) {
            return new PenaltyWeight(gamma, gamma, 0);
        }
    }

    /**
     * Prepares the linear pass whose backward pass gives the gradient of a loss and of its gradient penalty together:
     * input_i = scale_i·x_i + (γ/pairs)·v_i, squares_i = |v_i|². See cuda/ops/loss/gradient_penalty.cu.
     *
     * @param x       pictures, F32 or BF16, samples outermost
     * @param v       the gradients of their scores with respect to them, like x
     * @param scale   F32[N], the derivatives of the loss with respect to the scores
     * @param input   like x; may be x or v
     * @param squares F32[N]
     * @param pairs   over how many samples each penalty is a mean: N/2 when x holds real and made pictures
     * @param state   I64[2] {seed, step} that the schedule of γ follows, or null for its first value
     */
    public static void penaltyPass(Tensor x, Tensor v, Tensor scale, Tensor input, Tensor squares, long pairs,
            PenaltyWeight gamma, Tensor state) {
        Operands operands = Operands.of("gradient penalty").floating("x", x).rankAtLeast("x", x, 2).nonEmpty("x", x)
                .alike("v", v, "x", x).alike("input", input, "x", x).sized("scale", scale, DType.F32, x.dim(0))
                .sized("squares", squares, DType.F32, x.dim(0)).sizedIfGiven("state", state, DType.I64, 2)
                .require(pairs >= 1, "pairs is " + pairs + ", expected 1 or more");
        operands.reads("x, v, scale, state", x, v, scale, state).updates("input", input).writes("squares", squares)
                .device().kernel(PENALTY, "gradient_penalty_" + x.dtype().suffix()).arguments().pointer("x", x)
                .pointer("v", v).pointer("scale", scale).pointer("input", input).pointer("squares", squares)
                .i64("size", x.size() / x.dim(0)).f32("share", 1f / pairs).f32("gamma", gamma.first)
                .f32("gamma_last", gamma.last).i64("gamma_steps", gamma.steps).pointer("state", state)
                .launch(Grid.of(x.dim(0)));
    }
}
