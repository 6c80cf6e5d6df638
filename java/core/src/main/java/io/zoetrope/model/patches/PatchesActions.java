package io.zoetrope.model.patches;

import io.zoetrope.cuda.Device;
import io.zoetrope.data.ImageFiles;
import io.zoetrope.data.Images;
import io.zoetrope.data.Media;
import io.zoetrope.data.PatchSelection;
import io.zoetrope.data.Preparation;
import io.zoetrope.figures.AttentionFigure;
import io.zoetrope.figures.AttentionMaps;
import io.zoetrope.model.Action;
import io.zoetrope.model.ActionCall;
import io.zoetrope.model.ClassChoice;
import io.zoetrope.model.CommonOptions;
import io.zoetrope.model.Gallery;
import io.zoetrope.model.tokens.TokenSampling.Decode;
import io.zoetrope.model.tokens.TokenSampling;
import io.zoetrope.option.Option;
import io.zoetrope.option.OptionException;
import io.zoetrope.option.Values;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What users do with transformers over patches: make pictures, complete them, see where attention goes. */
final class PatchesActions {
    private static final int ENLARGED = 4;
    private static final Pattern PLACE = Pattern.compile("(\\d{1,4}),(\\d{1,4})");
    private static final TokenSampling USUAL = TokenSampling.count(1);

    private static final Option<Integer> STEPS = Option.integer("steps").atLeast(1).defaultsTo(USUAL.steps())
            .help("Rounds of {decode} maskgit.");
    private static final Option<String> DECODE = Option.choice("decode", "ar", "maskgit")
            .help("Patches one after the other, or many at a time, the surest first.");
    private static final Option<Double> TEMPERATURE = Option.number("temperature")
            .mustBe(value -> value >= 0 && Double.isFinite(value.floatValue()), "0 or more")
            .defaultsTo((double) USUAL.temperature()).help("Below 1 is safer, above bolder; 0 takes the likeliest.");
    private static final Option<Integer> TOP_K = Option.integer("top_k").mustBe(value -> value >= 0, "0 (all) or more")
            .defaultsTo(USUAL.topK()).help("Draw from the so many likeliest patches only; 0: all.");
    private static final Option<Double> TOP_P = Option.number("top_p").defaultsTo(0.95)
            .mustBe(value -> value.floatValue() > 0 && value.floatValue() <= 1, "more than 0 and at most 1 (all)")
            .help("Draw from the fewest patches that have this much of the probability.");
    private static final Option<Double> GUIDANCE = Option.number("guidance")
            .mustBe(value -> value >= 0 && Double.isFinite(value.floatValue()), "0 or more")
            .defaultsTo((double) USUAL.guidance())
            .help("How much more the class counts than pictures at large; 1: no more.");
    private static final List<Option<?>> CHOICE_OF_PATCHES = List.of(STEPS, TEMPERATURE, TOP_K, TOP_P, GUIDANCE);

    private static final Option<String> KEEP = Option.text("keep", "top|bottom|left|right|FILE").required()
            .help("What is kept: a half, or the patches that are white in a picture of the model's size.");
    private static final Option<String> PATCH = Option.text("patch", "ROW,COL").required()
            .help("The patch that looks, counted from 0 at the top left, such as 3,2.");

    private PatchesActions() {
    }

    /** What there is to decide, and then how patches are chosen. */
    private static List<Option<?>> with(List<Option<?>> others, Decode usual) {
        List<Option<?>> options = new ArrayList<>(others);
        options.add(DECODE.defaultsTo(usual.name().toLowerCase(Locale.ROOT)));
        options.addAll(CHOICE_OF_PATCHES);
        return options;
    }

    static Action generation(PatchesFamily family) {
        List<Option<?>> options = CommonOptions.generation(family, CommonOptions.out("fashion.png", Media.PICTURES),
                ClassChoice.CLASS);
        return new Action(Action.Kind.GENERATE, family.name(), "Make pictures with a transformer over patches.",
                with(options, Decode.AR), PatchesActions::generate);
    }

    /**
     * What was asked of a model that knows these classes.
     *
     * @param otherwise the class where the user says nothing: in turns, or any
     * @throws OptionException naming what cannot be
     */
    static TokenSampling request(Values values, int otherwise, List<String> classNames) {
        int wanted = ClassChoice.isAny(values) ? TokenSampling.ANY
                : ClassChoice.number(values, classNames).orElse(otherwise);
        return OptionException
                .asked(() -> TokenSampling.count(values.get(CommonOptions.COUNT)).seed(values.get(CommonOptions.SEED))
                        .ofClass(wanted).decode(Decode.valueOf(values.get(DECODE).toUpperCase(Locale.ROOT)))
                        .steps(values.get(STEPS)).temperature(values.get(TEMPERATURE)).topK(values.get(TOP_K))
                        .topP(values.get(TOP_P)).guidance(values.get(GUIDANCE)));
    }

