package io.zoetrope.metric;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.zoetrope.data.Images;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;

/**
 * How well made pictures show what they were asked to: each is compared with the real picture of its caption and with
 * real pictures of other captions drawn by chance, by the mean squared difference of their colours in a coarse grid. A
 * picture is right when the own one comes first. This sees colour, outline and place, and no detail. It asks nothing of
 * a network, so no weights decide on it; a model that repeats what it learned gets it right, too, which is why captions
 * not learned from are counted apart.
 */
public final class CaptionRanks {
    /** Real pictures that each made one is compared with, its own included. */
    public static final int AMONG = 100;
    private static final int TOP = 5;
    private static final int GRID = 16;

    private final List<Row> rows = new ArrayList<>();

    /**
     * What was found for some captions.
     *
     * @param part     which, such as "held tone"
     * @param pictures how many were made
     * @param first    share of which the own picture came first
     * @param top      share of which it came among the first {@value #TOP}
     * @param losses   of the model on the real pictures: told their captions, and told nothing
     */
    public record Row(String part, int pictures, double first, double top, double[] losses) {
        /** The share of right ones by guessing. */
        static double chance() {
            return 1.0 / AMONG;
        }
    }

    /**
     * Adds a part.
     *
     * @param made    pictures made, one for each caption
     * @param own     the real picture of each caption
     * @param gallery real pictures to draw the others from, such as all there are
     * @param losses  see {@link Row}
     * @param seed    of the draw
     */
    public void add(String part, Images made, Images own, Images gallery, double[] losses, long seed) {
        if (made.count() != own.count() || made.stride() != own.stride() || gallery.stride() != own.stride()) {
            throw new IllegalArgumentException("made " + made + ", own " + own + ", gallery " + gallery
                    + ": expected one of each caption, all of one size");
        }
        float[][] others = coarse(gallery);
        float[][] real = coarse(own);
        float[][] shown = coarse(made);
        if (others.length < AMONG) {
            throw new IllegalArgumentException(
                    others.length + " real pictures: expected at least " + AMONG + " to compare with");
        }
        SplittableRandom random = new SplittableRandom(seed);
        int first = 0;
        int top = 0;
        for (int i = 0; i < shown.length; i++) {
            double mine = distance(shown[i], real[i]);
            int nearer = 0;
            for (int drawn = 1; drawn < AMONG;) {
                float[] other = others[random.nextInt(others.length)];
                if (Arrays.equals(other, real[i])) {
                    continue; // the own one is there once
                }
                nearer += distance(shown[i], other) <= mine ? 1 : 0;
                drawn++;
            }
            first += nearer == 0 ? 1 : 0;
            top += nearer < TOP ? 1 : 0;
        }
        rows.add(new Row(part, shown.length, (double) first / shown.length, (double) top / shown.length,
                losses.clone()));
    }

    public List<Row> rows() {
        return List.copyOf(rows);
    }

    /** For people. */
    public String table() {
        StringBuilder table = new StringBuilder(String.format(Locale.ROOT, "%-16s%10s%14s%14s%10s%16s%n", "captions",
                "pictures", "first of " + AMONG, "first " + TOP, "loss", "without words"));
        for (Row row : rows) {
            table.append(String.format(Locale.ROOT, "%-16s%10d%14.2f%14.2f%10.4f%16.4f%n", row.part(), row.pictures(),
                    row.first(), row.top(), row.losses()[0], row.losses()[1]));
        }
        return table.append(String.format(Locale.ROOT, "%-16s%10s%14.2f%14.2f%n", "by chance", "", Row.chance(),
                TOP * Row.chance())).toString();
    }

    /** For programs. */
    public JsonArray json() {
        JsonArray parts = new JsonArray();
        for (Row row : rows) {
            JsonObject part = new JsonObject();
            part.addProperty("captions", row.part());
            part.addProperty("pictures", row.pictures());
            part.addProperty("first_of_" + AMONG, row.first());
            part.addProperty("first_" + TOP + "_of_" + AMONG, row.top());
            part.addProperty("loss", row.losses()[0]);
            part.addProperty("loss_without_words", row.losses()[1]);
            parts.add(part);
        }
        return parts;
    }

    /** The mean colours of a grid of {@value #GRID} × {@value #GRID} cells, fewer for smaller pictures. */
    private static float[][] coarse(Images images) {
        int grid = Math.min(GRID, Math.min(images.height(), images.width()));
        int channels = images.channels();
        float[][] all = new float[images.count()][grid * grid * channels];
        int[] pixelsOfCell = new int[grid * grid];
        for (int y = 0; y < images.height(); y++) {
            for (int x = 0; x < images.width(); x++) {
                pixelsOfCell[cell(images, grid, y, x)]++;
            }
        }
        for (int i = 0; i < images.count(); i++) {
            int at = i * images.stride();
            for (int y = 0; y < images.height(); y++) {
                for (int x = 0; x < images.width(); x++) {
                    int cell = cell(images, grid, y, x);
                    for (int c = 0; c < channels; c++) {
                        all[i][cell * channels + c] += (images.pixels()[at++] & 0xff) / 255f / pixelsOfCell[cell];
                    }
                }
            }
        }
        return all;
    }

    private static int cell(Images images, int grid, int y, int x) {
        return y * grid / images.height() * grid + x * grid / images.width();
    }

    private static double distance(float[] a, float[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += ((double) a[i] - b[i]) * ((double) a[i] - b[i]);
        }
        return sum / a.length;
    }
}
