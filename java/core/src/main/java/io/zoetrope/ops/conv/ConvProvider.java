package io.zoetrope.ops.conv;

import io.zoetrope.cuda.Provider;
import io.zoetrope.tensor.DType;

/** A library that convolves. */
public interface ConvProvider extends Provider {
    /** Which of the three operands is written: y, dx or dw. */
    enum Pass { FPROP, DGRAD, WGRAD }

    /**
     * One convolution: x [n, h, w, c], filters [k, r, s, c/groups], y [n, p, q, k], all of one type, summed in F32.
     *
     * @param tf32 factors of type F32 may be rounded to TF32
     */
    record Convolution(Pass pass, DType type, boolean tf32, int n, int h, int w, int c, int k, int r, int s, int p,
            int q, Conv2d.Spec spec) {
    }

    /**
     * Queues it on the stream that this thread uses; the addresses are those of the operands or of their gradients.
     *
     * @return false, with nothing queued, when it cannot take it
     */
    boolean convolve(Convolution convolution, long x, long filters, long y);
}
