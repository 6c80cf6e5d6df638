package io.zoetrope.autograd;

import io.zoetrope.kernel.Conv2d;
import io.zoetrope.kernel.PhaseShuffle;
import io.zoetrope.kernel.Pointwise;
import io.zoetrope.kernel.Reduce;
import io.zoetrope.kernel.ScaledBias;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Shape;
import io.zoetrope.tensor.Tensor;

/** Differentiable relatives of {@link Ops#conv2d}: transposed and one-dimensional convolution, phase shuffle. */
public final class ConvOps {
    private ConvOps() {
    }

    /**
     * Transposed convolution, the adjoint of a convolution of {@code spec}: x [N,P,Q,K] by w [K,R,S,C/groups] gives the
     * smallest [N,H,W,C] that such a convolution takes to [N,P,Q,K].
     *
     * @param bias [C], or null
     */
    public static Variable convTranspose2d(Tape tape, Variable x, Variable w, Variable bias, Conv2d.Spec spec) {
        return convTranspose2d(tape, x, w, bias, spec, spec.inHeight(x.value().dim(1), w.value().dim(1)),
                spec.inWidth(x.value().dim(2), w.value().dim(2)));
    }

    /**
     * As {@link #convTranspose2d(Tape, Variable, Variable, Variable, Conv2d.Spec)} with a chosen result size, which a
     * convolution of {@code spec} must take to x's: up to stride-1 rows and columns more.
     */
    public static Variable convTranspose2d(Tape tape, Variable x, Variable w, Variable bias, Conv2d.Spec spec, long height,
            long width) {
        Tensor input = x.value();
        Tensor weight = w.value();
        Shape shape = Shape.of(input.dim(0), Math.max(0, height), Math.max(0, width), weight.dim(3) * spec.groups());
        Tensor y = tape.empty(input.dtype(), shape);
        Conv2d.dgrad(input, weight, y, spec);
        if (bias != null) {
            Pointwise.addBias(y, bias.value(), y);
        }
        Variable out = tape.output(y, x, w, bias);
        tape.note(out, dy -> {
            tape.accumulateParameterAlone(w, (dw, add) -> Conv2d.wgrad(dy, input, dw, spec, add));
            tape.accumulateParameterAlone(bias, (db, add) -> Reduce.sumRows(dy.reshape(-1, dy.dim(3)), db, add));
            tape.accumulate(x, dx -> Conv2d.forward(dy, weight, null, null, null, dx, spec));
        });
        return out;
    }

    /**
     * Convolution of x [N,L,C] along its length by w [K,1,S,C/groups], a 2-D convolution of height one.
     *
     * @param bias [K], or null
     * @param spec with no padding above and below, such as {@link Conv2d.Spec#line}
     */
    public static Variable conv1d(Tape tape, Variable x, Variable w, Variable bias, Conv2d.Spec spec) {
        return lengthwise(tape, Ops.conv2d(tape, flat(tape, x, "conv1d"), w, bias, null, null, spec));
    }

    /** Transposed {@link #conv1d}: x [N,Q,K] gives [N,{@code length},C], which conv1d of {@code spec} takes to [N,Q,K]. */
    public static Variable convTranspose1d(Tape tape, Variable x, Variable w, Variable bias, Conv2d.Spec spec, long length) {
        return lengthwise(tape, convTranspose2d(tape, flat(tape, x, "transposed conv1d"), w, bias, spec, 1, length));
    }

    private static Variable flat(Tape tape, Variable x, String op) {
        if (x.value().rank() != 3) {
            throw new IllegalArgumentException(op + ": x has shape " + x.shape() + ", expected [N, L, C]");
        }
        return Ops.reshape(tape, x, x.value().dim(0), 1, x.value().dim(1), x.value().dim(2));
    }

    private static Variable lengthwise(Tape tape, Variable y) {
        return Ops.reshape(tape, y, y.value().dim(0), y.value().dim(2), y.value().dim(3));
    }

    /**
     * bias [K] (F32) times scale[n] for each sample: [N,K] of {@code type}, such as a convolution adds to its samples.
     *
     * @param scale F32 [N]; must not change before the backward pass
     */
    public static Variable scaledBias(Tape tape, Tensor scale, Variable bias, DType type) {
        Tensor y = tape.empty(type, scale.size(), bias.value().size());
        ScaledBias.forward(scale, bias.value(), y);
        Variable out = tape.output(y, bias);
        tape.note(out, dy -> tape.accumulateParameterAlone(bias, (db, add) -> ScaledBias.backward(scale, dy, db, add)));
        return out;
    }

    /**
     * Phase shuffle of x [N,L,C].
     *
     * @param shifts I32 [N] from {@link PhaseShuffle#draw} with this radius; must not change before the backward pass
     */
    public static Variable phaseShuffle(Tape tape, Variable x, Tensor shifts, int radius) {
        Tensor y = tape.empty(x.value().dtype(), x.shape());
        PhaseShuffle.forward(x.value(), shifts, y, radius);
        Variable out = tape.output(y, x);
        tape.note(out, dy -> tape.accumulate(x, dx -> PhaseShuffle.backward(dy, shifts, dx, radius)));
        return out;
    }
}
