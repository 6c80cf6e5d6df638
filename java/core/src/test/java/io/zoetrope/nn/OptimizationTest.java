package io.zoetrope.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.withinPercentage;

import io.zoetrope.io.Checkpoint;
import io.zoetrope.io.StoredTensor;
import io.zoetrope.ops.optim.Hyper;
import io.zoetrope.ops.optim.LearningRate;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.testkit.Devices;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.LongToDoubleFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The parts of an optimisation, alone and together: what they compute, and that each goes on from a checkpoint. */
class OptimizationTest {
    private static final int STEPS = 8;
    private static final int SAVED = 3;
    private static final LearningRate FALLING = LearningRate.cosine(0.05f, 10, 0.01f).withWarmUp(2);

    @TempDir
    Path folder;

    /** Each part alone, and all together. */
    private enum Parts {
        SGD(Optimization.sgd(LearningRate.constant(0.05f), 0.9)), //
        ADAMW(Optimization.adamW(0.05f)), //
        DECAY(ADAMW.whole.withWeightDecay(0.1f)), //
        CLIPPING(SGD.whole.withClipping(2)), //
        EMA(SGD.whole.withEma(0.9f, 0)), //
        EMA_WARM_UP(ADAMW.whole.withEma(0.9f, 10)), //
        COSINE(Optimization.adamW(FALLING)), //
        LINEAR(Optimization.sgd(LearningRate.linear(0.05f, 6, 0.01f), 0)), //
        DROPS(Optimization.adamW(LearningRate.steps(0.05f, 2, 0.5f).withWarmUp(2))), //
        ACCUMULATION(ADAMW.whole.withAccumulation(3)), //
        OLD_ADAMW(Optimization.adamW(FALLING).withBetas(0.9, 0.99).withWeightDecay(0.1f).withClipping(2).withEma(0.9f,
                10)), //
        OLD_SGD(Optimization.sgd(FALLING, 0.9).withWeightDecay(0.1f).withClipping(2).withEma(0.9f, 10));

        private final Optimization whole;

        Parts(Optimization whole) {
            this.whole = whole;
        }
    }

    private static ParameterStore store() {
        Parameters parameters = Parameters.root();
        parameters.weight("weight", Init.uniform(1), 5, 17);
        parameters.buffer("running_mean", Init.constant(3), 17);
        parameters.vector("bias", Init.zeros(), 5);
        return new ParameterStore(Devices.shared(), parameters, DType.BF16, 1);
    }

