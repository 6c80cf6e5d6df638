package io.zoetrope.user;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.zoetrope.cuda.Device;
import io.zoetrope.data.ExampleStream;
import io.zoetrope.data.ImageDataset;
import io.zoetrope.io.BadFileException;
import io.zoetrope.io.Config;
import io.zoetrope.io.ModelFolder;
import io.zoetrope.io.Progress;
import io.zoetrope.model.ddpm.DdpmFamily;
import io.zoetrope.model.ddpm.DdpmPipeline;
import io.zoetrope.model.ddpm.Sampling;
import io.zoetrope.nn.Linear;
import io.zoetrope.nn.ModelWeights;
import io.zoetrope.nn.ParameterStore;
import io.zoetrope.nn.Parameters;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Shape;
import io.zoetrope.testkit.Devices;
import io.zoetrope.train.LossCsv;
import io.zoetrope.train.LossObjective;
import io.zoetrope.train.RunFiles;
import io.zoetrope.train.TinyData;
import io.zoetrope.train.TrainRequest;
import io.zoetrope.train.Trainer;
import io.zoetrope.train.TrainingFamily;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a developer brings trains in few lines, learns, and goes on after a kill as if there had been none. */
class OwnTrainingsTest {
    private static final int MOST_LINES = 15;
    private static final ImageDataset BARS = TinyData.bars();
    private final Device device = Devices.shared();

    @TempDir
    Path folder;

    private enum Own {
        MODEL((device, run, steps, resume) -> OwnTrainings.model(device, BARS, run, steps, resume)), //
        DIFFUSION((device, run, steps, resume) -> OwnTrainings.diffusion(device, BARS, run, steps, resume)), //
        STREAM(OwnTrainings::stream);

        private final Run training;

        Own(Run training) {
            this.training = training;
        }
    }

    @FunctionalInterface
    private interface Run {
        Path train(Device device, Path run, long steps, boolean resume) throws IOException;
    }

    @ParameterizedTest
    @EnumSource
    void aKilledRunEndsWithTheSameBits(Own own) throws IOException {
        Path whole = folder.resolve("whole");
        own.training.train(device, whole, 8, false);
        Path killed = folder.resolve("killed");
        own.training.train(device, killed, 8, false);
        Files.delete(killed.resolve("checkpoints/step-000000008.safetensors"));
        Files.delete(killed.resolve("model/model_index.json"));
        own.training.train(device, killed, 8, true);
        RunFiles.assertSame(killed, whole);
        assertThat(RunFiles.checkpoint(killed, 6)).isNotEqualTo(RunFiles.checkpoint(killed, 8));
    }

    @ParameterizedTest
    @EnumSource
    void theLossFalls(Own own) throws IOException {
        Path run = folder.resolve("run");
        own.training.train(device, run, 60, false);
        double[] losses = LossCsv.read(run.resolve("loss.csv"), "loss")[1];
        assertThat(losses[losses.length - 1]).isLessThan(0.8 * losses[0]);
    }

    @Test
    void anOwnModelIsLoadedAgain() throws IOException {
        Path model = OwnTrainings.stream(device, folder.resolve("run"), 3, false);
        Parameters parameters = Parameters.root();
        Linear.of(parameters, 2, 2);
        try (ParameterStore store = new ParameterStore(device, parameters, DType.F32, 99)) {
            float[] fresh = store.masters().toFloats();
            ModelWeights.into(store,
                    ModelWeights.read(parameters, ModelFolder.open(model).weights(LossObjective.NETWORK)));
            assertThat(store.masters().toFloats()).isNotEqualTo(fresh);
        }
    }

    @Test
    void anOwnDiffusionNetworkMakesPictures() throws IOException {
        Path model = OwnTrainings.diffusion(device, BARS, folder.resolve("run"), 2, false);
        try (DdpmPipeline pipeline = DdpmPipeline.fromPretrained(device, model)) {
            assertThat(pipeline.model().config().unet().blockChannels()).containsExactly(8, 16);
            assertThat(pipeline.generate(Sampling.count(2).steps(2), Progress.none()).height()).isEqualTo(8);
        }
    }

    @Test
    void aDiffusionNetworkLearnsFromAStreamToo() throws IOException {
        byte[] pixels = BARS.train().images().pixels();
        ExampleStream stream = new ExampleStream("bars", "1", 40, DType.U8, Shape.of(8, 8, 1), (index, target) -> {
            target.put(pixels, 64 * index, 64);
            return 0;
        });
        TrainRequest request = TrainRequest.of(stream, folder.resolve("run")).withSteps(1).withBatch(4);
        assertThat(new Trainer(device).train(new DdpmFamily(), request, Progress.none()).resolve("model_index.json"))
                .exists();
        ExampleStream tall = new ExampleStream("tall", "1", 40, DType.U8, Shape.of(8, 4, 1), stream.decoder());
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Trainer(device).train(new DdpmFamily(),
                        TrainRequest.of(tall, folder.resolve("tall")), Progress.none()))
                .withMessageContaining("tall has examples U8").withMessageContaining("square pictures");
    }

    @Test
    void aRunIsNotGoneOnWithOtherSettings() throws IOException {
        Path own = folder.resolve("own");
        OwnTrainings.diffusion(device, BARS, own, 2, false);
        TrainRequest request = new TrainRequest(BARS, 4, 4, 7, own, true, 3, 0, Config.empty());
        assertThatExceptionOfType(BadFileException.class)
                .isThrownBy(() -> new Trainer(device).train(new DdpmFamily(), request, Progress.none()))
                .withMessageContaining("recipe");
        Path shapes = folder.resolve("shapes");
        OwnTrainings.model(device, BARS, shapes, 2, false);
        TrainingFamily other = TrainingFamily.of("shapes", Config.empty().with("width", 8f),
                (training, data, batch) -> {
                    throw new IllegalStateException("made");
                });
        TrainRequest again = new TrainRequest(BARS, 4, 8, 7, shapes, true, 3, 0, Config.empty());
        assertThatExceptionOfType(BadFileException.class)
                .isThrownBy(() -> new Trainer(device).train(other, again, Progress.none()))
                .withMessageContaining("width");
    }

    @Test
    void fifteenLinesAreEnough() throws IOException {
        List<Integer> counts = new ArrayList<>();
        int begin = -1;
        List<String> source = Files.readAllLines(Path.of("src/test/java/io/zoetrope/user/OwnTrainings.java"));
        for (int line = 0; line < source.size(); line++) {
            if (source.get(line).contains("// begin")) {
                begin = line;
            } else if (source.get(line).contains("// end")) {
                counts.add(line - begin - 1);
            }
        }
        assertThat(counts).hasSize(Own.values().length).allMatch(lines -> lines <= MOST_LINES, "at most " + MOST_LINES);
    }
}
