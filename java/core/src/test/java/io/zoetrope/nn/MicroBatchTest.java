package io.zoetrope.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.cuda.Device;
import io.zoetrope.model.unet.UNet;
import io.zoetrope.model.unet.UNetConfig;
import io.zoetrope.ops.optim.Sgd;
import io.zoetrope.ops.random.Random;
import io.zoetrope.ops.random.RandomKey;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.testkit.Devices;
import java.util.List;
import org.junit.jupiter.api.Test;

class MicroBatchTest {
    private static final int SIZE = 8;
    private static final int BATCH = 4;

    private final Device device = Devices.shared();

    @Test
    void twoTapesAndOneStepAreTheDoubleBatch() {
        float[] whole = masters(BATCH);
        assertThat(masters(BATCH / 2)).containsExactly(whole, within(1e-5f));
        assertThat(whole).isNotEqualTo(masters(0));
    }

    /** The masters after one step over a batch in parts of so many samples; 0: without a step. */
    private float[] masters(int part) {
        Parameters parameters = Parameters.root();
        UNet unet = new UNet(UNetConfig.symmetric(SIZE, 1, List.of(8, 8), 1, List.of(false, true), 4, 0), parameters);
        try (Scope scope = Scope.open(device);
                ParameterStore store = new ParameterStore(device, parameters, DType.F32, 3);
                Optimizer optimizer = new SgdOptimizer(store, Sgd.hyper(0.1f, 0.9f).withGradientScale(1f / BATCH))) {
            Tensor x = scope.empty(DType.F32, BATCH, SIZE, SIZE, 1);
            Tensor gradient = scope.emptyLike(x);
            Random.normal(x, RandomKey.of(1, 1));
            Random.normal(gradient, RandomKey.of(1, 2));
            Tensor steps = scope.of(new float[] {1, 20, 300, 900}, BATCH);
            for (int from = 0; part > 0 && from < BATCH; from += part) {
                try (Tape tape = from == 0 ? Tape.forTraining(device) : Tape.forAccumulation(device)) {
                    Variable input = Variable.constant(x.slice(from, from + part));
                    tape.backward(unet.forward(tape, input, steps.slice(from, from + part), null),
                            gradient.slice(from, from + part));
                }
            }
            if (part > 0) {
                optimizer.step();
            }
            return store.masters().toFloats();
        }
    }
}