    private static void step(ParameterStore store, Optimizer optimizer, int step) {
        float[] values = new float[Math.toIntExact(store.size())];
        SplittableRandom random = new SplittableRandom(step);
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextDouble(-1, 1);
        }
        store.gradients().copyFrom(values);
        optimizer.step();
    }

    private static Checkpoint checkpoint(Optimizer optimizer, int step) {
        Map<String, StoredTensor> tensors = new LinkedHashMap<>();
        optimizer.state().forEach((name, tensor) -> tensors.put(name, StoredTensor.of(tensor)));
        return new Checkpoint(step, Map.of(), tensors);
    }

    /** Steps of an optimisation up to {@code last}, the earlier ones from a checkpoint where there is one. */
    private Checkpoint steps(Optimization optimization, Checkpoint from, int last) throws IOException {
        try (ParameterStore store = store(); Optimizer optimizer = optimization.of(store)) {
            int taken = 0;
            if (from != null) {
                for (Map.Entry<String, Tensor> entry : optimizer.state().entrySet()) {
                    from.tensors().get(entry.getKey()).copyTo(entry.getValue());
                }
                taken = Math.toIntExact(from.step());
                optimizer.restored(taken);
            }
            for (int step = taken + 1; step <= last; step++) {
                step(store, optimizer, step);
            }
            return checkpoint(optimizer, last);
        }
    }

    private static ByteBuffer bytes(Checkpoint checkpoint, String name) throws IOException {
        return checkpoint.tensors().get(name).inMemory().bytes();
    }

    private static void assertSame(Checkpoint actual, Checkpoint expected) throws IOException {
        assertThat(actual.tensors().keySet()).isEqualTo(expected.tensors().keySet());
        for (String name : expected.tensors().keySet()) {
            assertThat(bytes(actual, name)).as(name).isEqualTo(bytes(expected, name));
        }
    }

    @ParameterizedTest
    @EnumSource
    void everyPartGoesOnFromACheckpointBitForBit(Parts parts) throws IOException {
        Path file = folder.resolve("checkpoint.safetensors");
        steps(parts.whole, null, SAVED).write(file);
        Checkpoint whole = steps(parts.whole, null, STEPS);
        assertSame(steps(parts.whole, Checkpoint.read(file), STEPS), whole);
        assertThat(bytes(steps(parts.whole, null, SAVED), "master")).isNotEqualTo(bytes(whole, "master"));
    }

    /** Written by this library before its optimisations were made of parts: the same bits on every device. */
    @ParameterizedTest
    @ValueSource(strings = {"adamw", "sgd"})
    void oldCheckpointsGoOnWithTheSameBits(String rule) throws IOException {
        Optimization optimization = rule.equals("sgd") ? Parts.OLD_SGD.whole : Parts.OLD_ADAMW.whole;
        assertSame(steps(optimization, null, SAVED), old(rule, SAVED));
        assertSame(steps(optimization, old(rule, SAVED), STEPS), old(rule, STEPS));
    }

    private Checkpoint old(String rule, int step) throws IOException {
        Path file = folder.resolve("old.safetensors");
        try (InputStream in = getClass()
                .getResourceAsStream("old-optimizer/" + rule + "-step-" + step + ".safetensors")) {
            Files.write(file, in.readAllBytes());
        }
        return Checkpoint.read(file);
    }

    static Stream<Arguments> schedules() {
        return Stream.of(Arguments.of(LearningRate.constant(0.5f), (LongToDoubleFunction) t -> 0.5),
                Arguments.of(LearningRate.constant(0.5f).withWarmUp(4),
                        (LongToDoubleFunction) t -> 0.5 * Math.min(1, t / 4.0)),
                Arguments.of(LearningRate.cosine(0.5f, 6, 0.1f),
                        (LongToDoubleFunction) t -> 0.1 + 0.4 * (1 + Math.cos(Math.PI * Math.min(1, t / 6.0))) / 2),
                Arguments.of(LearningRate.linear(0.5f, 6, 0.1f).withWarmUp(2),
                        (LongToDoubleFunction) t -> t < 2 ? 0.25 : 0.5 - 0.4 * Math.min(1, (t - 2) / 4.0)),
                Arguments.of(LearningRate.steps(0.5f, 3, 0.1f),
                        (LongToDoubleFunction) t -> 0.5 * Math.pow(0.1, (t - 1) / 3)),
                Arguments.of(LearningRate.steps(0.5f, 2, 0.5f).withWarmUp(3),
                        (LongToDoubleFunction) t -> t < 3 ? 0.5 * t / 3 : 0.5 * Math.pow(0.5, (t - 3) / 2)));
    }

    @ParameterizedTest
    @MethodSource("schedules")
    void learningRatesFollowTheirSchedule(LearningRate rate, LongToDoubleFunction expected) {
        try (ParameterStore store = store(); Optimizer optimizer = Optimization.adamW(rate).of(store)) {
            for (int step = 1; step <= 9; step++) {
                step(store, optimizer, step);
                assertThat((double) optimizer.learningRate()).as("step %d", step)
                        .isCloseTo(expected.applyAsDouble(step), withinPercentage(1e-4));
            }
        }
    }

    @Test
    void withoutAnAverageModelsAreSavedAsTheyAre() {
        try (ParameterStore store = store(); Optimizer optimizer = Parts.SGD.whole.of(store)) {
            step(store, optimizer, 1);
            assertThat(optimizer.state()).doesNotContainKey("ema");
            assertThat(optimizer.averaged().toFloats()).isEqualTo(store.masters().toFloats());
        }
        try (ParameterStore store = store(); Optimizer optimizer = Parts.EMA.whole.of(store)) {
            step(store, optimizer, 1);
            assertThat(optimizer.averaged().toFloats()).isNotEqualTo(store.masters().toFloats());
        }
    }

    /** Sums of gradients make the step of their mean, and are gone after it. */
    @Test
    void accumulatedGradientsAreAveragedAndCleared() {
        float[] masters;
        try (ParameterStore store = store(); Optimizer optimizer = Parts.SGD.whole.of(store)) {
            step(store, optimizer, 1);
            masters = store.masters().toFloats();
            assertThat(store.gradients().toFloats()[0]).isNotZero();
        }
        try (ParameterStore store = store(); Optimizer optimizer = Parts.SGD.whole.withAccumulation(4).of(store)) {
            float[] sum = new float[Math.toIntExact(store.size())];
            SplittableRandom random = new SplittableRandom(1);
            for (int i = 0; i < sum.length; i++) {
                sum[i] = 4 * (float) random.nextDouble(-1, 1);
            }
            store.gradients().copyFrom(sum);
            optimizer.step();
            assertThat(store.masters().toFloats()).isEqualTo(masters);
            assertThat(store.gradients().view(0, 5 * 17).toFloats()).containsOnly(0);
        }
    }

    @Test
    void whatCannotBeIsNamed() {
        assertThatIllegalArgumentException().isThrownBy(() -> Parts.SGD.whole.withAccumulation(0))
                .withMessage("accumulation of 0 micro-batches: expected 1 or more");
        assertThatIllegalArgumentException().isThrownBy(() -> Parts.SGD.whole.withClipping(-1))
                .withMessageContaining("maxNorm is -1.0");
        assertThatIllegalArgumentException().isThrownBy(() -> LearningRate.steps(1, 0, 0.5f))
                .withMessageContaining("dropPeriod is 0, expected 1 to");
        assertThatIllegalStateException().isThrownBy(() -> Parts.SGD.whole.withBetas(0.9, 0.99))
                .withMessageContaining("has no β");
        assertThat(Hyper.of(FALLING).learningRate()).isEqualTo(FALLING);
    }
}
