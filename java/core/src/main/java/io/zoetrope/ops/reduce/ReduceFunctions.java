package io.zoetrope.ops.reduce;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.ops.pointwise.Pointwise;
import io.zoetrope.tensor.Tensor;

/** Differentiable reductions. */
public final class ReduceFunctions {
    private ReduceFunctions() {
    }

    /** The mean of each sample's tokens: [B, S, C] to [B, C]. */
    public static Variable mean(Tape tape, Variable x) {
        Tensor input = x.value();
        float share = 1f / input.dim(1);
        Tensor y = tape.empty(input.dtype(), input.dim(0), input.dim(2));
        Reduce.sumSpatial(input, y, share);
        Variable out = tape.output(y, x);
        tape.note(out, dy -> tape.accumulate(x, dx -> Pointwise.addToSamples(null, dy, share, dx)));
        return out;
    }

    /** factor·Σ a[n, f]·b[n, f] for each n of a, b [N,F]: [N,1]. */
    public static Variable dotRows(Tape tape, Variable a, Variable b, float factor) {
        if (a.value().rank() != 2 || !a.shape().equals(b.shape())) {
            throw new IllegalArgumentException(
                    "row products of " + a.shape() + " and " + b.shape() + ": expected two of one shape [N, F]");
        }
        long rows = a.value().dim(0);
        Tensor products = tape.empty(a.value().dtype(), a.shape());
        Tensor y = tape.empty(a.value().dtype(), rows, 1);
        Pointwise.multiply(a.value(), b.value(), products);
        Reduce.sumSpatial(products.reshape(rows, -1, 1), y, factor);
        Variable out = tape.output(y, a, b);
        tape.note(out, dy -> {
            tape.accumulate(a, da -> spread(dy, factor, b.value(), da));
            tape.accumulate(b, db -> spread(dy, factor, a.value(), db));
        }, tape.wants(a) ? b.value() : null, tape.wants(b) ? a.value() : null);
        return out;
    }

    /** to[n, f] = factor·dy[n]·other[n, f]. */
    private static void spread(Tensor dy, float factor, Tensor other, Tensor to) {
        Pointwise.addToSamples(null, dy, factor, to.reshape(to.dim(0), -1, 1));
        Pointwise.multiply(to, other, to);
    }
}
