package io.zoetrope.model.tagger;

import io.zoetrope.cuda.Device;
import io.zoetrope.data.ImageFiles;
import io.zoetrope.data.SceneCaptions;
import io.zoetrope.data.scenes.CaptionGrammar;
import io.zoetrope.data.scenes.LabelledCaption;
import io.zoetrope.data.scenes.LabelledPrompts;
import io.zoetrope.data.scenes.NearCaptions;
import io.zoetrope.data.scenes.TaggedPrompt;
import io.zoetrope.figures.TaggedPromptFigure;
import io.zoetrope.io.AtomicFiles;
import io.zoetrope.metric.SlotReport;
import io.zoetrope.model.Action;
import io.zoetrope.model.ActionCall;
import io.zoetrope.model.CommonOptions;
import io.zoetrope.model.text.Prompt;
import io.zoetrope.option.Option;
import io.zoetrope.option.OptionException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/** What users do with taggers: see what a prompt is understood to say, and measure how often that is right. */
final class TaggerActions {
    private static final int NEAREST = 3;
    /** Captions that a prompt is compared with, of each language. */
    private static final int COMPARED = 4000;
    private static final Option<String> PROMPT = Option.text("prompt", "PROMPT").positional()
            .help("Words such as \"a panda surfing at night, no rain\", in English or Korean.");
    private static final Option<String> DATA = CommonOptions.DATA.defaultsTo(SceneCaptions.NAME)
            .help("Whose held-out wordings and whose prompts are measured on.");
    private static final Option<Integer> CAPTIONS = Option.integer("captions").label("COUNT").atLeast(1)
            .defaultsTo(1000).help("How many captions of the grammar, for each language and part.");

    private TaggerActions() {
    }

    static Action explanation(TaggerFamily family) {
        List<Option<?>> options = List.of(PROMPT, CommonOptions.model(family.shipped()),
                CommonOptions.SEED.help("Of the values that are drawn for what is not said."),
                CommonOptions.OUT.help("Also draw it: a PNG; - for standard output."));
        return new Action(Action.Kind.EXPLAIN, "prompt",
                "Show what a prompt is understood to say of a scene: which words speak of subject, action, place, time "
                        + "and mood, what is said not to be so, what is not said and would be drawn, and which "
                        + "captions are near.",
                options, TaggerActions::explain);
    }

    private static void explain(ActionCall call) throws IOException {
        String text = call.get(PROMPT);
        asked(() -> Prompt.of(text)); // before anything is loaded
        List<LabelledCaption> captions = new ArrayList<>();
        for (SceneCaptions.Language language : SceneCaptions.shipped().languages()) {
            IntStream.range(0, COMPARED).forEach(i -> captions.add(language.caption(CaptionGrammar.Part.LEARNED, i)));
        }
        TaggedPrompt prompt;
        try (Device device = call.openDevice();
                TaggerPipeline pipeline = TaggerPipeline.fromPretrained(device, call.model())) {
            prompt = asked(() -> pipeline.tag(text));
        }
        long seed = call.get(CommonOptions.SEED);
        call.say(described(prompt, seed));
        call.say("nearest captions, by what they say:" + NearCaptions.of(prompt, captions, NEAREST).stream().map(
                near -> String.format(Locale.ROOT, "%n  %3.0f %%  %s", 100 * near.meaning(), near.caption().text()))
                .reduce("", String::concat));
        if (call.find(CommonOptions.OUT).isPresent() && !TaggedPromptFigure.canShow(prompt)) {
            call.say("the picture has boxes in place of letters that no font of this machine has: install one that has "
                    + "them, such as Noto Sans CJK for Korean");
        }
        call.writeIfAsked(CommonOptions.OUT,
                file -> ImageFiles.writePng(file, TaggedPromptFigure.draw(prompt, prompt.drawn(seed))));
    }

    private static <T> T asked(Supplier<T> reading) {
        try {
            return reading.get();
        } catch (IllegalArgumentException e) {
            throw new OptionException(PROMPT.name(), e.getMessage());
        }
    }

