package io.zoetrope.ops.diffusion;

import io.zoetrope.cuda.Arguments;
import io.zoetrope.cuda.Device;
import io.zoetrope.cuda.Grid;
import io.zoetrope.cuda.Kernel;
import io.zoetrope.ops.Operands;
import io.zoetrope.ops.pointwise.Pointwise;
import io.zoetrope.ops.random.Random;
import io.zoetrope.ops.random.RandomKey;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Tensor;

/**
 * The training side of diffusion: noising and conversion between predictions. Sampling is in {@link SamplerStep}.
 * Samples are the outermost dimension; tables of ᾱ are F32[T]; timesteps are I32.
 */
public final class Diffusion {
    /** What a network predicts for x_t = √ᾱ·x_0 + √(1-ᾱ)·ε. */
    public enum Target {
        /** ε. */
        EPSILON,
        /** √ᾱ·ε - √(1-ᾱ)·x_0. */
        V,
        /** x_0. */
        SAMPLE
    }

    private static final String FORWARD_NOISE = "diffusion/forward_noise";

    private Diffusion() {
    }

    /** Noises samples without making a target. */
    public static void forwardNoise(Tensor x0, Tensor t, Tensor alphaBar, Tensor noise, Tensor xt, RandomKey key) {
        forwardNoise(x0, t, alphaBar, xt, noise, null, Target.EPSILON, key);
    }

    /**
     * x_t = √ᾱ_t·x_0 + √(1-ᾱ_t)·ε with fresh ε, and what is to be predicted. The ε of element e is normal number e of
     * the key: what {@link Random#normal} gives for the same shape.
     *
     * @param x0       F32 or BF16 [N, …]
     * @param t        I32[N]; one outside the table makes its sample NaN
     * @param alphaBar F32[T]
     * @param xt       like x0; may be x0
     * @param noise    like x0, receives ε, or null
     * @param target   like x0, or null
     */
    public static void forwardNoise(Tensor x0, Tensor t, Tensor alphaBar, Tensor xt, Tensor noise, Tensor target,
            Target kind, RandomKey key) {
        Operands operands = Operands.of("forward noise").floating("x0", x0).rankAtLeast("x0", x0, 1).alike("xt", xt,
                "x0", x0);
        Device device = outputs(operands, xt, noise, target, t, alphaBar)
                .reads("x0, t, alphaBar, key state", x0, t, alphaBar, key.state()).updates("xt", xt)
                .writes("noise, target", noise, target).device();
        if (x0.size() > 0) {
            Kernel kernel = device.kernel(FORWARD_NOISE, "forward_noise_" + xt.dtype().suffix());
            launchForwardNoise(kernel, kernel.arguments().pointer("x0", x0), t, alphaBar, xt, noise, target, kind, key);
        }
    }

    /**
     * As {@link #forwardNoise}, with sample i taken from row index[i] of a data set of bytes that stays on the device;
     * byte b stands for 2b/255 - 1.
     *
     * @param data  U8 [M, …], each row as large as a sample of xt
     * @param index I32[N], or null for rows 0 … N-1; a row that does not exist makes its sample NaN
     */
    public static void forwardNoiseOfBytes(Tensor data, Tensor index, Tensor t, Tensor alphaBar, Tensor xt,
            Tensor noise, Tensor target, Target kind, RandomKey key) {
        Operands operands = Operands.of("forward noise of bytes").type("data", data, DType.U8)
                .rankAtLeast("data", data, 1).floating("xt", xt).rankAtLeast("xt", xt, 1);
        long samples = xt.dim(0);
        Device device = outputs(operands, xt, noise, target, t, alphaBar)
                .sizedIfGiven("index", index, DType.I32, samples)
                .require(samples == 0 || data.dim(0) > 0 && data.size() / data.dim(0) == xt.size() / samples,
                        "data is " + data.describe() + ", expected rows of as many bytes as a sample of "
                                + xt.describe() + " has elements")
                .reads("data, index, t, alphaBar, key state", data, index, t, alphaBar, key.state())
                .writes("xt, noise, target", xt, noise, target).device();
        if (xt.size() > 0) {
            Kernel kernel = device.kernel(FORWARD_NOISE, "forward_noise_u8_" + xt.dtype().suffix());
            launchForwardNoise(kernel,
                    kernel.arguments().pointer("data", data).i64("rows", data.dim(0)).pointer("index", index), t,
                    alphaBar, xt, noise, target, kind, key);
        }
    }

