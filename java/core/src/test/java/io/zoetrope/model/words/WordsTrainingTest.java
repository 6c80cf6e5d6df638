package io.zoetrope.model.words;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zoetrope.cuda.Device;
import io.zoetrope.data.CaptionedDataset;
import io.zoetrope.data.Description;
import io.zoetrope.data.Images;
import io.zoetrope.io.Config;
import io.zoetrope.io.Progress;
import io.zoetrope.model.text.CaptionDraws;
import io.zoetrope.model.text.TextEncoder;
import io.zoetrope.model.text.WordTokens;
import io.zoetrope.nn.Optimization;
import io.zoetrope.testkit.Devices;
import io.zoetrope.train.RecordedTraining;
import io.zoetrope.train.RunFiles;
import io.zoetrope.train.RunFolder;
import io.zoetrope.train.RunFolderSettings;
import io.zoetrope.train.TinyData;
import io.zoetrope.train.TinyTraining;
import io.zoetrope.train.TrainRequest;
import io.zoetrope.train.Trainer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WordsTrainingTest {
    private final Device device = Devices.shared();

    @TempDir
    Path folder;

    private Path train(TrainRequest request) throws IOException {
        return new Trainer(device).train(new WordsFamily(), request, Progress.none());
    }

    @Test
    void aResumedRunIsBitForBitTheUninterruptedOne() throws IOException {
        Path whole = folder.resolve("whole");
        Path parts = folder.resolve("parts");
        train(TinyTraining.WORDS.request(whole, 8, false, 4));

        // Step 4 is in the second epoch: the order of the pictures must go on in the middle.
        RunFolder.create(parts, RunFolderSettings.of(whole)).close();
        train(TinyTraining.WORDS.request(parts, 4, true, 4));
        train(TinyTraining.WORDS.request(parts, 8, true, 4));

        assertThat(RunFiles.checkpoint(parts, 8)).isEqualTo(RunFiles.checkpoint(whole, 8));
        assertThat(Files.readString(parts.resolve("loss.csv"))).isEqualTo(Files.readString(whole.resolve("loss.csv")));
        assertThat(RunFiles.checkpoint(whole, 4)).isNotEqualTo(RunFiles.checkpoint(whole, 8));
    }

    @Test
    void colourFollowsTheWords() throws IOException {
        CaptionedDataset.Part walls = TinyData.captioned().train();
        WordsConfig config = WordsConfig.of(8, 2, new TextEncoder.Config(new WordTokens(4, 12, 64), 16, 1, 2),
                List.of(16, 32), 1, 16, 8, CaptionDraws.vocabulary(walls.descriptions()));
        Path model = folder.resolve("model");
        double[] before = new double[1];
        try (RecordedTraining training = RecordedTraining.open(device, 3, context -> new WordsObjective(context, walls,
                12, config, Optimization.adamW(2e-3f).withClipping(1).withEma(0.98f, 10)))) {
            training.step();
            before[0] = training.takeRow(1)[0];
            for (int step = 0; step < 300; step++) {
                training.step();
            }
            assertThat(training.takeRow(300)[0]).isLessThan(0.5 * before[0]);
            training.save(model, Map.of());
        }
        try (WordsPipeline pipeline = WordsPipeline.fromPretrained(device, model)) {
            WordsPipeline.Request request = WordsPipeline.Request
                    .of(List.of("red wall", "green wall", "a blue wall", "파란 벽")).steps(6).seed(4);
            Images images = pipeline.generate(request, Progress.none());
            assertThat(strongest(images, 0)).isZero();
            assertThat(strongest(images, 1)).isEqualTo(1);
            assertThat(strongest(images, 2)).isEqualTo(2);
            assertThat(strongest(images, 3)).as("in Korean").isEqualTo(2);
            assertThat(pipeline.generate(request, Progress.none())).isEqualTo(images);
            assertThat(pipeline.generate(request.seed(5), Progress.none())).isNotEqualTo(images);
            assertThat(pipeline.generate(request.guidance(1, 1), Progress.none())).isNotEqualTo(images);
            assertThat(pipeline.generate(request.guidance(1, 1), Progress.none())).as("guidance 1 is none")
                    .isEqualTo(pipeline.generate(request.guidance(1, 1).negative("red wall"), Progress.none()));
            assertThat(pipeline.generate(request.negative("red wall"), Progress.none())).isNotEqualTo(images);
            List<String> captions = walls.descriptions().stream().map(Description::label).toList();
            List<String> wrong = new ArrayList<>(captions);
            Collections.rotate(wrong, 1);
            double told = pipeline.loss(walls.images(), captions, 5);
            assertThat(told).isEqualTo(pipeline.loss(walls.images(), captions, 5)).isLessThan(0.5 * before[0])
                    .isLessThan(pipeline.loss(walls.images(), wrong, 5));
            assertThatThrownBy(() -> pipeline.loss(walls.images(), wrong.subList(0, 3), 5))
                    .hasMessageContaining("3 captions");
            assertThat(pipeline.model().config().vocabulary()).contains("red", "plain", "벽").isSorted();
        }
    }

    /** The colour that picture {@code i} has most of. */
    private static int strongest(Images images, int i) {
        long[] sums = new long[3];
        for (int p = 0; p < images.stride(); p++) {
            sums[p % 3] += images.pixels()[i * images.stride() + p] & 0xff;
        }
        return sums[0] > sums[1] ? sums[0] > sums[2] ? 0 : 2 : sums[1] > sums[2] ? 1 : 2;
    }

    @Test
    void whatCannotBeLearnedIsRefused() {
        WordsFamily family = new WordsFamily();
        assertThatThrownBy(() -> family
                .settings(new TrainRequest(TinyData.squares(), 1, 1, 1, folder, false, 1, 0, Config.empty())))
                .hasMessageContaining("learns from captioned pictures");
        assertThatThrownBy(() -> family.settings(new TrainRequest(TinyData.captioned(), 1, 1, 1, folder, false, 1, 0,
                Config.empty().with("topics", "doors, roofs")))).hasMessageContaining("no picture of doors, roofs")
                .hasMessageContaining("walls");
        assertThatThrownBy(() -> family.settings(new TrainRequest(TinyData.captioned(), 1, 1, 1, folder, false, 1, 0,
                Config.empty().with("base_width", 40)))).hasMessageContaining("multiple of 16");
        assertThatThrownBy(() -> WordsPipeline.Request.of(List.of())).hasMessageContaining("0 pictures");
        assertThatThrownBy(() -> WordsPipeline.Request.of(List.of("x")).steps(0)).hasMessageContaining("0 steps");
    }
}
