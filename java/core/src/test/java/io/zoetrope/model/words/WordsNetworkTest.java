package io.zoetrope.model.words;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.cuda.Device;
import io.zoetrope.model.text.TextEncoder;
import io.zoetrope.model.text.WordTokens;
import io.zoetrope.nn.ParameterStore;
import io.zoetrope.nn.Parameters;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.testkit.Devices;
import io.zoetrope.testkit.Gradients;
import io.zoetrope.testkit.Values;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The text encoder and the UNet together: gradients against central differences, and what the output depends on. */
class WordsNetworkTest {
    private static final int BATCH = 2;
    private static final WordTokens TOKENS = new WordTokens(3, 4, 16);
    private static final WordsConfig SMALL = WordsConfig.of(8, 2, new TextEncoder.Config(TOKENS, 8, 1, 2),
            List.of(8, 16), 1, 8, 4, List.of());
    private final Device device = Devices.shared();

    @Test
    void everyParametersGradientMatchesFiniteDifferences() {
        Parameters parameters = Parameters.root();
        WordsModel.Network network = new WordsModel.Network(SMALL, parameters);
        try (ParameterStore store = new ParameterStore(device, parameters, DType.F32, 5);
                Scope scope = Scope.open(device)) {
            float[] theta = Gradients.shaken(store, 0.1);
            Tensor x = scope.of(Values.normal(1, BATCH * 4 * 4 * 12, 1), BATCH, 4, 4, 12);
            Tensor target = scope.of(Values.normal(2, BATCH * 4 * 4 * 12, 1), BATCH, 4, 4, 12);
            Tensor times = scope.of(new float[] {20, 800}, BATCH);
            Tensor ids = ids(scope, "red fox", "the blue fox runs");
            loss(network, x, target, times, ids, true);
            Gradients.check(store, theta, () -> loss(network, x, target, times, ids, false));
        }
    }

    private double loss(WordsModel.Network network, Tensor x, Tensor target, Tensor times, Tensor ids,
            boolean backward) {
        return Gradients.meanSquare(device, tape -> network.forward(tape, Variable.constant(x), times, ids), target,
                backward);
    }

    private static Tensor ids(Scope scope, String... captions) {
        int each = TOKENS.words() * TOKENS.grams();
        int[] ids = new int[captions.length * each];
        for (int i = 0; i < captions.length; i++) {
            System.arraycopy(TOKENS.ids(captions[i]), 0, ids, i * each, each);
        }
        return scope.of(ids, captions.length, TOKENS.words(), TOKENS.grams());
    }

    @Test
    void theOutputDependsOnItsOwnWordsTheirOrderAndTheTime() {
        Parameters parameters = Parameters.root();
        WordsModel.Network network = new WordsModel.Network(SMALL, parameters);
        try (ParameterStore store = new ParameterStore(device, parameters, DType.F32, 5);
                Scope scope = Scope.open(device)) {
            Gradients.shaken(store, 0.1);
            float[] same = Values.normal(1, 4 * 4 * 12, 1);
            float[] twice = new float[2 * same.length];
            System.arraycopy(same, 0, twice, 0, same.length);
            System.arraycopy(same, 0, twice, same.length, same.length);
            Tensor x = scope.of(twice, 2, 4, 4, 12);
            assertThat(differ(network, scope, x, 100, 100, "red fox", "red fox")).isFalse();
            assertThat(differ(network, scope, x, 100, 100, "red fox", "blue fox")).isTrue();
            assertThat(differ(network, scope, x, 100, 100, "red fox", "fox red")).isTrue();
            assertThat(differ(network, scope, x, 100, 100, "red fox", "")).isTrue();
            assertThat(differ(network, scope, x, 100, 900, "red fox", "red fox")).isTrue();
        }
    }

    /** Whether two samples that have the same noise come out different. */
    private boolean differ(WordsModel.Network network, Scope scope, Tensor x, float time, float otherTime,
            String caption, String other) {
        try (Tape tape = Tape.forInference(device)) {
            float[] out = network.forward(tape, Variable.constant(x), scope.of(new float[] {time, otherTime}, 2),
                    ids(scope, caption, other)).value().toFloats();
            for (int i = 0; i < out.length / 2; i++) {
                if (Math.abs(out[i] - out[i + out.length / 2]) > 1e-4) {
                    return true;
                }
            }
            return false;
        }
    }

    @Test
    void whatDoesNotFitIsRefused() {
        assertThatThrownBy(() -> WordsConfig.forPictures(60, 48, List.of())).hasMessageContaining("multiple of 8");
        assertThatThrownBy(
                () -> WordsConfig.of(8, 2, new TextEncoder.Config(TOKENS, 8, 1, 2), List.of(8, 20), 1, 8, 4, List.of()))
                .hasMessageContaining("heads of 8");
        assertThatThrownBy(() -> new TextEncoder.Config(TOKENS, 9, 1, 3)).hasMessageContaining("even width");
        Parameters parameters = Parameters.root();
        WordsModel.Network network = new WordsModel.Network(SMALL, parameters);
        try (ParameterStore store = new ParameterStore(device, parameters, DType.F32, 5);
                Scope scope = Scope.open(device); Tape tape = Tape.forInference(device)) {
            assertThat(store.size()).isPositive();
            Variable x = Variable.constant(scope.zeros(DType.F32, 1, 4, 4, 12));
            Tensor times = scope.zeros(DType.F32, 1);
            assertThatThrownBy(() -> network.forward(tape, x, times, scope.zeros(DType.I32, 7)))
                    .hasMessageContaining("I32 [N · 12]");
            assertThatThrownBy(() -> network.forward(tape, Variable.constant(scope.zeros(DType.F32, 1, 4, 3, 12)),
                    times, ids(scope, "fox"))).hasMessageContaining("multiples of 2");
        }
    }
}
