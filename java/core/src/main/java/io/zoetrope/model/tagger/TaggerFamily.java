package io.zoetrope.model.tagger;

import io.zoetrope.cuda.Device;
import io.zoetrope.data.Media;
import io.zoetrope.data.SceneCaptions;
import io.zoetrope.io.Config;
import io.zoetrope.model.Action;
import io.zoetrope.model.ModelFamily;
import io.zoetrope.model.ShippedModel;
import io.zoetrope.nn.Optimization;
import io.zoetrope.ops.optim.LearningRate;
import io.zoetrope.tensor.DType;
import io.zoetrope.train.RecordedTraining;
import io.zoetrope.train.TrainRequest;
import io.zoetrope.train.TrainingFamily;
import io.zoetrope.train.TrainingTask;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/** Taggers: what the words of a prompt say of a scene. */
public final class TaggerFamily implements ModelFamily, TrainingFamily {
    private static final float RATE = 3e-3f;
    private static final float FINAL_RATE = 2e-5f;
    private static final int WARM_UP = 100;
    private static final double BETA2 = 0.99;
    private static final float WEIGHT_DECAY = 0.01f;
    private static final float MAX_NORM = 1;
    private static final float EMA_DECAY = 0.998f;
    private static final float EMA_WARM_UP = 10;

    @Override
    public String name() {
        return "tagger";
    }

    @Override
    public Profile profile() {
        return new Profile("a tagger of prompts", "taggers of prompts", Set.of(TaggerModel.PIPELINE),
                List.of(new ShippedModel(TaggerPipeline.SCENE_TAGGER, Media.LABELLED_CAPTIONS,
                        "subject, action, place, time and mood in prompts", SceneCaptions.NAME)));
    }

    @Override
    public Facts describe(Device device, Path folder) throws IOException {
        try (TaggerModel model = TaggerModel.load(device, folder, DType.BF16)) {
            TaggerConfig config = model.config();
            return Facts.of(model.store(), "finds " + String.join(", ", config.slots().names()) + " in a prompt",
                    "reads " + config.text().tokens().words() + " words of it",
                    "knows " + config.slots().allValues().size() + " values and has learned " + config.lexicon().size()
                            + " words");
        }
    }

    @Override
    public List<Action> actions() {
        return List.of(TaggerActions.explanation(this), TaggerActions.evaluation(this));
    }

    @Override
    public Action.Kind show(Config options) {
        return Action.Kind.EXPLAIN;
    }

    @Override
    public Course course() {
        return new Course(
                "Train a model that finds what a prompt says of a scene, on captions of a grammar whose words are "
                        + "labelled. A run can be stopped at any moment and goes on with {resume} as if it had not been.",
                Media.LABELLED_CAPTIONS, List.of(), data -> 5000, 32);
    }

    @Override
    public Config settings(TrainRequest request) throws IOException {
        values(request);
        captions(request);
        return Config.empty();
    }

    @Override
    public TrainingTask open(Device device, TrainRequest request, Config settings) throws IOException {
        long steps = settings.longInteger("steps");
        Optimization optimization = Optimization
                .adamW(LearningRate.cosine(RATE, steps, FINAL_RATE).withWarmUp(Math.min(WARM_UP, steps)))
                .withBetas(0.9, BETA2).withWeightDecay(WEIGHT_DECAY).withClipping(MAX_NORM)
                .withEma(EMA_DECAY, EMA_WARM_UP);
        SceneCaptions captions = captions(request);
        int batch = settings.integer("batch");
        return RecordedTraining.open(device, settings, context -> new TaggerObjective(context, captions, batch,
                TaggerConfig.of(captions.lexicon()), optimization));
    }

    private static SceneCaptions captions(TrainRequest request) {
        if (request.data() instanceof SceneCaptions captions) {
            return captions;
        }
        throw new IllegalArgumentException(request.data().name() + " holds " + request.data().examples()
                + ": this model learns from labelled captions");
    }
}
