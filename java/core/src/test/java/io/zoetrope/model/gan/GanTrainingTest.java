package io.zoetrope.model.gan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.zoetrope.cuda.Device;
import io.zoetrope.data.ImageDataset;
import io.zoetrope.data.Images;
import io.zoetrope.io.BadFileException;
import io.zoetrope.io.Config;
import io.zoetrope.io.Progress;
import io.zoetrope.model.adversarial.GameRecord;
import io.zoetrope.model.adversarial.Latents;
import io.zoetrope.tensor.DType;
import io.zoetrope.testkit.Devices;
import io.zoetrope.testkit.SavedValues;
import io.zoetrope.train.LossCsv;
import io.zoetrope.train.RunFiles;
import io.zoetrope.train.RunFolder;
import io.zoetrope.train.RunFolderSettings;
import io.zoetrope.train.TinyData;
import io.zoetrope.train.TrainRequest;
import io.zoetrope.train.Trainer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GanTrainingTest {
    private static final GanConfig SMALL = new GanConfig(4, 3, 1, List.of(8), List.of(1), 2, 16, 5, 3,
            List.of("left", "right"));
    private final Device device = Devices.shared();

    @TempDir
    Path folder;

    private static TrainRequest request(ImageDataset data, Path run, long steps, boolean resume, int saveEvery) {
        return new TrainRequest(data, steps, 8, 3, run, resume, saveEvery, 0,
                Config.empty().with("base_width", 8).with("rate", 3e-3).with("final_rate", 3e-4).with("ema", 0.9));
    }

    /** 0 where the left half is brighter. */
    private static int[] brighter(Images images) {
        int[] sides = new int[images.count()];
        for (int i = 0; i < sides.length; i++) {
            int difference = 0;
            for (int p = 0; p < 16; p++) {
                difference += (images.pixels()[i * 16 + p] & 0xff) * (p % 4 / 2 == 0 ? 1 : -1);
            }
            sides[i] = difference > 0 ? 0 : 1;
        }
        return sides;
    }

    @Test
    void aResumedRunIsBitForBitTheUninterruptedOne() throws IOException {
        Trainer trainer = new Trainer(device);
        Path whole = folder.resolve("whole");
        Path parts = folder.resolve("parts");
        trainer.train(new GanFamily(), request(TinyData.halves(), whole, 6, false, 3), Progress.none());

        RunFolder.create(parts, RunFolderSettings.of(whole)).close();
        trainer.train(new GanFamily(), request(TinyData.halves(), parts, 3, true, 3), Progress.none());
        trainer.train(new GanFamily(), request(TinyData.halves(), parts, 6, true, 3), Progress.none());

        assertThat(RunFiles.checkpoint(parts, 6)).isEqualTo(RunFiles.checkpoint(whole, 6));
        for (String file : List.of("loss.csv", "variety.csv")) {
            assertThat(Files.readString(parts.resolve(file))).isEqualTo(Files.readString(whole.resolve(file)));
        }
        assertThat(RunFiles.checkpoint(whole, 3)).isNotEqualTo(RunFiles.checkpoint(whole, 6));
    }

    @Test
    void theGeneratorLearnsBothKindsOfPictures() throws IOException {
        Path run = folder.resolve("run");
        GanFamily family = new GanFamily(GanTrainingTest::brighter);
        Path modelFolder = new Trainer(device).train(family, request(TinyData.halves(), run, 300, false, 150),
                Progress.none());

        try (GanPipeline pipeline = GanPipeline.fromPretrained(device, modelFolder)) {
            for (int side = 0; side < 2; side++) {
                Images images = pipeline.generate(8, 5, side);
                double error = 0;
                for (int p = 0; p < 16; p++) {
                    double mean = 0;
                    for (int i = 0; i < 8; i++) {
                        mean += (images.pixels()[i * 16 + p] & 0xff) / 8.0;
                    }
                    error += Math.abs(mean - (p % 4 / 2 == side ? 200 : 40)) / 16;
                }
                assertThat(error).as("mean distance of the pictures of side %d, in bytes", side).isLessThan(25);
            }
        }
        double[] covered = LossCsv.read(run.resolve("variety.csv"), "classes_covered")[1];
        double[] asAsked = LossCsv.read(run.resolve("variety.csv"), "classes_as_asked")[1];
        assertThat(covered).hasSize(2).endsWith(2);
        assertThat(asAsked[1]).isGreaterThan(0.9);
        assertThat(run.resolve("game.png")).isNotEmptyFile();
        for (String column : GameRecord.COLUMNS) {
            assertThat(LossCsv.read(run.resolve("loss.csv"), column)[1]).as(column).hasSizeGreaterThan(10)
                    .doesNotContain(Double.NaN);
        }
    }

    @Test
    void picturesDependOnSeedPlaceAndClassAlone() {
        try (GanPipeline pipeline = new GanPipeline(new GanModel(device, SMALL, DType.F32, 4))) {
            Images some = pipeline.generate(3, 9);
            Images more = pipeline.generate(70, 9);
            assertThat(more.slice(0, 3)).isEqualTo(some);
            int latent = SMALL.latent();
            float[] last = Arrays.copyOfRange(Latents.draw(device, 70, latent, 9), 69 * latent, 70 * latent);
            assertThat(more.slice(69, 70)).as("of the second batch")
                    .isEqualTo(pipeline.model().pictures(last, new int[] {1}));
            assertThat(pipeline.generate(3, 10)).isNotEqualTo(some);
            assertThat(pipeline.generate(9, new int[] {0, 1, 0})).isEqualTo(some);
            assertThat(pipeline.generate(3, 9, 1).slice(1, 2)).isEqualTo(some.slice(1, 2));
            assertThat(pipeline.generate(3, 9, 1).slice(0, 1)).isNotEqualTo(some.slice(0, 1));
            assertThat(pipeline.classNamed("right")).isEqualTo(1);
            assertThatThrownBy(() -> pipeline.classNamed("up")).hasMessageContaining("left, right");
            assertThatThrownBy(() -> pipeline.generate(2, 9, 2)).hasMessageContaining("class 2")
                    .hasMessageContaining("0 to 1");
            assertThatThrownBy(() -> pipeline.generate(0, 9)).hasMessageContaining("count must be at least 1");
        }
    }

    @Test
    void interpolationsPassTheirStationsOnTheSphere() {
        float[] two = {3, 0, 0, 4};
        float[] between = new float[2];
        Latents.slerp(two, 0, 2, 0, between, 0, 2);
        assertThat(between).containsExactly(3, 0);
        Latents.slerp(two, 0, 2, 0.5, between, 0, 2);
        assertThat((double) between[0]).isCloseTo(3 * Math.sqrt(0.5), within(1e-6));
        assertThat((double) between[1]).isCloseTo(4 * Math.sqrt(0.5), within(1e-6));
        Latents.slerp(new float[] {1, 2, 1, 2}, 0, 2, 0.3, between, 0, 2);
        assertThat(between).as("from a vector to itself").containsExactly(1, 2);

        try (GanPipeline pipeline = new GanPipeline(new GanModel(device, SMALL, DType.F32, 4))) {
            List<Images> frames = pipeline.interpolate(2, 12, 9);
            assertThat(frames).hasSize(12);
            Images stations = pipeline.generate(9, new int[] {0, 1, 0, 1, 0, 1, 0, 1});
            for (int station = 0; station < 4; station++) {
                assertThat(frames.get(3 * station)).isEqualTo(stations.slice(2 * station, 2 * station + 2));
            }
            assertThat(frames.get(1)).isNotEqualTo(frames.get(0));
            assertThat(pipeline.interpolate(2, 12, 9)).isEqualTo(frames);
        }
    }

    @Test
    void aModelSurvivesItsFolder() throws IOException {
        Path file = folder.resolve("model");
        try (GanModel model = new GanModel(device, SMALL, DType.BF16, 4)) {
            model.save(file, Map.of("from", "a test"));
            try (GanModel loaded = GanModel.load(device, file, DType.BF16)) {
                assertThat(loaded.config()).isEqualTo(SMALL);
                assertThat(loaded.store().values()).isEqualTo(SavedValues.of(model.store()));
            }
        }
        Path config = file.resolve("generator/config.json");
        Files.writeString(config, Files.readString(config).replace("\"latent\": 5", "\"latent\": 6"));
        assertThatThrownBy(() -> GanModel.load(device, file, DType.BF16)).isInstanceOf(BadFileException.class)
                .hasMessageContaining("first.weight");
        Files.writeString(config, Files.readString(config).replace("\"image_size\": 4", "\"image_size\": 0"));
        assertThatThrownBy(() -> GanModel.load(device, file, DType.BF16)).isInstanceOf(BadFileException.class)
                .hasMessageContaining("'image_size' is 0");
    }

    @Test
    void collapsesAreSeen() {
        byte[] pixels = new byte[40 * 4];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (byte) (i / 4 * 37 % 200);
        }
        Images real = new Images(40, 2, 2, 1, pixels);
        byte[] same = new byte[40 * 4];
        Arrays.fill(same, (byte) 100);
        same[0] = 90;
        Images flat = new Images(40, 2, 2, 1, same);
        GameRecord plain = new GameRecord(10, null, real);
        assertThat(plain.measure(real).varianceShare()).isCloseTo(1, within(1e-9));
        assertThat(plain.measure(real).collapse(10)).isEmpty();
        assertThat(plain.measure(flat).collapse(10).orElseThrow()).contains("nearly the same every time");
        GameRecord classified = new GameRecord(10, images -> {
            int[] found = new int[images.count()];
            Arrays.setAll(found, i -> i % 5);
            return found;
        }, real);
        GameRecord.Variety variety = classified.measure(real);
        assertThat(variety.covered()).isEqualTo(5);
        assertThat(variety.asAsked()).isCloseTo(0.5, within(1e-9));
        assertThat(variety.collapse(10).orElseThrow()).contains("covers 5 of 10 classes");
    }

    @Test
    void optionsOutOfRangeAreNamed() {
        for (String option : List.of("rate", "final_rate", "gamma", "final_gamma")) {
            assertThatThrownBy(() -> new GanFamily().settings(
                    new TrainRequest(TinyData.halves(), 2, 4, 3, folder, false, 1, 0, Config.empty().with(option, -1))))
                    .hasMessageContaining(option + " must be more than 0");
        }
        assertThatThrownBy(() -> new GanFamily().settings(
                new TrainRequest(TinyData.halves(), 2, 4, 3, folder, false, 1, 0, Config.empty().with("ema", 1))))
                .hasMessageContaining("ema must be");
        assertThatThrownBy(() -> new GanFamily().settings(new TrainRequest(TinyData.halves(), 2, 4, 3, folder, false, 1,
                0, Config.empty().with("base_width", 4)))).hasMessageContaining("groups of 16");
        assertThatThrownBy(() -> new GanFamily().settings(
                new TrainRequest(TinyData.halves(), 2, 4, 3, folder, false, 1, 0, Config.empty().with("width", 8))))
                .hasMessageContaining("gan has no option [width]");
    }
}
