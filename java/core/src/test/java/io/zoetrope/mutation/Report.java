package io.zoetrope.mutation;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The mutants of a run as Markdown: counts by operation and kind, then each verdict, those that lived first. */
final class Report {
    private record Row(Mutant mutant, String change, Verdict verdict) {
    }

    private final String kind;
    private final long seed;
    private final List<Row> rows = new ArrayList<>();

    Report(String kind, long seed) {
        this.kind = kind;
        this.seed = seed;
    }

    void add(Mutant mutant, String change, Verdict verdict) {
        rows.add(new Row(mutant, change, verdict));
    }

    String summary() {
        return rows.size() + " mutants: " + counts(rows);
    }

    String text() {
        StringBuilder text = new StringBuilder("# Mutants: " + kind + "\n\nSeed " + seed + ". " + summary() + ".\n");
        Map<String, List<Row>> operations = new TreeMap<>();
        Map<String, List<Row>> mistakes = new TreeMap<>();
        for (Row row : rows) {
            operations.computeIfAbsent(row.mutant.module().replaceFirst("/.*", ""), unused -> new ArrayList<>())
                    .add(row);
            mistakes.computeIfAbsent(row.mutant.mistake().toString(), unused -> new ArrayList<>()).add(row);
        }
        table(text, "operation", operations);
        table(text, "mistake", mistakes);
        text.append("\n| verdict | kernel | line | mistake | change | by |\n|---|---|---|---|---|---|\n");
        for (Verdict.Result result : List.of(Verdict.Result.SURVIVED, Verdict.Result.NOT_RUN, Verdict.Result.CAUGHT)) {
            rows.stream().filter(row -> row.verdict.result() == result)
                    .forEach(row -> text.append("| ").append(result).append(" | ").append(row.mutant.module())
                            .append(' ').append(row.mutant.entry()).append(" | ").append(row.mutant.line())
                            .append(" | ").append(row.mutant.mistake()).append(" | ").append(brief(row)).append(" | ")
                            .append(row.verdict.by()).append(" |\n"));
        }
        return text.toString();
    }

    private static String brief(Row row) {
        return row.mutant.mistake() == Mistake.KNOWN ? row.mutant.edits().size() + " instructions"
                : row.change.replace("|", "\\|");
    }

    private static void table(StringBuilder text, String heading, Map<String, List<Row>> groups) {
        text.append("\n| ").append(heading).append(" | mutants | verdicts |\n|---|---|---|\n");
        groups.forEach((name, group) -> text.append("| ").append(name).append(" | ").append(group.size()).append(" | ")
                .append(counts(group)).append(" |\n"));
    }

    private static String counts(List<Row> rows) {
        Map<Verdict.Result, Integer> counts = new EnumMap<>(Verdict.Result.class);
        rows.forEach(row -> counts.merge(row.verdict.result(), 1, Integer::sum));
        List<String> parts = new ArrayList<>();
        counts.forEach((result, count) -> parts
                .add(count + " " + result.toString().toLowerCase(java.util.Locale.ROOT).replace('_', ' ')));
        return String.join(", ", parts);
    }
}
