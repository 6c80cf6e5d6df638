package io.zoetrope.nn;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.ops.conv.Conv2d;
import io.zoetrope.ops.conv.ConvFunctions;
import io.zoetrope.ops.pointwise.PointwiseFunctions;
import io.zoetrope.tensor.Tensor;

/** A convolution layer, NHWC, with bias where not said otherwise. */
public final class Convolution {
    private final Parameter weight;
    private final Parameter bias;
    private final Conv2d.Spec spec;

    private Convolution(Parameters parameters, long in, long out, int rows, int columns, Conv2d.Spec spec, Init init,
            boolean biased) {
        this.weight = parameters.convolution("weight", init, out, rows, columns, in / spec.groups());
        if (spec.groups() == 1) {
            weight.adaptable();
        }
        this.bias = biased ? parameters.vector("bias", Init.zeros(), out) : null;
        this.spec = spec;
    }

    /** A square kernel of odd size, padded so that the output is as large as the input divided by the stride. */
    public static Convolution same(Parameters parameters, long in, long out, int kernel, int stride) {
        return new Convolution(parameters, in, out, kernel, kernel, Conv2d.Spec.of(stride, kernel / 2),
                Init.fanIn(in * kernel * kernel), true);
    }

    /** As {@link #same} with stride 1 and weights that start at zero: its block starts as the identity. */
    public static Convolution zero(Parameters parameters, long in, long out, int kernel) {
        return new Convolution(parameters, in, out, kernel, kernel, Conv2d.Spec.of(1, kernel / 2), Init.zeros(), true);
    }

    /**
     * A square kernel of any spec, such as a grouped or dilated one.
     *
     * @param in  channels, divisible by the spec's groups, as is {@code out}
     * @param init of the weight
     */
    public static Convolution of(Parameters parameters, long in, long out, int kernel, Conv2d.Spec spec, Init init) {
        return new Convolution(parameters, in, out, kernel, kernel, divisible(spec, in, out), init, true);
    }

    /** As {@link #of} without bias. */
    public static Convolution unbiased(Parameters parameters, long in, long out, int kernel, Conv2d.Spec spec,
            Init init) {
        return new Convolution(parameters, in, out, kernel, kernel, divisible(spec, in, out), init, false);
    }

    /** For inputs of one row [N,1,L,in]: {@code kernel} places wide; see {@link Conv2d.Spec#line}. */
    public static Convolution line(Parameters parameters, long in, long out, int kernel, Conv2d.Spec spec, Init init) {
        return new Convolution(parameters, in, out, 1, kernel, divisible(spec, in, out), init, true);
    }

    private static Conv2d.Spec divisible(Conv2d.Spec spec, long in, long out) {
        if (in % spec.groups() != 0 || out % spec.groups() != 0) {
            throw new IllegalArgumentException("convolution of " + in + " channels to " + out
                    + ": they do not both divide" + " into " + spec.groups() + " groups");
        }
        return spec;
    }

    public Variable forward(Tape tape, Variable x) {
        return forward(tape, x, null, null);
    }

    /** With [N,K] added to every pixel and a residual added to the result; either may be null. */
    public Variable forward(Tape tape, Variable x, Variable perSample, Variable residual) {
        return ConvFunctions.conv2d(tape, x, weight.variable(tape), bias == null ? null : bias.variable(), perSample,
                residual, spec);
    }

    /**
     * As {@link #forward(Tape, Variable)} with the bias times {@code scale[n]} for sample n, which makes the layer
     * linear in input and scale together.
     *
     * @param scale F32 [N]; must not change before the backward pass
     */
    public Variable forwardScaled(Tape tape, Variable x, Tensor scale) {
        Variable scaled = bias == null ? null
                : PointwiseFunctions.scaledBias(tape, scale, bias.variable(), x.value().dtype());
        return ConvFunctions.conv2d(tape, x, weight.variable(tape), null, scaled, null, spec);
    }
}
