package io.zoetrope.cuda;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * A folder of this process alone from which native libraries are loaded. They stay mapped when their files are gone, so
 * that it is deleted as soon as that is done; what a process that was killed in between left is deleted by a later one.
 */
final class NativeFolder implements AutoCloseable {
    private static final String PREFIX = "zoetrope-natives-";
    /** No process loads its libraries for so long. */
    private static final Duration STALE = Duration.ofHours(1);
    private static final Set<PosixFilePermission> MINE = PosixFilePermissions.fromString("rwx------");

    private final Path path;

    private NativeFolder(Path path) {
        this.path = path;
    }

    /**
     * In the first place that can be written and lets code run: TMPDIR, Java's folder for temporary files, the user's
     * cache.
     */
    static NativeFolder make() {
        List<Path> places = new ArrayList<>();
        add(places, System.getenv("TMPDIR"), "");
        add(places, System.getProperty("java.io.tmpdir"), "");
        add(places, System.getenv("XDG_CACHE_HOME"), "zoetrope");
        add(places, System.getProperty("user.home"), ".cache/zoetrope");
        return make(places, Files::isExecutable);
    }

    private static void add(List<Path> places, String folder, String below) {
        if (folder != null && !folder.isBlank()) {
            Path place = Path.of(folder).toAbsolutePath().resolve(below).normalize();
            if (!places.contains(place)) {
                places.add(place);
            }
        }
    }

    /**
     * @param runs whether a file with the permission to be run may be: false where the file system was mounted without
     *             exec
     * @throws DeviceException naming the places, what is wrong with each, and what to do
     */
    static NativeFolder make(List<Path> places, Predicate<Path> runs) {
        List<String> wrong = new ArrayList<>();
        for (Path place : places) {
            try {
                Files.createDirectories(place);
                deleteStale(place);
                NativeFolder made = new NativeFolder(
                        Files.createTempDirectory(place, PREFIX, PosixFilePermissions.asFileAttribute(MINE)));
                Path probe = Files.createFile(made.path.resolve("probe"), PosixFilePermissions.asFileAttribute(MINE));
                if (runs.test(probe)) {
                    Files.delete(probe);
                    return made;
                }
                made.close();
                wrong.add(place + " is mounted without exec");
            } catch (IOException | UnsupportedOperationException e) {
                wrong.add(place + " cannot be written (" + e.getClass().getSimpleName() + ": " + e.getMessage() + ")");
            }
        }
        throw new DeviceException(0,
                "there is no folder from which native libraries can be loaded: " + String.join("; ", wrong)
                        + "; set the environment variable TMPDIR to one that can be written and lets code run");
    }

    private static void deleteStale(Path place) throws IOException {
        FileTime limit = FileTime.from(Instant.now().minus(STALE));
        try (DirectoryStream<Path> leftovers = Files.newDirectoryStream(place, PREFIX + "*")) {
            for (Path each : leftovers) {
                if (Files.isWritable(each) && Files.getLastModifiedTime(each).compareTo(limit) < 0) {
                    delete(each);
                }
            }
        }
    }

    Path path() {
        return path;
    }

    @Override
    public void close() {
        delete(path);
    }

    private static void delete(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path each : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(each);
            }
        } catch (IOException e) {
            folder.toFile().deleteOnExit(); // another process may be deleting it, too; what stays is stale to a later one
        }
    }
}
