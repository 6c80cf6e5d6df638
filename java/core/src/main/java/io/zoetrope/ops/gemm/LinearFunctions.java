package io.zoetrope.ops.gemm;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.ops.conv.Conv2d;
import io.zoetrope.ops.modulate.Modulate;
import io.zoetrope.ops.modulate.ModulateFunctions;
import io.zoetrope.ops.pointwise.PointwiseFunctions;
import io.zoetrope.ops.reduce.Reduce;
import io.zoetrope.tensor.Tensor;

/** Differentiable linear layers: products by a weight, with what a product's epilogue can take in. */
public final class LinearFunctions {
    private LinearFunctions() {
    }

    /**
     * x [..., in] times the transpose of w [out, in], plus bias [out] (or null), plus residual like the result (or
     * null).
     */
    public static Variable linear(Tape tape, Variable x, Variable w, Variable bias, Variable residual) {
        long in = w.value().dim(1);
        long outFeatures = w.value().dim(0);
        Tensor y = product(tape, x, w, new Gemm.Epilogue(Variable.valueOf(bias), null, Variable.valueOf(residual)),
                Activation.NONE);
        Tensor rows = x.value().reshape(-1, in);
        Variable out = tape.output(y, x, w, bias, residual);
        tape.note(out, dy -> {
            Tensor dyRows = dy.reshape(-1, outFeatures);
            tape.accumulateParameter(w, (dw, add) -> linearWeightGradient(dyRows, rows, dw, add));
            tape.accumulateParameter(bias, (db, add) -> Reduce.sumRows(dyRows, db, add));
            tape.accumulate(x, dx -> Gemm.run(dyRows, w.value(), null, dx.reshape(-1, in), Gemm.Spec.NN));
            tape.accumulateShared(residual, dy);
        }, tape.wants(w) ? rows : null, tape.wants(x) ? w.value() : null);
        return out;
    }

    /**
     * GELU (tanh form) of {@link #linear}: one kernel unless a backward pass, which needs what GELU was applied to, may
     * follow.
     */
    public static Variable linearGelu(Tape tape, Variable x, Variable w, Variable bias) {
        if (tape.isRecording()) {
            return PointwiseFunctions.gelu(tape, linear(tape, x, w, bias, null));
        }
        return tape.output(product(tape, x, w, Gemm.Epilogue.bias(Variable.valueOf(bias)), Activation.GELU), x, w,
                bias);
    }

    /**
     * {@link ModulateFunctions#gate} of {@link #linear}: one kernel unless a backward pass may follow, as in
     * {@link #linearGelu}.
     */
    public static Variable linearGated(Tape tape, Variable x, Variable w, Variable bias, Variable residual,
            Variable vectors, int gate, int parts) {
        if (tape.isRecording()) {
            return ModulateFunctions.gate(tape, linear(tape, x, w, bias, null), residual, vectors, gate, parts);
        }
        Gemm.Epilogue epilogue = new Gemm.Epilogue(Variable.valueOf(bias),
                Modulate.Vectors.part(vectors.value(), gate, parts), residual.value());
        return tape.output(product(tape, x, w, epilogue, Activation.NONE), x, w, bias, residual, vectors);
    }

    private static Tensor product(Tape tape, Variable x, Variable w, Gemm.Epilogue epilogue, Activation activation) {
        long in = w.value().dim(1);
        if (x.value().dim(-1) != in) {
            throw new IllegalArgumentException("linear: input " + x.shape() + " has " + x.value().dim(-1)
                    + " features, the weight " + w.shape() + " expects " + in);
        }
        long[] dims = x.shape().dims();
        dims[dims.length - 1] = w.value().dim(0);
        Tensor y = tape.empty(x.value().dtype(), dims);
        long out = w.value().dim(0);
        Tensor residual = epilogue.residual() == null ? null : epilogue.residual().reshape(-1, out);
        Gemm.fused(x.value().reshape(-1, in), w.value(), new Gemm.Epilogue(epilogue.bias(), epilogue.gate(), residual),
                y.reshape(-1, out), Gemm.Spec.NT.activation(activation));
        return y;
    }

    /** The wgrad of a 1×1 convolution: unlike a product, it is split along the rows, many for few weights. */
    private static void linearWeightGradient(Tensor dyRows, Tensor rows, Tensor dw, boolean add) {
        Conv2d.wgrad(rows.reshape(1, 1, -1, rows.dim(1)), dyRows.reshape(1, 1, -1, dyRows.dim(1)),
                dw.reshape(dw.dim(0), 1, 1, dw.dim(1)), Conv2d.Spec.of(1, 0), add);
    }
}
