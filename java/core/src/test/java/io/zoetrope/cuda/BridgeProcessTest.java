package io.zoetrope.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import jcuda.driver.CUfunction;
import org.junit.jupiter.api.Test;

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
                    + Bridge.canLaunch(BridgeAttributes.NONE.programmatic()) + ", "
                    + Bridge.handle(new CUfunction()));
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

    private static List<String> lines(Class<?> main, String... options) throws IOException {
        List<String> command = new ArrayList<>(List.of(options));
        command.add(0, ProcessHandle.current().info().command().orElse("java"));
        command.addAll(List.of("-XX:TieredStopAtLevel=1", "-cp", System.getProperty("java.class.path"),
                main.getName()));
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
        String reason = "not available: /natives/linux-x86_64/libzoetrope_bridge.so could not be written: there is no folder"
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
