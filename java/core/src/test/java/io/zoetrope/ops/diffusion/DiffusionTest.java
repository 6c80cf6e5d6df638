package io.zoetrope.ops.diffusion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.zoetrope.ops.diffusion.Diffusion.Target;
import io.zoetrope.ops.random.Random;
import io.zoetrope.ops.random.RandomKey;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.testkit.Devices;
import io.zoetrope.testkit.Guarded;
import io.zoetrope.testkit.Tolerance;
import io.zoetrope.testkit.Values;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class DiffusionTest {
    private static final int STEPS = 10;
    private static final RandomKey KEY = new RandomKey(31, 2, 3, null);

    record Case(DType dtype, int samples, int size, int offset) {
    }

    static Stream<Case> cases() {
        List<Case> cases = new ArrayList<>();
        for (DType dtype : List.of(DType.F32, DType.BF16)) {
            cases.add(new Case(dtype, 1, 1, 0));
            cases.add(new Case(dtype, 3, 17, 0));
            cases.add(new Case(dtype, 5, 63, 0));
            cases.add(new Case(dtype, 3, 784, 0));
            cases.add(new Case(dtype, 3, 784, 1));
            cases.add(new Case(dtype, 2, 4100, 0));
            cases.add(new Case(dtype, 2, 5003, 1));
        }
        return cases.stream();
    }

    private static float[] alphaBar() {
        float[] table = new float[STEPS];
        for (int i = 0; i < STEPS; i++) {
            table[i] = (float) Math.pow(Math.cos(0.05 + 1.45 * i / STEPS), 2);
        }
        return table;
    }

    private static int[] timesteps(int samples) {
        int[] t = new int[samples];
        for (int i = 0; i < samples; i++) {
            t[i] = (i * 7 + 2) % STEPS;
        }
        return t;
    }

    private static double target(Target kind, double x, double e, double a, double s) {
        return switch (kind) {
            case EPSILON -> e;
            case V -> a * e - s * x;
            case SAMPLE -> x;
        };
    }

    private static float[] noiseOf(int size) {
        try (Scope scope = Scope.open(Devices.shared())) {
            Tensor noise = scope.empty(DType.F32, size);
            Random.normal(noise, KEY);
            return noise.toFloats();
        }
    }

    /** Checks x_t, noise and target against the formulas; x0 as the reference sees it. */
    private static void check(Case c, Target kind, double[] x0, Tensor xt, Tensor noise, Tensor target) {
        int n = c.samples * c.size;
        float[] e = noiseOf(n);
        float[] alpha = alphaBar();
        int[] t = timesteps(c.samples);
        double[] mixed = new double[n];
        double[] wanted = new double[n];
        for (int i = 0; i < n; i++) {
            double a = Math.sqrt(alpha[t[i / c.size]]);
            double s = Math.sqrt(1.0 - alpha[t[i / c.size]]);
            mixed[i] = a * x0[i] + s * e[i];
            wanted[i] = target(kind, x0[i], e[i], a, s);
        }
        Tolerance tolerance = new Tolerance(Tolerance.elementwise(c.dtype).relative(), 2e-6);
        tolerance.check("x_t", mixed, xt.toFloats());
        assertThat(noise.toFloats()).as("the noise is what Random.normal gives").isEqualTo(Values.stored(c.dtype, e));
        tolerance.check("target " + kind, wanted, target.toFloats());
    }

    @ParameterizedTest
    @MethodSource("cases")
    void forwardNoiseMixesSignalAndNoise(Case c) {
        int n = c.samples * c.size;
        float[] x0 = Values.stored(c.dtype, Values.uniform(n, n));
        for (Target kind : Target.values()) {
            try (Guarded guarded = new Guarded(Devices.shared(), c.offset)) {
                Tensor x = guarded.input("x0", c.dtype, x0, c.samples, c.size);
                Tensor t = guarded.input("t", timesteps(c.samples), c.samples);
                Tensor alpha = guarded.input("alpha", DType.F32, alphaBar(), STEPS);
                Tensor xt = guarded.output("xt", c.dtype, c.samples, c.size);
                Tensor noise = guarded.output("noise", c.dtype, c.samples, c.size);
                Tensor target = guarded.output("target", c.dtype, c.samples, c.size);
                Diffusion.forwardNoise(x, t, alpha, xt, noise, target, kind, KEY);
                check(c, kind, Values.doubles(x0), xt, noise, target);
                Tensor alone = guarded.output("xt alone", c.dtype, c.samples, c.size);
                Diffusion.forwardNoise(x, t, alpha, null, alone, KEY);
                assertThat(alone.toFloats()).isEqualTo(xt.toFloats());
            }
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void forwardNoiseTakesRowsOfBytes(Case c) {
        int rows = 9;
        byte[] data = new byte[rows * c.size];
        new java.util.Random(c.size).nextBytes(data);
        int[] index = new int[c.samples];
        double[] x0 = new double[c.samples * c.size];
        for (int i = 0; i < c.samples; i++) {
            index[i] = (i * 5 + 8) % rows;
            for (int j = 0; j < c.size; j++) {
                x0[i * c.size + j] = (data[index[i] * c.size + j] & 0xff) / 127.5 - 1;
            }
        }
        try (Guarded guarded = new Guarded(Devices.shared(), c.offset)) {
            Tensor xt = guarded.output("xt", c.dtype, c.samples, c.size);
            Tensor noise = guarded.output("noise", c.dtype, c.samples, c.size);
            Tensor target = guarded.output("target", c.dtype, c.samples, c.size);
            Diffusion.forwardNoiseOfBytes(guarded.input("data", data, rows, c.size),
                    guarded.input("index", index, c.samples), guarded.input("t", timesteps(c.samples), c.samples),
                    guarded.input("alpha", DType.F32, alphaBar(), STEPS), xt, noise, target, Target.V, KEY);
            check(c, Target.V, x0, xt, noise, target);
        }
    }

    @Test
    void timestepsAndRowsThatDoNotExistShowAsNaN() {
        try (Scope scope = Scope.open(Devices.shared())) {
            Tensor alpha = scope.of(alphaBar(), STEPS);
            Tensor x0 = scope.zeros(DType.F32, 3, 8);
            Tensor xt = scope.empty(DType.F32, 3, 8);
            Diffusion.forwardNoise(x0, scope.of(new int[] {STEPS, 4, -1}, 3), alpha, null, xt, KEY);
            expectNaN(xt.toFloats(), 8, true, false, true);
            Tensor data = scope.zeros(DType.U8, 2, 8);
            Diffusion.forwardNoiseOfBytes(data, scope.of(new int[] {0, 2, -1}, 3), scope.of(new int[] {1, 1, 1}, 3),
                    alpha, xt, null, null, Target.EPSILON, KEY);
            expectNaN(xt.toFloats(), 8, false, true, true);
        }
    }

    private static void expectNaN(float[] values, int size, boolean... expected) {
        for (int i = 0; i < values.length; i++) {
            assertThat(Float.isNaN(values[i])).as("element %d", i).isEqualTo(expected[i / size]);
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void predictionsConvertToSampleAndNoise(Case c) {
        int n = c.samples * c.size;
        float[] x = Values.stored(c.dtype, Values.normal(n, n, 1));
        float[] o = Values.stored(c.dtype, Values.normal(n + 1, n, 1));
        float[] alpha = alphaBar();
        for (Target kind : Target.values()) {
            for (boolean oneStep : new boolean[] {false, true}) {
                for (float limit : new float[] {0, 1}) {
                    int[] t = oneStep ? new int[] {4} : timesteps(c.samples);
                    double[] clean = new double[n];
                    double[] noise = new double[n];
                    for (int i = 0; i < n; i++) {
                        double a = Math.sqrt(alpha[t[oneStep ? 0 : i / c.size]]);
                        double s = Math.sqrt(1.0 - alpha[t[oneStep ? 0 : i / c.size]]);
                        switch (kind) {
                            case EPSILON -> clean[i] = (x[i] - s * o[i]) / a;
                            case V -> clean[i] = a * x[i] - s * o[i];
                            case SAMPLE -> clean[i] = o[i];
                        }
                        if (limit > 0) {
                            clean[i] = Math.max(-limit, Math.min(limit, clean[i]));
                        }
                        noise[i] = (x[i] - a * clean[i]) / s;
                    }
                    try (Guarded guarded = new Guarded(Devices.shared(), c.offset)) {
                        Tensor cleanOut = guarded.output("clean", c.dtype, c.samples, c.size);
                        Tensor noiseOut = guarded.output("noise", c.dtype, c.samples, c.size);
                        Diffusion.convertPrediction(guarded.input("xt", c.dtype, x, c.samples, c.size),
                                guarded.input("output", c.dtype, o, c.samples, c.size), guarded.input("t", t, t.length),
                                guarded.input("alpha", DType.F32, alpha, STEPS), cleanOut, noiseOut, kind, limit);
                        // √ᾱ down to 0.05 and √(1-ᾱ) down to 0.05 divide differences: twenty times the rounding.
                        Tolerance tolerance = new Tolerance(Tolerance.elementwise(c.dtype).relative(), 4e-5);
                        tolerance.check("x0 from " + kind, clean, cleanOut.toFloats());
                        tolerance.check("noise from " + kind, noise, noiseOut.toFloats());
                    }
                }
            }
        }
    }

    @Test
    void convertingTheTargetGivesBackWhatWasMixed() {
        int n = 2 * 300;
        float[] x0 = Values.uniform(4, n);
        for (Target kind : Target.values()) {
            try (Scope scope = Scope.open(Devices.shared())) {
                Tensor t = scope.of(new int[] {3, 6}, 2);
                Tensor alpha = scope.of(alphaBar(), STEPS);
                Tensor xt = scope.empty(DType.F32, 2, 300);
                Tensor noise = scope.empty(DType.F32, 2, 300);
                Tensor target = scope.empty(DType.F32, 2, 300);
                Diffusion.forwardNoise(scope.of(x0, 2, 300), t, alpha, xt, noise, target, kind, KEY);
                float[] made = noise.toFloats();
                Diffusion.convertPrediction(xt, target, t, alpha, xt, target, kind, 0);
                new Tolerance(1e-5, 1e-5).check("x0", Values.doubles(x0), xt.toFloats());
                new Tolerance(1e-5, 1e-5).check("noise", Values.doubles(made), target.toFloats());
            }
        }
    }

    @Test
    void mismatchesNameTheShapes() {
        try (Scope scope = Scope.open(Devices.shared())) {
            Tensor x = scope.zeros(DType.F32, 4, 8);
            Tensor alpha = scope.zeros(DType.F32, 5);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> Diffusion.forwardNoise(x, scope.zeros(DType.I32, 3), alpha, null, x, KEY))
                    .withMessage("forward noise: t is I32[3], expected I32 of 4 elements");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> Diffusion.forwardNoiseOfBytes(scope.zeros(DType.U8, 9, 7), null,
                            scope.zeros(DType.I32, 4), alpha, x, null, null, Target.V, KEY))
                    .withMessage(
                            "forward noise of bytes: data is U8[9, 7], expected rows of as many bytes as a sample of "
                                    + "F32[4, 8] has elements");
        }
    }
}
