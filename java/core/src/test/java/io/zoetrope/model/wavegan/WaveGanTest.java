package io.zoetrope.model.wavegan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.cuda.Device;
import io.zoetrope.model.adversarial.AdversarialGame;
import io.zoetrope.nn.ParameterStore;
import io.zoetrope.nn.Parameters;
import io.zoetrope.nn.PiecewiseLinearPass;
import io.zoetrope.ops.loss.GanLoss;
import io.zoetrope.ops.random.RandomKey;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.testkit.Devices;
import io.zoetrope.testkit.Gradients;
import io.zoetrope.testkit.Values;
import java.util.List;
import java.util.function.DoubleSupplier;
import org.junit.jupiter.api.Test;

/** Sizes of the networks for sounds, and the gradients of both players with shifted phases, in F32. */
class WaveGanTest {
    private static final WaveGanConfig SMALL = new WaveGanConfig(64, 16_000, 3, 2, 25, 4, 2, 5, 4, List.of("a", "b"));
    private static final int PAIRS = 3;
    private static final float GAMMA = 2;
    private static final RandomKey SHIFTS = RandomKey.of(8, 3);
    private static final Gradients.Precision PRECISION = new Gradients.Precision(1e-3, 0.03, 1e-3);
    private final Device device = Devices.shared();

    @Test
    void bothPlayersGradientsMatchFiniteDifferences() {
        Parameters dParameters = Parameters.root();
        Parameters gParameters = Parameters.root();
        WaveGanDiscriminator discriminator = new WaveGanDiscriminator(SMALL, dParameters);
        WaveGanGenerator generator = new WaveGanGenerator(SMALL, gParameters);
        try (ParameterStore dBank = new ParameterStore(device, dParameters, DType.F32, 5);
                ParameterStore gBank = new ParameterStore(device, gParameters, DType.F32, 6);
                Scope scope = Scope.open(device);
                AdversarialGame game = new AdversarialGame(device,
                        (tape, x, labels, pass) -> discriminator.forward(tape, x, labels, pass, SHIFTS), PAIRS,
                        GanLoss.PenaltyWeight.constant(GAMMA))) {
            float[] dTheta = Gradients.shaken(dBank, 13, 0.1);
            Tensor samples = scope.of(Values.normal(1, 2 * PAIRS * 64, 1), 2 * PAIRS, 64, 1);
            Tensor both = scope.of(new int[] {1, 0, 1, 1, 0, 1}, 2 * PAIRS);
            game.discriminate(samples, both, null);
            float[] row = game.row().toFloats();
            assertThat(row[AdversarialGame.R1] * GAMMA).as("the penalty matters").isGreaterThan(0.05f);
            Gradients.check(dBank, dTheta, PRECISION, () -> {
                game.discriminate(samples, both, null);
                float[] now = game.row().toFloats();
                return now[AdversarialGame.D_LOSS] + GAMMA / 2.0 * (now[AdversarialGame.R1] + now[AdversarialGame.R2]);
            });

            float[] gTheta = Gradients.shaken(gBank, 14, 0.1);
            Variable noise = Variable.constant(scope.of(Values.normal(2, PAIRS * 5, 1), PAIRS, 5));
            Tensor labels = both.slice(0, PAIRS);
            DoubleSupplier play = () -> {
                try (Tape tape = Tape.forTraining(device)) {
                    game.generate(tape, generator.forward(tape, noise, labels), samples.slice(0, PAIRS), labels);
                }
                return game.row().toFloats()[AdversarialGame.G_LOSS];
            };
            play.getAsDouble();
            Gradients.check(gBank, gTheta, PRECISION, play);
        }
    }

    /**
     * In bf16 on the full second: shapes fit, sounds lie in -1 … 1, the shifts change what is seen and nothing else.
     */
    @Test
    void aSecondOfSoundGoesThroughBothNetworks() {
        WaveGanConfig shape = WaveGanConfig.forSounds(16_384, 16_000, List.of(), 2);
        Parameters dParameters = Parameters.root();
        Parameters gParameters = Parameters.root();
        WaveGanDiscriminator discriminator = new WaveGanDiscriminator(shape, dParameters);
        WaveGanGenerator generator = new WaveGanGenerator(shape, gParameters);
        try (ParameterStore dBank = new ParameterStore(device, dParameters, DType.BF16, 5);
                ParameterStore gBank = new ParameterStore(device, gParameters, DType.BF16, 6);
                Tape tape = Tape.forInference(device); Scope scope = Scope.open(device)) {
            Variable noise = Variable.constant(scope.of(DType.BF16, Values.normal(2, 200, 1), 2, 100));
            Variable sounds = generator.forward(tape, noise, null);
            assertThat(sounds.shape().dims()).containsExactly(2, 16_384, 1);
            for (float value : sounds.value().toFloats()) {
                assertThat(value).isBetween(-1f, 1f);
            }
            float[] still = discriminator.forward(tape, sounds, null, PiecewiseLinearPass.plain(), null).value()
                    .toFloats();
            float[] shifted = discriminator.forward(tape, sounds, null, PiecewiseLinearPass.plain(), SHIFTS).value()
                    .toFloats();
            float[] again = discriminator.forward(tape, sounds, null, PiecewiseLinearPass.plain(), SHIFTS).value()
                    .toFloats();
            assertThat(still).hasSize(2);
            assertThat(shifted).isNotEqualTo(still);
            assertThat(again).isEqualTo(shifted);
        }
    }

    @Test
    void sizesAreThoseOfThePaper() {
        Parameters parameters = Parameters.root();
        new WaveGanGenerator(new WaveGanConfig(16_384, 16_000, 64, 5, 25, 4, 2, 100, 0, List.of()), parameters);
        // 100 to 16 x 1024, and kernels of 25 from 1024 channels to 512, 256, 128, 64 and 1, with biases.
        long expected = 101L * 16_384 + 25L * (1024 * 512 + 512 * 256 + 256 * 128 + 128 * 64 + 64) + 512 + 256 + 128
                + 64 + 1;
        assertThat(parameters.count()).isEqualTo(expected);
    }

    @Test
    void impossibleShapesAreNamed() {
        assertThatThrownBy(() -> new WaveGanConfig(1000, 16_000, 4, 5, 25, 4, 2, 10, 0, List.of()))
                .hasMessageContaining("1000 samples").hasMessageContaining("1024");
        assertThatThrownBy(() -> new WaveGanConfig(1024, 16_000, 4, 5, 3, 4, 2, 10, 0, List.of()))
                .hasMessageContaining("kernel 3");
        assertThatThrownBy(() -> new WaveGanConfig(1024, 16_000, 4, 5, 25, 4, 4, 10, 0, List.of()))
                .hasMessageContaining("shuffle 4");
    }
}
