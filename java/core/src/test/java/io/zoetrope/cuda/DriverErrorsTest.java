package io.zoetrope.cuda;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zoetrope.ops.pointwise.Pointwise;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.testkit.Devices;
import java.util.Map;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The driver's errors are the same to us whether JCuda returns or throws them, and a lost context says what to do. */
class DriverErrorsTest {
    private final Device device = Devices.shared();

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aProgramMayLetJCudaThrow(boolean exceptions) {
        JCudaDriver.setExceptionsEnabled(exceptions);
        try (Scope scope = Scope.open(device); KernelModule module = KernelModule.load(device, "places", Ptx.PLACES)) {
            Tensor x = scope.of(new float[] {1, 2}, 2);
            Pointwise.add(x, x, x);
            assertThat(x.toFloats()).containsExactly(2, 4);
            assertThatThrownBy(() -> device.memory().allocate(1L << 60)).isInstanceOf(DeviceOutOfMemoryException.class);
            assertThatThrownBy(() -> module.kernel("none")).isInstanceOf(DeviceException.class)
                    .hasMessageContaining("no kernel 'none'").hasMessageContaining("CUDA_ERROR_NOT_FOUND")
                    .extracting(e -> ((DeviceException) e).code()).isEqualTo(CUresult.CUDA_ERROR_NOT_FOUND);
            assertThatThrownBy(() -> module.kernel("places").geometry()).hasMessageContaining("declares no geometry");
            assertThatThrownBy(() -> KernelModule.load(device, "noise", "no PTX".getBytes(US_ASCII)))
                    .isInstanceOf(DeviceException.class).hasMessageContaining("noise")
                    .hasMessageContaining("CUDA_ERROR_INVALID_PTX");
            assertThatThrownBy(() -> module.kernel("places").arguments().pointer("out", 0).i32("step", 1)
                    .launch(Grid.of(1), 2048, 0)).isInstanceOf(DeviceException.class)
                    .hasMessageContaining("launching places").hasMessageContaining("CUDA_ERROR_INVALID_VALUE");
            try (Event event = new Event(device)) {
                assertThat(event.isDone()).isTrue();
            }
        } finally {
            JCudaDriver.setExceptionsEnabled(false);
        }
    }

    @Test
    void memoryThatTheDriverLacksIsTold() {
        assertThatThrownBy(() -> Driver.check("loading kernels", CUresult.CUDA_ERROR_OUT_OF_MEMORY))
                .isInstanceOf(DeviceOutOfMemoryException.class).hasMessageContaining("loading kernels failed")
                .hasMessageContaining("smaller batch");
        assertThatThrownBy(() -> device.check("launching x", CUresult.CUDA_ERROR_OUT_OF_MEMORY))
                .isInstanceOf(DeviceOutOfMemoryException.class);
    }

    @Test
    void everyCodeHasAName() {
        assertThat(Driver.code(new jcuda.CudaException("CUDA_ERROR_OUT_OF_MEMORY"))).isEqualTo(2);
        assertThat(Driver.code(new jcuda.CudaException("CUDA_ERROR_ILLEGAL_ADDRESS"))).isEqualTo(700);
        assertThat(Driver.code(new jcuda.CudaException("something else"))).isEqualTo(CUresult.CUDA_ERROR_UNKNOWN);
    }

    /** A kernel that writes where no memory is. */
    public static final class Wild {
        public static void main(String[] arguments) {
            Device device = Device.open(DeviceChoice.CPU);
            try (Scope scope = Scope.open(device)) {
                Tensor x = scope.of(new float[] {1}, 1);
                Pointwise.add(x, x, x);
                Kernel wild = KernelModule.load(device, "wild", Ptx.WILD).kernel("wild");
                assertThatThrownBy(() -> {
                    wild.arguments().pointer("out", x.address()).launch(LaunchConfig.of(Grid.of(1), 1));
                    device.synchronize();
                }).isInstanceOf(DeviceException.class).hasMessageContaining("wild").hasMessageContaining("context")
                        .hasMessageContaining("is lost");
                assertThatThrownBy(x::toFloats).isInstanceOf(DeviceException.class)
                        .hasMessageContaining("newest first: wild, add_f32 on stream 0 of softcuda (CPU) #0")
                        .hasMessageContaining("is lost with all its memory");
                assertThatThrownBy(() -> device.memory().allocate(64 << 20)).isInstanceOf(DeviceException.class)
                        .hasMessageContaining("wild");
            }
            device.close();
            try (Device next = Device.open(DeviceChoice.CPU); Scope scope = Scope.open(next)) {
                assertThat(scope.of(new float[] {1}, 1).toFloats()).containsExactly(1);
            }
            System.out.println("went on");
        }
    }

    @Test
    void aFaultNamesTheKernelAndSaysThatTheContextIsLost() throws Exception {
        assertThat(OtherProcess.run(Wild.class, Map.of()).successful()).contains("went on");
    }

    @Test
    void harmlessErrorsDoNotSpeakOfTheContext() {
        assertThatThrownBy(() -> KernelModule.load(device, "noise", "no PTX".getBytes(US_ASCII)))
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain("lost"));
        try (Scope scope = Scope.open(device)) {
            assertThat(scope.zeros(DType.F32, 1).toFloats()).containsExactly(0);
        }
    }
}
