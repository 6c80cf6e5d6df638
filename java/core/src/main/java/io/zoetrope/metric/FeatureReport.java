package io.zoetrope.metric;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.zoetrope.io.AtomicFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/**
 * How far generated pictures are from real ones in the features of an encoder, beside the floor: how far real pictures
 * are from other real ones.
 *
 * <p>The distance is the Fréchet distance in the encoder's own features (C-FD). It does not compare with figures of
 * other encoders, nor of other numbers of pictures, which is why the report names both.
 *
 * @param encoder      the encoder's name
 * @param hash         SHA-256 of its weights
 * @param length       values of a feature
 * @param real         real pictures compared with: of the test part
 * @param samples      generated pictures
 * @param floorSamples pictures of the training part in each floor
 * @param k            neighbours of precision, recall, density and coverage
 * @param generated    the generated pictures against the real ones
 * @param floor        as many pictures of the training part against the same real ones, for several draws of them
 */
public record FeatureReport(String encoder, String hash, int length, int real, int samples, int floorSamples, int k,
        Figures generated, List<Figures> floor) {
    private static final int SHORT_HASH = 12;
    private static final Gson GSON = new GsonBuilder().setPrettyPrinting().serializeNulls().create();

    /**
     * One set of pictures against the real ones.
     *
     * @param frechet        Fréchet distance of the features
     * @param neighbourhoods precision, recall, density and coverage
     * @param kernel         kernel distance
     */
    public record Figures(double frechet, Neighbourhoods neighbourhoods, KernelDistance kernel) {
    }

    public FeatureReport {
        floor = List.copyOf(floor);
        if (floor.isEmpty()) {
            throw new IllegalArgumentException("a report needs a floor: what real pictures reach");
        }
    }

    /** A table for people: a line for the generated pictures, and mean and deviation of the floor. */
    public String table() {
        StringBuilder table = new StringBuilder();
        table.append(String.format(Locale.ROOT, "%d generated against %d real ones (test part), k = %d%n", samples,
                real, k));
        table.append(String.format(Locale.ROOT, "encoder %s, %d features, weights sha256 %s%n", encoder, length,
                shortHash()));
        table.append(String.format(Locale.ROOT, "%22s  %9s  %9s  %9s  %9s  %9s  %17s%n", "", "C-FD", "precision",
                "recall", "density", "coverage", "KID × 1000"));
        table.append(line("generated", number -> number.applyAsDouble(generated), generated.kernel().mean(),
                generated.kernel().deviation()));
        table.append(line("real (" + floorSamples + " of training)", this::floorMean,
                floorMean(figures -> figures.kernel().mean()), floorMean(figures -> figures.kernel().deviation())));
        if (floor.size() > 1) {
            table.append(line("  ± over " + floor.size() + " draws", this::floorDeviation,
                    floorDeviation(figures -> figures.kernel().mean()), Double.NaN));
        }
        return table.toString();
    }

    private String shortHash() {
        return hash.substring(0, Math.min(SHORT_HASH, hash.length()));
    }

    private double floorMean(ToDoubleFunction<Figures> of) {
        return Spread.mean(floor.stream().mapToDouble(of).toArray());
    }

    private double floorDeviation(ToDoubleFunction<Figures> of) {
        return Spread.deviation(floor.stream().mapToDouble(of).toArray());
    }

    /** Takes one number out of the figures, or joins that number over several. */
    private interface Column {
        double of(ToDoubleFunction<Figures> number);
    }

    private static String line(String label, Column column, double kernel, double deviation) {
        String spread = Double.isNaN(deviation) ? "" : String.format(Locale.ROOT, " ± %.3f", 1000 * deviation);
        return String.format(Locale.ROOT, "%-22s  %9.3f  %9.4f  %9.4f  %9.4f  %9.4f  %17s%n", label,
                column.of(Figures::frechet), column.of(f -> f.neighbourhoods().precision()),
                column.of(f -> f.neighbourhoods().recall()), column.of(f -> f.neighbourhoods().density()),
                column.of(f -> f.neighbourhoods().coverage()),
                String.format(Locale.ROOT, "%.3f", 1000 * kernel) + spread);
    }

    /**
     * Writes everything as JSON; figures that do not exist are null.
     *
     * @throws IOException if it cannot be written
     */
    public void writeJson(Path file) throws IOException {
        AtomicFiles.writeText(file, GSON.toJson(json()) + "\n");
    }

    JsonObject json() {
        JsonObject json = new JsonObject();
        json.addProperty("encoder", encoder);
        json.addProperty("encoder_sha256", hash);
        json.addProperty("features", length);
        json.addProperty("real", real);
        json.addProperty("generated_samples", samples);
        json.addProperty("floor_samples", floorSamples);
        json.addProperty("k", k);
        json.add("generated", json(generated));
        JsonArray draws = new JsonArray();
        floor.forEach(figures -> draws.add(json(figures)));
        json.add("floor", draws);
        return json;
    }

    private static JsonObject json(Figures figures) {
        JsonObject json = new JsonObject();
        number(json, "c_fd", figures.frechet);
        number(json, "precision", figures.neighbourhoods.precision());
        number(json, "recall", figures.neighbourhoods.recall());
        number(json, "density", figures.neighbourhoods.density());
        number(json, "coverage", figures.neighbourhoods.coverage());
        number(json, "kid", figures.kernel.mean());
        number(json, "kid_deviation", figures.kernel.deviation());
        json.addProperty("kid_subsets", figures.kernel.subsets());
        json.addProperty("kid_subset_size", figures.kernel.size());
        return json;
    }

    private static void number(JsonObject json, String name, double value) {
        json.addProperty(name, Double.isFinite(value) ? value : null);
    }
}
