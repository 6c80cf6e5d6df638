package io.zoetrope.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.cuda.Device;
import io.zoetrope.io.StoredTensor;
import io.zoetrope.ops.optim.Hyper;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.testkit.Devices;
import io.zoetrope.testkit.Values;
import java.io.IOException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Parts of a model that stay as they are while the rest is trained. */
class FrozenPartsTest {
    private static final int IN = 24;
    private static final int HIDDEN = 40;
    private static final int OUT = 8;

    private final Device device = Devices.shared();

    private static final class Network {
        private final Parameters parameters = Parameters.root();
        private final Linear body = Linear.of(parameters.at("body").at("fc"), IN, HIDDEN);
        private final Linear head = Linear.of(parameters.at("head"), HIDDEN, OUT);

        Network() {
            parameters.at("body").buffer("seen", Init.constant(2), 3);
        }
    }

    /** One step from the same values. @return all values before and after, and what the gradients of the head were */
    private float[][] step(ParameterPlan plan, DType compute) {
        Network network = new Network();
        try (ParameterStore store = new ParameterStore(device, network.parameters, compute, plan);
                Scope scope = Scope.open(device)) {
            store.initialise(5);
            float[] before = ordered(network, store);
            try (AdamWOptimizer adam = new AdamWOptimizer(store, Hyper.of(0.01f).withMaxNorm(1e9f));
                    Tape tape = Tape.forTraining(device)) {
                Variable x = Variable.constant(scope.of(compute, Values.uniform(1, 6 * IN), 6, IN));
                Variable y = network.head.forward(tape, network.body.forward(tape, x));
                tape.backward(y, scope.of(compute, Values.uniform(2, 6 * OUT), 6, OUT));
                float[] gradient = parameter(network, "head.weight").variable().grad().toFloats();
                adam.step();
                adam.state()
                        .forEach((name, state) -> assertThat(state.size()).as(name).isEqualTo(store.masters().size()));
                assertThat(adam.averaged().toFloats()).hasSize((int) store.size());
                return new float[][] {before, ordered(network, store), gradient};
            }
        }
    }

    private static Parameter parameter(Network network, String name) {
        return network.parameters.all().stream().filter(p -> p.names().contains(name)).findFirst().orElseThrow();
    }

    /** Body weight, body bias, head weight and head bias, whatever their places in the store. */
    private static float[] ordered(Network network, ParameterStore store) {
        float[] all = store.values();
        float[] values = new float[0];
        for (Parameter parameter : network.parameters.all()) {
            for (ParameterStore.Segment segment : store.segments()) {
                if (segment.parameter() == parameter && !parameter.isBuffer()) {
                    int at = values.length;
                    values = Arrays.copyOf(values, at + (int) segment.length());
                    System.arraycopy(all, (int) segment.start(), values, at, (int) segment.length());
                }
            }
        }
        return values;
    }

    @Test
    void whatIsFrozenStaysAndTheRestLearnsAsItWould() {
        int body = IN * HIDDEN + HIDDEN;
        for (DType compute : List.of(DType.F32, DType.BF16)) {
            float[][] all = step(ParameterPlan.training(), compute);
            for (ParameterPlan plan : List.of(ParameterPlan.training().freezing("body.*"),
                    ParameterPlan.training().trainingOnly("head.*"),
                    ParameterPlan.training().freezing("body.fc.weight", "*.fc.bias"))) {
                float[][] some = step(plan, compute);
                assertThat(Arrays.copyOf(some[1], body)).as("frozen").isEqualTo(Arrays.copyOf(some[0], body));
                assertThat(some[2]).as("gradient of the head").isEqualTo(all[2]);
                assertThat(Arrays.copyOfRange(some[1], body, some[1].length)).as("trained")
                        .isNotEqualTo(Arrays.copyOfRange(some[0], body, some[0].length));
                if (compute == DType.F32) { // else a frozen body is rounded
                    assertThat(Arrays.copyOfRange(some[1], body, some[1].length))
                            .isEqualTo(Arrays.copyOfRange(all[1], body, all[1].length));
                }
            }
        }
    }

