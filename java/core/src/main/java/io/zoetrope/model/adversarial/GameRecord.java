package io.zoetrope.model.adversarial;

import io.zoetrope.data.Images;
import io.zoetrope.train.LossCsv;
import io.zoetrope.train.RunFolder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How an adversarial game goes, in the run's folder: {@code variety.csv}, a row a checkpoint of what the generator
 * makes, and {@code game.png}, both players' figures as curves.
 */
public final class GameRecord {
    /** Of the loss file. */
    public static final List<String> COLUMNS = List.of("d_loss", "g_loss", "real_score", "fake_score", "r1", "r2",
            "d_gradient_norm", "g_gradient_norm", "rate");
    private static final List<String> VARIETY = List.of("variance_share", "classes_covered", "classes_as_asked");
    private static final Logger LOG = LoggerFactory.getLogger(GameRecord.class);
    /** Of the real examples' variance: below it, the generator makes nearly the same every time. */
    private static final double LEAST_VARIANCE = 0.1;
    /** A class is covered when it has this part of an even share of the pictures. */
    private static final double LEAST_SHARE = 0.2;
    private static final int REFERENCE = 2000;

    private final int classes;
    private final Function<Images, int[]> classifier;
    private final double realVariance;

    /** @param classifier gives each picture the number of its class, or null */
    public GameRecord(int classes, Function<Images, int[]> classifier, Images real) {
        this.classes = classes;
        this.classifier = classifier;
        this.realVariance = variance(real.slice(0, Math.min(REFERENCE, real.count())));
    }

    /**
     * What there is to see in a generator's pictures.
     *
     * @param covered and asAsked NaN without a classifier
     */
    public record Variety(double varianceShare, double covered, double asAsked) {
        /** Why the modes seem to have collapsed, if they do. */
        public Optional<String> collapse(int classes) {
            if (varianceShare < LEAST_VARIANCE) {
                return Optional
                        .of(String.format(Locale.ROOT, "what the generator makes varies by %.1f %% of what the real"
                                + " examples do: it makes nearly the same every time", 100 * varianceShare));
            }
            if (covered < 0.7 * classes) {
                return Optional
                        .of(String.format(Locale.ROOT, "the generator covers %.0f of %d classes", covered, classes));
            }
            return Optional.empty();
        }
    }

    /** Measures pictures of the classes in turn. */
    public Variety measure(Images made) {
        double share = realVariance == 0 ? 1 : variance(made) / realVariance;
        if (classifier == null || classes == 0) {
            return new Variety(share, Double.NaN, Double.NaN);
        }
        int[] found = classifier.apply(made);
        int[] counts = new int[classes];
        int asAsked = 0;
        for (int i = 0; i < found.length; i++) {
            if (found[i] >= 0 && found[i] < classes) {
                counts[found[i]]++;
            }
            asAsked += found[i] == i % classes ? 1 : 0;
        }
        int covered = 0;
        for (int count : counts) {
            covered += count >= LEAST_SHARE * found.length / classes ? 1 : 0;
        }
        return new Variety(share, covered, (double) asAsked / found.length);
    }

    /** Mean over the pixels of their variance over the pictures: half the mean squared distance of two pictures. */
    static double variance(Images images) {
        int stride = images.stride();
        double total = 0;
        for (int pixel = 0; pixel < stride; pixel++) {
            double sum = 0;
            double squares = 0;
            for (int i = 0; i < images.count(); i++) {
                double value = (images.pixels()[i * stride + pixel] & 0xff) / 127.5 - 1;
                sum += value;
                squares += value * value;
            }
            double mean = sum / images.count();
            total += squares / images.count() - mean * mean;
        }
        return total / stride;
    }

    /**
     * Adds a row, draws the curves, and warns of a collapse.
     *
     * @param made pictures of the classes in turn
     * @throws IOException if a file of the run cannot be written
     */
    public void report(RunFolder run, long step, Images made) throws IOException {
        Variety variety = measure(made);
        Path file = run.path().resolve("variety.csv");
        try (LossCsv rows = LossCsv.open(file, VARIETY, step - 1)) {
            rows.append(step, variety.varianceShare, variety.covered, variety.asAsked);
        }
        variety.collapse(classes).ifPresent(reason -> LOG.warn(
                "step {}: collapse of modes: {}; if it stays so, start again" + " with a larger gamma or another seed",
                step, reason));
        try {
            GamePlot.write(run.path().resolve("game.png"), run.path().resolve("loss.csv"), file, classes);
        } catch (LinkageError | InternalError e) {
            // A headless Java runtime without fonts or libfreetype fails so; training must not.
            LOG.warn("cannot draw game.png on this machine ({}): install fontconfig and a font", e.toString());
        }
    }
}
