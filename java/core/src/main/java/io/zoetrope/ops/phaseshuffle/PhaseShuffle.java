package io.zoetrope.ops.phaseshuffle;

import io.zoetrope.cuda.Grid;
import io.zoetrope.cuda.Kernel;
import io.zoetrope.ops.Operands;
import io.zoetrope.ops.random.Random;
import io.zoetrope.ops.random.RandomKey;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Tensor;

/**
 * Moves every sample of [N, L, C] along its length by a number of places of its own, mirroring the ends (Donahue et al.
 * 2019). F32 or BF16. The result must not overlap the input.
 */
public final class PhaseShuffle {
    private static final String MODULE = "conv/phase_shuffle";

    private PhaseShuffle() {
    }

    /**
     * Draws shifts for {@link #forward}: each of 0 … 2·radius equally likely.
     *
     * @param shifts I32 [N]
     */
    public static void draw(Tensor shifts, int radius, RandomKey key) {
        Operands.of("phase shuffle").require(radius >= 0 && radius < Integer.MAX_VALUE / 2,
                "radius is " + radius + ", expected 0 or more");
        Random.integers(shifts, 2 * radius + 1, key);
    }

    /**
     * y[n, l, c] = x[n, l + shifts[n] - radius, c], with places before the first and after the last mirrored at them.
     *
     * @param x      [N, L, C]
     * @param shifts I32 [N], each of 0 … 2·radius (beyond: as the nearest of them)
     * @param y      like x
     * @param radius the furthest a sample moves; less than L
     */
    public static void forward(Tensor x, Tensor shifts, Tensor y, int radius) {
        launch(false, x, shifts, y, radius);
    }

    /** dx: the gradient of {@link #forward} with respect to x, for the gradient dy with respect to y. */
    public static void backward(Tensor dy, Tensor shifts, Tensor dx, int radius) {
        launch(true, dy, shifts, dx, radius);
    }

    private static void launch(boolean backward, Tensor in, Tensor shifts, Tensor out, int radius) {
        String inName = backward ? "dy" : "x";
        String outName = backward ? "dx" : "y";
        Operands operands = Operands.of(backward ? "phase shuffle backward" : "phase shuffle").floating(inName, in)
                .rank(inName, in, 3, "[N, L, C]").alike(outName, out, inName, in)
                .sized("shifts", shifts, DType.I32, in.dim(0))
                .require(radius >= 0 && radius < in.dim(1), "radius is " + radius + ", expected 0 … " + (in.dim(1) - 1)
                        + " for " + inName + " " + in.shape() + ": less than its length");
        operands.reads(inName + ", shifts", in, shifts).writes(outName, out).device();
        int length = operands.fits("L", in.dim(1));
        int channels = operands.fits("C", in.dim(2));
        Kernel kernel = in.device().kernel(MODULE,
                (backward ? "phase_shuffle_backward_" : "phase_shuffle_") + in.dtype().suffix());
        long tiles = Grid.covering(in.dim(1) * channels, kernel.geometry().tileM()).x();
        kernel.arguments().pointer(inName, in).pointer("shift", shifts).pointer(outName, out).i32("length", length)
                .i32("channels", channels).i32("radius", radius).launch(Grid.of(in.dim(0) * tiles));
    }
}
