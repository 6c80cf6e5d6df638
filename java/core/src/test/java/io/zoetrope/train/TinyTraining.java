package io.zoetrope.train;

import io.zoetrope.io.Config;
import io.zoetrope.model.cnn.CnnFamily;
import io.zoetrope.model.ddpm.DdpmFamily;
import io.zoetrope.model.gan.GanFamily;
import io.zoetrope.model.patches.PatchesFamily;
import io.zoetrope.model.tagger.TaggerFamily;
import io.zoetrope.model.wavegan.WaveGanFamily;
import io.zoetrope.model.words.WordsFamily;
import java.nio.file.Path;

/** A training of each family that is small enough for a test: a step takes milliseconds. */
public enum TinyTraining {
    CNN(new CnnFamily(), new Request(TinyData.bars(), 8,
            Config.empty().with("optimizer", "sgd").with("flip", false).with("pad", 1))), GAN(new GanFamily(),
                    new Request(TinyData.halves(), 8, Config.empty().with("base_width", 8).with("ema", 0.9))), WAVEGAN(
                            new WaveGanFamily(),
                            new Request(TinyData.tones(1024), 4, Config.empty().with("base_width", 2))), PATCHES(
                                    new PatchesFamily(),
                                    new Request(TinyData.squares(), 6,
                                            Config.empty().with("patch_size", 2).with("palette", 12)
                                                    .with("model_width", 32).with("layers", 2).with("heads", 2))), DDPM(
                                                            new DdpmFamily(),
                                                            new Request(TinyData.squares(), 4, Config.empty())), WORDS(
                                                                    new WordsFamily(),
                                                                    new Request(TinyData.captioned(), 4,
                                                                            Config.empty().with("base_width",
                                                                                    16))), TAGGER(
                                                                                            new TaggerFamily(),
                                                                                            new Request(TinyData
                                                                                                    .labelledCaptions(),
                                                                                                    4, Config.empty())),
    /** A model that ships, by adapters. */
    TUNED(new CnnFamily(), new Request(TinyData.strokes(), 8, Tuning.from("fashion-cnn")
            .adapting(1, 4, "stages.*.conv?", "head").toOptions().with("optimizer", "adamw").with("flip", false))),
    /** What is frozen is in no checkpoint. */
    FROZEN(new DdpmFamily(), new Request(TinyData.squares(), 4, Tuning.none().freezing("down_blocks.*").toOptions()));

    private record Request(io.zoetrope.data.Dataset data, int batch, Config options) {}

    private final TrainingFamily family;
    private final Request request;

    TinyTraining(TrainingFamily family, Request request) {
        this.family = family;
        this.request = request;
    }

    TrainingFamily family() {
        return family;
    }

    public TrainRequest request(Path run, long steps, boolean resume, int saveEvery) {
        return request(run, steps, resume, saveEvery, 0);
    }

    public TrainRequest request(Path run, long steps, boolean resume, int saveEvery, int sampleEvery) {
        return new TrainRequest(request.data(), steps, request.batch(), 3, run, resume, saveEvery, sampleEvery,
                request.options());
    }
}
