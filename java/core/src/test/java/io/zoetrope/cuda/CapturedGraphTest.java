package io.zoetrope.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.zoetrope.ops.pointwise.Pointwise;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.testkit.Devices;
import org.junit.jupiter.api.Test;

class CapturedGraphTest {
    private final Device device = Devices.shared();

    @Test
    void recordingRunsNothingAndEveryLaunchRunsAll() {
        try (Scope scope = Scope.open(device)) {
            Tensor x = scope.of(new float[] {1, 2, 3}, 3);
            Pointwise.add(x, x, x);
            try (CapturedGraph graph = CapturedGraph.record(device, () -> Pointwise.add(x, x, x))) {
                assertThat(x.toFloats()).containsExactly(2, 4, 6);
                graph.launch();
                graph.launch();
                assertThat(x.toFloats()).containsExactly(8, 16, 24);
                assertThat(graph.nodes()).isEqualTo(1);
            }
        }
    }

    @Test
    void memoryOfARecordedGraphIsNotHandedToOthers() {
        try (Scope scope = Scope.open(device)) {
            Tensor x = scope.of(new float[] {1, 2, 3, 4}, 4);
            try (CapturedGraph graph = CapturedGraph.record(device, () -> {
                try (Scope scratch = Scope.open(device)) {
                    Tensor doubled = scratch.emptyLike(x);
                    Pointwise.add(x, x, doubled);
                    Pointwise.add(doubled, x, x);
                }
            })) {
                Tensor bystander = scope.of(new float[] {7, 7, 7, 7}, 4);
                graph.launch();
                assertThat(x.toFloats()).containsExactly(3, 6, 9, 12);
                assertThat(bystander.toFloats()).containsExactly(7, 7, 7, 7);
            }
        }
    }

    @Test
    void aRepeatedGraphRunsAsOftenAsAsked() {
        try (Scope scope = Scope.open(device)) {
            Tensor x = scope.of(new float[] {1}, 1);
            try (CapturedGraph once = CapturedGraph.record(device, () -> Pointwise.add(x, x, x));
                    CapturedGraph tenTimes = once.repeated(10)) {
                tenTimes.launch();
                assertThat(x.toFloats()).containsExactly(1024);
            }
        }
    }

    @Test
    void dependenciesOfKernelsThatBeginEarlyAreCounted() {
        assumeTrue(device.capability().atLeast(9, 0), "the device has no programmatic dependencies");
        try (Scope scope = Scope.open(device); KernelModule module = KernelModule.load(device, "places", Ptx.PLACES)) {
            Tensor out = scope.zeros(DType.I64, 4);
            LaunchConfig early = LaunchConfig.of(Grid.of(1), 4).withProgrammaticStart();
            try (CapturedGraph graph = CapturedGraph.record(device, () -> {
                for (int step = 1; step <= 3; step++) {
                    module.kernel("places").arguments().pointer("out", out).i32("step", step).launch(early);
                }
            })) {
                assertThat(graph.dependencies()).isEqualTo(2);
                graph.launch();
                assertThat(out.toLongs()).containsExactly(0, 3, 6, 9);
            }
        }
    }

    @Test
    void hostTransfersCannotBeRecorded() {
        try (Scope scope = Scope.open(device)) {
            Tensor x = scope.empty(DType.F32, 4);
            assertThatThrownBy(() -> CapturedGraph.record(device, x::toFloats))
                    .isInstanceOf(IllegalStateException.class).hasMessageContaining("cannot be recorded");
            assertThat(device.isRecording()).isFalse();
            assertThat(x.zero().toFloats()).containsOnly(0);
        }
    }
}
