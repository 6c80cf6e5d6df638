package io.zoetrope.metric;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToIntFunction;

/**
 * What a classifier recognises in generated samples.
 *
 * @param classes    a row for each class it knows, by number
 * @param confidence mean of the largest probability
 */
public record RecognitionReport(List<Row> classes, double confidence) {
    /** A class with less than this part of an even share counts as lost. */
    private static final double PART_OF_EVEN_SHARE = 0.1;

    /**
     * A class.
     *
     * @param recognised samples taken for it
     * @param asked      samples that it was asked for in
     * @param asAsked    of those, the ones taken for it
     */
    public record Row(String name, int recognised, int asked, int asAsked) {}

    public RecognitionReport {
        classes = List.copyOf(classes);
    }

    /**
     * @param classNames    what the classifier knows, by number
     * @param probabilities [samples][classes]
     * @param asked         the class asked for in each sample; null where none was
     */
    public static RecognitionReport of(List<String> classNames, float[][] probabilities, int[] asked) {
        int size = classNames.size();
        if (probabilities.length == 0 || asked != null && asked.length != probabilities.length) {
            throw new IllegalArgumentException(probabilities.length + " predictions"
                    + (asked == null ? "" : " for " + asked.length + " samples") + ": expected one each, at least one");
        }
        int[] recognised = new int[size];
        int[] wanted = new int[size];
        int[] right = new int[size];
        double confidence = 0;
        int[] best = Probabilities.likeliest(probabilities);
        for (int i = 0; i < probabilities.length; i++) {
            if (probabilities[i].length != size || asked != null && (asked[i] < 0 || asked[i] >= size)) {
                throw new IllegalArgumentException("sample " + i + " has " + probabilities[i].length + " probabilities"
                        + (asked == null ? "" : " and class " + asked[i]) + ", expected " + size + " classes");
            }
            confidence += probabilities[i][best[i]] / (double) probabilities.length;
            recognised[best[i]]++;
            if (asked != null) {
                wanted[asked[i]]++;
                right[best[i]] += best[i] == asked[i] ? 1 : 0;
            }
        }
        List<Row> rows = new ArrayList<>();
        for (int c = 0; c < size; c++) {
            rows.add(new Row(classNames.get(c), recognised[c], wanted[c], right[c]));
        }
        return new RecognitionReport(rows, confidence);
    }

    /** How often each class was recognised. */
    public LabelShares labels() {
        return new LabelShares(classes.stream().mapToInt(Row::recognised).toArray());
    }

    /** The share of samples taken for the class that was asked for; NaN where none was. */
    public double accuracy() {
        return (double) sum(Row::asAsked) / sum(Row::asked);
    }

    private int sum(ToIntFunction<Row> of) {
        return classes.stream().mapToInt(of).sum();
    }

    /** For people: the figures, and a line for each class. */
    public String table() {
        LabelShares labels = labels();
        boolean asked = sum(Row::asked) > 0;
        StringBuilder table = new StringBuilder(String.format(Locale.ROOT,
                "%d samples: recognised are %s (entropy %.3f nats), mean confidence %.1f %%%n", labels.samples(),
                labels.describe(PART_OF_EVEN_SHARE), labels.entropy(), 100 * confidence));
        if (asked) {
            table.append(String.format(Locale.ROOT, "the class asked for is the one recognised in %.1f %%%n",
                    100 * accuracy()));
        }
        int width = Math.max(5, classes.stream().mapToInt(row -> row.name.length()).max().orElse(0));
        table.append(String.format(Locale.ROOT, "%-" + width + "s  recognised%s%n", "class",
                asked ? "  when asked for" : ""));
        for (Row row : classes) {
            table.append(String.format(Locale.ROOT, "%-" + width + "s  %8.1f %%", row.name,
                    100.0 * row.recognised / labels.samples()));
            if (asked) {
                table.append(row.asked == 0 ? String.format(Locale.ROOT, "  %14s", "–")
                        : String.format(Locale.ROOT, "  %12.1f %%", 100.0 * row.asAsked / row.asked));
            }
            table.append(System.lineSeparator());
        }
        return table.toString();
    }

    JsonObject json() {
        LabelShares labels = labels();
        JsonObject json = new JsonObject();
        json.addProperty("samples", labels.samples());
        json.addProperty("accuracy", Double.isNaN(accuracy()) ? null : accuracy());
        json.addProperty("confidence", confidence);
        json.addProperty("entropy", labels.entropy());
        json.addProperty("effective_classes", labels.effectiveClasses());
        json.addProperty("classes_covered", labels.covered(PART_OF_EVEN_SHARE));
        JsonArray rows = new JsonArray();
        for (Row row : classes) {
            JsonObject of = new JsonObject();
            of.addProperty("name", row.name);
            of.addProperty("recognised", row.recognised);
            of.addProperty("asked", row.asked);
            of.addProperty("as_asked", row.asAsked);
            rows.add(of);
        }
        json.add("classes", rows);
        return json;
    }
}
