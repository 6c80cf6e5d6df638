package io.zoetrope.testkit;

import io.zoetrope.tensor.Bfloat16;
import io.zoetrope.tensor.DType;
import java.util.Arrays;
import java.util.SplittableRandom;

/** Seeded test data: no two neighbours alike, so that a wrong index shows. */
public final class Values {
    private Values() {
    }

    /** Values in (-1, 1), never the same pattern twice. */
    public static float[] uniform(long seed, long size) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] values = new float[Math.toIntExact(size)];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (random.nextDouble() * 2 - 1);
        }
        return values;
    }

    /** Standard normal values times {@code scale}. */
    public static float[] normal(long seed, long size, double scale) {
        java.util.Random random = new java.util.Random(seed);
        float[] values = new float[Math.toIntExact(size)];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (random.nextGaussian() * scale);
        }
        return values;
    }

    /** The values as the type stores them, so that a reference starts from the same numbers as the kernel. */
    public static float[] stored(DType dtype, float[] values) {
        float[] result = values.clone();
        if (dtype == DType.BF16) {
            for (int i = 0; i < result.length; i++) {
                result[i] = Bfloat16.round(result[i]);
            }
        }
        return result;
    }

    public static double[] doubles(float[] values) {
        double[] result = new double[values.length];
        for (int i = 0; i < result.length; i++) {
            result[i] = values[i];
        }
        return result;
    }

    public static float[] floats(double[] values) {
        float[] result = new float[values.length];
        for (int i = 0; i < result.length; i++) {
            result[i] = (float) values[i];
        }
        return result;
    }

    /** The largest magnitude; 0 where there are no values. */
    public static double largest(double[] values) {
        return Arrays.stream(values).map(Math::abs).max().orElse(0);
    }
}
