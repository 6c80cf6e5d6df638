package io.zoetrope.nn;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.ops.conv.Conv2d;
import io.zoetrope.ops.conv.ConvFunctions;

/**
 * A transposed convolution layer with bias, NHWC: the adjoint of a strided convolution, which makes pictures larger.
 */
public final class TransposedConvolution {
    private final Parameter weight;
    private final Parameter bias;
    private final Conv2d.Spec spec;
    private final int down;
    private final int across;

    private TransposedConvolution(Parameters parameters, long in, long out, int rows, int columns, Conv2d.Spec spec,
            int down, Init init) {
        this.weight = parameters.convolution("weight", init, in, rows, columns, out / spec.groups());
        this.bias = parameters.vector("bias", Init.zeros(), out);
        this.spec = spec;
        this.down = down;
        this.across = spec.stride();
    }

    /**
     * Makes height and width {@code stride} times as large.
     *
     * @param kernel size of the square kernel, at least the stride; an even excess over it is cut evenly from both
     *               sides
     */
    public static TransposedConvolution enlarging(Parameters parameters, long in, long out, int kernel, int stride,
            Init init) {
        int cut = excess(kernel, stride);
        return new TransposedConvolution(parameters, in, out, kernel, kernel,
                new Conv2d.Spec(stride, cut / 2, cut / 2, cut - cut / 2, cut - cut / 2), stride, init);
    }

    /**
     * The same for inputs of one row [N,1,L,in]: {@code kernel} places wide, making the row {@code stride} times as
     * long.
     */
    public static TransposedConvolution line(Parameters parameters, long in, long out, int kernel, int stride,
            Init init) {
        int cut = excess(kernel, stride);
        return new TransposedConvolution(parameters, in, out, 1, kernel,
                Conv2d.Spec.line(stride, cut / 2, cut - cut / 2), 1, init);
    }

    private static int excess(int kernel, int stride) {
        if (kernel < stride) {
            throw new IllegalArgumentException("transposed convolution with kernel " + kernel + " and stride " + stride
                    + ": the kernel must be at least the stride, or places between would stay empty");
        }
        return kernel - stride;
    }

    public Variable forward(Tape tape, Variable x) {
        return ConvFunctions.convTranspose2d(tape, x, weight.variable(), bias.variable(), spec, x.value().dim(1) * down,
                x.value().dim(2) * across);
    }
}
