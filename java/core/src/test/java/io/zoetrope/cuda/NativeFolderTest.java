package io.zoetrope.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NativeFolderTest {
    @TempDir
    private Path folder;

    private List<String> namesIn(Path place) throws IOException {
        try (Stream<Path> files = Files.list(place)) {
            return files.map(each -> each.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void theFirstPlaceThatServesIsTaken() throws IOException {
        Path file = Files.createFile(folder.resolve("file"));
        Path noexec = folder.resolve("noexec");
        Path good = folder.resolve("a/new/one");
        try (NativeFolder made = NativeFolder.make(List.of(file, noexec, good),
                probe -> !probe.startsWith(noexec) && Files.isExecutable(probe))) {
            assertThat(made.path().getParent()).isEqualTo(good);
            assertThat(namesIn(made.path())).isEmpty();
            Files.createFile(made.path().resolve("lib.so"));
        }
        assertThat(namesIn(good)).isEmpty();
        assertThat(namesIn(noexec)).isEmpty();
    }

    @Test
    void withoutAnyPlaceEachIsNamedWithItsFault() throws IOException {
        Path file = Files.createFile(folder.resolve("file"));
        Path noexec = folder.resolve("noexec");
        assertThatThrownBy(() -> NativeFolder.make(List.of(file, noexec), probe -> false))
                .isInstanceOf(DeviceException.class).hasMessageContaining(file + " cannot be written")
                .hasMessageContaining(noexec + " is mounted without exec")
                .hasMessageContaining("set the environment variable TMPDIR");
    }

    @Test
    void leftoversOfKilledProcessesAreDeleted() throws IOException {
        Path stale = Files.createDirectories(folder.resolve("zoetrope-natives-1/inner")).getParent();
        Files.createFile(stale.resolve("libcuda.so.1"));
        Path fresh = Files.createDirectory(folder.resolve("zoetrope-natives-2"));
        Path other = Files.createDirectory(folder.resolve("somebody-else"));
        FileTime old = FileTime.from(Instant.now().minusSeconds(2 * 3600));
        Files.setLastModifiedTime(stale, old);
        Files.setLastModifiedTime(other, old);
        NativeFolder.make(List.of(folder), Files::isExecutable).close();
        assertThat(namesIn(folder)).containsExactly(other.getFileName().toString(), fresh.getFileName().toString());
    }

    /** Opens a device and prints where temporary files go afterwards. */
    public static final class Opens {
        public static void main(String[] arguments) {
            try (Device device = Device.open(DeviceChoice.CPU)) {
                System.out.println(device + " with " + System.getProperty("java.io.tmpdir"));
            } catch (DeviceException e) {
                System.out.println("refused: " + e.getMessage());
            }
        }
    }

    private String opens(String tmpdir, Path javaTmpdir, Path home) throws Exception {
        Map<String, String> environment = new HashMap<>(Map.of("TMPDIR", tmpdir, "XDG_CACHE_HOME", ""));
        return OtherProcess.run(Opens.class, environment, "-Djava.io.tmpdir=" + javaTmpdir, "-Duser.home=" + home)
                .successful();
    }

    @Test
    void aProcessLoadsFromTmpdirElseFromTheCacheElseSaysWhy() throws Exception {
        Path bad = Files.createFile(folder.resolve("file"));
        Path good = Files.createDirectory(folder.resolve("tmp"));
        Path home = Files.createDirectory(folder.resolve("home"));
        assertThat(opens(good.toString(), bad, bad)).contains("softcuda (CPU) #0 with " + bad);
        assertThat(namesIn(good)).as("left behind").isEmpty();
        assertThat(opens("", bad, home)).contains("softcuda (CPU) #0");
        assertThat(namesIn(home.resolve(".cache/zoetrope"))).isEmpty();
        assertThat(opens(bad.toString(), bad, bad)).contains("refused: there is no folder").contains(bad.toString())
                .contains("set the environment variable TMPDIR");
    }
}
