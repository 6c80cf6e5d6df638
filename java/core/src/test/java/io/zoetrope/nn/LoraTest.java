package io.zoetrope.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.cuda.Device;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.testkit.Devices;
import io.zoetrope.testkit.Gradients;
import io.zoetrope.testkit.Values;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Low-rank adapters of linear layers and convolutions: values, gradients, merging. */
class LoraTest {
    private static final int ROWS = 7;
    private static final int IN = 12;
    private static final int OUT = 10;
    private static final int RANK = 3;

    private final Device device = Devices.shared();

    /** Query and value of three stacked layers, as adapters are used most. */
    private static final class Stacked {
        private final Parameters parameters = Parameters.root();
        private final Linear layer = Linear.stacked(parameters.at("attn"), List.of("to_q", "to_k", "to_v"), IN, OUT);

        ParameterPlan plan() {
            return ParameterPlan.training().adapting(Lora.of(RANK, 6, "*.to_q", "*.to_v"));
        }
    }

    private static ParameterStore.Segment segment(ParameterStore store, String name) {
        return store.segments().stream().filter(s -> s.parameter().names().get(0).equals(name)).findFirst()
                .orElseThrow();
    }

    private static double[][] matrix(float[] values, int rows) {
        int columns = values.length / rows;
        return IntStream.range(0, rows)
                .mapToObj(i -> Values.doubles(Arrays.copyOfRange(values, i * columns, (i + 1) * columns)))
                .toArray(double[][]::new);
    }

    private static double[][] product(double[][] a, double[][] b) {
        double[][] c = new double[a.length][b[0].length];
        for (int i = 0; i < a.length; i++) {
            for (int j = 0; j < b[0].length; j++) {
                for (int k = 0; k < b.length; k++) {
                    c[i][j] += a[i][k] * b[k][j];
                }
            }
        }
        return c;
    }

    private static double[][] transposed(double[][] a) {
        return IntStream.range(0, a[0].length)
                .mapToObj(j -> IntStream.range(0, a.length).mapToDouble(i -> a[i][j]).toArray())
                .toArray(double[][]::new);
    }

    private static void close(float[] actual, double[][] expected, double factor, String what) {
        int columns = expected[0].length;
        for (int i = 0; i < actual.length; i++) {
            assertThat((double) actual[i]).as(what + " at " + i).isCloseTo(factor * expected[i / columns][i % columns],
                    within(2e-5));
        }
    }

    @Test
    void valuesAndGradientsAreThoseOfTheDefinitionInDouble() {
        Stacked stacked = new Stacked();
        float[] x = Values.uniform(1, ROWS * IN);
        float[] dy = Values.uniform(2, ROWS * 3 * OUT);
        try (ParameterStore store = new ParameterStore(device, stacked.parameters, DType.F32, stacked.plan());
                Scope scope = Scope.open(device); Tape tape = Tape.forTraining(device)) {
            store.values(Values.uniform(3, store.size()));
            Variable input = Variable.input(scope.of(x, ROWS, IN));
            Variable y = stacked.layer.forward(tape, input);
            tape.backward(y, scope.of(dy, ROWS, 3 * OUT));

            double[][] w = matrix(store.held(segment(store, "attn.to_q.weight")).toFloats(), 3 * OUT);
            float[] bias = store.held(segment(store, "attn.to_q.bias")).toFloats();
            double[][] dw = product(transposed(matrix(dy, ROWS)), matrix(x, ROWS));
            for (int part = 0; part < 3; part += 2) {
                String layer = part == 0 ? "attn.to_q" : "attn.to_v";
                ParameterStore.Segment down = segment(store, layer + ".lora_A.weight");
                ParameterStore.Segment up = segment(store, layer + ".lora_B.weight");
                double[][] a = matrix(store.held(down).toFloats(), RANK);
                double[][] b = matrix(store.held(up).toFloats(), OUT);
                double[][] update = product(b, a);
                for (int i = 0; i < OUT; i++) {
                    for (int j = 0; j < IN; j++) {
                        w[part * OUT + i][j] += 2 * update[i][j];
                    }
                }
                double[][] rows = Arrays.copyOfRange(dw, part * OUT, (part + 1) * OUT);
                close(gradient(down), product(transposed(b), rows), 2, layer + " dA");
                close(gradient(up), product(rows, transposed(a)), 2, layer + " dB");
            }
            double[][] expected = product(matrix(x, ROWS), transposed(w));
            for (double[] row : expected) {
                for (int j = 0; j < row.length; j++) {
                    row[j] += bias[j];
                }
            }
            close(y.value().toFloats(), expected, 1, "y");
            close(input.grad().toFloats(), product(matrix(dy, ROWS), w), 1, "dx");
            assertThat(segment(store, "attn.to_q.weight").parameter().variable().needsGrad()).isFalse();
            assertThat(store.trainable()).hasSize(4);
        }
    }

    private static float[] gradient(ParameterStore.Segment segment) {
        return segment.parameter().variable().grad().toFloats();
    }

