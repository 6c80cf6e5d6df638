package io.zoetrope.nn;

import static org.assertj.core.api.Assertions.assertThat;

import io.zoetrope.cuda.Device;
import io.zoetrope.ops.optim.Hyper;
import io.zoetrope.ops.pointwise.Pointwise;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.testkit.Devices;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class AdamWOptimizerTest {
    private static final Device DEVICE = Devices.shared();
    private static final Hyper HYPER = Hyper.of(0.1f).withEma(0.5f, 0).withWeightDecay(0.1f);

    private final Parameters parameters = Parameters.root();
    private final Parameter weight = parameters.weight("weight", Init.uniform(1), 5, 17);
    private final Parameter mean = parameters.buffer("running_mean", Init.constant(3), 17);
    private final Parameter bias = parameters.vector("bias", Init.zeros(), 5);

    private static float[] values(ParameterStore store, int segment, float[] flat) {
        ParameterStore.Segment s = store.segments().get(segment);
        return Arrays.copyOfRange(flat, (int) s.start(), (int) s.end());
    }

    @Test
    void buffersAreSavedButNeverOptimised() {
        try (ParameterStore store = new ParameterStore(DEVICE, parameters, DType.BF16, 1);
                AdamWOptimizer optimizer = new AdamWOptimizer(store, HYPER)) {
            float[] before = store.masters().toFloats();
            Pointwise.fill(store.gradients(), 1f);
            optimizer.step();
            float[] after = store.masters().toFloats();
            assertThat(values(store, 0, after)).isNotEqualTo(values(store, 0, before));
            assertThat(values(store, 2, after)).isNotEqualTo(values(store, 2, before));
            assertThat(values(store, 1, after)).containsOnly(3);
            assertThat(mean.variable().needsGrad()).isFalse();
            assertThat(mean.variable().value().dtype()).isEqualTo(DType.F32);
            assertThat(parameters.count()).isEqualTo(5 * 17 + 5);

            // What a layer writes into its buffer is what the averaged model keeps, with no averaging.
            Pointwise.fill(mean.variable().value(), 8f);
            float[] averaged = optimizer.averaged().toFloats();
            assertThat(values(store, 1, averaged)).containsOnly(8);
            for (int i = 0; i < 5; i++) {
                float half = (values(store, 2, before)[i] + values(store, 2, after)[i]) / 2;
                assertThat(values(store, 2, averaged)[i]).isEqualTo(half);
            }
            assertThat(bias.isBuffer() || weight.isBuffer()).isFalse();
        }
    }

    @Test
    void theStateContinuesBitForBit() {
        try (ParameterStore store = new ParameterStore(DEVICE, parameters, DType.BF16, 1);
                AdamWOptimizer optimizer = new AdamWOptimizer(store, HYPER.withSchedule(2, 10, 0.01f))) {
            Pointwise.fill(store.gradients(), 0.5f);
            optimizer.step();
            optimizer.step();
            Map<String, float[]> saved = new LinkedHashMap<>();
            optimizer.state().forEach((name, tensor) -> saved.put(name, tensor.toFloats()));
            optimizer.step();
            float[] masters = store.masters().toFloats();
            byte[] copy = store.copy().toBytes();
            float rate = optimizer.learningRate();

            for (Map.Entry<String, Tensor> entry : optimizer.state().entrySet()) {
                entry.getValue().copyFrom(saved.get(entry.getKey()));
            }
            optimizer.restored(2);
            optimizer.step();
            assertThat(store.masters().toFloats()).isEqualTo(masters);
            assertThat(store.copy().toBytes()).isEqualTo(copy);
            assertThat(optimizer.learningRate()).isEqualTo(rate);
        }
    }

    @Test
    void aGradientThatIsNotFiniteIsNoticed() {
        try (ParameterStore store = new ParameterStore(DEVICE, parameters, DType.BF16, 1);
                AdamWOptimizer optimizer = new AdamWOptimizer(store, HYPER)) {
            Pointwise.fill(store.gradients(), 1f);
            optimizer.step();
            assertThat(optimizer.sawNonFinite()).isFalse();
            Pointwise.fill(store.gradients(), Float.NaN);
            optimizer.step();
            assertThat(optimizer.sawNonFinite()).isTrue();
        }
    }
}
