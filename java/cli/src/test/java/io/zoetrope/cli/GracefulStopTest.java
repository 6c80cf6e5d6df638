package io.zoetrope.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.zoetrope.io.Checkpoint;
import io.zoetrope.io.CheckpointFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a signal leaves of a training process. */
class GracefulStopTest {
    private static final long PATIENCE_SECONDS = 120;

    @TempDir
    private Path folder;

    private static List<String> read(Path file) {
        try {
            return Files.exists(file) ? Files.readAllLines(file) : List.of();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void aSignalSavesTheLastStepAndSaysHowToGoOn() throws IOException, InterruptedException {
        Path run = folder.resolve("run");
        Path said = folder.resolve("said");
        Process training = new ProcessBuilder(ProcessHandle.current().info().command().orElse("java"), "-cp",
                System.getProperty("java.class.path"), Main.class.getName(), "train", "cnn", "--data",
                new Shell(folder).pictures(8), "--batch", "4", "--steps", "1000000", "--save-every", "1000000", "--run",
                run.toString(), "--device", "cpu").redirectErrorStream(true).redirectOutput(said.toFile()).start();
        try {
            // The first line has the columns' names; a row is written every ten steps.
            while (read(run.resolve("loss.csv")).size() < 2) {
                assertThat(training.isAlive()).as(Files.readString(said)).isTrue();
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
            }
            training.destroy();
            assertThat(training.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        } finally {
            training.destroyForcibly();
        }
        List<String> rows = read(run.resolve("loss.csv"));
        String step = rows.get(rows.size() - 1).split(",")[0];
        assertThat(training.exitValue()).isEqualTo(128 + 15);
        assertThat(Files.readString(said)).contains("step " + step + " is saved",
                "zoetrope train cnn --resume --run " + run);
        assertThat(new CheckpointFolder(run.resolve("checkpoints")).latest().map(Checkpoint::step))
                .hasValue(Long.parseLong(step));
    }
}
