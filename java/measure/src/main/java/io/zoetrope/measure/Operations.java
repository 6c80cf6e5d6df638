package io.zoetrope.measure;

import io.zoetrope.ops.attention.Attention;
import io.zoetrope.ops.conv.Conv2d;
import io.zoetrope.ops.gemm.Gemm;
import io.zoetrope.ops.groupnorm.GroupNorm;
import io.zoetrope.ops.layernorm.LayerNorm;
import io.zoetrope.ops.optim.AdamW;
import io.zoetrope.ops.optim.Hyper;
import io.zoetrope.ops.optim.OptimizerStep;
import io.zoetrope.ops.random.Random;
import io.zoetrope.ops.random.RandomKey;
import io.zoetrope.ops.rmsnorm.RmsNorm;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import java.util.Arrays;
import java.util.List;

/**
 * Makes the work of a row of {@code operations.csv} from random numbers: zeros would draw less power and run faster.
 */
final class Operations {
    private static final float EPSILON = 1e-5f;

    private final Scope scope;
    private final OperationCase of;
    private int drawn;

    private Operations(Scope scope, OperationCase of) {
        this.scope = scope;
        this.of = of;
    }

    /** @throws IllegalArgumentException when the operation is none that can be measured */
    static Work prepare(Scope scope, OperationCase of) {
        return new Operations(scope, of).work();
    }

    private Work work() {
        return switch (of.operation()) {
            case "gemm" -> gemm(of.number(0), of.number(1), of.number(2));
            case "conv_fprop", "conv_dgrad", "conv_wgrad" -> convolution();
            case "attention_forward", "attention_backward" -> attention();
            case "group_norm_silu" -> groupNorm(of.number(0), of.number(1), of.number(2), of.number(3));
            case "layer_norm" -> layerNorm(of.number(0), of.number(1));
            case "rms_norm" -> rmsNorm(of.number(0), of.number(1));
            case "adamw" -> adamW(of.number(0));
            case "random_normal" -> randomNormal(of.number(0));
            default -> throw new IllegalArgumentException(
                    "operation '" + of.operation() + "' of " + of.name() + " is none that can be measured");
        };
    }

    /** The same numbers on every device: they depend on the seed and the order of the operands. */
    private Tensor random(DType type, long... dims) {
        Tensor tensor = scope.empty(type, dims);
        Random.normal(tensor, RandomKey.of(1, drawn++));
        return tensor;
    }

    private Tensor random(long... dims) {
        return random(DType.BF16, dims);
    }

    private Tensor ones(int size) {
        float[] values = new float[size];
        Arrays.fill(values, 1);
        return scope.of(values, size);
    }

    private Work gemm(int m, int n, int k) {
        Tensor a = random(m, k);
        Tensor b = random(n, k);
        Tensor c = scope.empty(DType.BF16, m, n);
        return Work.of(() -> Gemm.run(a, b, null, c, Gemm.Spec.NT), 2.0 * m * n * k, c, a, b);
    }

    /** Numbers: batch, size, channels in, channels out, filter, stride. */
    private Work convolution() {
        int batch = of.number(0);
        int size = of.number(1);
        int in = of.number(2);
        int out = of.number(3);
        int window = of.number(4);
        Conv2d.Spec spec = Conv2d.Spec.of(of.number(5), window / 2);
        long outSize = spec.outHeight(size, window);
        double flops = 2.0 * batch * outSize * outSize * out * window * window * in;
        Tensor x = random(batch, size, size, in);
        Tensor w = random(out, window, window, in);
        Tensor y = random(batch, outSize, outSize, out);
        return switch (of.operation()) {
            case "conv_fprop" -> Work.of(() -> Conv2d.forward(x, w, null, null, null, y, spec), flops, y, x, w);
            case "conv_dgrad" -> {
                Tensor dx = scope.emptyLike(x);
                yield Work.of(() -> Conv2d.dgrad(y, w, dx, spec), flops, dx, x, w, y);
            }
            default -> {
                Tensor dw = scope.empty(DType.F32, out, window, window, in);
                yield Work.of(() -> Conv2d.wgrad(x, y, dw, spec, false), flops, dw, x, w, y);
            }
        };
    }

