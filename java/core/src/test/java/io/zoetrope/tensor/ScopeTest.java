package io.zoetrope.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zoetrope.cuda.Device;
import io.zoetrope.cuda.DeviceChoice;
import io.zoetrope.cuda.OtherProcess;
import io.zoetrope.testkit.Devices;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ScopeTest {
    private static final int ELEMENTS = 5 << 20;
    private final Device device = Devices.shared();

    private Tensor forgotten() {
        return Scope.open(device).zeros(DType.F32, ELEMENTS);
    }

    private boolean collected(long bytes) throws InterruptedException {
        for (int i = 0; i < 100; i++) {
            System.gc();
            if (device.memory().bytesInUse() <= bytes) {
                return true;
            }
            Thread.sleep(20);
        }
        return false;
    }

    @Test
    void aForgottenScopeGivesItsMemoryBackWhenNobodyCanReachIt() throws InterruptedException {
        long before = device.memory().bytesInUse();
        forgotten();
        assertThat(collected(before)).isTrue();
        try (Scope scope = Scope.open(device)) {
            assertThat(scope.zeros(DType.F32, ELEMENTS).toFloats()).containsOnly(0);
        }
    }

    @Test
    void aTensorInUseKeepsItsForgottenScope() throws InterruptedException {
        long before = device.memory().bytesInUse();
        Tensor view = forgotten().view(1, 2);
        for (int i = 0; i < 10; i++) {
            System.gc();
            Thread.sleep(5);
        }
        assertThat(device.memory().bytesInUse()).isGreaterThanOrEqualTo(before + 4L * ELEMENTS);
        assertThat(view.toFloats()).containsExactly(0, 0);
        view = null;
        assertThat(collected(before)).isTrue();
    }

    @Test
    void whatIsOpenSaysHowMuchItHolds() {
        try (Scope scope = Scope.open(device)) {
            scope.empty(DType.F32, 123);
            assertThat(Scope.openScopes(device))
                    .anySatisfy(line -> assertThat(line).contains("492 bytes").contains("-Dzoetrope.leaks=trace"));
        }
        assertThat(Scope.openScopes(device)).noneSatisfy(line -> assertThat(line).contains("492 bytes"));
    }

    /** Says of a scope that is open where that was. */
    public static final class Traced {
        public static void main(String[] arguments) {
            try (Device device = Device.open(DeviceChoice.CPU); Scope scope = Scope.open(device)) {
                scope.empty(DType.F32, 123);
                Scope.openScopes(device).forEach(System.out::println);
            }
        }
    }

    @Test
    void theLineIsNamedWhereItIsAskedFor() throws Exception {
        assertThat(OtherProcess.run(Traced.class, Map.of(), "-Dzoetrope.leaks=trace").successful())
                .contains("492 bytes")
                .containsPattern("opened at \\S*ScopeTest\\$Traced\\.main\\(ScopeTest\\.java:\\d+\\)");
    }

    @Test
    void valuesAreReadIntoAGivenArray() {
        try (Scope scope = Scope.open(device)) {
            float[] values = new float[3];
            assertThat(scope.of(new float[] {1, 2, 3}, 3).toFloats(values)).isSameAs(values).containsExactly(1, 2, 3);
            assertThat(scope.of(DType.BF16, new float[] {4, 5, 6}, 3).toFloats(values)).containsExactly(4, 5, 6);
            Tensor two = scope.zeros(DType.F32, 2);
            assertThatThrownBy(() -> two.toFloats(values)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("3 values").hasMessageContaining("expected 2");
            assertThat(values).containsExactly(4, 5, 6);
        }
    }
}
