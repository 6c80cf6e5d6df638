package io.zoetrope.ops.pointwise;

import io.zoetrope.cuda.Arguments;
import io.zoetrope.cuda.Kernel;
import io.zoetrope.ops.Entries;
import io.zoetrope.ops.Operands;
import io.zoetrope.ops.Tiling;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Tensor;

/**
 * Elementwise operations on F32 and BF16, computed in F32 and rounded once. All tensors of a call have one type and
 * shape where not said otherwise; outputs may be inputs (in place). Rows (concatenation, gathering) are in
 * {@link io.zoetrope.ops.rows.Rows}.
 */
public final class Pointwise {
    private static final String ACTIVATION = "pointwise/activation";
    private static final String GELU_MISH = "pointwise/gelu_mish";
    private static final String ARITHMETIC = "pointwise/arithmetic";
    private static final String BIAS = "pointwise/bias";
    private static final String COPY = "pointwise/copy";

    /** What an operation takes beside its tensors: up to two numbers. */
    @FunctionalInterface
    private interface Parameters {
        Arguments add(Arguments arguments, float first, float second);
    }

    // They capture nothing, so that a call makes no object of them.
    private static final Parameters NO_MORE = (arguments, first, second) -> arguments;
    private static final Parameters SLOPE = (arguments, slope, none) -> arguments.f32("slope", slope);
    private static final Parameters FACTOR = (arguments, factor, none) -> arguments.f32("s", factor);
    private static final Parameters FACTORS = (arguments, a, b) -> arguments.f32("a", a).f32("b", b);
    private static final Parameters BOUNDS = (arguments, low, high) -> arguments.f32("low", low).f32("high", high);

    private Pointwise() {
    }

    /** y = x·σ(x). */
    public static void silu(Tensor x, Tensor y) {
        unary("silu", ACTIVATION, "silu_forward_", x, "y", y, NO_MORE, 0, 0);
    }

    /** dx = dy·silu'(x). */
    public static void siluBackward(Tensor dy, Tensor x, Tensor dx) {
        binary("silu backward", ACTIVATION, "silu_backward_", "dy", dy, "x", x, "dx", dx, NO_MORE, 0, 0);
    }

    /** y = x·½(1 + tanh(√(2/π)(x + 0.044715 x³))). */
    public static void gelu(Tensor x, Tensor y) {
        unary("gelu", ACTIVATION, "gelu_forward_", x, "y", y, NO_MORE, 0, 0);
    }

    /** dx = dy·gelu'(x). */
    public static void geluBackward(Tensor dy, Tensor x, Tensor dx) {
        binary("gelu backward", ACTIVATION, "gelu_backward_", "dy", dy, "x", x, "dx", dx, NO_MORE, 0, 0);
    }

    /** y = x·Φ(x), Φ the standard normal distribution's: the exact form of {@link #gelu}. */
    public static void geluErf(Tensor x, Tensor y) {
        unary("exact gelu", GELU_MISH, "gelu_erf_forward_", x, "y", y, NO_MORE, 0, 0);
    }

    /** dx = dy·(Φ(x) + x·φ(x)). */
    public static void geluErfBackward(Tensor dy, Tensor x, Tensor dx) {
        binary("exact gelu backward", GELU_MISH, "gelu_erf_backward_", "dy", dy, "x", x, "dx", dx, NO_MORE, 0, 0);
    }

    /** y = x·tanh(ln(1 + eˣ)) (Misra 2019). */
    public static void mish(Tensor x, Tensor y) {
        unary("mish", GELU_MISH, "mish_forward_", x, "y", y, NO_MORE, 0, 0);
    }

    /** dx = dy·mish'(x). */
    public static void mishBackward(Tensor dy, Tensor x, Tensor dx) {
        binary("mish backward", GELU_MISH, "mish_backward_", "dy", dy, "x", x, "dx", dx, NO_MORE, 0, 0);
    }

    /** y = max(x, 0). */
    public static void relu(Tensor x, Tensor y) {
        unary("relu", ACTIVATION, "relu_forward_", x, "y", y, NO_MORE, 0, 0);
    }

    /** dx = dy where x > 0, else 0. */
    public static void reluBackward(Tensor dy, Tensor x, Tensor dx) {
        binary("relu backward", ACTIVATION, "relu_backward_", "dy", dy, "x", x, "dx", dx, NO_MORE, 0, 0);
    }

