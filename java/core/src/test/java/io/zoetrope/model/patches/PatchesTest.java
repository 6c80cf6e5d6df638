package io.zoetrope.model.patches;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zoetrope.cuda.Device;
import io.zoetrope.data.Images;
import io.zoetrope.data.PatchGrid;
import io.zoetrope.data.PatchSelection;
import io.zoetrope.figures.AttentionMaps;
import io.zoetrope.io.BadFileException;
import io.zoetrope.io.Config;
import io.zoetrope.io.Progress;
import io.zoetrope.model.tokens.TokenSampling.Decode;
import io.zoetrope.model.tokens.TokenSampling;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class PatchesTest {
    private static final Config TINY = Config.empty().with("patch_size", 2).with("palette", 12).with("model_width", 32)
            .with("layers", 2).with("heads", 2);
    private final Device device = Devices.shared();

    @TempDir
    Path folder;

    private static TrainRequest request(Path run, long steps, boolean resume, int saveEvery, Config options) {
        return new TrainRequest(TinyData.squares(), steps, 6, 3, run, resume, saveEvery, 0, options);
    }

    private Path train(String name, long steps, Config options) throws IOException {
        return new Trainer(device).train(new PatchesFamily(),
                request(folder.resolve(name), steps, false, (int) steps, options), Progress.none());
    }

    @ParameterizedTest
    @ValueSource(strings = {"generate", "classify"})
    void aResumedRunIsBitForBitTheUninterruptedOne(String purpose) throws IOException {
        Trainer trainer = new Trainer(device);
        PatchesFamily family = new PatchesFamily();
        Config options = TINY.with("purpose", purpose);
        Path whole = folder.resolve("whole");
        Path parts = folder.resolve("parts");
        trainer.train(family, request(whole, 6, false, 3, options), Progress.none());
        RunFolder.create(parts, RunFolderSettings.of(whole)).close();
        trainer.train(family, request(parts, 3, true, 3, options), Progress.none());
        trainer.train(family, request(parts, 6, true, 3, options), Progress.none());
        assertThat(RunFiles.checkpoint(parts, 6)).isEqualTo(RunFiles.checkpoint(whole, 6));
        assertThat(Files.readString(parts.resolve("loss.csv"))).isEqualTo(Files.readString(whole.resolve("loss.csv")));
        assertThat(RunFiles.checkpoint(whole, 3)).isNotEqualTo(RunFiles.checkpoint(whole, 6));
    }

    /** Pictures of one square each: a network that learnt them makes such pictures either way, from its folder too. */
    @Test
    void aGeneratorLearnsToMakePicturesInBothWays() throws IOException {
        Path model = train("run", 250, TINY);
        for (String column : List.of("in_order", "masked")) {
            double[] losses = LossCsv.read(folder.resolve("run/loss.csv"), column)[1];
            assertThat(losses[losses.length - 1]).as(column).isLessThan(0.4 * losses[0]);
        }
        Images real = TinyData.squares().train().images();
        try (PatchesPipeline pipeline = PatchesPipeline.fromPretrained(device, model)) {
            for (Decode decode : Decode.values()) {
                TokenSampling request = TokenSampling.count(24).decode(decode).steps(12).guidance(1).noise(0.3).seed(5)
                        .topP(0.9);
                Images made = pipeline.generate(request, Progress.none());
                assertThat(made).hasToString("24 pictures of 8 × 8, grey");
                assertThat(pipeline.generate(request, Progress.none())).isEqualTo(made);
                assertThat(pipeline.generate(request.seed(6), Progress.none())).isNotEqualTo(made);
                int good = 0;
                for (int i = 0; i < made.count(); i++) {
                    good += isNear(made.slice(i, i + 1), real) ? 1 : 0;
                }
                assertThat(good).as("pictures like the real ones, decoded by %s", decode).isGreaterThan(8);
            }
        }
    }

    /**
     * Whether some real picture differs in fewer than six pixels: those of a square elsewhere differ in six or more.
     */
    private static boolean isNear(Images made, Images real) {
        for (int r = 0; r < real.count(); r++) {
            int different = 0;
            for (int i = 0; i < real.stride(); i++) {
                different += Math.abs((made.pixels()[i] & 0xff) - (real.pixels()[r * real.stride() + i] & 0xff)) > 90
                        ? 1 : 0;
            }
            if (different < 6) {
                return true;
            }
        }
        return false;
    }

    @ParameterizedTest
    @EnumSource(Decode.class)
    void whatIsKeptStaysAndTheRestIsMade(Decode decode) throws IOException {
        try (PatchesPipeline pipeline = PatchesPipeline.fromPretrained(device, train("run", 20, TINY))) {
            Images picture = TinyData.squares().train().images().slice(7, 8);
            PatchSelection left = PatchSelection.half("left", pipeline.model().config().grid());
            assertThat(left.count()).isEqualTo(8);
            TokenSampling request = TokenSampling.count(3).decode(decode).steps(5).temperature(2).topP(1);
            Images made = pipeline.complete(picture, left, request, Progress.none());
            int changed = 0;
            for (int n = 0; n < 3; n++) {
                for (int i = 0; i < 64; i++) {
                    int value = made.pixels()[n * 64 + i] & 0xff;
                    if (i % 8 < 4) {
                        assertThat(value).isEqualTo(picture.pixels()[i] & 0xff);
                    } else {
                        changed += value != (picture.pixels()[i] & 0xff) ? 1 : 0;
                    }
                }
            }
            assertThat(changed).isPositive();
        }
    }

    /** A picture becomes tokens and a picture again; the palette has few enough patches here to hold them all. */
    @Test
    void aPaletteOfAllPatchesLosesNothing() throws IOException {
        Images pictures = TinyData.squares().train().images();
        try (PatchesModel model = PatchesModel.load(device, train("run", 1, TINY), DType.BF16);
                Scope scope = Scope.open(device)) {
            Tensor tokens = model.palette().tokens(scope, pictures);
            assertThat(tokens.shape().dims()).containsExactly(36, 16);
            assertThat(Arrays.stream(tokens.toInts()).allMatch(t -> t >= 0 && t < 12)).isTrue();
            assertThat(model.palette().pictures(tokens)).isEqualTo(pictures);
        }
    }

    @Test
    void aClassifierLearnsItsClasses() throws IOException {
        Path model = train("run", 200, TINY.with("purpose", "classify"));
        Images pictures = TinyData.squares().train().images();
        int[] labels = TinyData.squares().train().labels();
        try (PatchesPipeline pipeline = PatchesPipeline.fromPretrained(device, model)) {
            float[][] probabilities = pipeline.classify(pictures);
            int right = 0;
            for (int i = 0; i < labels.length; i++) {
                assertThat(probabilities[i][0] + probabilities[i][1]).isCloseTo(1,
                        org.assertj.core.data.Offset.offset(1e-4f));
                right += probabilities[i][labels[i]] > 0.5f ? 1 : 0;
            }
            assertThat(right).isGreaterThan(24);
            assertThatThrownBy(() -> pipeline.generate(TokenSampling.count(1), Progress.none()))
                    .hasMessageContaining("trained to classify");
            assertThat(pipeline.attention(pictures.slice(0, 1)).layers()).isEqualTo(2);
        }
    }

    @Test
    void attentionAddsUpToOne() throws IOException {
        try (PatchesPipeline pipeline = PatchesPipeline.fromPretrained(device, train("run", 5, TINY))) {
            AttentionMaps maps = pipeline.attention(TinyData.squares().train().images().slice(3, 4));
            assertThat(List.of(maps.layers(), maps.heads(), maps.rows(), maps.columns())).containsExactly(2, 2, 4, 4);
            for (int layer = 0; layer < 2; layer++) {
                float[] mean = maps.mean(layer, 3, 1);
                double sum = 0;
                for (float value : mean) {
                    sum += value;
                }
                assertThat(sum).isCloseTo(1, org.assertj.core.data.Offset.offset(1e-4));
            }
            assertThatThrownBy(() -> maps.from(0, 0, 4, 0)).hasMessageContainingAll("patch 4,0", "4,4");
        }
    }

    @Test
    void aModelSurvivesItsFolder() throws IOException {
        Path saved = train("run", 2, TINY.with("rotary", false));
        try (PatchesModel model = PatchesModel.load(device, saved, DType.BF16)) {
            model.save(folder.resolve("again"), java.util.Map.of());
            try (PatchesModel loaded = PatchesModel.load(device, folder.resolve("again"), DType.BF16)) {
                assertThat(loaded.config()).isEqualTo(model.config());
                assertThat(loaded.config().rotary()).isFalse();
                assertThat(loaded.store().values()).isEqualTo(SavedValues.of(model.store()));
                assertThat(loaded.palette().patches().toFloats()).isEqualTo(model.palette().patches().toFloats());
            }
        }
        Path config = saved.resolve("transformer/config.json");
        Files.writeString(config, Files.readString(config).replace("\"generate\"", "\"paint\""));
        assertThatThrownBy(() -> PatchesModel.load(device, saved, DType.BF16)).isInstanceOf(BadFileException.class)
                .hasMessageContaining("paint");
    }

    @Test
    void halvesAndMasksChoosePatches() {
        PatchGrid grid = new PatchGrid(6, 4, 1, 2);
        assertThat(PatchSelection.half("top", grid).count()).isEqualTo(4);
        assertThat(PatchSelection.half("bottom", grid).isKept(0)).isFalse();
        assertThat(PatchSelection.half("right", grid).isKept(3)).isTrue();
        assertThatThrownBy(() -> PatchSelection.half("middle", grid)).hasMessageContainingAll("middle", "top");
        byte[] pixels = new byte[24];
        Arrays.fill(pixels, (byte) 200);
        pixels[4 * 3 + 2] = 0;
        PatchSelection mask = PatchSelection.mask(new Images(1, 6, 4, 1, pixels), grid);
        assertThat(mask.count()).isEqualTo(5);
        assertThat(mask.isKept(3)).isFalse();
    }

    @Test
    void optionsOutOfRangeAreNamed() {
        PatchesFamily family = new PatchesFamily();
        assertThatThrownBy(() -> family.settings(request(folder, 1, false, 1, TINY.with("patch_size", 3))))
                .hasMessageContainingAll("patch size 3", "8×8");
        assertThatThrownBy(() -> family.settings(request(folder, 1, false, 1, TINY.with("purpose", "dream"))))
                .hasMessageContaining("purpose is dream, expected one of [generate, classify]");
        assertThatThrownBy(
                () -> family.settings(new TrainRequest(TinyData.squares(), 1, 1, 3, folder, false, 1, 0, TINY)))
                .hasMessageContaining("batch must be at least 2");
        assertThatThrownBy(() -> TokenSampling.count(1).topP(0)).hasMessageContaining("top-p must be more than 0");
        assertThatThrownBy(() -> TokenSampling.count(0)).hasMessageContaining("count must be between 1");
    }
}
