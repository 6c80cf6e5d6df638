package io.zoetrope.model;

import io.zoetrope.data.Media;
import io.zoetrope.option.Option;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** Options that mean the same for every family. */
public final class CommonOptions {
    /** More than this in one call is a slip of the finger. */
    public static final int MAX_COUNT = 1_000_000;

    /** A shipped model or a folder. */
    public static final Option<String> MODEL = Option.text("model", "NAME|DIR")
            .help("A model that ships with Zoetrope, or a model's folder.");
    /** How many pictures or sounds. */
    public static final Option<Integer> COUNT = Option.integer("count").label("COUNT").between(1, MAX_COUNT)
            .help("How many.").defaultsTo(64);
    /** Of what is made. */
    public static final Option<Long> SEED = Option.longInteger("seed")
            .help("The same seed gives the same pictures or sounds.").defaultsTo(7L);
    /** Where the result goes. */
    public static final Option<Path> OUT = Option.output("out", "FILE")
            .help("Where the pictures or sounds go; - for standard output.");
    /** Of a set, or a folder. */
    public static final Option<String> DATA = Option.text("data", "NAME|DIR");
    /** Figures for programs. */
    public static final Option<Path> JSON = Option.output("json", "FILE").help("Also write the figures as JSON.");
    /** Something to look into. */
    public static final Option<Path> IMAGE = Option.input("image", "IMAGE").positional()
            .help("A picture of any size: PNG, JPEG, GIF or BMP.");

    private CommonOptions() {
    }

    /** {@link #MODEL} with the usual one of these as default. */
    public static Option<String> model(List<ShippedModel> shipped) {
        return shipped.isEmpty() ? MODEL.required() : MODEL.defaultsTo(shipped.get(0).name());
    }

    /** What all that generate take, and then their own. */
    public static List<Option<?>> generation(ModelFamily family, Option<Path> out, Option<?>... own) {
        return Stream.concat(Stream.of(model(family.shipped()), COUNT, SEED, out), Stream.of(own)).toList();
    }

    /** {@link #OUT} for files of these media. */
    public static Option<Path> out(String usual, Media media) {
        Option<Path> out = OUT.defaultsTo(Path.of(usual));
        return media != Media.SOUNDS ? out
                : out.mustBe(
                        file -> file.toString().equals("-")
                                || file.toString().toLowerCase(Locale.ROOT).endsWith(media.suffix()),
                        "a name that ends with " + media.suffix() + ", for sounds");
    }
}