    /** y = x where x > 0, else slope·x. */
    public static void leakyRelu(Tensor x, float slope, Tensor y) {
        unary("leaky relu", ACTIVATION, "leaky_relu_forward_", x, "y", y, SLOPE, slope, 0);
    }

    /** dx = dy where x > 0, else slope·dy. */
    public static void leakyReluBackward(Tensor dy, Tensor x, float slope, Tensor dx) {
        binary("leaky relu backward", ACTIVATION, "leaky_relu_backward_", "dy", dy, "x", x, "dx", dx, SLOPE, slope, 0);
    }

    /** y = tanh(x). */
    public static void tanh(Tensor x, Tensor y) {
        unary("tanh", ACTIVATION, "tanh_forward_", x, "y", y, NO_MORE, 0, 0);
    }

    /** dx = dy·(1 − tanh²(x)). */
    public static void tanhBackward(Tensor dy, Tensor x, Tensor dx) {
        binary("tanh backward", ACTIVATION, "tanh_backward_", "dy", dy, "x", x, "dx", dx, NO_MORE, 0, 0);
    }

    /** y = σ(x) = 1/(1 + exp(−x)). */
    public static void sigmoid(Tensor x, Tensor y) {
        unary("sigmoid", ACTIVATION, "sigmoid_forward_", x, "y", y, NO_MORE, 0, 0);
    }

    /** dx = dy·σ(x)·(1 − σ(x)). */
    public static void sigmoidBackward(Tensor dy, Tensor x, Tensor dx) {
        binary("sigmoid backward", ACTIVATION, "sigmoid_backward_", "dy", dy, "x", x, "dx", dx, NO_MORE, 0, 0);
    }

    /** out = a + b. */
    public static void add(Tensor a, Tensor b, Tensor out) {
        binary("add", ARITHMETIC, "add_", "a", a, "b", b, "out", out, NO_MORE, 0, 0);
    }

    /** out = a·b, element by element. */
    public static void multiply(Tensor a, Tensor b, Tensor out) {
        binary("multiply", ARITHMETIC, "multiply_", "a", a, "b", b, "out", out, NO_MORE, 0, 0);
    }

    /** out = factor·x. */
    public static void scale(Tensor x, float factor, Tensor out) {
        unary("scale", ARITHMETIC, "scale_", x, "out", out, FACTOR, factor, 0);
    }

    /** out = a·x + b·y. */
    public static void axpby(float a, Tensor x, float b, Tensor y, Tensor out) {
        binary("axpby", ARITHMETIC, "axpby_", "x", x, "y", y, "out", out, FACTORS, a, b);
    }

    /** out = x limited to low … high; NaN stays NaN. */
    public static void clamp(Tensor x, float low, float high, Tensor out) {
        if (!(low <= high)) {
            throw Operands.of("clamp").refusal("bounds " + low + " … " + high + ": expected low <= high");
        }
        unary("clamp", ARITHMETIC, "clamp_", x, "out", out, BOUNDS, low, high);
    }

    private static void unary(String op, String module, String entry, Tensor x, String outName, Tensor out,
            Parameters parameters, float first, float second) {
        Operands.of(op).floating("x", x).alike(outName, out, "x", x).reads("x", x).updates(outName, out).device();
        if (x.size() > 0) {
            Kernel kernel = x.device().kernel(module, Entries.of(entry, x.dtype()));
            parameters.add(kernel.arguments().pointer("x", x).pointer(outName, out).i64("n", x.size()), first, second)
                    .launchCovering(x.size());
        }
    }

    private static void binary(String op, String module, String entry, String nameA, Tensor a, String nameB, Tensor b,
            String nameOut, Tensor out, Parameters parameters, float first, float second) {
        Operands.of(op).floating(nameA, a).alike(nameB, b, nameA, a).alike(nameOut, out, nameA, a).reads(nameA, a)
                .reads(nameB, b).updates(nameOut, out).device();
        if (a.size() > 0) {
            Kernel kernel = a.device().kernel(module, Entries.of(entry, a.dtype()));
            Arguments arguments = kernel.arguments().pointer(nameA, a).pointer(nameB, b).pointer(nameOut, out).i64("n",
                    a.size());
            parameters.add(arguments, first, second).launchCovering(a.size());
        }
    }

