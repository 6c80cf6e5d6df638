package io.zoetrope.bench.compare.rows;

import io.zoetrope.ops.attention.Attention;
import io.zoetrope.ops.conv.Conv2d;
import io.zoetrope.ops.gemm.Gemm;
import io.zoetrope.ops.groupnorm.GroupNorm;
import io.zoetrope.ops.random.Random;
import io.zoetrope.ops.random.RandomKey;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import java.util.Arrays;

/** Single operations in bf16 at sizes that a processor runs in about a millisecond. */
public final class OperationRows extends Rows {
    public OperationRows() {
        gemm(512, 512, 512);
        gemm(64, 256, 1024);
        convolutions(8, 28, 32, 32);
        convolutions(8, 14, 64, 64);
        attention(2, 196, 4, 32);
        groupNorm(8, 28, 64, 8);
    }

    private static Tensor random(Scope scope, long... dims) {
        Tensor tensor = scope.empty(DType.BF16, dims);
        Random.normal(tensor, RandomKey.of(1, dims.length));
        return tensor;
    }

    private void gemm(int m, int n, int k) {
        add("gemm " + m + " × " + n + " × " + k, (device, scope) -> {
            Tensor a = random(scope, m, k);
            Tensor b = random(scope, n, k);
            Tensor c = scope.empty(DType.BF16, m, n);
            return () -> Gemm.run(a, b, null, c, Gemm.Spec.NT);
        });
    }

    private void convolutions(int batch, int size, int in, int out) {
        String what = ", 3×3, " + batch + " × " + size + "×" + size + ", " + in + " to " + out;
        Conv2d.Spec spec = Conv2d.Spec.of(1, 1);
        add("conv forward" + what, (device, scope) -> {
            Tensor x = random(scope, batch, size, size, in);
            Tensor w = random(scope, out, 3, 3, in);
            Tensor bias = scope.zeros(DType.F32, out);
            Tensor y = scope.empty(DType.BF16, batch, size, size, out);
            return () -> Conv2d.forward(x, w, bias, null, null, y, spec);
        });
        add("conv dgrad" + what, (device, scope) -> {
            Tensor dy = random(scope, batch, size, size, out);
            Tensor w = random(scope, out, 3, 3, in);
            Tensor dx = scope.empty(DType.BF16, batch, size, size, in);
            return () -> Conv2d.dgrad(dy, w, dx, spec);
        });
        add("conv wgrad" + what, (device, scope) -> {
            Tensor x = random(scope, batch, size, size, in);
            Tensor dy = random(scope, batch, size, size, out);
            Tensor dw = scope.empty(DType.F32, out, 3, 3, in);
            return () -> Conv2d.wgrad(x, dy, dw, spec, false);
        });
    }

    private void attention(int batch, int length, int heads, int dim) {
        String what = ", " + batch + " × " + heads + " heads of " + dim + ", " + length + " long";
        float scale = (float) (1 / Math.sqrt(dim));
        add("attention forward" + what, (device, scope) -> {
            Tensor qkv = random(scope, batch, length, 3, heads, dim);
            Tensor o = scope.empty(DType.BF16, batch, length, heads, dim);
            Tensor normalizer = normalizer(scope, qkv, o, scale);
            return () -> Attention.forwardPacked(qkv, o, normalizer, scale, false);
        });
        add("attention backward" + what, (device, scope) -> {
            Tensor qkv = random(scope, batch, length, 3, heads, dim);
            Tensor o = scope.empty(DType.BF16, batch, length, heads, dim);
            Tensor normalizer = normalizer(scope, qkv, o, scale);
            Tensor dOut = random(scope, batch, length, heads, dim);
            Tensor dqkv = scope.emptyLike(qkv);
            return () -> Attention.backwardPacked(dOut, qkv, o, normalizer, dqkv, scale, false);
        });
    }

    /** One number for each query in older commits, two in later ones; written by a forward pass. */
    private static Tensor normalizer(Scope scope, Tensor qkv, Tensor o, float scale) {
        Tensor two = scope.empty(DType.F32, o.dim(0), o.dim(2), o.dim(1), 2);
        try {
            Attention.forwardPacked(qkv, o, two, scale, false);
            return two;
        } catch (IllegalArgumentException older) {
            Tensor one = scope.empty(DType.F32, o.dim(0), o.dim(2), o.dim(1));
            Attention.forwardPacked(qkv, o, one, scale, false);
            return one;
        }
    }

    private void groupNorm(int batch, int size, int channels, int groups) {
        add("group norm with SiLU, " + batch + " × " + size + "×" + size + " × " + channels, (device, scope) -> {
            Tensor x = random(scope, batch, size, size, channels);
            Tensor y = scope.emptyLike(x);
            float[] ones = new float[channels];
            Arrays.fill(ones, 1);
            Tensor gamma = scope.of(ones, channels);
            Tensor beta = scope.zeros(DType.F32, channels);
            Tensor mean = scope.empty(DType.F32, batch, groups);
            Tensor rstd = scope.empty(DType.F32, batch, groups);
            return () -> GroupNorm.forward(x, gamma, beta, y, mean, rstd, groups, 1e-5f, true);
        });
    }
}
