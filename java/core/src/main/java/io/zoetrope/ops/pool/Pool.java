package io.zoetrope.ops.pool;

import io.zoetrope.cuda.Arguments;
import io.zoetrope.cuda.Device;
import io.zoetrope.cuda.Grid;
import io.zoetrope.cuda.Kernel;
import io.zoetrope.ops.Operands;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Tensor;
import java.util.List;

/**
 * Nearest-neighbour upsampling by two, average and maximum pooling of [N, H, W, C] tensors, F32 or BF16, and their
 * gradients. Sums are made in f32 in a fixed order. Outputs must not overlap inputs.
 */
public final class Pool {
    private static final List<String> SIZE = List.of("width", "channels");
    private static final List<String> WINDOWS = List.of("height", "width", "channels", "out_height", "out_width",
            "kernel", "stride");

    private Pool() {
    }

    /**
     * y[n, 2h+i, 2w+j, c] = x[n, h, w, c] for i, j of 0 and 1.
     *
     * @param y [N, 2H, 2W, C]
     */
    public static void upsample2x(Tensor x, Tensor y) {
        upsample("upsample 2x", "x", x, "y", y).reads("x", x).writes("y", y).device();
        launch("upsample2x", "upsample2x_forward_", x, SIZE, new int[] {(int) x.dim(2), (int) x.dim(3)},
                List.of("x", "y"), x, y);
    }

    /**
     * dx[n, h, w, c]: the sum of the four dy that x[n, h, w, c] went to.
     *
     * @param dy [N, 2H, 2W, C]
     */
    public static void upsample2xBackward(Tensor dy, Tensor dx) {
        upsample("upsample 2x backward", "dx", dx, "dy", dy).reads("dy", dy).writes("dx", dx).device();
        launch("upsample2x", "upsample2x_backward_", dx, SIZE, new int[] {(int) dx.dim(2), (int) dx.dim(3)},
                List.of("grad_y", "grad_x"), dy, dx);
    }

    /**
     * The mean of each k × k window, windows {@code stride} apart.
     *
     * @param y [N, (H−k)/stride + 1, (W−k)/stride + 1, C]
     */
    public static void avgPool(Tensor x, Tensor y, int k, int stride) {
        int[] extents = windows("average pool", "x", x, "y", y, k, stride, true);
        launch("average_pool", "average_pool_forward_", y, WINDOWS, extents, List.of("x", "y"), x, y);
    }

    /** The gradient of {@link #avgPool} with respect to x. */
    public static void avgPoolBackward(Tensor dy, Tensor dx, int k, int stride) {
        int[] extents = windows("average pool backward", "dx", dx, "dy", dy, k, stride, false);
        launch("average_pool", "average_pool_backward_", dx, WINDOWS, extents, List.of("grad_y", "grad_x"), dy, dx);
    }

    /**
     * The maximum of each k × k window, windows {@code stride} apart; NaN where a window holds one.
     *
     * @param y       [N, (H−k)/stride + 1, (W−k)/stride + 1, C]
     * @param indices I32 like y: h · W + w of the maximum, the first in row order among equals
     */
    public static void maxPool(Tensor x, Tensor y, Tensor indices, int k, int stride) {
        int[] extents = windows("max pool", "x", x, "y", y, k, stride, true);
        Operands.of("max pool").exactly("indices", indices, DType.I32, y.shape().dims()).reads("x, y", x, y)
                .writes("indices", indices).device();
        launch("max_pool", "max_pool_forward_", y, WINDOWS, extents, List.of("x", "y", "indices"), x, y, indices);
    }

    /**
     * The gradient of {@link #maxPool} with respect to x.
     *
     * @param indices as maxPool wrote them
     */
    public static void maxPoolBackward(Tensor dy, Tensor indices, Tensor dx, int k, int stride) {
        int[] extents = windows("max pool backward", "dx", dx, "dy", dy, k, stride, false);
        Operands.of("max pool backward").exactly("indices", indices, DType.I32, dy.shape().dims())
                .reads("indices", indices).writes("dx", dx).device();
        launch("max_pool", "max_pool_backward_", dx, WINDOWS, extents, List.of("grad_y", "indices", "grad_x"), dy,
                indices, dx);
    }

    private static Operands upsample(String op, String smallName, Tensor small, String largeName, Tensor large) {
        Operands operands = pictures(op, smallName, small);
        return operands.exactly(largeName, large, small.dtype(), small.dim(0), 2 * small.dim(1), 2 * small.dim(2),
                small.dim(3));
    }

    /** Checks a pooling and gives the kernels' extents: H, W, C, output height and width, k, stride. */
    private static int[] windows(String op, String xName, Tensor x, String yName, Tensor y, int k, int stride,
            boolean forward) {
        Operands operands = pictures(op, xName, x)
                .require(k > 0 && stride > 0, "window " + k + ", stride " + stride + ": expected 1 or more")
                .require(k <= x.dim(1) && k <= x.dim(2), "window " + k + " is larger than " + xName + " " + x.shape());
        long height = (x.dim(1) - k) / stride + 1;
        long width = (x.dim(2) - k) / stride + 1;
        operands.exactly(yName, y, x.dtype(), x.dim(0), height, width, x.dim(3));
        if (forward) {
            operands.reads(xName, x).writes(yName, y).device();
        } else {
            operands.reads(yName, y).writes(xName, x).device();
        }
        return new int[] {(int) x.dim(1), (int) x.dim(2), (int) x.dim(3), (int) height, (int) width, k, stride};
    }

    private static Operands pictures(String op, String name, Tensor x) {
        return Operands.of(op).floating(name, x)
                .require(x.rank() == 4 && x.size() > 0,
                        name + " is " + x.describe() + ", expected [N, H, W, C] with extents of 1 or more")
                .require(
                        x.dim(1) * x.dim(2) <= Integer.MAX_VALUE / 4 && x.dim(2) * x.dim(3) <= Integer.MAX_VALUE / 4
                                && x.dim(0) * x.dim(1) <= Integer.MAX_VALUE / 4,
                        name + " is " + x.describe() + ": H·W, W·C or N·H is more than the kernels can count");
    }

    /**
     * Launches one block for each row of {@code rowsOf} [N, H, W, C].
     *
     * @param extentNames the kernel's names of {@code extents}
     * @param names       the kernel's names of {@code operands}
     */
    private static void launch(String file, String entry, Tensor rowsOf, List<String> extentNames, int[] extents,
            List<String> names, Tensor... operands) {
        Device device = rowsOf.device();
        Kernel kernel = device.kernel("pool/" + file, entry + rowsOf.dtype().suffix());
        Arguments arguments = kernel.arguments();
        long bits = rowsOf.dim(3) * rowsOf.dtype().bytes();
        for (int i = 0; i < operands.length; i++) {
            arguments.pointer(names.get(i), operands[i]);
            bits |= operands[i].address();
        }
        for (int i = 0; i < extents.length; i++) {
            arguments.i32(extentNames.get(i), extents[i]);
        }
        boolean wide = bits % 16 == 0;
        long packs = rowsOf.dim(2) * rowsOf.dim(3) / (wide ? 16 / rowsOf.dtype().bytes() : 1);
        int threads = (int) Math.min(kernel.geometry().threads(), (packs + 31) / 32 * 32);
        arguments.i32("wide", wide ? 1 : 0).launch(Grid.of(rowsOf.dim(0) * rowsOf.dim(1)), threads, 0);
    }
}
