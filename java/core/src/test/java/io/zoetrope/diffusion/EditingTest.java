package io.zoetrope.diffusion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.zoetrope.cuda.Device;
import io.zoetrope.ops.pointwise.Pointwise;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Shape;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.testkit.Devices;
import java.util.List;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class EditingTest {
    private static final Shape BATCH = Shape.of(2, 5, 7, 1);
    private static final int SIZE = 70;
    private static final float[] CLEAN = new float[SIZE];
    private static final float[] KEPT = new float[SIZE];
    private final Device device = Devices.shared();

    static {
        for (int i = 0; i < SIZE; i++) {
            CLEAN[i] = (float) Math.sin(i);
            KEPT[i] = i % 3 == 0 ? 1 : 0;
        }
    }

    private static Trajectory trajectory(double share) {
        return Trajectory.of(NoiseSchedule.cosine(1000), Spacing.TRAILING, 8).tail(share);
    }

    private SamplingLoop loop(Sampler sampler, double share, DType compute) {
        return new SamplingLoop(device, sampler.plan(trajectory(share), Prediction.V, 1), compute, BATCH,
                (x, time, use) -> {
                    try (Scope scope = Scope.open(device)) {
                        Tensor output = scope.emptyLike(x);
                        Pointwise.scale(x, 0.5f, output);
                        use.accept(output);
                    }
                });
    }

    @Test
    void aTailIsWhatIsLeft() {
        Trajectory whole = trajectory(1);
        assertThat(whole.steps()).isEqualTo(8);
        for (double share : new double[] {0.01, 0.124, 0.125, 0.3, 0.99, 1}) {
            Trajectory tail = trajectory(share);
            assertThat(tail.steps()).as("%s", share).isEqualTo(Math.max(1, (int) (8 * share)));
            for (int i = 0; i <= tail.steps(); i++) {
                int at = 8 - tail.steps() + i;
                assertThat(tail.alpha(i)).isEqualTo(whole.alpha(at));
                assertThat(tail.sigma(i)).isEqualTo(whole.sigma(at));
                assertThat(i == tail.steps() || tail.timestep(i) == whole.timestep(at)).isTrue();
            }
        }
        assertThatThrownBy(() -> whole.tail(0)).hasMessageContaining("0.0");
        assertThatThrownBy(() -> whole.tail(1.01)).hasMessageContaining("1.01");
        assertThatThrownBy(() -> whole.tail(Double.NaN)).hasMessageContaining("NaN");
    }

    @Test
    void beginsAtTheFirstLevel() {
        try (Scope scope = Scope.open(device); SamplingLoop loop = loop(new Ddim(), 0.5, DType.F32)) {
            loop.start(3);
            float[] noise = loop.batch().toFloats();
            loop.start(3, new Editing(scope, scope.of(CLEAN, BATCH.dims()), null));
            float[] x = loop.batch().toFloats();
            for (int i = 0; i < SIZE; i++) {
                assertThat((double) x[i]).isCloseTo(
                        trajectory(0.5).alpha(0) * CLEAN[i] + trajectory(0.5).sigma(0) * noise[i], within(1e-6));
            }
            loop.start(3);
            assertThat(loop.batch().toFloats()).as("what a run began with is forgotten").isEqualTo(noise);
        }
    }

    @TestFactory
    List<DynamicTest> whatIsKeptIsAtEveryLevel() {
        return List.of(new Ddim(), new Ddim(1), new Heun(), new DpmSolver2M(), new UniPc()).stream()
                .flatMap(sampler -> List.of(DType.F32, DType.BF16).stream()
                        .map(type -> DynamicTest.dynamicTest(sampler + " " + type, () -> kept(sampler, type))))
                .toList();
    }

    private void kept(Sampler sampler, DType compute) {
        try (Scope scope = Scope.open(device); SamplingLoop loop = loop(sampler, 0.5, compute)) {
            Editing editing = new Editing(scope, scope.of(CLEAN, BATCH.dims()), scope.of(KEPT, BATCH.dims()));
            loop.start(3);
            float[] noise = loop.batch().toFloats();
            loop.start(3, editing);
            assertThat(loop.steps()).isEqualTo(4);
            for (int step = 1; step <= 4; step++) {
                loop.step();
                float[] x = loop.batch().toFloats();
                for (int i = 0; i < SIZE; i++) {
                    double level = trajectory(0.5).alpha(step) * CLEAN[i] + trajectory(0.5).sigma(step) * noise[i];
                    if (KEPT[i] == 1) {
                        assertThat((double) x[i]).as("step %d, %d", step, i).isCloseTo(level, within(1e-6));
                    } else if (step == 4) {
                        assertThat(Math.abs(x[i] - CLEAN[i])).as("%d", i).isGreaterThan(1e-4f);
                    }
                }
            }
            float[] stepwise = loop.batch().toFloats();
            loop.start(3, editing);
            loop.all();
            assertThat(loop.batch().toFloats()).isEqualTo(stepwise);
        }
    }

    /** The network is given what was put back, in its own type. */
    @Test
    void theNetworkSeesWhatIsKept() {
        try (Scope scope = Scope.open(device)) {
            Tensor seen = scope.empty(DType.BF16, BATCH.dims());
            Tensor expected = scope.emptyLike(seen);
            try (SamplingLoop loop = new SamplingLoop(device, new Ddim().plan(trajectory(1), Prediction.V, 1),
                    DType.BF16, BATCH, (x, time, use) -> {
                        Pointwise.copy(x, seen);
                        use.accept(x);
                    })) {
                loop.start(3, new Editing(scope, scope.of(CLEAN, BATCH.dims()), scope.of(KEPT, BATCH.dims())));
                loop.step();
                Pointwise.cast(loop.batch(), expected);
                loop.step();
                assertThat(seen.toFloats()).isEqualTo(expected.toFloats());
            }
        }
    }

    @Test
    void othersShapesAndTypesAreRefused() {
        try (Scope scope = Scope.open(device)) {
            Tensor clean = scope.of(CLEAN, BATCH.dims());
            assertThatThrownBy(() -> new Editing(scope, clean, scope.empty(DType.F32, 2, 5, 7)))
                    .hasMessageContaining("[2, 5, 7]");
            assertThatThrownBy(() -> new Editing(scope, clean, scope.empty(DType.BF16, BATCH.dims())))
                    .hasMessageContaining("BF16");
            assertThatThrownBy(() -> new Editing(scope, scope.empty(DType.BF16, BATCH.dims()), null))
                    .hasMessageContaining("BF16");
        }
    }
}