    /**
     * Numbers: batch, length, heads, head dimension, causal. The backward pass makes five products where it needs four.
     */
    private Work attention() {
        int batch = of.number(0);
        int length = of.number(1);
        int heads = of.number(2);
        int dim = of.number(3);
        boolean causal = of.number(4) != 0;
        double product = 2.0 * batch * heads * length * length * dim / (causal ? 2 : 1);
        Tensor qkv = random(batch, length, 3, heads, dim);
        Tensor o = scope.empty(DType.BF16, batch, length, heads, dim);
        Tensor normalizer = scope.empty(DType.F32, batch, heads, length, 2);
        float scale = (float) (1 / Math.sqrt(dim));
        Runnable forward = () -> Attention.forwardPacked(qkv, o, normalizer, scale, causal);
        if (of.operation().equals("attention_forward")) {
            return Work.of(forward, 2 * product, o, qkv);
        }
        forward.run();
        Tensor dOut = random(batch, length, heads, dim);
        Tensor dqkv = scope.emptyLike(qkv);
        return Work.of(() -> Attention.backwardPacked(dOut, qkv, o, normalizer, dqkv, scale, causal), 5 * product, dqkv,
                qkv, dOut);
    }

    private Work groupNorm(int batch, int size, int channels, int groups) {
        Tensor x = random(batch, size, size, channels);
        Tensor y = scope.emptyLike(x);
        Tensor gamma = ones(channels);
        Tensor beta = scope.zeros(DType.F32, channels);
        Tensor mean = scope.empty(DType.F32, batch, groups);
        Tensor rstd = scope.empty(DType.F32, batch, groups);
        return Work.of(() -> GroupNorm.forward(x, gamma, beta, y, mean, rstd, groups, EPSILON, true), 0, y, x);
    }

    private Work layerNorm(int rows, int width) {
        Tensor x = random(rows, width);
        Tensor y = scope.emptyLike(x);
        Tensor gamma = ones(width);
        Tensor beta = scope.zeros(DType.F32, width);
        Tensor mean = scope.empty(DType.F32, rows);
        Tensor rstd = scope.empty(DType.F32, rows);
        return Work.of(() -> LayerNorm.forward(x, gamma, beta, y, mean, rstd, EPSILON), 0, y, x);
    }

    private Work rmsNorm(int rows, int width) {
        Tensor x = random(rows, width);
        Tensor y = scope.emptyLike(x);
        Tensor gamma = ones(width);
        Tensor rstd = scope.empty(DType.F32, rows);
        return Work.of(() -> RmsNorm.forward(x, gamma, y, rstd, EPSILON), 0, y, x);
    }

    /** The gradient, read twice (its norm comes first), and four flat tensors read and written; the copy written. */
    private Work adamW(int size) {
        Tensor master = random(DType.F32, size);
        Tensor gradient = random(DType.F32, size);
        AdamW.FlatParameters flat = new AdamW.FlatParameters(master, gradient, scope.zeros(DType.F32, size),
                scope.zeros(DType.F32, size), scope.zeros(DType.F32, size), scope.empty(DType.BF16, size));
        Tensor segments = OptimizerStep.segments(scope, size, List.of(new OptimizerStep.Segment(0, size, true)));
        Tensor hyper = OptimizerStep.hyper(scope,
                Hyper.of(1e-3f).withWeightDecay(0.01f).withMaxNorm(1).withEma(0.999f, 0));
        Tensor state = OptimizerStep.state(scope);
        Tensor control = OptimizerStep.control(scope);
        double bytes = size * (2.0 * Float.BYTES + 4 * 2.0 * Float.BYTES + DType.BF16.bytes());
        return new Work(() -> AdamW.step(flat, segments, hyper, state, control, false), 0, bytes,
                List.of(master, gradient), null);
    }

    private Work randomNormal(int size) {
        Tensor out = scope.empty(DType.F32, size);
        RandomKey key = RandomKey.of(1, 99);
        return new Work(() -> Random.normal(out, key), 0, out.bytes(), List.of(), null);
    }
}