    private static void generate(ActionCall call) throws IOException {
        long start = System.nanoTime();
        Images images;
        try (Device device = call.openDevice();
                PatchesPipeline pipeline = PatchesPipeline.fromPretrained(device, call.model())) {
            images = pipeline.generate(
                    request(call.values(), TokenSampling.TURNS, pipeline.model().config().classNames()),
                    call.progress());
        }
        Gallery.pictures(call, images, "patch by patch", System.nanoTime() - start);
    }

    static Images usualPictures(Device device, ActionCall call, int count, long seed) throws IOException {
        try (PatchesPipeline pipeline = PatchesPipeline.fromPretrained(device, call.model())) {
            return pipeline.generate(TokenSampling.count(count).seed(seed), call.progress());
        }
    }

    static Action completion(PatchesFamily family) {
        List<Option<?>> options = List.of(CommonOptions.IMAGE, KEEP, CommonOptions.model(family.shipped()),
                CommonOptions.COUNT.help("How many completions.").defaultsTo(6), CommonOptions.SEED,
                CommonOptions.out("completed.png", Media.PICTURES), ClassChoice.CLASS.defaultDepends("any"));
        return new Action(Action.Kind.COMPLETE, family.name(),
                "Keep a part of a picture and make the rest anew, "
                        + "several times: a row of pictures as PNG, the given one first.",
                with(options, Decode.MASKGIT), PatchesActions::complete);
    }

    private static void complete(ActionCall call) throws IOException {
        String keep = call.get(KEEP);
        boolean half = PatchSelection.HALVES.contains(keep.toLowerCase(Locale.ROOT));
        if (!half && !Files.isRegularFile(Path.of(keep))) {
            throw new OptionException(KEEP.name(), "is '" + keep + "', expected one of " + PatchSelection.HALVES
                    + " or a picture that is white where patches are kept");
        }
        Path image = call.get(CommonOptions.IMAGE);
        Preparation.Prepared picture;
        PatchSelection kept;
        Images made;
        int places;
        try (Device device = call.openDevice();
                PatchesPipeline pipeline = PatchesPipeline.fromPretrained(device, call.model())) {
            PatchesConfig config = pipeline.model().config();
            // What is kept says what the picture is: no class is asked for unless the user names one.
            TokenSampling request = request(call.values(), TokenSampling.ANY, config.classNames());
            picture = pipeline.preparation().read(image);
            kept = half ? PatchSelection.half(keep, config.grid())
                    : PatchSelection.mask(Images.read(Path.of(keep)), config.grid());
            places = config.positions();
            made = pipeline.complete(picture.image(), kept, request, call.progress());
        }
        Path out = call.get(CommonOptions.OUT);
        call.writeMade(out, row(picture.image(), made).enlarged(ENLARGED)::writePng);
        call.say(image + ": " + picture.describe());
        call.say(out + ": the picture and " + made.count() + " completions, " + kept.count() + " of " + places
                + " patches kept, seed " + call.get(CommonOptions.SEED));
    }

    private static Images row(Images first, Images others) {
        byte[] pixels = new byte[first.pixels().length + others.pixels().length];
        System.arraycopy(first.pixels(), 0, pixels, 0, first.pixels().length);
        System.arraycopy(others.pixels(), 0, pixels, first.pixels().length, others.pixels().length);
        Images all = new Images(1 + others.count(), first.height(), first.width(), first.channels(), pixels);
        return all.grid(all.count());
    }

    static Action attention(PatchesFamily family) {
        List<Option<?>> options = new ArrayList<>(
                List.of(CommonOptions.IMAGE, PATCH, CommonOptions.model(family.shipped()), CommonOptions
                        .out("attention.png", Media.PICTURES).help("Where the figure goes; - for standard output.")));
        return new Action(Action.Kind.EXPLAIN, "attention", "Show which patches of a picture one of them looks at, for "
                + "every layer and head of a transformer of patches.", options, PatchesActions::showAttention);
    }

    private static void showAttention(ActionCall call) throws IOException {
        String patch = call.get(PATCH);
        Matcher place = PLACE.matcher(patch);
        if (!place.matches()) {
            throw new OptionException(PATCH.name(), "is '" + patch + "', expected ROW,COL such as 3,2");
        }
        int row = Integer.parseInt(place.group(1));
        int column = Integer.parseInt(place.group(2));
        Path image = call.get(CommonOptions.IMAGE);
        Preparation.Prepared picture;
        AttentionMaps maps;
        try (Device device = call.openDevice();
                PatchesPipeline pipeline = PatchesPipeline.fromPretrained(device, call.model())) {
            picture = pipeline.preparation().read(image);
            maps = pipeline.attention(picture.image());
        }
        if (row >= maps.rows() || column >= maps.columns()) {
            throw new OptionException(PATCH.name(), "is " + patch + ", but this model's pictures have " + maps.rows()
                    + " rows and " + maps.columns() + " columns of patches, counted from 0");
        }
        Path out = call.get(CommonOptions.OUT);
        call.write(out, file -> ImageFiles.writePng(file, AttentionFigure.draw(picture.image(), maps, row, column)));
        call.say(image + ": " + picture.describe());
        call.say(out + ": " + maps.layers() + " layers of " + maps.heads()
                + " heads; brighter is looked at more, the frame is patch " + patch);
    }
}
