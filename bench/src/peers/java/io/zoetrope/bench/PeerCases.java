package io.zoetrope.bench;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import io.zoetrope.cuda.Device;
import io.zoetrope.ops.attention.Attention;
import io.zoetrope.ops.conv.Conv2d;
import io.zoetrope.ops.gemm.Gemm;
import io.zoetrope.ops.reduce.Reduce;
import io.zoetrope.tensor.Bfloat16;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;

/** The operations that are compared, each by both libraries on the same numbers. */
final class PeerCases {
    /**
     * One library's way to do an operation.
     *
     * @param work   does it once, and waits until it is done
     * @param result what the last run gave, in our layout
     */
    record Way(Runnable work, Supplier<float[]> result) {
    }

    /** An operation by both libraries, by ours in this type and by PyTorch in f32. */
    record Case(String name, DType type, double gigaflops, Way ours, Way peers) {
    }

    /** Makes a case; its tensors live in the scope and the manager. */
    interface Maker {
        Case make(DType type);
    }

    private final Device device;
    private final Scope scope;
    private final NDManager manager;
    private final PyTorchAttention attention;

    PeerCases(Device device, Scope scope, NDManager manager, PyTorchAttention attention) {
        this.device = device;
        this.scope = scope;
        this.manager = manager;
        this.attention = attention;
    }

    List<Maker> all() {
        return List.of(type -> convolution(type, false), type -> convolution(type, true), this::product, this::attention);
    }

    private static float[] random(int seed, long size) {
        Random random = new Random(seed);
        float[] values = new float[Math.toIntExact(size)];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    /** The values as the type stores them, but in f32: DJL has no bf16 on PyTorch. */
    private NDArray peer(DType type, float[] values, long... dims) {
        float[] stored = values.clone();
        for (int i = 0; type == DType.BF16 && i < stored.length; i++) {
            stored[i] = Bfloat16.round(stored[i]);
        }
        return manager.create(stored, new Shape(dims));
    }

    /** [A, B, C] to [A, C, B]. */
    private static float[] swapped(float[] values, int a, int b, int c) {
        float[] result = new float[values.length];
        for (int i = 0; i < a; i++) {
            for (int j = 0; j < b; j++) {
                for (int k = 0; k < c; k++) {
                    result[(i * c + k) * b + j] = values[(i * b + j) * c + k];
                }
            }
        }
        return result;
    }

    private Way ours(Runnable work, Tensor result) {
        return new Way(() -> {
            work.run();
            device.synchronize();
        }, result::toFloats);
    }

    private Case convolution(DType type, boolean backward) {
        int n = 16;
        int size = 28;
        int channels = 64;
        float[] pictures = random(1, (long) n * size * size * channels);
        float[] filters = random(2, (long) channels * 9 * channels);
        Conv2d.Spec spec = Conv2d.Spec.of(1, 1);
        Tensor x = scope.of(type, pictures, n, size, size, channels);
        Tensor w = scope.of(type, filters, channels, 3, 3, channels);
        Tensor bias = scope.zeros(DType.F32, channels);
        Tensor y = scope.emptyLike(x);
        Tensor dy = scope.emptyLike(x);
        float[] ones = new float[pictures.length];
        Arrays.fill(ones, 1);
        dy.copyFrom(ones);
        Tensor dx = scope.emptyLike(x);
        Tensor dw = scope.empty(DType.F32, w.shape());
        Tensor dbias = scope.emptyLike(bias);
        Runnable forward = () -> Conv2d.forward(x, w, bias, null, null, y, spec);
        Way ours = !backward ? ours(forward, y) : ours(() -> {
            forward.run();
            Conv2d.dgrad(dy, w, dx, spec);
            Conv2d.wgrad(x, dy, dw, spec, false);
            Reduce.sumRows(dy, dbias, false);
        }, dx);

        NDArray px = peer(type, swapped(pictures, n, size * size, channels), n, channels, size, size);
        NDArray pw = peer(type, swapped(filters, channels, 9, channels), channels, channels, 3, 3);
        NDArray pb = peer(type, new float[channels], channels);
        NDArray[] last = new NDArray[1];
        Runnable peerForward = () -> {
            NDList result = ai.djl.nn.convolutional.Conv2d.conv2d(px, pw, pb, new Shape(1, 1), new Shape(1, 1));
            keep(last, result.singletonOrThrow());
        };
        Runnable peerBoth = () -> {
            try (GradientCollector gradients = Engine.getEngine("PyTorch").newGradientCollector()) {
                peerForward.run();
                gradients.backward(last[0]);
            }
        };
        if (backward) {
            for (NDArray parameter : new NDArray[] {px, pw, pb}) {
                parameter.setRequiresGradient(true);
            }
        }
        Way peers = new Way(backward ? peerBoth : peerForward, () -> swapped((backward ? px.getGradient() : last[0]).toFloatArray(),
                n, channels, size * size));
        double once = 2e-9 * n * size * size * channels * 9 * channels;
        return new Case(backward ? "conv 3×3 forward and backward, N16 C64 K64 28×28" : "conv 3×3 forward, N16 C64 K64 28×28",
                type, backward ? 3 * once : once, ours, peers);
    }

    private static void keep(NDArray[] last, NDArray next) {
        if (last[0] != null) {
            last[0].close();
        }
        last[0] = next;
    }

    private Case product(DType type) {
        int n = 1024;
        float[] left = random(3, (long) n * n);
        float[] right = random(4, (long) n * n);
        Tensor a = scope.of(type, left, n, n);
        Tensor b = scope.of(type, right, n, n);
        Tensor c = scope.emptyLike(a);
        NDArray pa = peer(type, left, n, n);
        NDArray pb = peer(type, right, n, n);
        NDArray[] last = new NDArray[1];
        return new Case("matrix product 1024³", type, 2e-9 * n * n * n, ours(() -> Gemm.run(a, b, null, c, Gemm.Spec.NN), c),
                new Way(() -> keep(last, pa.matMul(pb)), () -> last[0].toFloatArray()));
    }

    private Case attention(DType type) {
        int batch = 4;
        int heads = 8;
        int length = 1024;
        int dim = 64;
        Tensor[] ours = new Tensor[3];
        NDArray[] theirs = new NDArray[3];
        for (int i = 0; i < 3; i++) {
            float[] values = random(5 + i, (long) batch * heads * length * dim);
            theirs[i] = peer(type, values, batch, heads, length, dim);
            ours[i] = scope.of(type, exchanged(values, batch, heads, length, dim), batch, length, heads, dim);
        }
        Tensor o = scope.emptyLike(ours[0]);
        Tensor normalizer = scope.empty(DType.F32, batch, heads, length, 2);
        float scale = (float) (1 / Math.sqrt(dim));
        NDArray[] last = new NDArray[1];
        return new Case("attention forward, B4 H8 S1024 D64", type, 4e-9 * batch * heads * length * length * dim,
                ours(() -> Attention.forward(ours[0], ours[1], ours[2], o, normalizer, scale, false), o),
                new Way(() -> keep(last, attention.run(theirs[0], theirs[1], theirs[2])),
                        () -> exchanged(last[0].toFloatArray(), batch, heads, length, dim)));
    }

    /** [A, B, C, D] to [A, C, B, D]. */
    private static float[] exchanged(float[] values, int a, int b, int c, int d) {
        float[] result = new float[values.length];
        for (int row = 0; row < a * b * c; row++) {
            int i = row / (b * c);
            int j = row / c % b;
            int k = row % c;
            System.arraycopy(values, row * d, result, ((i * c + k) * b + j) * d, d);
        }
        return result;
    }
}
