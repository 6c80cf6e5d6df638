package io.zoetrope.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zoetrope.cuda.Device;
import io.zoetrope.cuda.DeviceChoice;
import io.zoetrope.io.Checkpoint;
import io.zoetrope.io.CheckpointFolder;
import io.zoetrope.io.Progress;
import io.zoetrope.testkit.Devices;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A real training process of each family, killed at arbitrary moments, ends with the same bits as one that was left
 * alone.
 */
class KilledTrainingTest {
    private static final int SAVE_EVERY = 2;
    /** About the time of a few saves. */
    private static final long MOST_DELAY = TimeUnit.MILLISECONDS.toNanos(150);

    @TempDir
    Path folder;
    private Path log;

    @BeforeEach
    void nameLog() throws IOException {
        log = Files.createFile(folder.resolve("log"));
    }

    /** What runs in the process: family, run, and the steps, before the last of which it waits for its end. */
    static final class Training {
        private Training() {
        }

        public static void main(String[] args) throws IOException {
            TinyTraining training = TinyTraining.valueOf(args[0]);
            Path run = Path.of(args[1]);
            boolean resume = Files.exists(run.resolve("config.json"));
            DeviceChoice choice = DeviceChoice.parse(System.getProperty("zoetrope.test.device", "auto"));
            try (Device device = Device.open(choice)) {
                long steps = Long.parseLong(args[2]);
                new Trainer(device).train(training.family(), request(training, run, steps, resume), new Waiting(steps));
            }
        }
    }

    /** Lets no process be done before it is killed. */
    private record Waiting(long step) implements Progress {
        @Override
        public void begin(String stage, long total) {}

        @Override
        public void advance(long done, String note) {
            while (done >= step) {
                LockSupport.park();
            }
        }

        @Override
        public void end() {}
    }

    private static TrainRequest request(TinyTraining training, Path run, long steps, boolean resume) {
        int sampleEvery = training == TinyTraining.DDPM ? 0 : 2 * SAVE_EVERY;
        return training.request(run, steps, resume, SAVE_EVERY, sampleEvery);
    }

    private Process start(TinyTraining training, Path run, long steps) throws IOException {
        return new ProcessBuilder(ProcessHandle.current().info().command().orElse("java"), "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC", "-cp", System.getProperty("java.class.path"),
                "-Dzoetrope.test.device=" + System.getProperty("zoetrope.test.device", "auto"),
                Training.class.getName(), training.name(), run.toString(), Long.toString(steps))
                .redirectErrorStream(true).redirectOutput(log.toFile()).start();
    }

    @ParameterizedTest
    @EnumSource
    void killsLoseAtMostTheStepsSinceTheLastCheckpoint(TinyTraining training) throws Exception {
        // The first kill of a diffusion model comes before its first checkpoint.
        int kills = training == TinyTraining.DDPM ? 3 : 2;
        long first = training == TinyTraining.DDPM ? 0 : SAVE_EVERY;
        long steps = (kills + 3) * SAVE_EVERY;
        Path whole = folder.resolve("whole");
        Trainer trainer = new Trainer(Devices.shared());
        trainer.train(training.family(), request(training, whole, steps, false), Progress.none());

        Path killed = folder.resolve("killed");
        SplittableRandom random = new SplittableRandom(training.ordinal());
        long saved = 0;
        for (int kill = 0; kill < kills; kill++) {
            Process process = start(training, killed, steps);
            try {
                awaitCheckpoint(killed, kill == 0 ? first : Math.min(saved + SAVE_EVERY, steps - SAVE_EVERY), process);
                LockSupport.parkNanos(random.nextLong(MOST_DELAY));
                assertThat(process.isAlive()).as(Files.readString(log)).isTrue();
            } finally {
                process.destroyForcibly().waitFor();
            }
            long newest = new CheckpointFolder(killed.resolve("checkpoints")).latest().map(Checkpoint::step).orElse(0L);
            assertThat(newest).as("newest whole checkpoint after a kill").isBetween(saved, steps - SAVE_EVERY);
            saved = newest;
        }
        trainer.train(training.family(), request(training, killed, steps, true), Progress.none());
        RunFiles.assertSame(killed, whole);
    }

    private void awaitCheckpoint(Path run, long step, Process process) throws IOException {
        while (!Files.exists(run.resolve("config.json")) || newestName(run) < step) {
            assertThat(process.isAlive()).as(Files.readString(log)).isTrue();
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(2));
        }
    }

    /** The step of the newest checkpoint by the files' names: their owner may be about to remove older ones. */
    private static long newestName(Path run) {
        String[] names = run.resolve("checkpoints").toFile().list((folder, name) -> name.endsWith(".safetensors"));
        return names == null ? 0
                : Stream.of(names).mapToLong(name -> Long.parseLong(name.replaceAll("\\D", ""))).max().orElse(0);
    }

    /** What belongs to a checkpoint is there once the checkpoint is: a run that dies between the two makes it again. */
    @ParameterizedTest
    @ValueSource(strings = {"save", "report", "state"})
    void deathInTheMiddleOfTheLastSaveLosesNothing(String during) throws IOException {
        TinyTraining training = TinyTraining.GAN;
        Trainer trainer = new Trainer(Devices.shared());
        Path whole = folder.resolve("whole");
        trainer.train(training.family(), training.request(whole, 4, false, 2, 2), Progress.none());

        Path died = folder.resolve("died");
        assertThatThrownBy(() -> trainer.train(dying(training.family(), during, 2),
                training.request(died, 4, false, 2, 2), Progress.none())).hasMessage("died in " + during);
        trainer.train(training.family(), training.request(died, 4, true, 2, 2), Progress.none());
        RunFiles.assertSame(died, whole);
    }

    /** A family whose task fails in the given call of a method. */
    private static TrainingFamily dying(TrainingFamily family, String method, int call) {
        int[] calls = new int[1];
        return new WatchedFamily(family, (name, work) -> {
            if (name.equals(method) && ++calls[0] == call) {
                throw new IllegalStateException("died in " + method);
            }
            return work.call();
        });
    }
}
