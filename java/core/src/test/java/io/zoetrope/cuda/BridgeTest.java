package io.zoetrope.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.ThreadMXBean;
import io.zoetrope.cuda.Bridge.Call;
import io.zoetrope.testkit.Devices;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.Arrays;
import jcuda.driver.CUresult;
import org.junit.jupiter.api.Test;

class BridgeTest {
    private final Device device = Devices.shared();

    private static int launch(BridgeKernel kernel, BridgeAttributes attributes) {
        return Bridge.launch(Bridge.handle(kernel.function), 6, 4, 2, 8, 4, 2, 640,
                Bridge.handle(kernel.device.stream().handle()), kernel.parameters, BridgeKernel.PARAMETER_BYTES,
                attributes);
    }

    @Test
    void theLibraryIsThereAndLoads() {
        assertThat(BridgeLibrary.failure()).isEmpty();
        assertThat(Bridge.has(Call.LAUNCH_KERNEL)).isTrue();
    }

    @Test
    void theStatusNamesWhatTheDriverLacks() {
        assertThat(Bridge.status()).startsWith("loaded; the driver ");
        assertThat(Arrays.stream(Call.values()).filter(call -> !Bridge.has(call)).map(Call::symbol))
                .allSatisfy(symbol -> assertThat(Bridge.status()).contains(symbol));
        assertThat(Bridge.status().contains("has all its calls"))
                .isEqualTo(Arrays.stream(Call.values()).allMatch(Bridge::has));
    }

    @Test
    void launchesWithEveryArgumentInItsPlace() {
        try (BridgeKernel kernel = new BridgeKernel(-77, 0xC5)) {
            assertThat(Bridge.canLaunch(BridgeAttributes.NONE)).isTrue();
            assertThat(launch(kernel, BridgeAttributes.NONE)).isEqualTo(CUresult.CUDA_SUCCESS);
            assertThat(kernel.results()).containsExactly(6, 4, 2, 8, 4, 2, 640, -77, 0xC5);
        }
    }

    @Test
    void theDriversRefusalOfALaunchComesBack() {
        try (BridgeKernel kernel = new BridgeKernel(1, 2)) {
            int tooManyThreads = Bridge.launch(Bridge.handle(kernel.function), 1, 1, 1, 1024, 2, 1, 0, 0,
                    kernel.parameters, BridgeKernel.PARAMETER_BYTES, BridgeAttributes.NONE);
            assertThat(tooManyThreads).isEqualTo(CUresult.CUDA_ERROR_INVALID_VALUE);
        }
    }

    @Test
    void aLaunchAllocatesNothing() {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long thread = Thread.currentThread().getId();
        try (BridgeKernel kernel = new BridgeKernel(1, 2)) {
            long function = Bridge.handle(kernel.function);
            long stream = Bridge.handle(device.stream().handle());
            long before = 0;
            for (int i = 0; i < 300; i++) {
                before = i == 200 ? threads.getThreadAllocatedBytes(thread) : before;
                if (Bridge.canLaunch(BridgeAttributes.NONE)) {
                    Bridge.launch(function, 1, 1, 1, 32, 1, 1, 0, stream, kernel.parameters,
                            BridgeKernel.PARAMETER_BYTES, BridgeAttributes.NONE);
                }
            }
            assertThat(threads.getThreadAllocatedBytes(thread) - before).isZero();
            assertThat(kernel.results()[3]).isEqualTo(32);
        }
    }

    @Test
    void parametersMustLieInADirectBuffer() {
        assertThatThrownBy(
                () -> Bridge.launch(1, 1, 1, 1, 1, 1, 1, 0, 0, ByteBuffer.allocate(8), 8, BridgeAttributes.NONE))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("direct buffer");
        assertThatThrownBy(
                () -> Bridge.launch(1, 1, 1, 1, 1, 1, 1, 0, 0, ByteBuffer.allocateDirect(8), 9, BridgeAttributes.NONE))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("9 bytes")
                .hasMessageContaining("of 8");
    }

