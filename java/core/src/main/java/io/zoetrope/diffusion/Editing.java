package io.zoetrope.diffusion;

import io.zoetrope.ops.pointwise.Pointwise;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;

/**
 * Sampling that begins with something given in place of noise: it is mixed with noise as far as the first level asks
 * and refined from there (SDEdit, Meng et al. 2022, arXiv:2108.01073). With a mask, what is not to be made anew is put
 * back after every step as it is at the new level, with the noise of the start, so that it is exact at the end and the
 * rest fits it (Lugmayr et al. 2022, arXiv:2201.09865, without resampling).
 *
 * <p>Its tensors live as long as the scope it was made in. Not for several threads at a time.
 */
public final class Editing {
    private final Tensor clean;
    private final Tensor kept;
    private final Tensor noise;
    private final Tensor change;

    /**
     * @param clean F32, what is given, shaped like the batch
     * @param kept  F32, shaped like the batch: 1 where it stays, 0 where it is made anew; null: all of it may change
     */
    public Editing(Scope scope, Tensor clean, Tensor kept) {
        if (clean.dtype() != DType.F32
                || kept != null && (kept.dtype() != DType.F32 || !kept.shape().equals(clean.shape()))) {
            throw new IllegalArgumentException("begins with " + clean.dtype() + clean.shape() + " and a mask of "
                    + (kept == null ? "nothing" : "" + kept.dtype() + kept.shape())
                    + ": expected both F32 and of the same shape");
        }
        this.clean = clean;
        this.kept = kept;
        this.noise = scope.emptyLike(clean);
        this.change = scope.emptyLike(clean);
    }

    /** Whether every step is followed by {@link #restore}. */
    public boolean hasMask() {
        return kept != null;
    }

    /** @param x standard normal noise; becomes α·clean + σ·x */
    public void begin(Tensor x, double alpha, double sigma) {
        Pointwise.copy(x, noise);
        Pointwise.axpby((float) alpha, clean, (float) sigma, noise, x);
    }

    /** Puts back into {@code x} what the mask keeps, at a level; nothing without a mask. */
    public void restore(Tensor x, double alpha, double sigma) {
        if (kept != null) {
            Pointwise.axpby((float) alpha, clean, (float) sigma, noise, change);
            Pointwise.axpby(1, change, -1, x, change);
            Pointwise.multiply(change, kept, change);
            Pointwise.add(x, change, x);
        }
    }
}
