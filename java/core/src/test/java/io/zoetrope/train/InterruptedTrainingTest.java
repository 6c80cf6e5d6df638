package io.zoetrope.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.zoetrope.cuda.Device;
import io.zoetrope.cuda.DeviceChoice;
import io.zoetrope.io.Checkpoint;
import io.zoetrope.io.CheckpointFolder;
import io.zoetrope.io.Progress;
import io.zoetrope.testkit.Devices;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A training whose thread is interrupted saves the step it has come to, says so, and can go on from there. */
class InterruptedTrainingTest {
    private static final TinyTraining TRAINING = TinyTraining.PATCHES;
    private final Trainer trainer = new Trainer(Devices.shared());

    @TempDir
    Path folder;

    @AfterEach
    void forgetInterrupts() {
        Thread.interrupted();
    }

    /** Marks this thread as interrupted in the given call of a task's method, before or after it did its work. */
    private static TrainingFamily interrupting(String method, int call, boolean after) {
        int[] calls = new int[1];
        return new WatchedFamily(TRAINING.family(), (name, work) -> {
            boolean now = name.equals(method) && ++calls[0] == call;
            if (now && !after) {
                Thread.currentThread().interrupt();
            }
            Object result = work.call();
            if (now && after) {
                Thread.currentThread().interrupt();
            }
            return result;
        });
    }

    private void assertStopsAt(long step, Path run, TrainingFamily family) throws IOException {
        assertThatExceptionOfType(TrainingInterruptedException.class)
                .isThrownBy(() -> trainer.train(family, TRAINING.request(run, 9, false, 4, 4), Progress.none()))
                .withMessageContaining("step " + step + " is saved").withMessageContaining("resume")
                .satisfies(e -> assertThat(e.step()).isEqualTo(step))
                .satisfies(e -> assertThat(e.run()).isEqualTo(run));
        assertThat(Thread.interrupted()).as("the thread stays marked").isTrue();
        assertThat(new CheckpointFolder(run.resolve("checkpoints")).latest().map(Checkpoint::step)).contains(step);
        try (var files = Files.walk(run)) {
            assertThat(files.map(Path::toString)).noneMatch(name -> name.contains("part"));
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theStepThatItHasComeToIsSaved(boolean after) throws IOException {
        Path whole = folder.resolve("whole");
        trainer.train(TRAINING.family(), TRAINING.request(whole, 9, false, 4, 4), Progress.none());
        Path run = folder.resolve("run");
        assertStopsAt(6, run, interrupting("step", 6, after));
        trainer.train(TRAINING.family(), TRAINING.request(run, 9, true, 4, 4), Progress.none());
        for (String file : new String[] {"checkpoints/step-000000009.safetensors",
                "model/palette/diffusion_pytorch_model.safetensors",
                "model/transformer/diffusion_pytorch_model.safetensors", "samples/step-000000009.png"}) {
            assertThat(Files.mismatch(run.resolve(file), whole.resolve(file))).as(file).isEqualTo(-1);
        }
    }

    /** Wherever the interrupt comes, files are whole. */
    @ParameterizedTest
    @ValueSource(strings = {"save", "report", "state", "samples", "takeRow"})
    void anInterruptInTheMiddleOfASaveSpoilsNothing(String method) throws IOException {
        assertStopsAt(4, folder.resolve("before"), interrupting(method, 1, false));
        assertStopsAt(4, folder.resolve("after"), interrupting(method, 1, true));
    }

    @Test
    void cancellingAFutureStopsTraining() throws Exception {
        Path run = folder.resolve("run");
        CountDownLatch begun = new CountDownLatch(1);
        AtomicReference<Throwable> end = new AtomicReference<>();
        TrainingFamily family = new WatchedFamily(TRAINING.family(), (name, work) -> {
            if (name.equals("step")) {
                begun.countDown();
            }
            return work.call();
        });
        ExecutorService pool = Executors.newSingleThreadExecutor();
        Future<?> future = pool.submit(() -> {
            try (Device device = Device.open(DeviceChoice.parse(System.getProperty("zoetrope.test.device", "auto")))) {
                new Trainer(device).train(family, TRAINING.request(run, 1_000_000, false, 1_000_000, 0),
                        Progress.none());
            } catch (IOException | RuntimeException e) {
                end.set(e);
            } finally {
                begun.countDown();
            }
        });
        assertThat(begun.await(2, TimeUnit.MINUTES)).isTrue();
        future.cancel(true);
        pool.shutdown();
        assertThat(pool.awaitTermination(2, TimeUnit.MINUTES)).isTrue();
        assertThat(end.get()).isInstanceOf(TrainingInterruptedException.class);
        assertThat(new CheckpointFolder(run.resolve("checkpoints")).latest().map(Checkpoint::step))
                .contains(((TrainingInterruptedException) end.get()).step());
    }

    @Test
    void whatIsInterruptedBeforeItBeginsLeavesNothing() {
        Path run = folder.resolve("run");
        Thread.currentThread().interrupt();
        assertThatExceptionOfType(TrainingInterruptedException.class)
                .isThrownBy(() -> trainer.train(TRAINING.family(), TRAINING.request(run, 2, false, 1), Progress.none()))
                .withMessageContaining("before its first step");
        assertThat(Thread.interrupted()).isTrue();
        assertThat(run).doesNotExist();
    }

    /** An interrupt in the last step's save comes too late to stop anything. */
    @Test
    void aTrainingThatIsDoneEndsAsUsual() throws IOException {
        Path run = folder.resolve("run");
        Path model = trainer.train(interrupting("state", 1, false), TRAINING.request(run, 2, false, 2),
                Progress.none());
        assertThat(Thread.interrupted()).isTrue();
        assertThat(model.resolve("model_index.json")).exists();
    }
}
