package io.zoetrope.bench;

import io.zoetrope.cuda.CapturedGraph;
import io.zoetrope.cuda.Device;
import io.zoetrope.cuda.Event;
import io.zoetrope.ops.attention.Attention;
import io.zoetrope.ops.conv.Conv2d;
import io.zoetrope.ops.gemm.Gemm;
import io.zoetrope.ops.groupnorm.GroupNorm;
import io.zoetrope.ops.random.Random;
import io.zoetrope.ops.random.RandomKey;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Device times of the kernels over the shapes of {@code bench/gpu/cases.csv}, one JSON object a line, for
 * {@code bench/gpu/compare.py}. Each case is recorded as a graph and replayed; the median of the replays counts.
 */
public final class OpTimes {
    private static final int WARM_UPS = 3;
    private static final double MILLISECONDS_A_CASE = 200;

    private OpTimes() {
    }

    /** @param args the path of cases.csv */
    public static void main(String[] args) throws IOException {
        try (Device device = Device.open()) {
            for (String line : Files.readAllLines(Path.of(args[0]))) {
                if (line.isBlank() || line.startsWith("#")) {
                    continue;
                }
                String[] cells = line.split(",");
                int[] n = Arrays.stream(cells).skip(1).mapToInt(cell -> Integer.parseInt(cell.trim())).toArray();
                try (Scope scope = Scope.open(device)) {
                    double milliseconds = time(device, work(scope, cells[0].trim(), n));
                    System.out.printf(Locale.ROOT, "{\"case\": \"%s\", \"ms\": %.6f, \"device\": \"%s\"}%n",
                            line.trim(), milliseconds, device.name());
                }
            }
        }
    }

    private static Tensor random(Scope scope, long... dims) {
        Tensor tensor = scope.empty(DType.BF16, dims);
        Random.normal(tensor, RandomKey.of(1, dims.length));
        return tensor;
    }

    private static Runnable work(Scope scope, String op, int[] n) {
        return switch (op) {
            case "gemm" -> {
                Tensor a = random(scope, n[0], n[2]);
                Tensor b = random(scope, n[1], n[2]);
                Tensor c = scope.empty(DType.BF16, n[0], n[1]);
                yield () -> Gemm.run(a, b, null, c, Gemm.Spec.NT);
            }
            case "conv_fprop", "conv_dgrad", "conv_wgrad" -> convolution(scope, op, n);
            case "attention_forward", "attention_backward" -> attention(scope, op, n);
            case "group_norm_silu" -> {
                Tensor x = random(scope, n[0], n[1], n[1], n[2]);
                Tensor y = scope.emptyLike(x);
                Tensor gamma = ones(scope, n[2]);
                Tensor beta = scope.zeros(DType.F32, n[2]);
                Tensor mean = scope.empty(DType.F32, n[0], n[3]);
                Tensor rstd = scope.empty(DType.F32, n[0], n[3]);
                yield () -> GroupNorm.forward(x, gamma, beta, y, mean, rstd, n[3], 1e-5f, true);
            }
            default -> throw new IllegalArgumentException("cases.csv: unknown operation '" + op + "'");
        };
    }

    private static Tensor ones(Scope scope, int size) {
        float[] values = new float[size];
        Arrays.fill(values, 1);
        return scope.of(values, size);
    }

    /** n: batch, size, channels in, channels out, filter, stride. */
    private static Runnable convolution(Scope scope, String op, int[] n) {
        Conv2d.Spec spec = Conv2d.Spec.of(n[5], n[4] / 2);
        long out = spec.outHeight(n[1], n[4]);
        Tensor x = random(scope, n[0], n[1], n[1], n[2]);
        Tensor w = random(scope, n[3], n[4], n[4], n[2]);
        Tensor y = random(scope, n[0], out, out, n[3]);
        Tensor bias = scope.zeros(DType.F32, n[3]);
        Tensor dw = scope.empty(DType.F32, n[3], n[4], n[4], n[2]);
        return switch (op) {
            case "conv_fprop" -> () -> Conv2d.forward(x, w, bias, null, null, y, spec);
            case "conv_dgrad" -> () -> Conv2d.dgrad(y, w, x, spec);
            default -> () -> Conv2d.wgrad(x, y, dw, spec, false);
        };
    }

    /** n: batch, length, heads, head dimension, causal. */
    private static Runnable attention(Scope scope, String op, int[] n) {
        Tensor qkv = random(scope, n[0], n[1], 3, n[2], n[3]);
        Tensor o = scope.empty(DType.BF16, n[0], n[1], n[2], n[3]);
        Tensor lse = scope.empty(DType.F32, n[0], n[2], n[1]);
        float scale = (float) (1 / Math.sqrt(n[3]));
        boolean causal = n[4] != 0;
        Runnable forward = () -> Attention.forwardPacked(qkv, o, lse, scale, causal);
        if (op.equals("attention_forward")) {
            return forward;
        }
        forward.run();
        Tensor dOut = random(scope, n[0], n[1], n[2], n[3]);
        Tensor dqkv = scope.emptyLike(qkv);
        return () -> Attention.backwardPacked(dOut, qkv, o, lse, dqkv, scale, causal);
    }

    private static double time(Device device, Runnable work) {
        work.run();
        device.synchronize();
        try (CapturedGraph graph = CapturedGraph.record(device, work); Event begin = new Event(device);
                Event end = new Event(device)) {
            for (int i = 0; i < WARM_UPS; i++) {
                graph.launch();
            }
            List<Float> times = new ArrayList<>();
            double spent = 0;
            while (times.size() < 5 || spent < MILLISECONDS_A_CASE) {
                begin.record(device.stream());
                graph.launch();
                end.record(device.stream());
                float milliseconds = end.millisecondsSince(begin);
                times.add(milliseconds);
                spent += milliseconds;
            }
            times.sort(null);
            return times.get(times.size() / 2);
        }
    }
}
