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
            assertThatThrownBy(() -> x.copyFrom(new float[5])).hasMessageContaining("5")
                    .hasMessageContaining("expected 6");
            assertThatThrownBy(() -> x.copyFrom(new int[6])).hasMessageContaining("F32").hasMessageContaining("ints");
            assertThatThrownBy(() -> scope.empty(DType.F32, -1)).hasMessageContaining("[-1]");
            assertThatThrownBy(() -> scope.empty(DType.F32, 1L << 40, 1L << 40)).hasMessageContaining("overflows");
        }
    }

    @Test
    void viewsNeverPassTheEndNotEvenByOverflow() {
        try (Scope scope = Scope.open(device)) {
            Tensor x = scope.empty(DType.F32, 3, 2);
            for (long start : new long[] {Long.MAX_VALUE, Long.MAX_VALUE - 9, 6, 1, -1, Long.MIN_VALUE}) {
                assertThatThrownBy(() -> x.view(start, 10)).isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("element " + start).hasMessageContaining("[10]")
                        .hasMessageContaining("[3, 2]");
                assertThatThrownBy(() -> x.as(DType.I64, start, 10)).isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("byte " + start).hasMessageContaining("I64[10]");
                assertThatThrownBy(() -> x.slice(start, start + 10)).isInstanceOf(IllegalArgumentException.class);
            }
            long wrapsTo8Bytes = (1L << 61) + 1;
            assertThatThrownBy(() -> x.as(DType.I64, 0, wrapsTo8Bytes)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("24 bytes");
            assertThatThrownBy(() -> x.view(0, Long.MAX_VALUE)).isInstanceOf(IllegalArgumentException.class);
            assertThat(x.view(6, 0).size()).isZero();
            assertThat(x.view(2, 4).size()).isEqualTo(4);
        }
    }

    @Test
    void aViewAsAnotherTypeIsAligned() {
        try (Scope scope = Scope.open(device)) {
            Tensor x = scope.zeros(DType.U8, 32);
            assertThatThrownBy(() -> x.as(DType.F32, 2, 1)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("byte 2").hasMessageContaining("multiple of 4");
            assertThatThrownBy(() -> x.view(4, 28).as(DType.I64, 0, 1)).hasMessageContaining("multiple of 8");
            assertThat(x.view(4, 28).as(DType.I64, 4, 1).toLongs()).containsExactly(0);
        }
    }

    @Test
    void reshapesThatMakeNoSenseAreNamed() {
        try (Scope scope = Scope.open(device)) {
            Tensor x = scope.empty(DType.F32, 3, 2);
            assertThatThrownBy(() -> x.reshape(-1, -1)).hasMessageContaining("[-1, -1]")
                    .hasMessageContaining("at most one");
            assertThatThrownBy(() -> x.reshape(-2, -1)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("-2");
            assertThatThrownBy(() -> x.reshape(1L << 32, 1L << 32, -1)).hasMessageContaining("overflows");
            // 2^32 · 2^32 · 6 wraps to 0 and 3 · 2^63 · 2 to 0: neither may pass for another size.
            assertThatThrownBy(() -> x.reshape(1L << 32, 1L << 32, 6)).hasMessageContaining("overflows");
        }
    }

    @Test
    void aCopyBetweenOverlappingViewsIsRefused() {
        try (Scope scope = Scope.open(device)) {
            Tensor x = scope.of(new float[] {0, 1, 2, 3}, 4);
            assertThatThrownBy(() -> x.view(1, 3).copyFrom(x.view(0, 3))).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("overlap");
            assertThat(x.view(2, 2).copyFrom(x.view(0, 2)).toFloats()).containsExactly(0, 1);
        }
    }

    @Test
    void tensorsDieWithTheirScope() {
        Scope scope = Scope.open(device);
        Tensor x = scope.zeros(DType.F32, 4);
        scope.close();
        assertThatThrownBy(x::toFloats).isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("scope is closed");
        assertThatThrownBy(() -> scope.empty(DType.F32, 1)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void openScopesAreReported() {
        try (Scope scope = Scope.open(device)) {
            scope.empty(DType.F32, 100);
            assertThat(Scope.openScopes(device))
                    .anySatisfy(line -> assertThat(line).contains("1 tensors (400 bytes").contains("never closed"));
        }
    }
}
