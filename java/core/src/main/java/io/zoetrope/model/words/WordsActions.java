package io.zoetrope.model.words;

import io.zoetrope.cuda.Device;
import io.zoetrope.data.CaptionedDataset;
import io.zoetrope.data.CaptionedSets;
import io.zoetrope.data.Description;
import io.zoetrope.data.EmojiSet;
import io.zoetrope.data.Images;
import io.zoetrope.data.Media;
import io.zoetrope.io.AtomicFiles;
import io.zoetrope.metric.CaptionRanks;
import io.zoetrope.model.Action;
import io.zoetrope.model.ActionCall;
import io.zoetrope.model.CommonOptions;
import io.zoetrope.model.Edit;
import io.zoetrope.model.Gallery;
import io.zoetrope.model.text.Prompt;
import io.zoetrope.option.Option;
import io.zoetrope.option.OptionException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/** What users do with models of pictures from words. */
final class WordsActions {
    private static final WordsPipeline.Request USUAL = WordsPipeline.Request.of(List.of(""));
    private static final Option<String> PROMPT = Option.text("prompt", "PROMPT").positional()
            .help("What the pictures show, in words such as \"a red apple\".");
    private static final Option<String> NEGATIVE = Option.text("negative", "PROMPT")
            .help("What they do not show. It acts by {guidance}.");
    private static final Option<Double> GUIDANCE = Option.number("guidance")
            .mustBe(value -> value >= 0 && Double.isFinite(value.floatValue()), "0 or more")
            .defaultsTo(USUAL.guidance()).help("How much more the words count than pictures at large; 1: no more.");
    private static final Option<Double> GUIDANCE_UNTIL = Option.number("guidance_until").between(0, 1)
            .defaultsTo(USUAL.until()).help("Until when {guidance} acts, from 0, noise, to 1, the picture.");
    private static final Option<Integer> STEPS = Option.integer("steps").atLeast(1).defaultsTo(USUAL.steps())
            .help("Steps from noise to picture: more are slower and better.");

    private static final Option<String> DATA = CommonOptions.DATA.defaultsTo(EmojiSet.NAME)
            .help("Whose captions are painted, and whose pictures they are compared with.");
    private static final Option<Integer> PICTURES = Option.integer("pictures").label("COUNT").atLeast(1).defaultsTo(64)
            .help("The most captions of each part of the data.");

    private WordsActions() {
    }

    static Action generation(WordsFamily family) {
        List<Option<?>> options = new ArrayList<>(List.of(PROMPT, CommonOptions.model(family.shipped()),
                CommonOptions.COUNT.defaultsTo(4), CommonOptions.SEED, CommonOptions.out("words.png", Media.PICTURES),
                NEGATIVE, GUIDANCE, GUIDANCE_UNTIL, STEPS));
        options.addAll(Edit.options());
        return new Action(Action.Kind.GENERATE, family.name(), "Make pictures of what words say.", options,
                WordsActions::generate);
    }

    private static void generate(ActionCall call) throws IOException {
        Prompt prompt = asked(PROMPT, call.get(PROMPT));
        Optional<Prompt> negative = call.find(NEGATIVE).map(text -> asked(NEGATIVE, text));
        WordsPipeline.Request request = WordsPipeline.Request
                .of(Collections.nCopies(call.get(CommonOptions.COUNT), prompt.text()))
                .negative(negative.map(Prompt::text).orElse("")).guidance(call.get(GUIDANCE), call.get(GUIDANCE_UNTIL))
                .steps(call.get(STEPS)).seed(call.get(CommonOptions.SEED));
        long start = System.nanoTime();
        Images images;
        try (Device device = call.openDevice();
                WordsPipeline pipeline = WordsPipeline.fromPretrained(device, call.model())) {
            WordsConfig config = pipeline.model().config();
            known(call, PROMPT, prompt, config);
            negative.ifPresent(words -> known(call, NEGATIVE, words, config));
            images = pipeline.generate(Edit.of(call, pipeline.preparation()).map(request::edit).orElse(request),
                    call.progress());
        }
        Gallery.pictures(call, images,
                Edit.stepsTaken(call, request.steps()) + " steps, guidance " + request.guidance(),
                System.nanoTime() - start);
    }

