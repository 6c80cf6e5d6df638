package io.zoetrope.nn;

import io.zoetrope.autograd.Ops;
import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.kernel.Conv2d;

/** A convolution layer with bias, NHWC. */
public final class Convolution {
    private final Parameter weight;
    private final Parameter bias;
    private final Conv2d.Spec spec;

    private Convolution(Parameters parameters, long in, long out, int kernel, Conv2d.Spec spec, Init init) {
        this.weight = parameters.convolution("weight", init, out, kernel, kernel, in);
        this.bias = parameters.vector("bias", Init.zeros(), out);
        this.spec = spec;
    }

    /** A square kernel of odd size, padded so that the output is as large as the input divided by the stride. */
    public static Convolution same(Parameters parameters, long in, long out, int kernel, int stride) {
        return new Convolution(parameters, in, out, kernel, Conv2d.Spec.of(stride, kernel / 2),
                Init.fanIn(in * kernel * kernel));
    }

    /** As {@link #same} with stride 1 and weights that start at zero: its block starts as the identity. */
    public static Convolution zero(Parameters parameters, long in, long out, int kernel) {
        return new Convolution(parameters, in, out, kernel, Conv2d.Spec.of(1, kernel / 2), Init.zeros());
    }

    public Variable forward(Tape tape, Variable x) {
        return forward(tape, x, null, null);
    }

    /** With [N,K] added to every pixel and a residual added to the result; either may be null. */
    public Variable forward(Tape tape, Variable x, Variable perSample, Variable residual) {
        return Ops.conv2d(tape, x, weight.variable(), bias.variable(), perSample, residual, spec);
    }
}
