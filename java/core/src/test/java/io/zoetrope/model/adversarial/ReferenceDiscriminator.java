package io.zoetrope.model.adversarial;

import io.zoetrope.model.gan.GanConfig;
import io.zoetrope.model.gan.GanDiscriminator;
import io.zoetrope.nn.ParameterStore;
import io.zoetrope.reference.ReferenceConv2d.Extents;
import io.zoetrope.reference.ReferenceConv2d;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * {@link GanDiscriminator} in plain double-precision loops: scores, and their gradients with respect to the pictures.
 */
final class ReferenceDiscriminator {
    /** A map [n, size, size, channels] made from the pictures, and how a gradient by it becomes one by them. */
    private record Node(double[] value, int size, int channels, UnaryOperator<double[]> back) {
    }

    /** @param gradients ∂score/∂picture, laid out as the pictures */
    record Result(double[] scores, double[] gradients) {
    }

    private final GanConfig shape;
    private final Map<String, double[]> parameters = new LinkedHashMap<>();
    private int samples;

    ReferenceDiscriminator(GanConfig shape, ParameterStore store, double[] values) {
        this.shape = shape;
        for (ParameterStore.Segment segment : store.segments()) {
            double[] part = new double[(int) segment.length()];
            System.arraycopy(values, (int) segment.start(), part, 0, part.length);
            parameters.put(segment.parameter().names().get(0), part);
        }
    }

    Result score(double[] pictures, int[] labels) {
        samples = labels.length;
        Node h = first(new Node(pictures, shape.imageSize(), shape.channels(), g -> g), shape.widths().get(0));
        for (int level = 0; level < shape.levels(); level++) {
            for (int block = 0; block < shape.blocks().get(level); block++) {
                h = block(h, "levels." + level + ".blocks." + block);
            }
            if (level + 1 < shape.levels()) {
                h = pool(h);
                if (!shape.widths().get(level + 1).equals(h.channels)) {
                    h = conv(h, "levels." + level + ".change", shape.widths().get(level + 1), 1, 1);
                }
            }
        }
        h = depthwise(h);
        double[] map = parameters.get("features.weight");
        double[] table = parameters.get("class_embedding.weight");
        int width = h.channels;
        int features = shape.classFeatures();
        double[] scores = new double[samples];
        double[] slopes = new double[samples * width];
        for (int n = 0; n < samples; n++) {
            for (int f = 0; f < features; f++) {
                for (int c = 0; c < width; c++) {
                    double factor = table[labels[n] * features + f] * map[f * width + c] / Math.sqrt(features);
                    scores[n] += factor * h.value[n * width + c];
                    slopes[n * width + c] += factor;
                }
            }
        }
        return new Result(scores, h.back.apply(slopes));
    }

    private Node block(Node x, String name) {
        int inner = x.channels * shape.expansion();
        Node h = leaky(conv(x, name + ".conv1", inner, 1, 1));
        h = leaky(conv(h, name + ".conv2", inner, 3, inner / shape.groupWidth()));
        Node y = conv(h, name + ".conv3", x.channels, 1, 1);
        return new Node(sum(x.value, y.value), x.size, x.channels, g -> sum(x.back.apply(g), y.back.apply(g)));
    }

    private Node conv(Node x, String name, int filters, int kernel, int groups) {
        int pad = kernel / 2;
        Extents e = new Extents(samples, x.size, x.size, x.channels, filters, kernel, kernel, x.size, x.size, 1, pad,
                pad, 1, groups);
        double[] w = parameters.get(name + ".weight");
        double[] y = ReferenceConv2d.forward(e, x.value, w);
        ReferenceConv2d.addTerms(e, y, parameters.get(name + ".bias"), null, null);
        return new Node(y, x.size, filters, g -> x.back.apply(ReferenceConv2d.dgrad(e, g, w)));
    }

    /** 1×1, or 4×4 with stride 2. */
    private Node first(Node x, int filters) {
        if (shape.patch() == 1) {
            return conv(x, "first", filters, 1, 1);
        }
        Extents e = new Extents(samples, x.size, x.size, x.channels, filters, 4, 4, x.size / 2, x.size / 2, 2, 1, 1);
        double[] w = parameters.get("first.weight");
        double[] y = ReferenceConv2d.forward(e, x.value, w);
        ReferenceConv2d.addTerms(e, y, parameters.get("first.bias"), null, null);
        return new Node(y, x.size / 2, filters, g -> x.back.apply(ReferenceConv2d.dgrad(e, g, w)));
    }

    private Node depthwise(Node x) {
        Extents e = new Extents(samples, x.size, x.size, x.channels, x.channels, x.size, x.size, 1, 1, 1, 0, 0, 1,
                x.channels);
        double[] w = parameters.get("whole.weight");
        return new Node(ReferenceConv2d.forward(e, x.value, w), 1, x.channels,
                g -> x.back.apply(ReferenceConv2d.dgrad(e, g, w)));
    }

    private static Node leaky(Node x) {
        double[] y = x.value.clone();
        for (int i = 0; i < y.length; i++) {
            y[i] *= x.value[i] > 0 ? 1 : 0.2f;
        }
        return new Node(y, x.size, x.channels, g -> {
            double[] dx = g.clone();
            for (int i = 0; i < dx.length; i++) {
                dx[i] *= x.value[i] > 0 ? 1 : 0.2f;
            }
            return x.back.apply(dx);
        });
    }

    private Node pool(Node x) {
        int half = x.size / 2;
        double[] y = new double[samples * half * half * x.channels];
        for (int i = 0; i < x.value.length; i++) {
            y[pooled(x, i)] += x.value[i] / 4;
        }
        return new Node(y, half, x.channels, g -> {
            double[] dx = new double[x.value.length];
            for (int i = 0; i < dx.length; i++) {
                dx[i] = g[pooled(x, i)] / 4;
            }
            return x.back.apply(dx);
        });
    }

    /** The element of the halved map that element i goes to. */
    private static int pooled(Node x, int i) {
        int c = i % x.channels;
        int column = i / x.channels % x.size;
        int row = i / x.channels / x.size % x.size;
        int n = i / x.channels / x.size / x.size;
        int half = x.size / 2;
        return ((n * half + row / 2) * half + column / 2) * x.channels + c;
    }

    private static double[] sum(double[] a, double[] b) {
        double[] sum = a.clone();
        for (int i = 0; i < sum.length; i++) {
            sum[i] += b[i];
        }
        return sum;
    }
}
