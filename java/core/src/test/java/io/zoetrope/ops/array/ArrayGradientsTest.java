package io.zoetrope.ops.array;

import static org.assertj.core.api.Assertions.assertThat;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.cuda.CapturedGraph;
import io.zoetrope.cuda.Device;
import io.zoetrope.ops.random.Random;
import io.zoetrope.ops.random.RandomKey;
import io.zoetrope.reference.ReferencePhilox;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.testkit.Devices;
import io.zoetrope.testkit.Tolerance;
import io.zoetrope.testkit.Values;
import java.util.Arrays;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Gradients of array operations in BF16, of parameters over several tapes, in recorded graphs and checkpoints. */
class ArrayGradientsTest {
    private static final Device DEVICE = Devices.shared();
    private static final int ROWS = 3;
    private static final int COLUMNS = 4;
    private static final int SIZE = ROWS * COLUMNS;
    private static final double STEP = 1e-5;
    /** Positive, apart from one another, and exact in BF16. */
    private static final float[] X = {0.5f, 1.25f, 0.75f, 2, 3, 0.625f, 1.5f, 2.5f, 1.75f, 0.875f, 2.25f, 1.125f};
    private static final float[] OTHER = {1, 2, 0.5f, 3};
    private static final int[] IDS = {2, 0, 2};

    /** An operation of x [3, 4], and what it computes, in double. */
    record Case(String name, BiFunction<Tape, Variable, Variable> op, UnaryOperator<double[]> reference) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static Variable other(Tape tape) {
        return Variable.constant(tape.empty(DType.BF16, COLUMNS).copyFrom(OTHER));
    }

    private static Tensor ids(Tape tape) {
        return tape.empty(DType.I32, IDS.length).copyFrom(IDS);
    }

    private static double[] map(double[] x, java.util.function.IntToDoubleFunction of) {
        return IntStream.range(0, x.length).mapToDouble(of).toArray();
    }

    private static double[] places(double[] x, int... places) {
        return Arrays.stream(places).mapToDouble(i -> i < 0 ? 0 : x[i]).toArray();
    }

    private static double[] columns(double[] x) {
        return IntStream.range(0, COLUMNS).mapToDouble(c -> x[c] + x[c + COLUMNS] + x[c + 2 * COLUMNS]).toArray();
    }

    private static double[] softmax(double[] x) {
        return map(x, i -> Math.exp(x[i])
                / IntStream.range(0, COLUMNS).mapToDouble(c -> Math.exp(x[i / COLUMNS * COLUMNS + c])).sum());
    }

    private static double[] gram(double[] x) {
        double[] gram = new double[ROWS * ROWS];
        for (int i = 0; i < gram.length; i++) {
            for (int c = 0; c < COLUMNS; c++) {
                gram[i] += x[i / ROWS * COLUMNS + c] * x[i % ROWS * COLUMNS + c];
            }
        }
        return gram;
    }

