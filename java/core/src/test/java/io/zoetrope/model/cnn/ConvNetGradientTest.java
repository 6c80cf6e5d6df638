package io.zoetrope.model.cnn;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.cuda.Device;
import io.zoetrope.nn.NormStatistics;
import io.zoetrope.nn.ParameterStore;
import io.zoetrope.nn.Parameters;
import io.zoetrope.ops.loss.CrossEntropy;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.testkit.Devices;
import io.zoetrope.testkit.Gradients;
import io.zoetrope.testkit.Values;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The gradient of the whole network against central differences of its loss, along one direction for each parameter.
 */
class ConvNetGradientTest {
    private static final int BATCH = 6;
    private static final int[] LABELS = {0, 2, 1, 1, 0, 2};
    private static final Gradients.Precision PRECISION = new Gradients.Precision(4e-4, 0.03, 1e-3);
    private final Device device = Devices.shared();

    private record Setting(ConvNet network, Tensor x, Tensor labels, NormStatistics statistics) {
    }

    @ParameterizedTest
    @CsvSource({"0, true", "0, false", "4, true"})
    void everyParametersGradientMatchesFiniteDifferences(int normGroups, boolean ofBatch) {
        ConvNetConfig config = new ConvNetConfig(8, 8, 2, 3, 8, 2, List.of(8, 16), List.of(2, 1), normGroups);
        Parameters parameters = Parameters.root();
        ConvNet network = new ConvNet(config, parameters);
        try (ParameterStore store = new ParameterStore(device, parameters, DType.F32, 5);
                Scope scope = Scope.open(device)) {
            float[] shake = Values.uniform(11, store.masters().size());
            for (int i = 0; i < shake.length; i++) {
                shake[i] *= 0.1f;
            }
            // The statistics of batch norms stay what they are: no variance may become negative.
            float[] theta = Gradients.shaken(store, store.trainable(), shake);
            Setting setting = new Setting(network, scope.of(Values.normal(1, BATCH * 8 * 8 * 2, 1), BATCH, 8, 8, 2),
                    scope.of(LABELS, BATCH), ofBatch ? new NormStatistics(true, 0) : NormStatistics.RUNNING);
            loss(setting, true);
            Gradients.check(store, theta, PRECISION, () -> loss(setting, false));
        }
    }

    /** The loss in double, from the network's F32 scores. */
    private double loss(Setting setting, boolean backward) {
        try (Tape tape = backward ? Tape.forTraining(device) : Tape.forInference(device);
                Scope scope = Scope.open(device)) {
            Variable logits = setting.network.forward(tape, Variable.constant(setting.x), setting.statistics).logits();
            if (backward) {
                Tensor gradient = scope.emptyLike(logits.value());
                CrossEntropy.run(logits.value(), setting.labels, scope.empty(DType.F32, 1),
                        CrossEntropy.Outputs.NONE.gradient(gradient));
                tape.backward(logits, gradient);
            }
            float[] z = logits.value().toFloats();
            double sum = 0;
            for (int i = 0; i < BATCH; i++) {
                double total = 0;
                for (int c = 0; c < 3; c++) {
                    total += Math.exp(z[3 * i + c]);
                }
                sum += Math.log(total) - z[3 * i + LABELS[i]];
            }
            return sum / BATCH;
        }
    }
}