    /** What a checkpoint holds is enough to go on with, beside the frozen part, which comes from its own file. */
    @Test
    void trainingResumesBitForBit() throws IOException {
        float[] whole = steps(4, 4);
        assertThat(steps(4, 2)).isEqualTo(whole);
        assertThat(steps(3, 3)).isNotEqualTo(whole);
    }

    /** @param cut after how many steps another store and optimiser go on with the first ones' state */
    private float[] steps(int count, int cut) throws IOException {
        ParameterPlan plan = ParameterPlan.training().adapting(Lora.of(2, 4, "body.fc").withSeed(8))
                .trainingOnly("head.*");
        Map<String, StoredTensor> state = Map.of();
        for (int done = 0; done < count; done += cut) {
            Network network = new Network();
            try (ParameterStore store = new ParameterStore(device, network.parameters, DType.BF16, plan);
                    Scope scope = Scope.open(device)) {
                store.initialise(5);
                try (AdamWOptimizer adam = new AdamWOptimizer(store, Hyper.of(0.01f))) {
                    if (done > 0) {
                        for (Map.Entry<String, Tensor> entry : adam.state().entrySet()) {
                            state.get(entry.getKey()).copyTo(entry.getValue());
                        }
                        adam.restored(done);
                    }
                    for (int step = done; step < done + cut; step++) {
                        Variable x = Variable.constant(scope.of(DType.BF16, Values.uniform(step, 6 * IN), 6, IN));
                        try (Tape tape = Tape.forTraining(device)) {
                            Variable y = network.head.forward(tape, network.body.forward(tape, x));
                            tape.backward(y, scope.of(DType.BF16, Values.uniform(2, 6 * OUT), 6, OUT));
                        }
                        adam.step();
                    }
                    state = new LinkedHashMap<>();
                    for (Map.Entry<String, Tensor> entry : adam.state().entrySet()) {
                        state.put(entry.getKey(), StoredTensor.of(entry.getValue()));
                    }
                    if (done + cut >= count) {
                        return adam.averaged().toFloats();
                    }
                }
            }
        }
        throw new AssertionError(count + " steps by " + cut);
    }

    @Test
    void frozenPartsHaveNoMastersGradientsOrOptimiserState() {
        try (ParameterStore store = new ParameterStore(device, new Network().parameters, DType.BF16,
                ParameterPlan.training().freezing("body.*"))) {
            long head = 64 * ((HIDDEN * OUT + 63) / 64 + 1);
            assertThat(store.masters().size()).as("head, and the statistics").isEqualTo(head + 64);
            assertThat(store.gradients().size()).isEqualTo(store.masters().size());
            assertThat(store.bytes()).isLessThanOrEqualTo(10 * (head + 64) + 2 * IN * HIDDEN + 4 * HIDDEN + 4 * 512);
            assertThat(store.trainable()).hasSize(2);
        }
    }

    @Test
    void patternsThatMatchNothingNameTheNearest() {
        Parameters parameters = new Network().parameters;
        assertThatThrownBy(() -> new ParameterStore(device, parameters, DType.F32,
                ParameterPlan.training().freezing("body.*", "haed.*"))).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll("'haed.*' of what is frozen", "none of 5 names", "[head.weight, head.bias");
        assertThatThrownBy(() -> ParameterPlan.training().freezing("")).hasMessageContaining("empty");
    }

    @Test
    void aTensorOfSeveralNamesIsFrozenAsOne() {
        Parameters parameters = Parameters.root();
        Linear.stacked(parameters, List.of("to_q", "to_k"), 4, 4);
        assertThatThrownBy(
                () -> new ParameterStore(device, parameters, DType.F32, ParameterPlan.training().freezing("to_q.*")))
                .hasMessageContaining("freeze all of them or none");
    }

    @Test
    void patternsCoverWholeNames() {
        NamePattern pattern = NamePattern.of("down.*.to_?.weight");
        assertThat(pattern.matches("down.0.attn.to_q.weight")).isTrue();
        assertThat(pattern.matches("down.0.attn.to_out.weight")).isFalse();
        assertThat(pattern.matches("x.down.0.to_q.weight")).isFalse();
        assertThat(pattern.matches("down.0.to_q.weights")).isFalse();
        assertThat(NamePattern.of("a.b").matches("axb")).as("a dot is a dot").isFalse();
    }
}