    static Stream<Case> cases() {
        return Stream.of(
                new Case("add", (t, v) -> MathFunctions.add(t, v, other(t)), x -> map(x, i -> x[i] + OTHER[i % 4])),
                new Case("subtract from", (t, v) -> MathFunctions.subtract(t, other(t), v),
                        x -> map(x, i -> OTHER[i % 4] - x[i])),
                new Case("multiply", (t, v) -> MathFunctions.multiply(t, v, other(t)),
                        x -> map(x, i -> x[i] * OTHER[i % 4])),
                new Case("multiply by itself", (t, v) -> MathFunctions.multiply(t, v, v),
                        x -> map(x, i -> x[i] * x[i])),
                new Case("divide by", (t, v) -> MathFunctions.divide(t, other(t), v),
                        x -> map(x, i -> OTHER[i % 4] / x[i])),
                new Case("add a constant", (t, v) -> MathFunctions.add(t, v, 1.5), x -> map(x, i -> x[i] + 1.5)),
                new Case("multiply by a constant", (t, v) -> MathFunctions.multiply(t, v, -2.5),
                        x -> map(x, i -> -2.5 * x[i])),
                new Case("max", (t, v) -> MathFunctions.max(t, v, other(t)),
                        x -> map(x, i -> Math.max(x[i], OTHER[i % 4]))),
                new Case("pow", (t, v) -> MathFunctions.pow(t, v, 2.5), x -> map(x, i -> Math.pow(x[i], 2.5))),
                new Case("exp", MathFunctions::exp, x -> map(x, i -> Math.exp(x[i]))),
                new Case("log", MathFunctions::log, x -> map(x, i -> Math.log(x[i]))),
                new Case("sqrt", MathFunctions::sqrt, x -> map(x, i -> Math.sqrt(x[i]))),
                new Case("abs", (t, v) -> MathFunctions.abs(t, MathFunctions.negate(t, v)), x -> map(x, i -> x[i])),
                new Case("cast", (t, v) -> MathFunctions.cast(t, v, DType.F32), x -> x.clone()),
                new Case("slice", (t, v) -> ShapeFunctions.slice(t, v, 1, 1, 4, 2), x -> places(x, 1, 3, 5, 7, 9, 11)),
                new Case("permute", (t, v) -> ShapeFunctions.permute(t, v, 1, 0),
                        x -> places(x, 0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11)),
                new Case("concat", (t, v) -> ShapeFunctions.concat(t, 0, v, v),
                        x -> places(x, IntStream.range(0, 2 * SIZE).map(i -> i % SIZE).toArray())),
                new Case("pad", (t, v) -> ShapeFunctions.pad(t, v, new long[] {1, 0}, new long[] {0, 0}, 0),
                        x -> places(x, IntStream.range(-COLUMNS, SIZE).toArray())),
                new Case("sum", (t, v) -> AxisFunctions.sum(t, v, false, 0), ArrayGradientsTest::columns),
                new Case("mean", (t, v) -> AxisFunctions.mean(t, v, true, 0),
                        x -> Arrays.stream(columns(x)).map(sum -> sum / ROWS).toArray()),
                new Case("largest", (t, v) -> AxisFunctions.max(t, v, 1, false), x -> places(x, 3, 4, 10)),
                new Case("top 2", (t, v) -> AxisFunctions.topK(t, v, 1, 2).values(), x -> places(x, 3, 1, 4, 7, 10, 8)),
                new Case("softmax", AxisFunctions::softmax, ArrayGradientsTest::softmax),
                new Case("gather", (t, v) -> IndexFunctions.gather(t, v, 0, ids(t)),
                        x -> places(x, 8, 9, 10, 11, 0, 1, 2, 3, 8, 9, 10, 11)),
                new Case("scatter add", (t, v) -> IndexFunctions.scatterAdd(t, v, 0, ids(t), 3),
                        x -> map(x, i -> i < 4 ? x[i + 4] : i < 8 ? 0 : x[i] + x[i - 8])),
                new Case("matmul with itself",
                        (t, v) -> IndexFunctions.matmul(t, v, ShapeFunctions.transpose(t, v, 0, 1)),
                        ArrayGradientsTest::gram));
    }

    private static float[] weights(int size) {
        return Values.stored(DType.BF16, Values.uniform(99, size));
    }

    /** Of Σ weight·reference, by central differences. */
    private static double[] slopes(UnaryOperator<double[]> reference, float[] x) {
        double[] at = IntStream.range(0, x.length).mapToDouble(i -> x[i]).toArray();
        float[] weights = weights(reference.apply(at).length);
        return map(at, i -> (weighted(reference, at, i, STEP, weights) - weighted(reference, at, i, -STEP, weights))
                / (2 * STEP));
    }

    private static double weighted(UnaryOperator<double[]> reference, double[] x, int at, double step,
            float[] weights) {
        double[] moved = x.clone();
        moved[at] += step;
        double[] y = reference.apply(moved);
        return IntStream.range(0, y.length).mapToDouble(i -> weights[i] * y[i]).sum();
    }

    private static void backward(Tape tape, Variable out) {
        DType type = out.value().dtype();
        tape.backward(out, tape.empty(type, out.shape()).copyFrom(weights((int) out.value().size())));
    }

    /** Each step of a rule is rounded to 8 bits, and a few are summed: {@link MathFunctions}. */
    @ParameterizedTest
    @MethodSource("cases")
    void gradientsInBf16AreSlopes(Case c) {
        try (Scope scope = Scope.open(DEVICE); Tape tape = Tape.forTraining(DEVICE)) {
            Variable x = Variable.input(scope.of(DType.BF16, X, ROWS, COLUMNS));
            Variable out = c.op.apply(tape, x);
            float[] y = out.value().toFloats();
            backward(tape, out);
            assertThat(x.grad().dtype()).isEqualTo(DType.BF16);
            double[] expected = c.reference.apply(IntStream.range(0, SIZE).mapToDouble(i -> X[i]).toArray());
            Tolerance.elementwise(DType.BF16).check(c + " value", expected, y);
            new Tolerance(3.0 / 256, 1.0 / 128).check(c + " gradient", slopes(c.reference, X), x.grad().toFloats());
        }
    }

