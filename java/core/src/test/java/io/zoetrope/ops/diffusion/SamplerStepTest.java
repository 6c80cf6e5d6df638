package io.zoetrope.ops.diffusion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.zoetrope.cuda.CapturedGraph;
import io.zoetrope.ops.random.RandomKey;
import io.zoetrope.reference.ReferencePhilox;
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

class SamplerStepTest {
    private static final RandomKey KEY = new RandomKey(17, 5, 2, null);
    private static final float NONE = Float.POSITIVE_INFINITY;

    record Case(DType dtype, int size, int offset) {
        DType other() {
            return dtype == DType.F32 ? DType.BF16 : DType.F32;
        }
    }

    static Stream<Case> cases() {
        List<Case> cases = new ArrayList<>();
        for (DType dtype : List.of(DType.F32, DType.BF16)) {
            for (int size : new int[] {1, 3, 17, 65, 4097, 9000}) {
                cases.add(new Case(dtype, size, 0));
            }
            cases.add(new Case(dtype, 4097, 1));
        }
        return cases.stream();
    }

    /** The normals a row's update makes: rows take whole blocks of four numbers. */
    private static double[] noise(int row, int size) {
        return ReferencePhilox.normals(KEY.seed(), KEY.stream(), KEY.step(), row * ((size + 3L) / 4 * 4), size);
    }

