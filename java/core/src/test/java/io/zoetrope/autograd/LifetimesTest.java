package io.zoetrope.autograd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.zoetrope.cuda.CapturedGraph;
import io.zoetrope.cuda.Device;
import io.zoetrope.model.unet.UNet;
import io.zoetrope.model.unet.UNetConfig;
import io.zoetrope.nn.ParameterStore;
import io.zoetrope.nn.Parameters;
import io.zoetrope.ops.pointwise.PointwiseFunctions;
import io.zoetrope.ops.random.Random;
import io.zoetrope.ops.random.RandomKey;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.testkit.Devices;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a small UNet holds at once, against all that it makes: what it would hold if nothing were freed as it goes. */
class LifetimesTest {
    private static final double OF_INFERENCE = 0.35;
    private static final double OF_TRAINING = 0.6;
    private static final double OF_CHECKPOINTS = 0.35;

    private final Device device = Devices.shared();
    private final Scope scope = Scope.open(device);
    private final Parameters parameters = Parameters.root();
    private final UNet unet = new UNet(
            UNetConfig.symmetric(16, 3, List.of(8, 16, 16), 2, List.of(false, true, true), 4, 0), parameters);
    private final ParameterStore store = new ParameterStore(device, parameters, DType.F32, 7);
    private final Tensor x = noise(1, 2, 16, 16, 3);
    private final Tensor gradient = noise(2, 2, 16, 16, 3);
    private final Tensor steps = scope.of(new float[] {3, 400}, 2);

    LifetimesTest() {
        // Layers that start at zero would hide values that were overwritten too early.
        Random.normal(store.masters(), RandomKey.of(5, 3));
    }

    @AfterEach
    void close() {
        store.close();
        scope.close();
    }

    private Tensor noise(long stream, long... dims) {
        Tensor values = scope.empty(DType.F32, dims);
        Random.normal(values, RandomKey.of(5, stream));
        return values;
    }

    private float[] trained(Tape tape) {
        tape.backward(unet.forward(tape, Variable.input(x), steps, null), gradient);
        return store.gradients().toFloats();
    }

    @Test
    void inferenceFreesAsItGoes() {
        try (Tape tape = Tape.forInference(device)) {
            unet.forward(tape, Variable.constant(x), steps, null);
            assertThat((double) tape.peakBytes() / tape.bytesMade()).isLessThan(OF_INFERENCE);
        }
    }

    @Test
    void backwardFreesAsItGoes() {
        try (Tape tape = Tape.forTraining(device)) {
            trained(tape);
            assertThat((double) tape.peakBytes() / tape.bytesMade()).isLessThan(OF_TRAINING);
            // The prediction and the input's gradient.
            assertThat(tape.bytesHeld()).isEqualTo(2 * x.bytes());
        }
    }

    @Test
    void checkpointsGiveTheSameBitsInLessMemory() {
        try (Tape plain = Tape.forTraining(device); Tape checkpointing = Tape.forTraining(device).checkpointing()) {
            float[] expected = trained(plain);
            store.gradients().zero();
            assertThat(trained(checkpointing)).containsExactly(expected);
            assertThat((double) checkpointing.peakBytes() / plain.bytesMade()).isLessThan(OF_CHECKPOINTS);
        }
    }

    @Test
    void aRecordedStepReusesItsMemoryAndKeepsItsBits() {
        float[] expected;
        try (Tape tape = Tape.forTraining(device).checkpointing()) {
            expected = trained(tape);
        }
        long peak;
        long before = device.memory().bytesInUse() + device.memory().bytesCached();
        try (CapturedGraph graph = CapturedGraph.record(device, () -> {
            try (Tape tape = Tape.forTraining(device).checkpointing()) {
                tape.backward(unet.forward(tape, Variable.input(x), steps, null), gradient);
                assertThat(tape.peakBytes()).isLessThan(tape.bytesMade() / 2);
            }
        })) {
            peak = device.memory().bytesInUse() + device.memory().bytesCached() - before;
            // What others take now must not be the graph's.
            Tensor other = noise(4, 1 << 18);
            float[] values = other.toFloats();
            for (int run = 0; run < 2; run++) {
                store.gradients().zero();
                graph.launch();
                assertThat(store.gradients().toFloats()).containsExactly(expected);
            }
            assertThat(other.toFloats()).containsExactly(values);
        }
        try (Tape tape = Tape.forTraining(device)) {
            trained(tape);
            assertThat(peak).isLessThan(tape.bytesMade());
        }
    }

    @Test
    void whatThePartAloneUsesIsGone() {
        try (Tape tape = Tape.forInference(device)) {
            Variable[] inside = new Variable[1];
            Variable result = tape.part(() -> {
                inside[0] = PointwiseFunctions.relu(tape, Variable.constant(x));
                return PointwiseFunctions.relu(tape, inside[0]);
            });
            assertThat(result.value().toFloats()).hasSize((int) x.size());
            assertThatIllegalStateException().isThrownBy(() -> inside[0].value().toFloats())
                    .withMessageContaining("given back");
        }
    }

    @Test
    void whatIsKeptOutlivesItsPartAndTheBackwardPass() {
        try (Tape tape = Tape.forTraining(device)) {
            Variable input = Variable.input(x);
            Variable[] kept = new Variable[1];
            Variable result = tape.part(() -> {
                kept[0] = tape.keep(PointwiseFunctions.affine(tape, input, 2, 0));
                return PointwiseFunctions.affine(tape, kept[0], 3, 0);
            });
            tape.backward(result, gradient);
            assertThat(kept[0].value().toFloats()[0]).isEqualTo(2 * x.toFloats()[0]);
            assertThat(kept[0].grad().toFloats()[0]).isEqualTo(3 * gradient.toFloats()[0]);
            assertThat(result.grad()).isNull();
        }
    }
}