    /** A line for each slot, and one for each thing that was not understood. */
    static String described(TaggedPrompt prompt, long seed) {
        Map<String, TaggedPrompt.Mention> deciding = prompt.deciding();
        Map<String, String> drawn = prompt.drawn(seed);
        List<String> lines = new ArrayList<>();
        for (String slot : prompt.slots().names()) {
            TaggedPrompt.Mention mention = deciding.get(slot);
            String said = mention != null
                    ? String.format(Locale.ROOT, "%-16s %3.0f %%  by \"%s\"", mention.value().orElseThrow(),
                            100 * mention.confidence(), prompt.words(mention))
                    : drawn.containsKey(slot) ? String.format(Locale.ROOT, "%-16s        not said; drawn by seed %d",
                            drawn.get(slot), seed) : "nothing is left of it";
            lines.add(String.format(Locale.ROOT, "%-8s %s", slot, said));
        }
        for (TaggedPrompt.Mention mention : prompt.mentions()) {
            String words = "\"" + prompt.words(mention) + "\"";
            if (mention.negated()) {
                lines.add("not " + mention.slot() + " " + mention.value().orElse("(none that is known)") + ": by "
                        + words);
            } else if (mention.value().isEmpty()) {
                lines.add(words + " speaks of the " + mention.slot() + " and means none that is known: expected "
                        + examples(prompt.slots().values().get(mention.slot())));
            } else if (deciding.get(mention.slot()) != mention) {
                lines.add(words + " speaks of the " + mention.slot() + " too (" + mention.value().get()
                        + "): the first counts");
            }
            mention.readAs().ifPresent(wording -> lines.add(words + " is read as \"" + wording + "\""));
        }
        List<String> unknown = prompt.words().stream().filter(word -> !word.known()).map(TaggedPrompt.Word::text)
                .distinct().toList();
        if (!unknown.isEmpty()) {
            lines.add("not learned, guessed by their letters: " + String.join(", ", unknown));
        }
        if (prompt.unread() > 0) {
            lines.add("only the first " + prompt.words().size() + " of " + (prompt.words().size() + prompt.unread())
                    + " words are read");
        }
        return String.join(System.lineSeparator(), lines);
    }

    /** A few values from all over the list. */
    private static String examples(List<String> values) {
        int some = Math.min(5, values.size());
        return String.join(", ", IntStream.range(0, some).mapToObj(i -> values.get(i * values.size() / some)).toList())
                + (some < values.size() ? ", …" : "");
    }

    static Action evaluation(TaggerFamily family) {
        List<Option<?>> options = List.of(CommonOptions.model(family.shipped()), DATA, CAPTIONS, CommonOptions.JSON);
        return new Action(Action.Kind.EVALUATE, family.name(),
                "Measure how often slots are found: in captions of templates and wordings that were held out, and in "
                        + "prompts that people wrote, for each language.",
                options, TaggerActions::evaluate);
    }

    private static void evaluate(ActionCall call) throws IOException {
        SceneCaptions data = SceneCaptions.load(call.get(DATA), call.places());
        SlotReport report = new SlotReport(data.slots().names());
        try (Device device = call.openDevice();
                TaggerPipeline pipeline = TaggerPipeline.fromPretrained(device, call.model())) {
            if (!pipeline.slots().equals(data.slots())) {
                throw new OptionException(DATA.name(),
                        "has other slots or values than the model " + call.model() + " knows");
            }
            for (SceneCaptions.Language language : data.languages()) {
                for (CaptionGrammar.Part part : CaptionGrammar.Part.values()) {
                    List<LabelledCaption> captions = IntStream.range(0, call.get(CAPTIONS))
                            .mapToObj(i -> language.caption(part, i)).toList();
                    add(report, pipeline,
                            language.name() + ", " + part.name().toLowerCase(Locale.ROOT).replace('_', ' '),
                            captions.stream().map(LabelledCaption::text).toList(),
                            captions.stream()
                                    .map(caption -> new SlotReport.Meaning(caption.values(), caption.negated()))
                                    .toList());
                }
                prompts(report, pipeline, language.name() + ", prompts: development", language.development());
                prompts(report, pipeline, language.name() + ", prompts: test", language.test());
            }
        }
        call.say(report.table());
        call.writeIfAsked(CommonOptions.JSON, file -> AtomicFiles.writeText(file, report.json() + "\n"));
    }

    private static void prompts(SlotReport report, TaggerPipeline pipeline, String part,
            List<LabelledPrompts.Labelled> prompts) {
        if (!prompts.isEmpty()) {
            add(report, pipeline, part, prompts.stream().map(LabelledPrompts.Labelled::text).toList(),
                    prompts.stream().map(prompt -> new SlotReport.Meaning(prompt.values(), prompt.negated())).toList());
        }
    }

    private static void add(SlotReport report, TaggerPipeline pipeline, String part, List<String> texts,
            List<SlotReport.Meaning> labelled) {
        report.add(part, labelled, pipeline.tag(texts).stream()
                .map(prompt -> new SlotReport.Meaning(prompt.values(), prompt.negated())).toList());
    }
}