    private static Operands outputs(Operands operands, Tensor xt, Tensor noise, Tensor target, Tensor t,
            Tensor alphaBar) {
        return operands.alikeIfGiven("noise", noise, "xt", xt).alikeIfGiven("target", target, "xt", xt)
                .sized("t", t, DType.I32, xt.dim(0)).type("alphaBar", alphaBar, DType.F32);
    }

    private static void launchForwardNoise(Kernel kernel, Arguments source, Tensor t, Tensor alphaBar, Tensor xt,
            Tensor noise, Tensor target, Target kind, RandomKey key) {
        long samples = xt.dim(0);
        long size = xt.size() / samples;
        key.appendTo(source.pointer("t", t).pointer("alpha_bar", alphaBar).i32("steps", alphaBar.size())
                .pointer("xt", xt).pointer("noise", noise).pointer("target", target).i32("samples", samples)
                .i64("size", size).i32("prediction", kind.ordinal()))
                .launch(Grid.of(samples * Grid.covering(size, kernel.geometry().tileM()).x()));
    }

    /**
     * The clean sample x̂_0 and the noise ε̂ that a network's output stands for.
     *
     * @param xt       F32 or BF16 [N, …]
     * @param output   like xt
     * @param t        I32[N], or I32[1] for all samples
     * @param clean    like xt, receives x̂_0, or null; may be xt or output
     * @param noise    like xt, receives ε̂, or null; may be xt or output
     * @param limit    x̂_0 is clamped to ±limit, and ε̂ then made to fit it; 0 for no limit
     */
    public static void convertPrediction(Tensor xt, Tensor output, Tensor t, Tensor alphaBar, Tensor clean,
            Tensor noise, Target kind, float limit) {
        Operands operands = Operands.of("convert prediction").floating("xt", xt).rankAtLeast("xt", xt, 1)
                .alike("output", output, "xt", xt).alikeIfGiven("clean", clean, "xt", xt)
                .alikeIfGiven("noise", noise, "xt", xt).type("t", t, DType.I32).type("alphaBar", alphaBar, DType.F32)
                .require(limit >= 0, "limit is " + limit + ", expected 0 (none) or more");
        long samples = xt.dim(0);
        Device device = operands
                .require(t.size() == 1 || t.size() == samples,
                        "t is " + t.describe() + ", expected 1 or " + samples + " timesteps")
                .reads("xt, output, t, alphaBar", xt, output, t, alphaBar).updates("clean, noise", clean, noise)
                .device();
        if (xt.size() == 0) {
            return;
        }
        long size = xt.size() / samples;
        Kernel kernel = device.kernel("diffusion/convert_prediction", "convert_prediction_" + xt.dtype().suffix());
        kernel.arguments().pointer("xt", xt).pointer("output", output).pointer("t", t)
                .i32("t_stride", t.size() == 1 ? 0 : 1).pointer("alpha_bar", alphaBar).i32("steps", alphaBar.size())
                .pointer("clean", clean).pointer("noise", noise).i32("samples", samples).i64("size", size)
                .i32("prediction", kind.ordinal()).f32("limit", limit)
                .launch(Grid.of(samples * Grid.covering(size, kernel.geometry().tileM()).x()));
    }

    /** Classifier-free guidance: out = unconditional + scale·(conditional - unconditional). */
    public static void guide(Tensor conditional, Tensor unconditional, float scale, Tensor out) {
        Pointwise.axpby(scale, conditional, 1 - scale, unconditional, out);
    }

    /** See {@link SamplerStep#update}. */
    public static void samplerUpdate(Tensor[] terms, Tensor out, Tensor coefficientTable, Tensor stepCounter,
            RandomKey key) {
        SamplerStep.update(terms, out, null, coefficientTable, stepCounter, key, Float.NEGATIVE_INFINITY,
                Float.POSITIVE_INFINITY);
    }
}
