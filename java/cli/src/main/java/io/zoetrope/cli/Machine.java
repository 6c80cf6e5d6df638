package io.zoetrope.cli;

import java.io.File;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What can be seen of this machine without loading anything native.
 *
 * @param root        /, or what stands for it in tests
 * @param environment the process's
 */
record Machine(Path root, Map<String, String> environment) {
    /** Where the dynamic linker and CUDA's installers put libraries. */
    private static final List<String> LIBRARY_FOLDERS = List.of("usr/local/cuda/lib64", "usr/local/cuda/lib",
            "usr/local/cuda/targets/x86_64-linux/lib", "usr/lib/x86_64-linux-gnu", "usr/lib64", "lib/x86_64-linux-gnu",
            "usr/local/lib", "usr/lib/wsl/lib", "usr/local/nvidia/lib64", "opt/cuda/lib64");

    static Machine here() {
        return new Machine(Path.of("/"), System.getenv());
    }

    /** The file of a shared library, by the start of its name such as {@code libcudnn.so}; any version will do. */
    Optional<Path> library(String nameStart) {
        Stream<Path> asked = split("LD_LIBRARY_PATH").map(Path::of);
        Stream<Path> usual = LIBRARY_FOLDERS.stream().map(root::resolve);
        return Stream.concat(asked, usual).map(folder -> firstIn(folder, nameStart)).flatMap(Optional::stream)
                .findFirst();
    }

    /** A program on PATH. */
    Optional<Path> program(String name) {
        return split("PATH").map(folder -> new File(folder, name)).filter(File::canExecute).map(File::toPath)
                .findFirst();
    }

    /** The version of NVIDIA's kernel driver, from its line in /proc. */
    Optional<String> driverVersion() {
        return lines("proc/driver/nvidia/version").filter(line -> line.startsWith("NVRM"))
                .map(line -> line.replaceFirst(".*?\\s(\\d+\\.\\d+[.\\d]*)\\s.*", "$1")).findFirst();
    }

    /** Whether the driver's device nodes are there. */
    boolean hasDeviceNode() {
        return Files.exists(root.resolve("dev/nvidiactl")) || Files.exists(root.resolve("dev/dxg"));
    }

    /** Whether a PCI device of NVIDIA's is plugged in, driver or not. */
    boolean hasNvidiaHardware() {
        Path devices = root.resolve("sys/bus/pci/devices");
        if (!Files.isDirectory(devices)) {
            return false;
        }
        try (DirectoryStream<Path> all = Files.newDirectoryStream(devices)) {
            for (Path device : all) {
                if (read(device.resolve("vendor")).equals("0x10de")
                        && read(device.resolve("class")).startsWith("0x03")) {
                    return true;
                }
            }
        } catch (IOException e) {
            return false; // not being allowed to look is as good as not seeing any
        }
        return false;
    }

    /** softcuda's instruction set on this CPU, by the same rules as softcuda's own choice, and what would be faster. */
    String softcudaLevel() {
        Set<String> flags = cpuFlags();
        boolean avx2 = flags.containsAll(List.of("avx2", "fma", "bmi1", "bmi2", "f16c", "popcnt"));
        boolean avx512 = avx2 && flags.containsAll(List.of("avx512f", "avx512bw", "avx512dq", "avx512vl"));
        return avx512 && flags.contains("avx512_bf16") ? "AVX-512 with BF16"
                : avx512 ? "AVX-512" : avx2 ? "AVX2" : "scalar (this CPU has no AVX2: slow)";
    }

    private Set<String> cpuFlags() {
        return lines("proc/cpuinfo").filter(line -> line.startsWith("flags")).findFirst()
                .map(line -> new HashSet<>(Arrays.asList(line.substring(line.indexOf(':') + 1).trim().split("\\s+"))))
                .orElseGet(HashSet::new);
    }

    private Stream<String> split(String variable) {
        return Arrays.stream(environment.getOrDefault(variable, "").split(":")).filter(entry -> !entry.isBlank());
    }

    private Stream<String> lines(String file) {
        return read(root.resolve(file)).lines();
    }

    private static String read(Path file) {
        try {
            return Files.isReadable(file) ? Files.readString(file).strip() : "";
        } catch (IOException e) {
            return ""; // a file that cannot be read tells nothing
        }
    }

    private static Optional<Path> firstIn(Path folder, String nameStart) {
        if (!Files.isDirectory(folder)) {
            return Optional.empty();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> {
                String name = file.getFileName().toString();
                return name.equals(nameStart) || name.startsWith(nameStart + ".");
            }).sorted().findFirst();
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