    static Action evaluation(WordsFamily family) {
        List<Option<?>> options = List.of(CommonOptions.model(family.shipped()), DATA, WordsFamily.TOPICS, PICTURES,
                CommonOptions.SEED.help("Of the noise and of the pictures compared with."), GUIDANCE, GUIDANCE_UNTIL,
                STEPS, CommonOptions.JSON);
        return new Action(Action.Kind.EVALUATE, family.name(),
                "Paint captions, learned from and held out apart, and measure how often the picture is nearer to the real "
                        + "one of its caption than to " + (CaptionRanks.AMONG - 1)
                        + " others; and the loss on the real " + "ones, told their captions and told nothing.",
                options, WordsActions::evaluate);
    }

    private static void evaluate(ActionCall call) throws IOException {
        CaptionedDataset data = CaptionedSets.load(call.get(DATA), call.places())
                .onTopics(WordsFamily.topics(call.find(WordsFamily.TOPICS).orElse("")));
        Map<String, CaptionedDataset.Part> parts = new LinkedHashMap<>();
        parts.put("learned from", data.train());
        parts.putAll(data.held());
        Images gallery = data.allPictures();
        if (gallery.count() < CaptionRanks.AMONG) {
            throw new OptionException(DATA.name(), "has " + gallery.count() + " pictures: expected at least "
                    + CaptionRanks.AMONG + " to compare with");
        }
        long seed = call.get(CommonOptions.SEED);
        CaptionRanks ranks = new CaptionRanks();
        try (Device device = call.openDevice();
                WordsPipeline pipeline = WordsPipeline.fromPretrained(device, call.model())) {
            for (Map.Entry<String, CaptionedDataset.Part> entry : parts.entrySet()) {
                CaptionedDataset.Part part = entry.getValue().spread(call.get(PICTURES));
                List<String> captions = part.descriptions().stream().map(Description::label).toList();
                Images made = pipeline.generate(WordsPipeline.Request.of(captions)
                        .guidance(call.get(GUIDANCE), call.get(GUIDANCE_UNTIL)).steps(call.get(STEPS)).seed(seed),
                        call.progress());
                double told = pipeline.loss(part.images(), captions, seed);
                double untold = pipeline.loss(part.images(), Collections.nCopies(captions.size(), ""), seed);
                ranks.add(entry.getKey(), made, part.images(), gallery, new double[] {told, untold}, seed);
            }
        }
        call.say(ranks.table());
        call.writeIfAsked(CommonOptions.JSON, file -> AtomicFiles.writeText(file, ranks.json() + "\n"));
    }

    private static Prompt asked(Option<String> option, String text) {
        try {
            return Prompt.of(text);
        } catch (IllegalArgumentException e) {
            throw new OptionException(option.name(), e.getMessage());
        }
    }

    /**
     * Says what of a prompt the model cannot follow.
     *
     * @throws OptionException if that is all of it
     */
    private static void known(ActionCall call, Option<String> option, Prompt prompt, WordsConfig config) {
        List<String> unknown = prompt.unknown(config.vocabulary());
        if (unknown.size() == prompt.words().size()) {
            throw new OptionException(option.name(), "has no word that the model has learned: expected some of its "
                    + config.vocabulary().size() + " words, such as " + String.join(", ", examples(config)));
        }
        if (!unknown.isEmpty()) {
            call.say("not learned, guessed by their letters: " + String.join(", ", unknown));
        }
        int read = config.text().tokens().words();
        if (prompt.words().size() > read) {
            call.say("only the first " + read + " of " + prompt.words().size() + " words are read");
        }
    }

    /** A few words from all over the vocabulary. */
    private static List<String> examples(WordsConfig config) {
        List<String> words = config.vocabulary();
        int some = Math.min(5, words.size());
        return IntStream.range(0, some).mapToObj(i -> words.get(i * words.size() / some)).toList();
    }
}
