package io.zoetrope.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import jcuda.driver.CUfunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What only a process of its own shows: the bridge before there is a driver, and one that cannot be loaded. */
class BridgeProcessTest {
    static final class BeforeADriver {
        public static void main(String[] args) {
            System.out.println(Bridge.has(Bridge.Call.LAUNCH_KERNEL) + ", " + Bridge.status());
            try (Device device = Device.open(DeviceChoice.parse("cpu"))) {
                System.out.println(Bridge.has(Bridge.Call.LAUNCH_KERNEL) + ", " + device.isSoftware());
            }
        }
    }

    static final class WithoutALibrary {
        public static void main(String[] args) {
            System.out.println(Bridge.status());
            System.out.println(Bridge.canLaunch(BridgeAttributes.NONE) + ", "
                    + Bridge.canLaunch(BridgeAttributes.NONE.programmatic()) + ", " + Bridge.handle(new CUfunction()));
            try {
                Bridge.canLaunch(BridgeAttributes.NONE.cluster(Grid.of(2, 1, 1)));
            } catch (DeviceException e) {
                System.out.println(e.getMessage());
            }
            try (Nvtx.Range range = Nvtx.range("nothing")) {
                System.out.println(Nvtx.isPresent());
            }
        }
    }

    /** Launches as a program does, ordinary and cooperative, and asks for what only the bridge has. */
    static final class Launches {
        public static void main(String[] args) {
            try (Device device = Device.open(DeviceChoice.parse("cpu")); Scope scope = Scope.open(device)) {
                Kernel places = KernelModule.load(device, "places", Ptx.PLACES).kernel("places");
                Tensor out = scope.zeros(DType.I64, 4);
                LaunchConfig config = LaunchConfig.of(Grid.of(2), 2);
                System.out.println(Bridge.has(Bridge.Call.LAUNCH_KERNEL));
                places.arguments().pointer("out", out).i32("step", 3).launch(config);
                System.out.println(Arrays.toString(out.toLongs()));
                places.arguments().pointer("out", out).i32("step", 5)
                        .launch(config.withCooperation().withProgrammaticStart());
                System.out.println(Arrays.toString(out.toLongs()));
                try {
                    places.arguments().pointer("out", out).i32("step", 7).launch(config.withCluster(Grid.of(2)));
                } catch (DeviceException e) {
                    System.out.println(e.getMessage());
                }
                try {
                    places.arguments().pointer("out", out).i32("step", 1).launch(Grid.of(1), 2048, 0);
                } catch (DeviceException e) {
                    System.out.println(e.getMessage());
                }
            }
        }
    }

    @Test
    void launchesAreTheSameWithoutTheBridge(@TempDir Path folder) throws Exception {
        Path broken = folder.resolve("natives/linux-x86_64/libzoetrope_bridge.so");
        Files.createDirectories(broken.getParent());
        Files.writeString(broken, "no library");
        String classPath = folder + File.pathSeparator + System.getProperty("java.class.path");
        Map<String, String> hopper = Map.of("ZOETROPE_COMPUTE", "9.0");
        assertThat(OtherProcess.run(Launches.class, hopper, "-cp", classPath).successful().lines())
                .contains("false", "[0, 3, 6, 9]", "[0, 5, 10, 15]")
                .anySatisfy(line -> assertThat(line).contains("a launch with cluster 2×1×1 needs the driver's"
                        + " cuLaunchKernelEx, which cannot be called here: the bridge is not available"))
                .anySatisfy(line -> assertThat(line).contains("launching places").contains("CUDA_ERROR_INVALID_VALUE"));
        assertThat(OtherProcess.run(Launches.class, hopper).successful().lines())
                .contains("true", "[0, 3, 6, 9]", "[0, 5, 10, 15]")
                .noneSatisfy(line -> assertThat(line).contains("cannot be called"))
                .anySatisfy(line -> assertThat(line).contains("launching places").contains("CUDA_ERROR_INVALID_VALUE"));
    }

    private static List<String> lines(Class<?> main, String... options) throws IOException {
        List<String> command = new ArrayList<>(List.of(options));
        command.add(0, ProcessHandle.current().info().command().orElse("java"));
        command.addAll(
                List.of("-XX:TieredStopAtLevel=1", "-cp", System.getProperty("java.class.path"), main.getName()));
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD);
        builder.environment().keySet().removeAll(List.of("TMPDIR", "XDG_CACHE_HOME"));
        Process process = builder.start();
        try (BufferedReader out = process.inputReader()) {
            return out.lines().toList();
        }
    }

    @Test
    void nothingCanBeCalledBeforeThereIsADriver() throws IOException {
        assertThat(lines(BeforeADriver.class)).containsExactly("false, loaded; no driver is loaded yet", "true, true");
    }

    @Test
    void withoutTheLibraryOrdinaryLaunchesGoOnAndNeedsAreRefused() throws IOException {
        String reason = "not available: natives/linux-x86_64/libzoetrope_bridge.so could not be written: there is no folder"
                + " from which native libraries can be loaded: /proc/none cannot be written";
        List<String> lines = lines(WithoutALibrary.class, "-Djava.io.tmpdir=/proc/none", "-Duser.home=/proc/none");
        assertThat(lines).hasSize(4);
        assertThat(lines.get(0)).startsWith(reason);
        assertThat(lines.get(1)).isEqualTo("false, false, 0");
        assertThat(lines.get(2))
                .startsWith("a launch with cluster 2×1×1 needs the driver's cuLaunchKernelEx, which cannot be"
                        + " called here: the bridge is " + reason);
        assertThat(lines.get(3)).isEqualTo("false");
    }
}
