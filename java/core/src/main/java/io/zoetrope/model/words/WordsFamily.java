package io.zoetrope.model.words;

import io.zoetrope.cuda.Device;
import io.zoetrope.data.CaptionedDataset;
import io.zoetrope.data.EmojiSet;
import io.zoetrope.data.Media;
import io.zoetrope.io.Config;
import io.zoetrope.model.Action;
import io.zoetrope.model.ModelFamily;
import io.zoetrope.model.ShippedModel;
import io.zoetrope.model.text.CaptionDraws;
import io.zoetrope.nn.Optimization;
import io.zoetrope.ops.optim.LearningRate;
import io.zoetrope.option.Option;
import io.zoetrope.option.Values;
import io.zoetrope.tensor.DType;
import io.zoetrope.train.RecordedTraining;
import io.zoetrope.train.TrainRequest;
import io.zoetrope.train.TrainingFamily;
import io.zoetrope.train.TrainingTask;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/** Pictures from words: a UNet that turns noise into what a caption says. */
public final class WordsFamily implements ModelFamily, TrainingFamily {
    static final Option<String> TOPICS = Option.text("topics", "TOPIC,…")
            .help("Only pictures of these topics of the data, such as animals-nature,food-drink.");
    private static final Option<Integer> BASE_WIDTH = Option.integer("base_width").label("CHANNELS")
            .defaultsTo(WordsConfig.WIDTH)
            .mustBe(width -> width >= 16 && width <= 1024 && width % 16 == 0, "a multiple of 16 from 16 to 1024")
            .help("Channels of the network at half the pictures' resolution.");
    private static final float RATE = 1e-3f;
    private static final float FINAL_RATE = 2e-5f;
    private static final int WARM_UP = 50;
    private static final double BETA2 = 0.99;
    private static final float MAX_NORM = 1;
    private static final float EMA_DECAY = 0.998f;
    private static final float EMA_WARM_UP = 10;

    @Override
    public String name() {
        return "words";
    }

    @Override
    public Profile profile() {
        return new Profile("a model of pictures from words", "models of pictures from words",
                Set.of(WordsModel.PIPELINE), List.of(new ShippedModel(WordsPipeline.EMOJI_WORDS, Media.PICTURES,
                        "emoji of what words say", EmojiSet.NAME)));
    }

    @Override
    public Facts describe(Device device, Path folder) throws IOException {
        try (WordsModel model = WordsModel.load(device, folder, DType.BF16)) {
            WordsConfig config = model.config();
            return Facts.of(model.store(),
                    "paints RGB pictures of " + config.imageSize() + "×" + config.imageSize() + " pixels",
                    "reads " + config.text().tokens().words() + " words of a caption",
                    "has learned " + config.vocabulary().size() + " words");
        }
    }

    @Override
    public List<Action> actions() {
        return List.of(WordsActions.generation(this), WordsActions.evaluation(this));
    }

    @Override
    public Course course() {
        return new Course(
                "Train a model that paints what a caption says on captioned pictures. A run can be stopped at any moment and "
                        + "goes on with {resume} as if it had not been.",
                Media.CAPTIONED, List.of(TOPICS, BASE_WIDTH), data -> 6000, 32);
    }

    @Override
    public Config settings(TrainRequest request) throws IOException {
        Values values = values(request);
        String topics = values.find(TOPICS).orElse("");
        data(request, topics);
        return Config.empty().with("topics", topics).with("base_width", values.get(BASE_WIDTH));
    }

    @Override
    public TrainingTask open(Device device, TrainRequest request, Config settings) throws IOException {
        long steps = settings.longInteger("steps");
        Optimization optimization = Optimization
                .adamW(LearningRate.cosine(RATE, steps, FINAL_RATE).withWarmUp(Math.min(WARM_UP, steps)))
                .withBetas(0.9, BETA2).withClipping(MAX_NORM).withEma(EMA_DECAY, EMA_WARM_UP);
        CaptionedDataset data = data(request, settings.text("topics", ""));
        int batch = settings.integer("batch");
        WordsConfig config = WordsConfig.forPictures(data.height(), settings.integer("base_width"),
                CaptionDraws.vocabulary(data.train().descriptions()));
        return RecordedTraining.open(device, settings,
                context -> new WordsObjective(context, data.train(), batch, config, optimization));
    }

    /**
     * The pictures that the request asks for.
     *
     * @throws IllegalArgumentException saying why they do not suit
     */
    private static CaptionedDataset data(TrainRequest request, String topics) {
        if (!(request.data() instanceof CaptionedDataset pictures)) {
            throw new IllegalArgumentException(request.data().name() + " holds " + request.data().examples()
                    + ": this model learns from captioned" + " pictures");
        }
        CaptionedDataset wanted = pictures.onTopics(topics(topics));
        if (wanted.height() != wanted.width()) {
            throw new IllegalArgumentException("pictures of " + wanted.width() + "×" + wanted.height()
                    + " pixels: this model needs square ones; crop or pad them");
        }
        WordsConfig.forPictures(wanted.height(), WordsConfig.WIDTH, List.of());
        return wanted;
    }

    /** The topics that a text names; none: all. */
    static List<String> topics(String text) {
        return text.isBlank() ? List.of() : List.of(text.strip().split("\\s*,\\s*"));
    }
}
