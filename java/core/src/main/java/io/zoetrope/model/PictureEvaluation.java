package io.zoetrope.model;

import io.zoetrope.cuda.Device;
import io.zoetrope.data.DataSets;
import io.zoetrope.data.FashionMnist;
import io.zoetrope.data.ImageDataset;
import io.zoetrope.data.Images;
import io.zoetrope.data.Media;
import io.zoetrope.metric.Classifier;
import io.zoetrope.metric.FeatureEvaluation;
import io.zoetrope.metric.FeatureReport;
import io.zoetrope.metric.LabelShares;
import io.zoetrope.option.Option;
import io.zoetrope.option.OptionException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Measures what a family generates, in the features of a classifier, beside real pictures. */
public final class PictureEvaluation {
    /** Of what is drawn to be measured. */
    public static final long SEED = 7;
    /** Nearest neighbours are looked at, so there must be more pictures than those. */
    public static final int FEWEST = 6;
    /** The real pictures. */
    public static final Option<String> REAL = CommonOptions.DATA.defaultsTo(FashionMnist.NAME)
            .help("The real pictures: generated ones are compared with its test part.");
    private static final Option<Integer> PICTURES = Option.integer("pictures").label("COUNT").defaultsTo(256)
            .mustBe(count -> count == 0 || count >= FEWEST, "0 or at least " + FEWEST)
            .help("Also generate so many and measure how near they come to the test pictures: C-FD, precision, recall, "
                    + "density, coverage, KID, and the classes made. 0 for none.");
    private static final Option<Long> PICTURES_SEED = CommonOptions.SEED.help("Of the pictures.");
    private static final Option<String> ENCODER = Option.text("encoder", "NAME|DIR")
            .help("The classifier in whose features pictures are compared.");
    private static final Option<Path> PICTURES_JSON = Option.output("pictures_json", "FILE")
            .help("Also write the figures of the pictures as JSON.");
    /** A class counts as made when it has at least this part of an even share. */
    private static final double PART_OF_EVEN_SHARE = 0.1;

    /**
     * Makes pictures with the model that {@code call} names, as the family does where its user decides nothing but
     * this.
     */
    @FunctionalInterface
    public interface Maker {
        Images make(Device device, ActionCall call, int count, long seed) throws IOException;
    }

    private PictureEvaluation() {
    }

    /** The options of {@link #run}, beside {@link CommonOptions#MODEL} and {@link #REAL}. */
    public static List<Option<?>> options() {
        return List.of(PICTURES, PICTURES_SEED,
                ENCODER.defaultsTo(ModelFamilies.installed().usualClassifier(Media.PICTURES)), PICTURES_JSON);
    }

    /** An evaluation of nothing but the pictures. */
    public static Action action(ModelFamily family, String description, Maker maker) {
        List<Option<?>> options = new ArrayList<>(List.of(CommonOptions.model(family.shipped()), REAL));
        options.addAll(options());
        return new Action(Action.Kind.EVALUATE, family.name(), description, options, call -> {
            if (!isWanted(call)) {
                throw new OptionException(PICTURES.name(), "0 leaves nothing to measure");
            }
            run(call, DataSets.load(call.get(REAL), call.places()), maker);
        });
    }

    /** Whether any pictures are to be made. */
    public static boolean isWanted(ActionCall call) {
        return call.get(PICTURES) > 0;
    }

    /**
     * Generates, measures, and tells the results.
     *
     * @throws IOException if a file cannot be read or written, or is not what it should be
     */
    public static void run(ActionCall call, ImageDataset data, Maker maker) throws IOException {
        String encoder = call.get(ENCODER);
        FeatureReport features;
        LabelShares labels;
        try (Device device = call.openDevice();
                Classifier classifier = ModelFamilies.installed().openClassifier(device, encoder)) {
            ImageDataset real = classifier.seen(data);
            Images pictures = maker.make(device, call, call.get(PICTURES), call.get(PICTURES_SEED));
            features = FeatureEvaluation.measure(device, classifier.encoder(encoder), pictures, real, SEED,
                    call.progress());
            labels = LabelShares.of(classifier.labels(pictures), classifier.classNames().size());
        }
        call.say(features.table() + "the encoder sees " + labels.describe(PART_OF_EVEN_SHARE) + " in them");
        call.writeIfAsked(PICTURES_JSON, features::writeJson);
    }
}
