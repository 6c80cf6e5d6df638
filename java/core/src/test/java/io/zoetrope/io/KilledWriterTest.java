package io.zoetrope.io;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A process that does nothing but write checkpoints, killed again and again: whatever it reported as saved is there.
 */
class KilledWriterTest {
    private static final int KILLS = 6;
    private static final int FLOATS = 100_000;

    @TempDir
    private Path folder;

    /** What runs in the process: saves as fast as it can, and says so after each. */
    static final class Writer {
        private Writer() {}

        public static void main(String[] arguments) throws IOException {
            CheckpointFolder checkpoints = new CheckpointFolder(Path.of(arguments[0]));
            long step = checkpoints.latest().map(Checkpoint::step).orElse(0L);
            while (true) {
                step++;
                float[] weights = new float[FLOATS];
                java.util.Arrays.fill(weights, step);
                checkpoints.save(
                        new Checkpoint(step, Map.of("seed", "7"), Map.of("w", StoredTensor.ofF32(weights, FLOATS))));
                System.out.println(step);
            }
        }
    }

    @Test
    void everyReportedCheckpointSurvives() throws IOException, InterruptedException {
        SplittableRandom random = new SplittableRandom(5);
        long reached = 0;
        for (int kill = 0; kill < KILLS; kill++) {
            Process process = new ProcessBuilder(ProcessHandle.current().info().command().orElse("java"), "-cp",
                    System.getProperty("java.class.path"), Writer.class.getName(), folder.toString())
                    .redirectError(ProcessBuilder.Redirect.DISCARD).start();
            long said = reached;
            try (BufferedReader out = process.inputReader()) {
                int lines = random.nextInt(1, 12);
                for (int i = 0; i < lines; i++) {
                    said = Long.parseLong(out.readLine());
                }
                Thread.sleep(random.nextInt(5)); // somewhere within the next write
                process.destroyForcibly().waitFor();
            }
            Checkpoint latest = new CheckpointFolder(folder).latest().orElseThrow();
            assertThat(latest.step()).isGreaterThanOrEqualTo(said).isGreaterThan(reached);
            assertThat(latest.tensors().get("w").inMemory().toFloats()).containsOnly(latest.step());
            reached = latest.step();
        }
    }
}
