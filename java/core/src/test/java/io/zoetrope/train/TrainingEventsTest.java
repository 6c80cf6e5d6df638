package io.zoetrope.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.zoetrope.io.CancellationToken;
import io.zoetrope.io.Checkpoint;
import io.zoetrope.io.CheckpointFolder;
import io.zoetrope.io.Progress;
import io.zoetrope.testkit.Devices;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Listeners hear what happens, at the interval that was chosen, and change nothing; a token ends training whole. */
class TrainingEventsTest {
    private static final TinyTraining TRAINING = TinyTraining.GAN;
    private final Trainer trainer = new Trainer(Devices.shared());
    private final List<TrainingEvent> events = new ArrayList<>();

    @TempDir
    Path folder;

    private <T> List<T> heard(Class<T> kind) {
        return events.stream().filter(kind::isInstance).map(kind::cast).toList();
    }

    @Test
    void rowsComeAtTheChosenInterval() throws IOException {
        Path run = folder.resolve("run");
        trainer.withRowsEvery(2).withListener(events::add).train(TRAINING.family(),
                TRAINING.request(run, 7, false, 3, 4), Progress.none());
        List<TrainingEvent.Row> rows = heard(TrainingEvent.Row.class);
        assertThat(rows).extracting(TrainingEvent::step).containsExactly(2L, 3L, 4L, 6L, 7L);
        double[][] losses = LossCsv.read(run.resolve("loss.csv"), "rate");
        assertThat(losses[0]).containsExactly(2, 3, 4, 6, 7);
        for (int i = 0; i < rows.size(); i++) {
            assertThat(rows.get(i).values().get("rate")).isEqualTo(losses[1][i]);
            assertThat(rows.get(i).steps()).isEqualTo(7);
            assertThat(rows.get(i).stepsPerSecond()).isPositive().isFinite();
        }
        assertThat(heard(TrainingEvent.Saved.class)).extracting(TrainingEvent::step).containsExactly(3L, 6L, 7L);
        assertThat(heard(TrainingEvent.Samples.class)).extracting(TrainingEvent::step).containsExactly(4L, 7L);
        assertThat(heard(TrainingEvent.Samples.class).get(0).images().count()).isPositive();
        assertThatIllegalArgumentException().isThrownBy(() -> trainer.withRowsEvery(0))
                .withMessageContaining("rows every 0 steps");
    }

    @Test
    void aDiffusionModelTellsHowWellItPredictsNoise() throws IOException {
        trainer.withListener(events::add).train(TinyTraining.DDPM.family(),
                TinyTraining.DDPM.request(folder.resolve("run"), 1, false, 1, 1), Progress.none());
        assertThat(heard(TrainingEvent.Measured.class)).singleElement()
                .satisfies(event -> assertThat(event.values().get("noise_r2")).isFinite().isLessThan(1));
    }

    @Test
    void aListenerThatFailsHearsNoMoreAndChangesNothing() throws IOException {
        Path alone = folder.resolve("alone");
        trainer.train(TRAINING.family(), TRAINING.request(alone, 4, false, 2, 2), Progress.none());
        int[] calls = new int[1];
        Path run = folder.resolve("run");
        trainer.withListener(event -> {
            calls[0]++;
            throw new IllegalStateException("planted");
        }).withListener(events::add).train(TRAINING.family(), TRAINING.request(run, 4, false, 2, 2), Progress.none());
        assertThat(calls[0]).isEqualTo(1);
        assertThat(heard(TrainingEvent.Saved.class)).hasSize(2);
        RunFiles.assertSame(run, alone);
    }

    @Test
    void aTokenEndsTrainingWithAWholeCheckpoint() throws IOException {
        Path whole = folder.resolve("whole");
        trainer.withRowsEvery(1).train(TRAINING.family(), TRAINING.request(whole, 6, false, 3, 0), Progress.none());
        Path run = folder.resolve("run");
        CancellationToken token = new CancellationToken();
        Trainer cancelling = trainer.withRowsEvery(1).withListener(event -> {
            if (event.step() == 4) {
                token.cancel();
            }
        });
        assertThatExceptionOfType(TrainingInterruptedException.class).isThrownBy(() -> token
                .run(() -> cancelling.train(TRAINING.family(), TRAINING.request(run, 6, false, 3, 0), Progress.none())))
                .satisfies(e -> assertThat(e.step()).isEqualTo(5));
        assertThat(Thread.currentThread().isInterrupted()).isFalse();
        assertThat(new CheckpointFolder(run.resolve("checkpoints")).latest().map(Checkpoint::step)).contains(5L);
        try (var files = Files.walk(run)) {
            assertThat(files.map(Path::toString)).noneMatch(name -> name.contains("part"));
        }
        trainer.withRowsEvery(1).train(TRAINING.family(), TRAINING.request(run, 6, true, 3, 0), Progress.none());
        assertThat(RunFiles.checkpoint(run, 6)).isEqualTo(RunFiles.checkpoint(whole, 6));
    }

    /** Pictures that show the state of a training are made by pipelines, which would end under the token. */
    @Test
    void aCancelledTrainingStillShowsItsLastStep() throws IOException {
        Path run = folder.resolve("run");
        CancellationToken token = new CancellationToken();
        Trainer cancelling = trainer.withRowsEvery(1).withListener(event -> token.cancel());
        assertThatExceptionOfType(TrainingInterruptedException.class).isThrownBy(() -> token
                .run(() -> cancelling.train(TRAINING.family(), TRAINING.request(run, 6, false, 3, 1), Progress.none())))
                .satisfies(e -> assertThat(e.step()).isEqualTo(2));
        assertThat(run.resolve("samples/step-000000001.png")).exists();
    }

    @Test
    void aTokenThatIsCancelledBeforeLeavesNothing() {
        CancellationToken token = new CancellationToken();
        token.cancel();
        Path run = folder.resolve("run");
        assertThatExceptionOfType(TrainingInterruptedException.class).isThrownBy(() -> token
                .run(() -> trainer.train(TRAINING.family(), TRAINING.request(run, 2, false, 1), Progress.none())));
        assertThat(run).doesNotExist();
    }
}
