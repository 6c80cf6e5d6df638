package io.zoetrope.metric;

import io.zoetrope.cuda.Device;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** Names what something was timed on. */
public final class MachineName {
    private static final Path CPU = Path.of("/proc/cpuinfo");
    private static final String MODEL = "model name";

    private MachineName() {
    }

    /** The GPU's name; for softcuda, which runs on the CPU, the CPU's as well and how many processors there are. */
    public static String of(Device device) {
        return device.isSoftware()
                ? device.name() + ", " + cpu() + ", " + Runtime.getRuntime().availableProcessors() + " processors"
                : device.name();
    }

    private static String cpu() {
        try (Stream<String> lines = Files.lines(CPU)) {
            return lines.filter(line -> line.startsWith(MODEL)).findFirst()
                    .map(line -> line.substring(line.indexOf(':') + 1).strip()).orElse(System.getProperty("os.arch"));
        } catch (IOException e) {
            return System.getProperty("os.arch"); // a system without it
        }
    }
}
