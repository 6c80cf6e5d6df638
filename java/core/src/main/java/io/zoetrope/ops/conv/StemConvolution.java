package io.zoetrope.ops.conv;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.ops.pointwise.Pointwise;
import io.zoetrope.ops.rows.Rows;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;

/** The first convolution of a network, whose input has one to three channels. */
public final class StemConvolution {
    private static final int PACK_BYTES = 16;

    private StemConvolution() {
    }

    /**
     * Convolution of x [N,H,W,C] by w [K,R,S,C] without bias: as {@link ConvFunctions#conv2d}, but x and w are widened
     * with channels of zeros to a whole 16 bytes a pixel first, so that the kernels read pixels with one access. The
     * result is the same.
     */
    public static Variable conv2d(Tape tape, Variable x, Variable w, Conv2d.Spec spec) {
        Tensor input = x.value();
        Tensor weight = w.value();
        long missing = missing(input);
        if (missing == 0) {
            return ConvFunctions.conv2d(tape, x, w, null, null, null, spec);
        }
        Tensor wideInput = widened(tape, input, missing);
        Tensor wideWeight = widened(tape, weight, missing);
        Tensor y = tape.empty(input.dtype(), input.dim(0), spec.outHeight(input.dim(1), weight.dim(1)),
                spec.outWidth(input.dim(2), weight.dim(2)), weight.dim(0));
        Conv2d.forward(wideInput, wideWeight, null, null, null, y, spec);
        Variable out = tape.output(y, x, w);
        tape.note(out, dy -> {
            tape.accumulateParameter(w, (dw, add) -> {
                try (Scope scope = Scope.open(tape.device())) {
                    Tensor wide = scope.empty(DType.F32, wideWeight.shape());
                    Conv2d.wgrad(wideInput, dy, wide, spec, false);
                    Tensor own = add ? scope.emptyLike(dw) : dw;
                    long[] rest = dw.shape().dims();
                    rest[3] = missing;
                    Rows.split(wide, own, scope.empty(DType.F32, rest));
                    if (add) {
                        Pointwise.add(dw, own, dw);
                    }
                }
            });
            tape.accumulate(x, dx -> Conv2d.dgrad(dy, weight, dx, spec));
        }, tape.wants(w) ? wideInput : null, tape.wants(x) ? weight : null);
        return out;
    }

    /** Channels to a whole pack; 0 also where there is more than one pack, as then widening gains little. */
    private static long missing(Tensor x) {
        long pack = PACK_BYTES / x.dtype().bytes();
        return x.dim(3) < pack ? pack - x.dim(3) : 0;
    }

    private static Tensor widened(Tape tape, Tensor narrow, long missing) {
        long[] dims = narrow.shape().dims();
        dims[3] = missing;
        Tensor zeros = tape.empty(narrow.dtype(), dims).zero();
        dims[3] += narrow.dim(3);
        Tensor wide = tape.empty(narrow.dtype(), dims);
        Rows.concat(narrow, zeros, wide);
        return wide;
    }
}
