package io.zoetrope.model.adversarial;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.cuda.Device;
import io.zoetrope.model.gan.GanConfig;
import io.zoetrope.model.gan.GanDiscriminator;
import io.zoetrope.model.gan.GanGenerator;
import io.zoetrope.nn.ParameterStore;
import io.zoetrope.nn.Parameters;
import io.zoetrope.nn.PiecewiseLinearPass;
import io.zoetrope.ops.loss.GanLoss;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.testkit.Devices;
import io.zoetrope.testkit.Gradients;
import io.zoetrope.testkit.Values;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The gradients of both players, in F32, against double precision and differences. */
class AdversarialGameTest {
    private static final GanConfig SMALL = new GanConfig(4, 2, 1, List.of(4, 8), List.of(1, 2), 2, 4, 6, 5,
            List.of("a", "b", "c"));
    private static final GanConfig PATCHES = new GanConfig(8, 2, 2, List.of(4, 8), List.of(1, 1), 2, 4, 6, 5,
            List.of("a", "b", "c"));
    private static final int PAIRS = 3;
    private static final float GAMMA = 1.7f;
    /** No weight is zero then, and no bias does nothing. */
    private static final double SHAKE = 0.15;
    private static final int[] LABELS = {2, 0, 1};
    private static final int[] BOTH = {2, 0, 1, 2, 0, 1};
    private final Device device = Devices.shared();

    private static double softplus(double u) {
        return Math.max(u, 0) + Math.log1p(Math.exp(-Math.abs(u)));
    }

    /** {loss with penalties, loss, R1, R2, mean real score, mean made score} in double precision. */
    private static double[] losses(GanConfig shape, ParameterStore store, double[] values, double[] samples) {
        ReferenceDiscriminator.Result result = new ReferenceDiscriminator(shape, store, values).score(samples, BOTH);
        double[] sums = new double[6];
        for (int i = 0; i < PAIRS; i++) {
            sums[1] += softplus(result.scores()[PAIRS + i] - result.scores()[i]) / PAIRS;
            sums[4] += result.scores()[i] / PAIRS;
            sums[5] += result.scores()[PAIRS + i] / PAIRS;
        }
        for (int i = 0; i < result.gradients().length; i++) {
            sums[i < result.gradients().length / 2 ? 2 : 3] += result.gradients()[i] * result.gradients()[i] / PAIRS;
        }
        sums[0] = sums[1] + GAMMA / 2 * (sums[2] + sums[3]);
        return sums;
    }

    static Stream<GanConfig> shapes() {
        return Stream.of(SMALL, PATCHES);
    }

    /** Loss and both penalties at once, by one linear pass, against the slopes of the doubles' loss. */
    @ParameterizedTest
    @MethodSource("shapes")
    void theDiscriminatorsGradientIsThatOfLossAndPenalties(GanConfig shape) {
        Parameters parameters = Parameters.root();
        int size = shape.imageSize();
        GanDiscriminator network = new GanDiscriminator(shape, parameters);
        try (ParameterStore store = new ParameterStore(device, parameters, DType.F32, 5);
                Scope scope = Scope.open(device); AdversarialGame game = new AdversarialGame(device, network::forward,
                        PAIRS, GanLoss.PenaltyWeight.constant(GAMMA))) {
            float[] theta = Gradients.shaken(store, 11, SHAKE);
            float[] samples = Values.normal(1, 2L * PAIRS * size * size * 2, 1);
            game.discriminate(scope.of(samples, 2 * PAIRS, size, size, 2), scope.of(BOTH, 2 * PAIRS), null);

            double[] expected = losses(shape, store, Values.doubles(theta), Values.doubles(samples));
            float[] row = game.row().toFloats();
            double[] found = {row[AdversarialGame.D_LOSS], row[AdversarialGame.R1], row[AdversarialGame.R2],
                    row[AdversarialGame.REAL_SCORE], row[AdversarialGame.FAKE_SCORE]};
            for (int i = 0; i < found.length; i++) {
                assertThat(found[i]).as("figure %d", i).isCloseTo(expected[i + 1],
                        within(1e-5 * (1 + Math.abs(expected[i + 1]))));
            }
            assertThat(expected[2]).as("R1 matters").isGreaterThan(0.01);
            float[] gradient = store.gradients().toFloats();
            for (ParameterStore.Segment segment : store.segments()) {
                float[] direction = Values.normal(17 + segment.start(), segment.length(),
                        1 / Math.sqrt(segment.length()));
                double slope = 0;
                double length = 0;
                for (int i = 0; i < direction.length; i++) {
                    slope += (double) direction[i] * gradient[(int) segment.start() + i];
                    length += Math.pow(direction[i] * gradient[(int) segment.start() + i], 2);
                }
                double measured = (moved(shape, store, theta, direction, segment, 1e-6, samples)
                        - moved(shape, store, theta, direction, segment, -1e-6, samples)) / 2e-6;
                assertThat(slope).as("slope along %s", segment.parameter()).isCloseTo(measured,
                        within(1e-4 * Math.abs(measured) + 1e-4 * Math.sqrt(length)));
            }
        }
    }

