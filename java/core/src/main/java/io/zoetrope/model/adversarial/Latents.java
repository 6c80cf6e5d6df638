package io.zoetrope.model.adversarial;

import io.zoetrope.cuda.Device;
import io.zoetrope.ops.random.Random;
import io.zoetrope.ops.random.RandomKey;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import java.util.Arrays;
import java.util.List;

/** The noise vectors that generators start from, and the classes that are asked of them. */
public final class Latents {
    private static final long STREAM = 1;

    private Latents() {
    }

    /** Standard normal vectors end to end; vector i depends on seed and i alone. */
    public static float[] draw(Device device, int count, int length, long seed) {
        if ((long) count * length > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("count " + count + " is more than one call can make");
        }
        try (Scope scope = Scope.open(device)) {
            Tensor noise = scope.empty(DType.F32, count, length);
            Random.normal(noise, RandomKey.of(seed, STREAM));
            return noise.toFloats();
        }
    }

    /**
     * Spherical interpolation (Shoemake 1985), which keeps vectors as long as random ones are, where a straight line
     * would pass through unlikely short ones. From a and b within {@code from} to {@code to} at {@code at}.
     */
    public static void slerp(float[] from, int a, int b, double t, float[] to, int at, int length) {
        double aa = 0;
        double bb = 0;
        double ab = 0;
        for (int i = 0; i < length; i++) {
            aa += (double) from[a + i] * from[a + i];
            bb += (double) from[b + i] * from[b + i];
            ab += (double) from[a + i] * from[b + i];
        }
        double cosine = ab / Math.sqrt(aa * bb);
        double angle = Math.acos(Math.max(-1, Math.min(1, cosine)));
        double sine = Math.sin(angle);
        // Parallel vectors, opposite or zero ones have no great circle of their own.
        boolean straight = !(sine > 1e-6);
        double left = straight ? 1 - t : Math.sin((1 - t) * angle) / sine;
        double right = straight ? t : Math.sin(t * angle) / sine;
        for (int i = 0; i < length; i++) {
            to[at + i] = (float) (left * from[a + i] + right * from[b + i]);
        }
    }

    /** The classes that a generator learns where the data have these: a single class is none. */
    public static List<String> classes(List<String> ofData) {
        return ofData.size() > 1 ? ofData : List.of();
    }

    /** Each class in turn; all 0 where there is none. */
    public static int[] inTurn(int count, int classes) {
        int[] labels = new int[positive("count", count)];
        Arrays.setAll(labels, i -> classes == 0 ? 0 : i % classes);
        return labels;
    }

    /** The same class every time. */
    public static int[] all(int count, int label) {
        int[] labels = new int[positive("count", count)];
        Arrays.fill(labels, label);
        return labels;
    }

    /**
     * The number of a class.
     *
     * @throws IllegalArgumentException naming those there are
     */
    public static int classNamed(String name, List<String> names) {
        int found = names.indexOf(name);
        if (found < 0) {
            throw new IllegalArgumentException("no class '" + name + "': this model "
                    + (names.isEmpty() ? "knows no classes" : "knows " + String.join(", ", names)));
        }
        return found;
    }

    public static void requireClasses(int[] labels, int classes) {
        for (int label : labels) {
            if (classes > 0 && (label < 0 || label >= classes)) {
                throw new IllegalArgumentException("class " + label + ": this model has classes 0 to " + (classes - 1));
            }
        }
    }

    public static int positive(String name, int value) {
        if (value < 1) {
            throw new IllegalArgumentException(name + " must be at least 1, not " + value);
        }
        return value;
    }
}
