package io.zoetrope.cuda;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import jcuda.JCudaVersion;
import jcuda.driver.JCudaDriver;

/**
 * Decides, once for the process, which {@code libcuda.so.1} JCuda binds to, and loads it.
 *
 * <p>Whichever library of that SONAME is loaded first serves the whole process, so the decision falls before JCuda's
 * class initialiser runs.
 */
final class NativeLibraries {
    private static final String SOFTCUDA = "natives/linux-x86_64/libcuda.so.1";
    /** Folders besides the dynamic linker's own where NVIDIA's driver library is found. */
    private static final List<Path> DRIVER_FOLDERS = List.of(Path.of("/usr/lib/x86_64-linux-gnu"),
            Path.of("/usr/lib64"), Path.of("/lib/x86_64-linux-gnu"), Path.of("/usr/lib/wsl/lib"),
            Path.of("/usr/local/nvidia/lib64"), Path.of("/usr/lib/nvidia"));
    private static Boolean software;

    private NativeLibraries() {
    }

    /**
     * Loads the driver for the choice.
     *
     * @return true for softcuda, false for NVIDIA's driver
     */
    static synchronized boolean load(DeviceChoice choice) {
        if (software != null) {
            boolean fits = choice.isAuto() || choice.isCpu() == software;
            if (!fits) {
                throw new DeviceException(0, "device '" + choice + "' was asked for, but this process already runs on "
                        + (software ? "softcuda (CPU)" : "the GPU") + ": a process has one driver; start another one");
            }
            return software;
        }
        Optional<String> missing = missingForGpu();
        if (choice.isGpu() && missing.isPresent()) {
            throw new DeviceException(0, "device '" + choice + "' was asked for, but " + missing.get()
                    + ": install NVIDIA's driver (R580 or newer), or choose device cpu");
        }
        boolean useSoftware = choice.isCpu() || missing.isPresent();
        try (NativeFolder folder = NativeFolder.make()) {
            if (useSoftware) {
                System.load(extract(SOFTCUDA, folder.path()).toString());
            } else {
                driverLibrary().ifPresent(path -> System.load(path.toString()));
            }
            initialiseJCuda(folder.path());
        } catch (UnsatisfiedLinkError e) {
            throw new DeviceException("the native libraries could not be loaded ("
                    + e.getMessage().lines().findFirst().orElse("") + "): Linux on x86-64 with glibc is needed", e);
        }
        software = useSoftware;
        return software;
    }

    /** What this machine lacks to run on a GPU; empty when it has one. */
    static Optional<String> missingForGpu() {
        boolean node = Files.exists(Path.of("/dev/nvidiactl")) || Files.exists(Path.of("/dev/dxg"));
        Optional<Path> library = driverLibrary();
        if (!node && library.isEmpty()) {
            return Optional.of("this machine has no NVIDIA GPU (no /dev/nvidiactl) and no driver (no libcuda.so.1)");
        }
        if (!node) {
            return Optional.of("this machine has no NVIDIA GPU (no /dev/nvidiactl)");
        }
        if (library.isEmpty()) {
            return Optional.of("NVIDIA's driver library libcuda.so.1 was not found");
        }
        return Optional.empty();
    }

    static Optional<Path> driverLibrary() {
        Stream<Path> fromEnvironment = Stream
                .of(Optional.ofNullable(System.getenv("LD_LIBRARY_PATH")).orElse("").split(":"))
                .filter(folder -> !folder.isBlank()).map(Path::of);
        return Stream.concat(fromEnvironment, DRIVER_FOLDERS.stream()).map(folder -> folder.resolve("libcuda.so.1"))
                .filter(Files::exists).findFirst();
    }

    private static void initialiseJCuda(Path folder) {
        initialise("JCudaDriver", folder, () -> JCudaDriver.setExceptionsEnabled(false));
    }

    /**
     * Has a binding of JCuda load its native library from a folder of ours. It would extract it under java.io.tmpdir,
     * guarded by exists() alone, and look for it in its own module only: the file is put there for it.
     *
     * @param binding the library's name, without version and platform
     */
    static synchronized void initialise(String binding, Path folder, Runnable initialisation) {
        String library = "lib/lib" + binding + "-" + JCudaVersion.get() + "-linux-x86_64.so";
        try {
            BundledResources.copy(library, folder); // where no jar has it, the binding looks for it on its own
        } catch (IOException e) {
            throw new DeviceException(library + " could not be written to " + folder + ": " + e.getMessage(), e);
        }
        String before = System.getProperty("java.io.tmpdir");
        System.setProperty("java.io.tmpdir", folder.toString());
        try {
            initialisation.run();
        } finally {
            System.setProperty("java.io.tmpdir", before);
        }
    }

    private static Path extract(String resource, Path folder) {
        Path file = folder.resolve(Path.of(resource).getFileName());
        try {
            if (!BundledResources.copy(resource, folder)) {
                throw new DeviceException(0, "softcuda (" + resource + ") is on neither the class path nor the module"
                        + " path: the artifact zoetrope-native is missing");
            }
            return file;
        } catch (IOException e) {
            throw new DeviceException("softcuda could not be written to " + file + ": " + e.getMessage(), e);
        }
    }
}
