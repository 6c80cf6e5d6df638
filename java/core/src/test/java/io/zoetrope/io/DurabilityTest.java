package io.zoetrope.io;

import static org.assertj.core.api.Assertions.assertThat;

import io.zoetrope.train.LossCsv;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** In which order files reach the disk, as a library sees it that stands between the process and its system. */
class DurabilityTest {
    private static final String PART = "\\.[0-9a-f]{16}\\.zoetrope-part";

    @TempDir
    private Path folder;
    private Path recorder;
    private Path log;

    /** What runs in the recorded process. */
    static final class Worker {
        private Worker() {}

        public static void main(String[] arguments) throws IOException {
            Path file = Path.of(arguments[1]);
            switch (arguments[0]) {
                case "text" -> AtomicFiles.writeText(file, "new");
                case "checkpoint" -> {
                    try (LossCsv losses = LossCsv.open(file.resolve("loss.csv"), List.of("loss"), 0)) {
                        losses.append(1, 0.5);
                        losses.sync();
                        new CheckpointFolder(file)
                                .save(new Checkpoint(1, Map.of(), Map.of("w", StoredTensor.ofF32(new float[1], 1))));
                    }
                }
                default -> throw new IllegalArgumentException(arguments[0]);
            }
        }
    }

    @BeforeEach
    void buildTheRecorder() throws IOException, InterruptedException {
        folder = folder.toRealPath();
        recorder = folder.resolve("recorder.so");
        log = folder.resolve("log");
        Path source = folder.resolve("recorder.cc");
        try (InputStream in = DurabilityTest.class.getResourceAsStream("recorder.cc")) {
            Files.copy(in, source);
        }
        // The compiler that builds the native code builds this.
        Process compiler = new ProcessBuilder("g++", "-shared", "-fPIC", "-o", recorder.toString(), source.toString())
                .inheritIO().start();
        assertThat(compiler.waitFor()).isZero();
    }

    private List<String> recorded(Map<String, String> environment, String work, Path file)
            throws IOException, InterruptedException {
        ProcessBuilder java = new ProcessBuilder(ProcessHandle.current().info().command().orElse("java"), "-cp",
                System.getProperty("java.class.path"), Worker.class.getName(), work, file.toString())
                .redirectError(ProcessBuilder.Redirect.DISCARD).redirectOutput(ProcessBuilder.Redirect.DISCARD);
        java.environment().putAll(environment);
        java.environment().put("LD_PRELOAD", recorder.toString());
        java.environment().put("RECORDER_LOG", log.toString());
        assertThat(java.start().waitFor()).isZero();
        return Files.readAllLines(log).stream().filter(line -> line.contains(file.getParent().toString())).toList();
    }

    /** Lines that match {@code patterns} come in this order, with others between. */
    private static void assertOrder(List<String> lines, String... patterns) {
        int at = 0;
        for (String pattern : patterns) {
            while (at < lines.size() && !Pattern.matches(pattern, lines.get(at))) {
                at++;
            }
            assertThat(at).as("%s in %s", pattern, lines).isLessThan(lines.size());
            at++;
        }
    }

    @Test
    void aFileIsSyncedThenRenamedThenItsFolderSynced() throws IOException, InterruptedException {
        Path file = folder.resolve("in/a/file.txt");
        String name = Pattern.quote(file.toString());
        List<String> lines = recorded(Map.of(), "text", file);
        assertOrder(lines, "write " + name + PART, "fsync " + name + PART, "rename " + name + PART + " " + name,
                "fsync " + Pattern.quote(file.getParent().toString()));
        assertThat(lines.stream().filter(line -> line.startsWith("write")).reduce((a, b) -> b).orElseThrow())
                .as("nothing is written after the sync")
                .isEqualTo(lines.stream().filter(line -> line.startsWith("write")).findFirst().orElseThrow());
        List<String> all = Files.readAllLines(log);
        assertOrder(all, "mkdir " + Pattern.quote(folder.resolve("in").toString()),
                "fsync " + Pattern.quote(folder.toString()));
        assertOrder(all, "mkdir " + Pattern.quote(folder.resolve("in/a").toString()),
                "fsync " + Pattern.quote(folder.resolve("in").toString()), "write " + name + PART);
    }

    @Test
    void rowsOfTheLossFileAreOnDiskBeforeTheCheckpointThatCoversThem() throws IOException, InterruptedException {
        Path run = Files.createDirectories(folder.resolve("run/1"));
        String losses = Pattern.quote(run.resolve("loss.csv").toString());
        String checkpoint = Pattern.quote(run.resolve("step-000000001.safetensors").toString());
        assertOrder(recorded(Map.of(), "checkpoint", run), "write " + losses, "fsync " + losses,
                "fsync " + checkpoint + PART, "rename " + checkpoint + PART + " " + checkpoint,
                "fsync " + Pattern.quote(run.toString()));
    }

    /** As in a container in which a single file is mounted. */
    @Test
    void aFileThatCannotBeReplacedIsWrittenInPlaceAndSynced() throws IOException, InterruptedException {
        Path file = Files.createDirectories(folder.resolve("mounted")).resolve("file.txt");
        Files.writeString(file, "the old, longer content");
        Object inode = Files.getAttribute(file, "unix:ino");
        String name = Pattern.quote(file.toString());
        List<String> lines = recorded(Map.of("RECORDER_BUSY", file.toString()), "text", file);
        assertOrder(lines, "rename " + name + PART + " " + name, "fsync " + name);
        assertThat(file).hasContent("new");
        assertThat(Files.getAttribute(file, "unix:ino")).isEqualTo(inode);
        assertThat(file.getParent()).isDirectoryContaining(path -> path.equals(file));
        try (var left = Files.list(file.getParent())) {
            assertThat(left).containsExactly(file);
        }
    }
}