    /** A 3×3 and a 1×1 convolution, the second used twice in a step. */
    private static final class Convolutions {
        private final Parameters parameters = Parameters.root();
        private final Convolution wide = Convolution.same(parameters.at("wide"), 4, 6, 3, 1);
        private final Convolution point = Convolution.same(parameters.at("point"), 6, 6, 1, 1);

        Variable forward(Tape tape, Variable x) {
            return point.forward(tape, point.forward(tape, wide.forward(tape, x)));
        }
    }

    @Test
    void gradientsOfConvolutionsAreTheSlopesOfTheLoss() {
        Convolutions network = new Convolutions();
        try (ParameterStore store = new ParameterStore(device, network.parameters, DType.F32,
                ParameterPlan.training().adapting(Lora.of(2, 2, "wide", "point"))); Scope scope = Scope.open(device)) {
            store.initialise(3);
            float[] theta = Gradients.shaken(store, 0.3);
            Tensor x = scope.of(Values.uniform(1, 2 * 5 * 5 * 4), 2, 5, 5, 4);
            float[] weights = Values.uniform(2, 2 * 5 * 5 * 6);
            for (Tape recording : List.of(Tape.forTraining(device), Tape.forAccumulation(device))) {
                store.gradients().zero();
                try (Tape tape = recording) {
                    tape.backward(network.forward(tape, Variable.constant(x)), scope.of(weights, 2, 5, 5, 6));
                }
                Gradients.check(store, theta, () -> {
                    try (Tape tape = Tape.forInference(device)) {
                        float[] y = network.forward(tape, Variable.constant(x)).value().toFloats();
                        return IntStream.range(0, y.length).mapToDouble(i -> (double) y[i] * weights[i]).sum();
                    }
                });
            }
        }
    }

    @Test
    void anUntrainedAdapterChangesNothingAndMergingNoBit() {
        Convolutions plain = new Convolutions();
        Convolutions network = new Convolutions();
        try (ParameterStore base = new ParameterStore(device, plain.parameters, DType.BF16, ParameterPlan.inference());
                ParameterStore store = new ParameterStore(device, network.parameters, DType.BF16,
                        ParameterPlan.inference().adapting(Lora.of(2, 3, "*")));
                Scope scope = Scope.open(device)) {
            base.initialise(9);
            store.initialise(9);
            Tensor x = scope.of(DType.BF16, Values.uniform(1, 2 * 5 * 5 * 4), 2, 5, 5, 4);
            byte[] expected = run(plain, x);
            assertThat(run(network, x)).isEqualTo(expected);
            for (ParameterStore.Segment segment : store.segments()) {
                if (segment.parameter().isAdapter()) {
                    store.held(segment).copyFrom(Values.uniform(segment.start(), segment.length()));
                }
            }
            byte[] adapted = run(network, x);
            assertThat(adapted).isNotEqualTo(expected);
            long bytes = store.bytes();
            store.merge();
            assertThat(store.bytes()).isGreaterThan(bytes);
            assertThat(run(network, x)).isEqualTo(adapted);
            base.values(Arrays.copyOf(store.values(), (int) base.size()));
            assertThat(run(plain, x)).as("a plain model of the merged weights").isEqualTo(adapted);
            assertThatThrownBy(() -> store.values(new float[(int) store.size()])).hasMessageContaining("unmerge");
            store.unmerge();
            assertThat(store.bytes()).isEqualTo(bytes);
            assertThat(run(network, x)).isEqualTo(adapted);
        }
    }

    private byte[] run(Convolutions network, Tensor x) {
        try (Tape tape = Tape.forInference(device)) {
            return network.forward(tape, Variable.constant(x)).value().toBytes();
        }
    }

    @Test
    void targetsThatAreNoLayersAreNamed() {
        Stacked stacked = new Stacked();
        assertThatThrownBy(() -> new ParameterStore(device, stacked.parameters, DType.F32,
                ParameterPlan.training().adapting(Lora.of(2, 2, "*.to_w"))))
                .hasMessageContainingAll("'*.to_w' of layers to adapt", "attn.to_q");
        assertThatThrownBy(() -> new ParameterStore(device, stacked.parameters, DType.F32,
                ParameterPlan.training().trainingOnly("attn.to_?.weight").adapting(Lora.of(2, 2, "*.to_q"))))
                .hasMessageContaining("itself and by an adapter");
        assertThatThrownBy(() -> Lora.of(0, 1, "*")).hasMessageContaining("rank is 0");
        assertThatThrownBy(() -> Lora.of(1, 0, "*")).hasMessageContaining("alpha is 0");
    }

    @Test
    void adaptersInTrainingAreNotMerged() {
        Stacked stacked = new Stacked();
        try (ParameterStore store = new ParameterStore(device, stacked.parameters, DType.F32, stacked.plan())) {
            assertThatThrownBy(store::merge).isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("inference().adapting");
        }
    }
}
