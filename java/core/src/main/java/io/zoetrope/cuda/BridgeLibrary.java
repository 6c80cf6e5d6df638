package io.zoetrope.cuda;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;

/** Loads {@code libzoetrope_bridge.so} from this library's jars, once. */
final class BridgeLibrary {
    private static final String RESOURCE = "natives/linux-x86_64/libzoetrope_bridge.so";
    private static final Optional<String> FAILURE = load(RESOURCE).or(BridgeLibrary::mismatch);

    private BridgeLibrary() {
    }

    /** Why the library cannot be used, in words; empty when it can. */
    static Optional<String> failure() {
        return FAILURE;
    }

    /**
     * Loads a library.
     *
     * @return why that failed, in words; empty when it did not
     */
    static Optional<String> load(String resource) {
        try (NativeFolder folder = NativeFolder.make()) {
            if (!BundledResources.copy(resource, folder.path())) {
                return Optional.of(resource + " is on neither the class path nor the module path: the artifact"
                        + " zoetrope-native is missing or older than this library");
            }
            System.load(folder.path().resolve(Path.of(resource).getFileName()).toString());
            return Optional.empty();
        } catch (IOException | DeviceException e) {
            return Optional.of(resource + " could not be written: " + e.getMessage());
        } catch (UnsatisfiedLinkError e) {
            return Optional.of(resource + " could not be loaded: " + e.getMessage().lines().findFirst().orElse(""));
        }
    }

    /** A native library of another version would answer for the wrong calls. */
    private static Optional<String> mismatch() {
        String expected = Arrays.stream(Bridge.Call.values()).map(Bridge.Call::symbol).collect(Collectors.joining(","));
        try {
            String found = BridgeNative.symbols();
            return found.equals(expected) ? Optional.empty() : Optional
                    .of(RESOURCE + " is of another version: it looks for " + found + ", expected " + expected);
        } catch (UnsatisfiedLinkError e) {
            return Optional.of(RESOURCE + " is of another version: it lacks " + e.getMessage());
        }
    }
}