    /** Two micro-batches, and on each tape the parameter twice: as it is, and repeated over rows. */
    @ParameterizedTest
    @MethodSource("types")
    void parametersAddUpOverUsesAndTapes(DType type) {
        float[] gamma = {1.5f, -0.75f, 2, 0.5f};
        float[] micro = Values.stored(type, Values.uniform(4, 2 * SIZE));
        double[] expected = new double[COLUMNS];
        float[] weights = weights(SIZE);
        for (int i = 0; i < 2 * SIZE; i++) { // d/dγ of Σ w (x γ + γ²)
            expected[i % COLUMNS] += weights[i % SIZE] * (micro[i] + 2.0 * gamma[i % COLUMNS]);
        }
        try (Scope scope = Scope.open(DEVICE)) {
            Tensor gradient = scope.of(new float[] {7, 7, 7, 7}, COLUMNS);
            Variable parameter = Variable.parameter(scope.of(type, gamma, COLUMNS), gradient);
            Tensor x = scope.of(type, micro, 2, ROWS, COLUMNS);
            for (int batch = 0; batch < 2; batch++) {
                try (Tape tape = batch == 0 ? Tape.forTraining(DEVICE) : Tape.forAccumulation(DEVICE)) {
                    Variable input = Variable.constant(x.slice(batch, batch + 1).reshape(ROWS, COLUMNS));
                    Variable scaled = MathFunctions.multiply(tape, input, parameter);
                    Variable square = MathFunctions.multiply(tape, parameter, parameter);
                    backward(tape, MathFunctions.add(tape, scaled, square));
                }
            }
            double rounding = type == DType.BF16 ? 1.0 / 128 : 1e-6;
            new Tolerance(rounding, 4 * rounding).check("γ", expected, gradient.toFloats());
        }
    }

    static Stream<DType> types() {
        return Stream.of(DType.F32, DType.BF16);
    }

    /** What dropout keeps of ones in a step, by the generator's definition. */
    private static boolean[] kept(long seed, long stream, long step, int size, double probability) {
        boolean[] kept = new boolean[size];
        for (int i = 0; i < size; i++) {
            long word = ReferencePhilox.word(seed, stream, step, i) & 0xffffffffL;
            kept[i] = word >= Math.round(probability * 0x1p32);
        }
        return kept;
    }

    @ParameterizedTest
    @MethodSource("types")
    void dropoutInARecordedStepDrawsAnewAndPushesBackWhatItKept(DType type) {
        int size = 1000;
        double probability = 0.25;
        try (Scope scope = Scope.open(DEVICE)) {
            float[] values = Values.stored(type, Values.uniform(5, size));
            float[] weights = weights(size);
            Tensor x = scope.of(type, values, size);
            Tensor y = scope.emptyLike(x);
            Tensor dx = scope.emptyLike(x);
            Tensor dy = scope.of(type, weights, size);
            Tensor state = RandomKey.state(scope, 11, 0);
            Runnable step = () -> {
                try (Tape tape = Tape.forTraining(DEVICE)) {
                    Variable input = Variable.input(x);
                    Variable out = IndexFunctions.dropout(tape, input, probability, RandomKey.reading(state, 3));
                    y.copyFrom(out.value());
                    tape.backward(out, dy);
                    dx.copyFrom(input.grad());
                }
                Random.advance(state);
            };
            step.run();
            try (CapturedGraph graph = CapturedGraph.record(DEVICE, step)) {
                for (int replay = 1; replay <= 3; replay++) {
                    graph.launch();
                    boolean[] kept = kept(11, 3, replay, size, probability);
                    Tolerance near = Tolerance.elementwise(type);
                    near.check("y of step " + replay, scaled(values, kept, probability), y.toFloats());
                    near.check("dx of step " + replay, scaled(weights, kept, probability), dx.toFloats());
                }
            }
        }
    }

    private static double[] scaled(float[] values, boolean[] kept, double probability) {
        return IntStream.range(0, values.length).mapToDouble(i -> kept[i] ? values[i] / (1 - probability) : 0)
                .toArray();
    }

    /** The part runs twice: the second time it must drop what the first did. */
    @Test
    void dropoutInACheckpointHasTheBitsOfOneWithout() {
        int size = 1000;
        float[] values = Values.uniform(6, size);
        float[][] gradients = new float[2][];
        for (int checkpointed = 0; checkpointed < 2; checkpointed++) {
            try (Scope scope = Scope.open(DEVICE); Tape tape = Tape.forTraining(DEVICE)) {
                Tensor state = RandomKey.state(scope, 12, 5);
                Variable x = Variable.input(scope.of(values, size));
                java.util.function.Supplier<Variable> body = () -> MathFunctions.multiply(tape,
                        IndexFunctions.dropout(tape, MathFunctions.exp(tape, x), 0.5, RandomKey.reading(state, 2)), x);
                Variable out = checkpointed == 0 ? body.get() : tape.checkpoint(body, x);
                backward(tape, out);
                gradients[checkpointed] = x.grad().toFloats();
            }
        }
        assertThat(gradients[1]).isEqualTo(gradients[0]);
        boolean[] kept = kept(12, 2, 5, size, 0.5);
        float[] weights = weights(size);
        Tolerance.elementwise(DType.F32).times(4).check("dx",
                map(new double[size], i -> kept[i] ? 2 * weights[i] * Math.exp(values[i]) * (1 + values[i]) : 0),
                gradients[0]);
    }
}