    /** out[…, c] = x[…, c] + bias[c]; bias: F32[C], C being the innermost dimension of x. */
    public static void addBias(Tensor x, Tensor bias, Tensor out) {
        Operands operands = Operands.of("add bias").floating("x", x).rankAtLeast("x", x, 1).alike("out", out, "x", x);
        long channels = x.shape().dim(-1);
        operands.exactly("bias", bias, DType.F32, channels).reads("x, bias", x, bias).updates("out", out).device();
        if (x.size() > 0) {
            Kernel kernel = x.device().kernel(BIAS, Entries.of("add_bias_", x.dtype()));
            kernel.arguments().pointer("x", x).pointer("bias", bias).pointer("out", out)
                    .i64("places", x.size() / channels).i32("channels", channels).launchCovering(x.size());
        }
    }

    /**
     * out[n, …, c] = x[n, …, c] + factor·v[n, c]: a vector for each sample, such as a time embedding. {@code x} may be
     * null: then out = factor·v at every place.
     */
    public static void addToSamples(Tensor x, Tensor v, float factor, Tensor out) {
        Operands operands = Operands.of("add to samples").floating("out", out).rankAtLeast("out", out, 2)
                .alikeIfGiven("x", x, "out", out);
        long samples = out.dim(0);
        long channels = out.shape().dim(-1);
        operands.exactly("v", v, out.dtype(), samples, channels).reads("x, v", x, v).updates("out", out).device();
        if (out.size() > 0) {
            long places = out.size() / samples / channels;
            Kernel kernel = out.device().kernel(BIAS, Entries.of("add_samples_", out.dtype()));
            long tiles = Tiling.count(places * channels, kernel.geometry().tileM());
            kernel.arguments().pointer("x", x).pointer("v", v).pointer("out", out).i32("samples", samples)
                    .i64("places", places).i32("channels", channels).f32("alpha", factor).launch(samples * tiles, 1, 1);
        }
    }

    /** Copies x to out, converting between F32 and BF16 (to nearest even) where the types differ. */
    public static void cast(Tensor x, Tensor out) {
        Operands operands = Operands.of("cast").floating("x", x).floating("out", out);
        if (x.size() != out.size()) {
            throw operands.refusal("out is " + out.describe() + ", expected as many elements as " + x.describe());
        }
        operands.reads("x", x).writes("out", out).device();
        if (x.dtype() == out.dtype()) {
            copy(x, out);
        } else if (x.size() > 0) {
            Kernel kernel = x.device().kernel(COPY, x.dtype() == DType.F32 ? "cast_f32_bf16" : "cast_bf16_f32");
            kernel.arguments().pointer("x", x).pointer("out", out).i64("n", x.size()).launchCovering(x.size());
        }
    }

    /** Copies x to out; any type, same number of elements. */
    public static void copy(Tensor x, Tensor out) {
        Operands operands = Operands.of("copy");
        if (x.dtype() != out.dtype() || x.size() != out.size()) {
            throw operands.refusal("out is " + out.describe() + ", expected " + x.dtype() + " of " + x.size()
                    + " elements like " + x.describe());
        }
        operands.reads("x", x).updates("out", out).device();
        if (x.bytes() > 0 && x.address() != out.address()) {
            Kernel kernel = x.device().kernel(COPY, "copy_bytes");
            kernel.arguments().pointer("x", x).pointer("out", out).i64("bytes", x.bytes()).launchCovering(x.bytes());
        }
    }

    /** Sets every element of an F32 or BF16 tensor. */
    public static void fill(Tensor out, float value) {
        Operands.of("fill").floating("out", out).writes("out", out).device();
        int word = Float.floatToRawIntBits(value);
        if (out.dtype() == DType.BF16) {
            int half = io.zoetrope.tensor.Bfloat16.fromFloat(value) & 0xffff;
            word = half << 16 | half;
        }
        fillWords(out, word);
    }

    /** Sets every element of an I32 tensor. */
    public static void fill(Tensor out, int value) {
        Operands.of("fill").type("out", out, DType.I32).writes("out", out).device();
        fillWords(out, value);
    }

    private static void fillWords(Tensor out, int word) {
        if (out.bytes() > 0) {
            Kernel kernel = out.device().kernel(COPY, "fill_words");
            kernel.arguments().pointer("out", out).i64("bytes", out.bytes()).i32("word", word)
                    .launchCovering(out.bytes());
        }
    }

}
