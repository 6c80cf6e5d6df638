package io.zoetrope.ops.conv;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.nn.Convolution;
import io.zoetrope.ops.pointwise.Pointwise;
import io.zoetrope.ops.reduce.Reduce;
import io.zoetrope.tensor.Shape;
import io.zoetrope.tensor.Tensor;

/** Differentiable convolutions: plain, transposed and one-dimensional. Layout NHWC. */
public final class ConvFunctions {
    private ConvFunctions() {
    }

    /**
     * Convolution of x [N,H,W,C] by w [K,R,S,C].
     *
     * @param bias      [K], or null
     * @param perSample [N,K] added to every pixel of a sample (the time embedding), or null
     * @param residual  like the result, added to it, or null
     */
    public static Variable conv2d(Tape tape, Variable x, Variable w, Variable bias, Variable perSample,
            Variable residual, Conv2d.Spec spec) {
        Tensor input = x.value();
        Tensor weight = w.value();
        Tensor y = tape.empty(input.dtype(), input.dim(0), spec.outHeight(input.dim(1), weight.dim(1)),
                spec.outWidth(input.dim(2), weight.dim(2)), weight.dim(0));
        Conv2d.forward(input, weight, Variable.valueOf(bias), Variable.valueOf(perSample), Variable.valueOf(residual),
                y, spec);
        Variable out = tape.output(y, x, w, bias, perSample, residual);
        tape.note(out, dy -> {
            long channels = dy.dim(3);
            tape.accumulateParameter(w, (dw, add) -> Conv2d.wgrad(input, dy, dw, spec, add));
            tape.accumulateParameter(bias, (db, add) -> Reduce.sumRows(dy.reshape(-1, channels), db, add));
            tape.accumulate(perSample, d -> Reduce.sumSpatial(dy.reshape(dy.dim(0), -1, channels), d, 1f));
            tape.accumulate(x, dx -> Conv2d.dgrad(dy, weight, dx, spec));
            tape.accumulateShared(residual, dy);
        }, tape.wants(w) ? input : null, tape.wants(x) ? weight : null);
        return out;
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
    public static Variable convTranspose2d(Tape tape, Variable x, Variable w, Variable bias, Conv2d.Spec spec,
            long height, long width) {
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
            tape.accumulateParameter(w, (dw, add) -> Conv2d.wgrad(dy, input, dw, spec, add));
            tape.accumulateParameter(bias, (db, add) -> Reduce.sumRows(dy.reshape(-1, dy.dim(3)), db, add));
            tape.accumulate(x, dx -> Conv2d.forward(dy, weight, null, null, null, dx, spec));
        }, tape.wants(w) ? input : null, tape.wants(x) ? weight : null);
        return out;
    }

    /**
     * Convolution of x [N,L,C] along its length by w [K,1,S,C/groups], a 2-D convolution of height one.
     *
     * @param bias [K], or null
     * @param spec with no padding above and below, such as {@link Conv2d.Spec#line}
     */
    public static Variable conv1d(Tape tape, Variable x, Variable w, Variable bias, Conv2d.Spec spec) {
        return lengthwise(tape, conv2d(tape, flat(tape, x, "conv1d"), w, bias, null, null, spec));
    }

    /**
     * Transposed {@link #conv1d}: x [N,Q,K] gives [N,{@code length},C], which conv1d of {@code spec} takes to [N,Q,K].
     */
    public static Variable convTranspose1d(Tape tape, Variable x, Variable w, Variable bias, Conv2d.Spec spec,
            long length) {
        return lengthwise(tape, convTranspose2d(tape, flat(tape, x, "transposed conv1d"), w, bias, spec, 1, length));
    }

    private static Variable flat(Tape tape, Variable x, String op) {
        if (x.value().rank() != 3) {
            throw new IllegalArgumentException(op + ": x has shape " + x.shape() + ", expected [N, L, C]");
        }
        return tape.reshape(x, x.value().dim(0), 1, x.value().dim(1), x.value().dim(2));
    }

    private static Variable lengthwise(Tape tape, Variable y) {
        return tape.reshape(y, y.value().dim(0), y.value().dim(2), y.value().dim(3));
    }
}
