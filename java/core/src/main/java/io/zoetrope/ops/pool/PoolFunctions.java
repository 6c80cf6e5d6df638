package io.zoetrope.ops.pool;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.ops.pointwise.Pointwise;
import io.zoetrope.ops.reduce.Reduce;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Tensor;

/**
 * Differentiable pooling of x [N,H,W,C] without padding, where windows that do not fit whole are left out, and
 * upsampling.
 */
public final class PoolFunctions {
    private PoolFunctions() {
    }

    /** The maximum of each k × k window, {@code stride} apart; its gradient goes to the first of equals. */
    public static Variable maxPool(Tape tape, Variable x, int k, int stride) {
        Tensor input = x.value();
        Tensor y = pooled(tape, input, k, stride);
        Tensor indices = tape.empty(DType.I32, y.shape());
        Pool.maxPool(input, y, indices, k, stride);
        Variable out = tape.output(y, x);
        tape.note(out, dy -> tape.accumulate(x, dx -> Pool.maxPoolBackward(dy, indices, dx, k, stride)), indices);
        return out;
    }

    /** The mean of each k × k window, {@code stride} apart. */
    public static Variable averagePool(Tape tape, Variable x, int k, int stride) {
        Tensor input = x.value();
        Tensor y = pooled(tape, input, k, stride);
        Pool.avgPool(input, y, k, stride);
        Variable out = tape.output(y, x);
        tape.note(out, dy -> tape.accumulate(x, dx -> Pool.avgPoolBackward(dy, dx, k, stride)));
        return out;
    }

    /** The mean over all places of each sample and channel: [N,C]. */
    public static Variable globalAveragePool(Tape tape, Variable x) {
        Tensor input = x.value();
        long samples = input.dim(0);
        long channels = input.dim(-1);
        float share = (float) samples * channels / input.size();
        Tensor y = tape.empty(input.dtype(), samples, channels);
        Reduce.sumSpatial(input.reshape(samples, -1, channels), y, share);
        Variable out = tape.output(y, x);
        tape.note(out, dy -> tape.accumulate(x, dx -> Pointwise.addToSamples(null, dy, share, dx)));
        return out;
    }

    /** Nearest-neighbour upsampling of x [N,H,W,C] by two in height and width. */
    public static Variable upsample2x(Tape tape, Variable x) {
        Tensor input = x.value();
        Tensor y = tape.empty(input.dtype(), input.dim(0), 2 * input.dim(1), 2 * input.dim(2), input.dim(3));
        Pool.upsample2x(input, y);
        Variable out = tape.output(y, x);
        tape.note(out, dy -> tape.accumulate(x, dx -> Pool.upsample2xBackward(dy, dx)));
        return out;
    }

    private static Tensor pooled(Tape tape, Tensor x, int k, int stride) {
        return tape.empty(x.dtype(), x.dim(0), (x.dim(1) - k) / stride + 1, (x.dim(2) - k) / stride + 1, x.dim(3));
    }
}