    private static Tolerance tolerance(DType dtype) {
        return new Tolerance(Tolerance.elementwise(dtype).relative(), 1e-5);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void anUpdateIsTheSumThatItsRowSays(Case c) {
        for (int terms = 1; terms <= 4; terms++) {
            float[] table = Values.uniform(terms, 3L * (terms + 1));
            table[2 * (terms + 1) + terms] = 0; // the last row is deterministic
            try (Guarded guarded = new Guarded(Devices.shared(), c.offset)) {
                Tensor[] inputs = new Tensor[terms];
                float[][] values = new float[terms][];
                for (int k = 0; k < terms; k++) {
                    DType type = k % 2 == 0 ? c.dtype : c.other();
                    values[k] = Values.stored(type, Values.normal(10L * k + c.size, c.size, 1));
                    inputs[k] = guarded.input("term " + k, type, values[k], c.size);
                }
                Tensor coefficients = guarded.input("table", DType.F32, table, 3, terms + 1);
                Tensor counter = guarded.input("counter", new int[] {0}, 1);
                for (int row = 0; row < 3; row++) {
                    Tensor out = guarded.output("out", c.dtype, c.size);
                    Tensor copy = guarded.output("copy", c.other(), c.size);
                    SamplerStep.update(inputs, out, copy, coefficients, counter, KEY, -NONE, NONE);
                    double[] z = noise(row, c.size);
                    double[] expected = new double[c.size];
                    for (int i = 0; i < c.size; i++) {
                        expected[i] = table[row * (terms + 1) + terms] * z[i];
                        for (int k = 0; k < terms; k++) {
                            expected[i] += table[row * (terms + 1) + k] * (double) values[k][i];
                        }
                    }
                    tolerance(c.dtype).check(terms + " terms, row " + row, expected, out.toFloats());
                    tolerance(c.other()).check("copy", expected, copy.toFloats());
                    SamplerStep.update(inputs, out, null, coefficients, counter, KEY, -0.25f, 0.5f);
                    for (int i = 0; i < c.size; i++) {
                        expected[i] = Math.max(-0.25, Math.min(0.5, expected[i]));
                    }
                    tolerance(c.dtype).check("clamped", expected, out.toFloats());
                    SamplerStep.advance(counter, 3);
                }
                assertThat(counter.toInts()).as("the counter starts over").containsExactly(0);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void aStepWorksOnTheCleanEstimate(Case c) {
        float inf = Float.POSITIVE_INFINITY;
        float[] table = {1.2f, -0.4f, -inf, inf, 0.8f, 0.3f, 0, 0.5f, 0.9f, -0.7f, -0.5f, 0.75f, 0.7f, 0.2f, 0.1f, 0,
                1.0f, -0.1f, -1, 1, 0.1f, 0.9f, -0.3f, 0.25f};
        for (DType outputType : List.of(DType.F32, DType.BF16)) {
            for (boolean kept : new boolean[] {true, false}) {
                float[] start = Values.stored(c.dtype, Values.normal(c.size, c.size, 1));
                float[] m = Values.stored(outputType, Values.normal(c.size + 1, c.size, 1));
                try (Guarded guarded = new Guarded(Devices.shared(), c.offset)) {
                    Tensor x = guarded.input("x", c.dtype, start, c.size);
                    Tensor output = guarded.input("output", outputType, m, c.size);
                    Tensor history = kept ? guarded.output("history", c.dtype, c.size) : null;
                    Tensor copy = guarded.output("copy", c.other(), c.size);
                    Tensor coefficients = guarded.input("table", DType.F32, table, 3, 8);
                    Tensor counter = guarded.input("counter", new int[] {0}, 1);
                    float[] previous = new float[c.size];
                    for (int row = 0; row < 3; row++) {
                        float[] now = x.toFloats();
                        SamplerStep.step(x, output, history, copy, coefficients, counter, KEY);
                        double[] z = noise(row, c.size);
                        double[] clean = new double[c.size];
                        double[] next = new double[c.size];
                        for (int i = 0; i < c.size; i++) {
                            int at = row * 8;
                            clean[i] = Math.max(table[at + 2], Math.min(table[at + 3],
                                    table[at] * (double) now[i] + table[at + 1] * (double) m[i]));
                            next[i] = table[at + 4] * (double) now[i] + table[at + 5] * clean[i]
                                    + (kept ? table[at + 6] * (double) previous[i] : 0) + table[at + 7] * z[i];
                        }
                        tolerance(c.dtype).check("x after row " + row, next, x.toFloats());
                        tolerance(c.other()).check("copy after row " + row, next, copy.toFloats());
                        if (kept) {
                            tolerance(c.dtype).check("clean estimate of row " + row, clean, history.toFloats());
                            previous = history.toFloats();
                        }
                        SamplerStep.advance(counter, 0);
                    }
                    assertThat(counter.toInts()).containsExactly(3);
                }
            }
        }
    }

    @Test
    void withoutACounterTheFirstRowIsTold() {
        try (Scope scope = Scope.open(Devices.shared())) {
            Tensor t = scope.zeros(DType.F32, 3);
            SamplerStep.timestep(scope.of(new float[] {4, 5}, 2), null, t);
            assertThat(t.toFloats()).containsOnly(4);
        }
    }

    @Test
    void aRowOutsideTheTableShowsAsNaN() {
        try (Scope scope = Scope.open(Devices.shared())) {
            for (int row : new int[] {-1, 2}) {
                Tensor x = scope.zeros(DType.F32, 9);
                Tensor counter = scope.of(new int[] {row}, 1);
                Diffusion.samplerUpdate(new Tensor[] {x}, x, scope.zeros(DType.F32, 2, 2), counter, KEY);
                assertThat(x.toFloats()).containsOnly(Float.NaN);
                x.zero();
                SamplerStep.step(x, scope.zeros(DType.F32, 9), null, null, scope.zeros(DType.F32, 2, 8), counter, KEY);
                assertThat(x.toFloats()).containsOnly(Float.NaN);
                Tensor t = scope.zeros(DType.F32, 3);
                SamplerStep.timestep(scope.of(new float[] {4, 5}, 2), counter, t);
                assertThat(t.toFloats()).containsOnly(Float.NaN);
            }
        }
    }

    @Test
    void aNaNOutputIsNotHiddenByTheClamp() {
        try (Scope scope = Scope.open(Devices.shared())) {
            Tensor x = scope.of(new float[] {1, 2, 3, 4, 5}, 5);
            Tensor output = scope.of(new float[] {0, 0, Float.NaN, 0, Float.NaN}, 5);
            Tensor table = scope.of(new float[] {1, 1, -1, 1, 0, 1, 0, 0}, 1, 8);
            SamplerStep.step(x, output, null, null, table, null, KEY);
            assertThat(x.toFloats()).containsExactly(1, 1, Float.NaN, 1, Float.NaN);
        }
    }

    @Test
    void aRecordedLoopWalksThroughTheTable() {
        int n = 300;
        int rows = 4;
        float[] table = Values.uniform(8, rows * 3L);
        float[] start = Values.normal(1, n, 1);
        float[] timesteps = {900, 600, 300, 0};
        try (Scope scope = Scope.open(Devices.shared())) {
            Tensor x = scope.of(start, n);
            Tensor other = scope.of(Values.normal(2, n, 1), n);
            Tensor counter = scope.zeros(DType.I32, 1);
            Tensor t = scope.empty(DType.F32, 5);
            Tensor coefficients = scope.of(table, rows, 3);
            Tensor steps = scope.of(timesteps, rows);
            Runnable step = () -> {
                SamplerStep.timestep(steps, counter, t);
                Diffusion.samplerUpdate(new Tensor[] {x, other}, x, coefficients, counter, KEY);
                SamplerStep.advance(counter, rows);
            };
            List<float[]> eager = new ArrayList<>();
            for (int row = 0; row < rows; row++) {
                step.run();
                eager.add(x.toFloats());
                assertThat(t.toFloats()).containsOnly(timesteps[row]);
            }
            x.copyFrom(start);
            try (CapturedGraph graph = CapturedGraph.record(Devices.shared(), step)) {
                assertThat(graph.nodes()).isEqualTo(3);
                for (int row = 0; row < rows; row++) {
                    graph.launch();
                    assertThat(x.toFloats()).isEqualTo(eager.get(row));
                }
            }
        }
    }

    @Test
    void mismatchesNameTheShapes() {
        try (Scope scope = Scope.open(Devices.shared())) {
            Tensor x = scope.zeros(DType.F32, 8);
            Tensor[] terms = {x, scope.zeros(DType.BF16, 7)};
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> Diffusion.samplerUpdate(terms, x, scope.zeros(DType.F32, 1, 3), null, KEY))
                    .withMessage("sampler update: term 1 is BF16[7], expected BF16 of 8 elements");
            assertThatIllegalArgumentException()
                    .isThrownBy(
                            () -> Diffusion.samplerUpdate(new Tensor[] {x}, x, scope.zeros(DType.F32, 1, 3), null, KEY))
                    .withMessage("sampler update: table is F32[1, 3], expected F32[steps, 2]");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> SamplerStep.step(x, x, null, x, scope.zeros(DType.F32, 1, 8), null, KEY))
                    .withMessage("sampler step: copy is F32[8], expected BF16 of 8 elements");
        }
    }
}
