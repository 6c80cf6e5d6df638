package io.zoetrope.ops.random;

import io.zoetrope.cuda.Grid;
import io.zoetrope.cuda.Kernel;
import io.zoetrope.ops.Operands;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Tensor;

/**
 * Random numbers of Philox4x32-10, a pure function of ({@link RandomKey}, element index). Only IEEE-exact operations
 * are used, so a key gives the same bits on every device.
 */
public final class Random {
    private static final String MODULE = "random/random";

    private Random() {
    }

    /** Standard normal values. {@code out}: F32 or BF16. */
    public static void normal(Tensor out, RandomKey key) {
        normal(out, 0, 1, key);
    }

    /** Normal values of this mean and standard deviation. */
    public static void normal(Tensor out, float mean, float deviation, RandomKey key) {
        floats("random normal", "random_normal_", out, "mean", mean, "deviation", deviation, key);
    }

    /** Uniform values in (0, 1]. */
    public static void uniform(Tensor out, RandomKey key) {
        uniform(out, 0, 1, key);
    }

    /** Uniform values in (low, high]; in BF16 the rounding may give low itself. */
    public static void uniform(Tensor out, float low, float high, RandomKey key) {
        floats("random uniform", "random_uniform_", out, "low", low, "high", high, key);
    }

    private static void floats(String op, String entry, Tensor out, String firstName, float first, String secondName,
            float second, RandomKey key) {
        Operands.of(op).floating("out", out)
                .require(Float.isFinite(first) && Float.isFinite(second),
                        "parameters " + first + " and " + second + " must be finite")
                .reads("key state", key.state()).writes("out", out).device();
        if (out.size() > 0) {
            Kernel kernel = out.device().kernel(MODULE, entry + out.dtype().suffix());
            key.appendTo(kernel.arguments().pointer("out", out).i64("n", out.size())).f32(firstName, first)
                    .f32(secondName, second).launch(Grid.covering(out.size(), kernel.geometry().tileM()));
        }
    }

    /**
     * The generator's 32-bit words as they are, from block of four {@code firstBlock} on. {@code out}: I32.
     *
     * @param firstBlock the lower half of Philox's counter for the first four words; unsigned
     */
    public static void bits(Tensor out, long firstBlock, RandomKey key) {
        Operands.of("random bits").type("out", out, DType.I32).reads("key state", key.state()).writes("out", out)
                .device();
        if (out.size() > 0) {
            Kernel kernel = out.device().kernel(MODULE, "random_bits");
            key.appendTo(kernel.arguments().pointer("out", out).i64("n", out.size())).i64("first", firstBlock)
                    .launch(Grid.covering(out.size(), kernel.geometry().tileM()));
        }
    }

    /** Integers in 0 … bound-1, every one equally likely. {@code out}: I32. */
    public static void integers(Tensor out, int bound, RandomKey key) {
        indices("random integers", "random_integers", out, bound, key);
    }

    /**
     * The next {@code out.size()} entries of an endless sequence of shuffled indices: it runs through all of
     * 0 … bound-1 in each epoch, in a fresh order. The step of the key says how many batches of this size were taken
     * before. {@code out}: I32.
     */
    public static void shuffle(Tensor out, int bound, RandomKey key) {
        indices("random shuffle", "random_shuffle", out, bound, key);
    }

    private static void indices(String op, String entry, Tensor out, int bound, RandomKey key) {
        Operands.of(op).type("out", out, DType.I32).require(bound > 0, "bound is " + bound + ", expected 1 or more")
                .reads("key state", key.state()).writes("out", out).device();
        if (out.size() > 0) {
            Kernel kernel = out.device().kernel(MODULE, entry);
            key.appendTo(kernel.arguments().pointer("out", out).i64("n", out.size())).i32("bound", bound)
                    .launch(Grid.covering(out.size(), kernel.geometry().tileM()));
        }
    }

    /** Adds one to the step of a device state, so that every key reading it draws fresh numbers. */
    public static void advance(Tensor state) {
        advance(state, 1);
    }

    /** Adds {@code steps} to the step of a device state. */
    public static void advance(Tensor state, long steps) {
        Operands.of("random advance").sized("state", state, DType.I64, 2);
        state.device().kernel(MODULE, "random_advance").arguments().pointer("state", state).i64("step", steps)
                .launch(Grid.of(1));
    }
}
