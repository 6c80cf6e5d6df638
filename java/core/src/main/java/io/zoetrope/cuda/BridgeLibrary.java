package io.zoetrope.cuda;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;

/** Loads {@code libzoetrope_bridge.so} from the class path, once. */
final class BridgeLibrary {
    private static final String RESOURCE = "/natives/linux-x86_64/libzoetrope_bridge.so";
    private static final Optional<String> FAILURE = load(RESOURCE).or(BridgeLibrary::mismatch);

    private BridgeLibrary() {
    }

    /** Why the library cannot be used, in words; empty when it can. */
    static Optional<String> failure() {
        return FAILURE;
    }

    /** Loads a library. @return why that failed, in words; empty when it did not */
    static Optional<String> load(String resource) {
        try (InputStream in = BridgeLibrary.class.getResourceAsStream(resource)) {
            if (in == null) {
                return Optional.of(resource + " is not on the class path: the artifact zoetrope-native is missing or"
                        + " older than this library");
            }
            try (NativeFolder folder = NativeFolder.make()) {
                Path file = folder.path().resolve(Path.of(resource).getFileName());
                Files.copy(in, file);
                System.load(file.toString());
            }
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
