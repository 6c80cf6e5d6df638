package io.zoetrope.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.testkit.Devices;
import java.nio.FloatBuffer;
import java.nio.ReadOnlyBufferException;
import org.junit.jupiter.api.Test;

class DeviceMemoryTest {
    private final Device device = Devices.shared();

    @Test
    void aHostViewIsTheMemoryItself() {
        assumeTrue(device.isSoftware());
        try (Scope scope = Scope.open(device)) {
            Tensor x = scope.of(new float[] {1, 2, 3, 4, 5, 6}, 3, 2);
            FloatBuffer view = x.slice(1, 3).hostView().asFloatBuffer();
            assertThat(view.remaining()).isEqualTo(4);
            assertThat(view.get(0)).isEqualTo(3);
            x.view(3, 1).copyFrom(new float[] {-4});
            assertThat(view.get(1)).isEqualTo(-4);
            assertThatThrownBy(() -> view.put(0, 9)).isInstanceOf(ReadOnlyBufferException.class);
            assertThat(scope.of(DType.BF16, new float[] {1}, 1).hostView().getShort(0)).isEqualTo((short) 0x3f80);
            assertThat(scope.empty(DType.F32, 0).hostView().remaining()).isZero();
        }
    }

    @Test
    void aHostViewStaysInsideItsBlock() {
        assumeTrue(device.isSoftware());
        try (Scope scope = Scope.open(device)) {
            DeviceMemory memory = scope.empty(DType.U8, 100).memory();
            assertThat(memory.hostView(90, 10).remaining()).isEqualTo(10);
            for (long offset : new long[] {-1, 91, Long.MAX_VALUE}) {
                assertThatThrownBy(() -> memory.hostView(offset, 10)).isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("byte " + offset).hasMessageContaining("block of 100");
            }
            assertThatThrownBy(() -> memory.hostView(0, 1L << 31)).hasMessageContaining("at most 2147483647");
        }
    }

    @Test
    void memoryThatIsGoneHasNoView() {
        Tensor x;
        try (Scope scope = Scope.open(device)) {
            x = scope.zeros(DType.F32, 2);
        }
        assertThatThrownBy(x::hostView).isInstanceOf(IllegalStateException.class).hasMessageContaining("given back");
    }

    @Test
    void whereTheHostCannotReadItTheCopyIsNamed() {
        assertThatThrownBy(() -> DeviceMemory.requireHostMemory(false, "NVIDIA H200 #0"))
                .isInstanceOf(UnsupportedOperationException.class).hasMessageContaining("NVIDIA H200 #0")
                .hasMessageContaining("Tensor.copyTo(ByteBuffer)");
    }
}
