package io.zoetrope.cuda;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A shared library of NVIDIA's that a JCuda binding is linked with. Once it is loaded, the binding's own load finds it
 * by its SONAME, wherever its file is.
 *
 * @param file       the SONAME that the binding asks for
 * @param successor  a later one that serves it through a library of ours, {@code natives/linux-x86_64/FILE}; null:
 * none
 * @param companions looked for beside it and loaded first, where they are
 * @param binding    JCuda's own library for it, by name without version and platform
 */
public record VendorLibrary(String file, String successor, List<String> companions, String binding) {
    private static final String FORWARDERS = "natives/linux-x86_64/";
    private static final String PROPERTY = "zoetrope.library.path";
    /** Files of those that are loaded; guarded by itself. */
    private static final Set<String> LOADED = new HashSet<>();
    private static final List<String> FOLDERS = List.of("/usr/local/cuda/lib64",
            "/usr/local/cuda/targets/x86_64-linux/lib", "/usr/lib/x86_64-linux-gnu", "/usr/lib64",
            "/lib/x86_64-linux-gnu", "/opt/cuda/lib64");

    /** Where it was looked for and not found, in words; empty when it is there. */
    public Optional<String> missing() {
        return find(file).isPresent() || successor != null && find(successor).isPresent() ? Optional.empty()
                : Optional.of(file + (successor == null ? "" : " or " + successor) + " was looked for in "
                        + folders().map(Path::toString).collect(Collectors.joining(", ")) + " and not found");
    }

    /** The file that would be loaded. */
    public Optional<Path> find() {
        Optional<Path> own = find(file);
        return own.isPresent() || successor == null ? own : find(successor);
    }

    /**
     * Loads it, then has the binding load its own native part from a folder of this process; once, from any thread.
     *
     * @param initialisation a call of the binding's that loads its native part
     * @throws DeviceException naming the files and the folders, or what the dynamic linker said
     */
    public void load(Runnable initialisation) {
        synchronized (LOADED) {
            if (!LOADED.contains(file)) {
                loadNow(initialisation);
                LOADED.add(file);
            }
        }
    }

    private void loadNow(Runnable initialisation) {
        Path found = find().orElseThrow(() -> new DeviceException(0,
                missing().orElse(file) + ": install it, or name its folder in LD_LIBRARY_PATH or -D" + PROPERTY));
        try (NativeFolder folder = NativeFolder.make()) {
            for (String companion : companions) {
                Path beside = found.resolveSibling(companion);
                if (Files.exists(beside)) {
                    System.load(beside.toString());
                }
            }
            System.load(found.toString());
            if (!found.endsWith(file)) {
                System.load(forwarder(folder.path()).toString());
            }
            NativeLibraries.initialise(binding, folder.path(), initialisation);
        } catch (UnsatisfiedLinkError | IOException e) {
            throw new DeviceException(found + " could not be loaded: " + e.getMessage(), e);
        }
    }

    private Path forwarder(Path folder) throws IOException {
        if (!BundledResources.copy(FORWARDERS + file, folder)) {
            throw new DeviceException(0, FORWARDERS + file + ", which serves it by " + successor
                    + ", is on neither the class path nor the module path: the artifact zoetrope-native is missing or"
                    + " older than this library");
        }
        return folder.resolve(file);
    }

    private static Optional<Path> find(String name) {
        return folders().map(folder -> folder.resolve(name)).filter(Files::exists).map(Path::toAbsolutePath)
                .findFirst();
    }

    private static Stream<Path> folders() {
        return Stream.of(paths(System.getProperty(PROPERTY)), paths(System.getenv("LD_LIBRARY_PATH")), FOLDERS.stream())
                .flatMap(folders -> folders).map(Path::of).distinct();
    }

    private static Stream<String> paths(String list) {
        return list == null ? Stream.of()
                : Stream.of(list.split(File.pathSeparator)).filter(folder -> !folder.isBlank());
    }
}
