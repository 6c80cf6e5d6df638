package io.zoetrope.model.patches;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.cuda.CapturedGraph;
import io.zoetrope.cuda.Device;
import io.zoetrope.model.patches.PatchesConfig.Purpose;
import io.zoetrope.nn.KeyValueCache;
import io.zoetrope.nn.ParameterStore;
import io.zoetrope.nn.Parameters;
import io.zoetrope.nn.TransformerBlock;
import io.zoetrope.ops.diffusion.SamplerStep;
import io.zoetrope.ops.tokens.Tokens;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.testkit.Devices;
import io.zoetrope.testkit.Gradients;
import io.zoetrope.testkit.Tolerance;
import io.zoetrope.testkit.Values;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PatchTransformerTest {
    private static final int BATCH = 3;
    private final Device device = Devices.shared();

    private static PatchesConfig generator(boolean rotary) {
        return new PatchesConfig(Purpose.GENERATE, 6, 4, 1, 2, 7, List.of("a", "b", "c"), true, 16, 2, 2, 20, rotary);
    }

    /** Σ output·target in double, and its gradient in the store. */
    private double loss(Function<Tape, Variable> forward, float[] target, boolean backward) {
        try (Tape tape = backward ? Tape.forTraining(device) : Tape.forInference(device);
                Scope scope = Scope.open(device)) {
            Variable output = forward.apply(tape);
            if (backward) {
                tape.backward(output, scope.of(target, output.shape().dims()));
            }
            float[] o = output.value().toFloats();
            double sum = 0;
            for (int i = 0; i < o.length; i++) {
                sum += (double) o[i] * target[i];
            }
            return sum;
        }
    }

    /** A batch read both ways at once: the first two samples in order, the third masked. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void everyParameterOfAGeneratorHasItsGradient(boolean rotary) {
        PatchesConfig config = generator(rotary);
        PatchTransformer network = new PatchTransformer(config, Parameters.root());
        try (ParameterStore store = new ParameterStore(device, network.parameters(), DType.F32, 5);
                Scope scope = Scope.open(device)) {
            float[] theta = Gradients.shaken(store, 0.1);
            PatchTransformer.Positions positions = network.positions(scope);
            Tensor ids = scope.of(new int[] {8, 1, 2, 3, 4, 5, 8, 6, 6, 0, 2, 1, 7, 1, 7, 7, 2, 0}, BATCH, 6);
            Tensor classes = scope.of(new int[] {1, 3, 0}, BATCH);
            Tensor modes = scope.of(new int[] {0, 0, 1}, BATCH);
            float[] target = Values.normal(3, BATCH * 6 * 7, 0.2);
            Function<Tape, Variable> forward = tape -> network.logits(tape, positions, ids,
                    network.modulations(tape, classes, modes), 2, null);
            loss(forward, target, true);
            Gradients.check(store, theta, () -> loss(forward, target, false));
        }
    }

    @Test
    void everyParameterOfAClassifierHasItsGradient() {
        PatchesConfig config = new PatchesConfig(Purpose.CLASSIFY, 6, 4, 1, 2, 0, List.of("a", "b", "c", "d", "e"),
                true, 16, 2, 2, 20, true);
        PatchTransformer network = new PatchTransformer(config, Parameters.root());
        try (ParameterStore store = new ParameterStore(device, network.parameters(), DType.F32, 5);
                Scope scope = Scope.open(device)) {
            float[] theta = Gradients.shaken(store, 0.1);
            PatchTransformer.Positions positions = network.positions(scope);
            Tensor values = scope.of(Values.normal(1, BATCH * 6 * 4, 1), BATCH, 6, 4);
            float[] target = Values.normal(3, BATCH * 5, 0.5);
            Function<Tape, Variable> forward = tape -> network.classify(tape, positions, Variable.constant(values),
                    null);
            loss(forward, target, true);
            Gradients.check(store, theta, () -> loss(forward, target, false));
        }
    }

    /** A block that looks at a memory of another length and width. */
    @Test
    void everyParameterOfABlockWithCrossAttentionHasItsGradient() {
        Parameters parameters = Parameters.root();
        TransformerBlock block = new TransformerBlock(new TransformerBlock.Config(8, 2, 12, false, 6), parameters);
        try (ParameterStore store = new ParameterStore(device, parameters, DType.F32, 5);
                Scope scope = Scope.open(device)) {
            float[] theta = Gradients.shaken(store, 0.1);
            Tensor x = scope.of(Values.normal(1, 2 * 5 * 8, 1), 2, 5, 8);
            Tensor memory = scope.of(Values.normal(2, 2 * 3 * 6, 1), 2, 3, 6);
            float[] target = Values.normal(3, 2 * 5 * 8, 0.3);
            Function<Tape, Variable> forward = tape -> block.forward(tape, Variable.constant(x),
                    new TransformerBlock.Context(null, Variable.constant(memory), null, 2, null));
            loss(forward, target, true);
            Gradients.check(store, theta, () -> loss(forward, target, false));
        }
    }

    /** One token at a time over a cache, replayed as a graph, gives the logits of the whole sequence at once. */
    @ParameterizedTest
    @CsvSource({"F32, true", "F32, false", "BF16, true"})
    void decodingOverACacheEqualsTheWholeForward(DType compute, boolean rotary) {
        PatchesConfig config = new PatchesConfig(Purpose.GENERATE, 8, 10, 1, 2, 30, List.of("a", "b", "c"), true, 32, 3,
                2, 64, rotary);
        PatchTransformer network = new PatchTransformer(config, Parameters.root());
        int positions = config.positions();
        int[] tokens = new int[BATCH * positions];
        Arrays.setAll(tokens, i -> i * 13 % 30);
        try (ParameterStore store = new ParameterStore(device, network.parameters(), compute, 5);
                Scope scope = Scope.open(device)) {
            Gradients.shaken(store, 0.1);
            store.refreshCopy();
            PatchTransformer.Positions tables = network.positions(scope);
            Tensor ids = scope.of(tokens, BATCH, positions);
            Tensor shifted = scope.empty(DType.I32, BATCH, positions);
            Tokens.shift(ids, config.start(), shifted);
            Tensor classes = scope.of(new int[] {1, 3, 0}, BATCH);
            Tensor modes = scope.zeros(DType.I32, BATCH);
            Tensor previous = scope.empty(DType.I32, BATCH);
            Tensor logits = scope.empty(compute, BATCH, config.palette());
            KeyValueCache cache = network.cache(scope, compute, BATCH);
            try (Tape tape = Tape.forInference(device)) {
                PatchTransformer.Modulations modulations = network.modulations(tape, classes, modes);
                float[] whole = network.logits(tape, tables, shifted, modulations, BATCH, null).value().toFloats();
                Runnable step = () -> {
                    try (Tape inner = Tape.forInference(device)) {
                        Tokens.take(ids, cache.length(), config.start(), previous);
                        logits.copyFrom(network.decode(inner, tables, previous, modulations, cache).value());
                        SamplerStep.advance(cache.length(), positions);
                    }
                };
                step.run();
                cache.clear();
                Tolerance tolerance = compute == DType.F32 ? new Tolerance(1e-4, 1e-4) : new Tolerance(0.03, 0.06);
                try (CapturedGraph graph = CapturedGraph.record(device, step)) {
                    for (int s = 0; s < positions; s++) {
                        graph.launch();
                        double[] expected = new double[BATCH * config.palette()];
                        for (int i = 0; i < expected.length; i++) {
                            int b = i / config.palette();
                            expected[i] = whole[(b * positions + s) * config.palette() + i % config.palette()];
                        }
                        tolerance.check("place " + s, expected, logits.toFloats());
                    }
                }
            }
        }
    }

    /** Reading in order, a place knows nothing of those behind it; reading masked, it does. */
    @Test
    void onlyTheCausalSamplesAreBlindToWhatComes() {
        PatchesConfig config = generator(true);
        PatchTransformer network = new PatchTransformer(config, Parameters.root());
        try (ParameterStore store = new ParameterStore(device, network.parameters(), DType.F32, 5);
                Scope scope = Scope.open(device)) {
            Gradients.shaken(store, 0.2);
            PatchTransformer.Positions positions = network.positions(scope);
            Tensor classes = scope.zeros(DType.I32, 2);
            Tensor modes = scope.zeros(DType.I32, 2);
            List<float[]> outputs = new ArrayList<>();
            List<Tensor> seen = new ArrayList<>();
            for (int last : new int[] {2, 5}) {
                try (Tape tape = Tape.forInference(device)) {
                    Tensor ids = scope.of(new int[] {1, 2, 3, 4, 0, last, 1, 2, 3, 4, 0, last}, 2, 6);
                    outputs.add(network
                            .logits(tape, positions, ids, network.modulations(tape, classes, modes), 1,
                                    (layer, weights) -> seen.add(scope.emptyLike(weights).copyFrom(weights)))
                            .value().toFloats());
                }
            }
            int causalUntilLast = 5 * config.palette();
            assertThat(Arrays.copyOf(outputs.get(0), causalUntilLast))
                    .isEqualTo(Arrays.copyOf(outputs.get(1), causalUntilLast));
            int second = 6 * config.palette();
            assertThat(Arrays.copyOfRange(outputs.get(0), second, second + config.palette()))
                    .isNotEqualTo(Arrays.copyOfRange(outputs.get(1), second, second + config.palette()));
            assertThat(seen).hasSize(4);
            float[] weights = seen.get(0).toFloats();
            for (int line = 0; line < 2 * 2 * 6; line++) {
                double sum = 0;
                for (int j = 0; j < 6; j++) {
                    sum += weights[line * 6 + j];
                    assertThat(line < 12 && j > line % 6 ? weights[line * 6 + j] : 0).as("weight of a later place")
                            .isZero();
                }
                assertThat(sum).isCloseTo(1, org.assertj.core.data.Offset.offset(1e-5));
            }
        }
    }

    @Test
    void impossibleShapesAreNamed() {
        assertThatThrownBy(() -> new PatchesConfig(Purpose.GENERATE, 28, 28, 1, 4, 512, List.of("a", "b"), true, 30, 2,
                2, 64, false)).hasMessageContainingAll("width 30", "multiple of 4");
        assertThatThrownBy(() -> new PatchesConfig(Purpose.CLASSIFY, 28, 28, 1, 4, 512, List.of("a", "b"), true, 32, 2,
                2, 64, false)).hasMessageContaining("palette 512");
        assertThatThrownBy(() -> new TransformerBlock.Config(10, 3, 4, false, 0))
                .hasMessageContaining("heads that divide");
    }
}
