package io.zoetrope.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.zoetrope.cuda.Device;
import io.zoetrope.cuda.DeviceChoice;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real training process, killed at arbitrary moments, ends with the same bits as one that was left alone. */
class KilledTrainingTest {
    private static final long STEPS = 40;
    private static final int SAVE_EVERY = 2;
    private static final int MOST_STARTS = 40;

    @TempDir
    Path folder;

    /** What runs in the process. */
    static final class Training {
        private Training() {
        }

        public static void main(String[] args) throws IOException {
            Path run = Path.of(args[0]);
            boolean resume = Files.exists(run.resolve("config.json"));
            DeviceChoice choice = DeviceChoice.parse(System.getProperty("zoetrope.test.device", "auto"));
            try (Device device = Device.open(choice)) {
                new Trainer(device).train(new DdpmFamily(), TinyData.request(run, STEPS, resume, SAVE_EVERY),
                        Progress.none());
            }
        }
    }

    private Process start(Path run) throws IOException {
        return new ProcessBuilder(ProcessHandle.current().info().command().orElse("java"), "-cp",
                System.getProperty("java.class.path"),
                "-Dzoetrope.test.device=" + System.getProperty("zoetrope.test.device", "auto"),
                Training.class.getName(), run.toString())
                .redirectErrorStream(true).redirectOutput(new File(folder.toFile(), "log-" + run.getFileName())).start();
    }

    private static byte[] result(Path run) throws IOException {
        return Files.readAllBytes(run.resolve("checkpoints").resolve(String.format("step-%09d.safetensors", STEPS)));
    }

    @Test
    void killsLoseAtMostTheStepsSinceTheLastCheckpoint() throws Exception {
        Path whole = folder.resolve("whole");
        long begun = System.nanoTime();
        assertThat(start(whole).waitFor()).as(Files.readString(folder.resolve("log-whole"))).isZero();
        long duration = System.nanoTime() - begun;

        Path killed = folder.resolve("killed");
        SplittableRandom random = new SplittableRandom(1);
        int kills = 0;
        long saved = 0;
        for (int starts = 0; starts < MOST_STARTS; starts++) {
            Process process = start(killed);
            // Long enough to pass a checkpoint at times, short enough not to finish at once.
            long patience = (long) (duration * (0.3 + 0.6 * random.nextDouble()));
            if (process.waitFor(patience, TimeUnit.NANOSECONDS)) {
                assertThat(process.exitValue()).as(Files.readString(folder.resolve("log-killed"))).isZero();
                break;
            }
            process.destroyForcibly().waitFor();
            kills++;
            long newest = newest(killed);
            assertThat(newest).as("newest whole checkpoint after a kill").isBetween(saved, STEPS);
            saved = newest;
        }
        assertThat(kills).as("the run must have been killed at least once").isPositive();
        assertThat(result(killed)).isEqualTo(result(whole));
        assertThat(Files.readString(killed.resolve("loss.csv"))).isEqualTo(Files.readString(whole.resolve("loss.csv")));
    }

    private static long newest(Path run) throws IOException {
        return new CheckpointFolder(run.resolve("checkpoints")).latest().map(Checkpoint::step).orElse(0L);
    }
}
