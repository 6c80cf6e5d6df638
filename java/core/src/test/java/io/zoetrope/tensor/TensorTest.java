package io.zoetrope.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zoetrope.cuda.Device;
import io.zoetrope.testkit.Devices;
import org.junit.jupiter.api.Test;

class TensorTest {
    private final Device device = Devices.shared();

    @Test
    void valuesSurviveTheTrip() {
        try (Scope scope = Scope.open(device)) {
            float[] values = {0, -0f, 1.5f, Float.MAX_VALUE, Float.MIN_VALUE, Float.NEGATIVE_INFINITY};
            assertThat(scope.of(values, 2, 3).toFloats()).containsExactly(values);
            assertThat(scope.of(new int[] {1, -2}, 2).toInts()).containsExactly(1, -2);
            assertThat(scope.of(new long[] {1L << 40}, 1).toLongs()).containsExactly(1L << 40);
            assertThat(scope.of(new byte[] {1, -1}, 2).toBytes()).containsExactly(1, -1);
        }
    }

    @Test
    void viewsShareMemory() {
        try (Scope scope = Scope.open(device)) {
            Tensor x = scope.of(new float[] {0, 1, 2, 3, 4, 5}, 3, 2);
            assertThat(x.slice(1, 3).toFloats()).containsExactly(2, 3, 4, 5);
            assertThat(x.view(1, 2, 2).toFloats()).containsExactly(1, 2, 3, 4);
            x.slice(1, 2).zero();
            assertThat(x.reshape(-1).toFloats()).containsExactly(0, 1, 0, 0, 4, 5);
        }
    }

    @Test
    void wrongShapesAreNamed() {
        try (Scope scope = Scope.open(device)) {
            Tensor x = scope.empty(DType.F32, 3, 2);
            assertThatThrownBy(() -> x.reshape(4, 2)).hasMessageContaining("[3, 2]").hasMessageContaining("[4, 2]");
            assertThatThrownBy(() -> x.slice(2, 4)).hasMessageContaining("2..4").hasMessageContaining("[3, 2]");
            assertThatThrownBy(() -> x.copyFrom(new float[5])).hasMessageContaining("5").hasMessageContaining("expected 6");
            assertThatThrownBy(() -> x.copyFrom(new int[6])).hasMessageContaining("F32").hasMessageContaining("ints");
            assertThatThrownBy(() -> scope.empty(DType.F32, -1)).hasMessageContaining("[-1]");
            assertThatThrownBy(() -> scope.empty(DType.F32, 1L << 40, 1L << 40)).hasMessageContaining("overflows");
        }
    }

    @Test
    void tensorsDieWithTheirScope() {
        Scope scope = Scope.open(device);
        Tensor x = scope.zeros(DType.F32, 4);
        scope.close();
        assertThatThrownBy(x::toFloats).isInstanceOf(IllegalStateException.class).hasMessageContaining("scope is closed");
        assertThatThrownBy(() -> scope.empty(DType.F32, 1)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void openScopesAreReported() {
        try (Scope scope = Scope.open(device)) {
            scope.empty(DType.F32, 100);
            assertThat(Scope.openScopes(device)).anySatisfy(line ->
                    assertThat(line).contains("1 tensors (400 bytes").contains("never closed"));
        }
    }
}