    private static double moved(GanConfig shape, ParameterStore store, float[] theta, float[] direction,
            ParameterStore.Segment segment, double step, float[] samples) {
        double[] values = Values.doubles(theta);
        for (int i = 0; i < direction.length; i++) {
            values[(int) segment.start() + i] += step * direction[i];
        }
        return losses(shape, store, values, Values.doubles(samples))[0];
    }

    /** Along the remembered pass the network is itself; with twice the input and twice the biases, twice itself. */
    @Test
    void theLinearPassIsLinearInInputAndScale() {
        Parameters parameters = Parameters.root();
        GanDiscriminator network = new GanDiscriminator(SMALL, parameters);
        try (ParameterStore store = new ParameterStore(device, parameters, DType.F32, 5);
                Scope scope = Scope.open(device); Tape tape = Tape.forInference(device)) {
            Gradients.shaken(store, 12, SHAKE);
            float[] picture = Values.normal(1, 2 * 32, 1);
            float[] twice = picture.clone();
            for (int i = 32; i < 64; i++) {
                twice[i] *= -2;
            }
            Tensor labels = scope.of(new int[] {1, 2}, 2);
            PiecewiseLinearPass pass = PiecewiseLinearPass.recording();
            float[] scores = network.forward(tape, Variable.constant(scope.of(picture, 2, 4, 4, 2)), labels, pass)
                    .value().toFloats();
            float[] linear = network.forward(tape, Variable.constant(scope.of(twice, 2, 4, 4, 2)), labels,
                    pass.tangent(scope.of(new float[] {1, -2}, 2))).value().toFloats();
            assertThat(linear[0]).isEqualTo(scores[0]);
            assertThat(linear[1]).isCloseTo(-2 * scores[1], within(1e-5f * Math.abs(scores[1])));
            assertThatThrownBy(() -> PiecewiseLinearPass.plain().tangent(labels))
                    .isInstanceOf(IllegalStateException.class);
        }
    }

    /** The generator's loss in double from the F32 scores, along a direction in each parameter. */
    @ParameterizedTest
    @MethodSource("shapes")
    void theGeneratorsGradientMatchesFiniteDifferences(GanConfig shape) {
        int size = shape.imageSize();
        Parameters dParameters = Parameters.root();
        Parameters gParameters = Parameters.root();
        GanDiscriminator discriminator = new GanDiscriminator(shape, dParameters);
        GanGenerator generator = new GanGenerator(shape, gParameters);
        try (ParameterStore dBank = new ParameterStore(device, dParameters, DType.F32, 5);
                ParameterStore gBank = new ParameterStore(device, gParameters, DType.F32, 6);
                Scope scope = Scope.open(device); AdversarialGame game = new AdversarialGame(device,
                        discriminator::forward, PAIRS, GanLoss.PenaltyWeight.constant(GAMMA))) {
            Gradients.shaken(dBank, 13, SHAKE);
            float[] theta = Gradients.shaken(gBank, 14, SHAKE);
            dBank.gradients().zero();
            Variable noise = Variable.constant(scope.of(Values.normal(2, PAIRS * 6, 1), PAIRS, 6));
            Tensor real = scope.of(Values.normal(3, 2L * PAIRS * size * size, 1), PAIRS, size, size, 2);
            Tensor labels = scope.of(LABELS, PAIRS);
            try (Tape tape = Tape.forTraining(device)) {
                game.generate(tape, generator.forward(tape, noise, labels), real, labels);
            }
            assertThat(dBank.gradients().toFloats()).as("the other player's gradients").containsOnly(0);
            double loss = generatorLoss(generator, discriminator, noise, real, labels);
            assertThat((double) game.row().toFloats()[AdversarialGame.G_LOSS]).isCloseTo(loss, within(1e-5));
            Gradients.check(gBank, theta, new Gradients.Precision(3e-4, 0.02, 1e-4),
                    () -> generatorLoss(generator, discriminator, noise, real, labels));
        }
    }

    private double generatorLoss(GanGenerator generator, GanDiscriminator discriminator, Variable noise, Tensor real,
            Tensor labels) {
        try (Tape tape = Tape.forInference(device)) {
            Variable made = generator.forward(tape, noise, labels);
            float[] scores = discriminator.forward(tape, made, labels, PiecewiseLinearPass.plain()).value().toFloats();
            float[] others = discriminator.forward(tape, Variable.constant(real), labels, PiecewiseLinearPass.plain())
                    .value().toFloats();
            double sum = 0;
            for (int i = 0; i < PAIRS; i++) {
                sum += softplus((double) others[i] - scores[i]) / PAIRS;
            }
            return sum;
        }
    }

    @Test
    void impossibleShapesAreNamed() {
        assertThatThrownBy(() -> new GanConfig(30, 1, 1, List.of(16, 16, 16), List.of(1, 1, 1), 2, 16, 8, 0, List.of()))
                .hasMessageContaining("30 pixels").hasMessageContaining("multiple of 4");
        assertThatThrownBy(() -> new GanConfig(28, 1, 1, List.of(12), List.of(1), 2, 16, 8, 0, List.of()))
                .hasMessageContaining("width 12 times 2").hasMessageContaining("groups of 16");
        assertThatThrownBy(() -> new GanConfig(28, 1, 1, List.of(16), List.of(1, 1), 2, 16, 8, 0, List.of()))
                .hasMessageContaining("1 widths and 2 numbers of blocks");
    }
}