    @Test
    void launchesInClusters() {
        assumeTrue(Bridge.has(Call.LAUNCH_KERNEL_EX), "the driver has no cuLaunchKernelEx");
        try (BridgeKernel kernel = new BridgeKernel(3, 4)) {
            BridgeAttributes dividing = BridgeAttributes.NONE.cluster(Grid.of(3, 2, 1));
            assertThat(Bridge.canLaunch(dividing)).isTrue();
            boolean hasClusters = device.capability().major() >= 9;
            assertThat(launch(kernel, dividing) == CUresult.CUDA_SUCCESS).isEqualTo(hasClusters);
            assertThat(kernel.results())
                    .containsExactly(hasClusters ? new int[] {6, 4, 2, 8, 4, 2, 640, 3, 4} : new int[9]);
            kernel.clear();
            assertThat(launch(kernel, BridgeAttributes.NONE.cluster(Grid.of(4, 1, 1))))
                    .isNotEqualTo(CUresult.CUDA_SUCCESS);
            assertThat(kernel.results()).containsOnly(0);
        }
    }

    @Test
    void launchesCooperativelyWithAPriority() {
        assumeTrue(Bridge.has(Call.LAUNCH_KERNEL_EX), "the driver has no cuLaunchKernelEx");
        try (BridgeKernel kernel = new BridgeKernel(3, 4)) {
            assertThat(launch(kernel, BridgeAttributes.NONE.priority(-1).cooperative()))
                    .isEqualTo(CUresult.CUDA_SUCCESS);
            assertThat(kernel.results()).containsExactly(6, 4, 2, 8, 4, 2, 640, 3, 4);
        }
    }

    @Test
    void withoutTheCallJCudaLaunchesWhatItCanAndClustersAreRefused() {
        assumeFalse(Bridge.has(Call.LAUNCH_KERNEL_EX), "the driver has cuLaunchKernelEx");
        assertThat(Bridge.canLaunch(BridgeAttributes.NONE.programmatic().priority(-2).cooperative())).isFalse();
        assertThatThrownBy(() -> Bridge.canLaunch(BridgeAttributes.NONE.programmatic().cluster(Grid.of(2, 1, 1))))
                .isInstanceOf(DeviceException.class)
                .hasMessageContaining("a launch with programmatic serialisation, cluster 2×1×1 needs"
                        + " the driver's cuLaunchKernelEx, which cannot be called here");
    }

    @Test
    void readsTheParametersOfAKernel() {
        assumeTrue(Bridge.has(Call.FUNC_GET_PARAM_INFO), "the driver has no cuFuncGetParamInfo");
        try (BridgeKernel kernel = new BridgeKernel(1, 2)) {
            assertThat(Bridge.parameters(kernel.function)).containsExactly(new Bridge.Parameter(0, 4),
                    new Bridge.Parameter(8, 8), new Bridge.Parameter(16, 1));
        }
    }

    @Test
    void refusesToReadParametersByName() {
        assumeFalse(Bridge.has(Call.FUNC_GET_PARAM_INFO), "the driver has cuFuncGetParamInfo");
        try (BridgeKernel kernel = new BridgeKernel(1, 2)) {
            assertThatThrownBy(() -> Bridge.parameters(kernel.function)).isInstanceOf(DeviceException.class)
                    .hasMessageContaining("reading a kernel's parameters needs the driver's cuFuncGetParamInfo")
                    .extracting(e -> ((DeviceException) e).code()).isEqualTo(CUresult.CUDA_ERROR_NOT_SUPPORTED);
        }
    }

    @Test
    void anErrorOfTheDriverNamesTheCall() {
        assertThatThrownBy(() -> Bridge.check(Call.GRAPH_GET_EDGES, "reading", CUresult.CUDA_ERROR_INVALID_VALUE))
                .isInstanceOf(DeviceException.class)
                .hasMessageContaining("reading failed: cuGraphGetEdges_v2 answered CUDA_ERROR_INVALID_VALUE");
    }

    @Test
    void aLibraryThatIsMissingOrBrokenIsSaidInWords() {
        assertThat(BridgeLibrary.load("natives/none/libnone.so")).get().asString().contains("natives/none/libnone.so")
                .contains("zoetrope-native");
        assertThat(BridgeLibrary.load("io/zoetrope/cuda/BridgeTest.class")).get().asString()
                .contains("could not be loaded");
    }
}
