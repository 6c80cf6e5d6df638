package io.zoetrope.measure;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Results as tables in Markdown. */
public final class ResultTable {
    private ResultTable() {
    }

    /** Who was measured on what, and what that reaches at best. */
    public static String heading(Results results) {
        Results.Machine machine = results.machine();
        Results.Calibration best = results.calibration();
        return machine.device() + ", compute capability " + machine.capability() + ", CUDA driver API "
                + machine.driverApi() + ", " + machine.multiprocessors() + " multiprocessors; " + machine.processors()
                + " processors, Java " + machine.java() + "; " + machine.date()
                + (machine.commit().isEmpty() ? "" : "; commit " + machine.commit())
                + (machine.peers().isEmpty() ? "" : "; beside it " + machine.peers()) + "\n"
                + (machine.software() ? "softcuda runs the kernels on the CPU: these times say nothing about a GPU.\n"
                        : "")
                + (best == null ? "" : format("A copy moves %.1f GB/s; the best product reaches %.3f TFLOP/s (%s).%n",
                        best.copyGBs(), best.gemmTflops(), best.gemm()));
    }

    /**
     * A row a case: our milliseconds with their spread, the share of the limit (the time that arithmetic at the best
     * product's rate or traffic at the copy's rate would take at least), and every other arm with the ratio to ours,
     * above 1 where ours is faster.
     */
    public static String of(Results results) {
        StringBuilder table = new StringBuilder(
                "| case | ms (least–most) | share of limit | others: ms, ratio |\n" + "|---|---|---|---|\n");
        byCase(results).forEach((name, rows) -> {
            Results.Row ours = rows.stream().filter(row -> row.arm().equals(Results.OURS)).findFirst().orElse(null);
            List<String> others = new ArrayList<>();
            for (Results.Row row : rows) {
                if (row != ours) {
                    others.add(row.arm() + (row.how() == null ? "" : " (" + row.how() + ")") + " "
                            + milliseconds(row.ms()) + (ours == null ? "" : format(", %.2f", row.ms() / ours.ms()))
                            + (row.deviation() == null ? "" : format(" (differs by %.1e)", row.deviation())));
                }
            }
            table.append("| ").append(name).append(" | ").append(ours == null ? "–" : spread(ours)).append(" | ")
                    .append(ours == null ? "–" : share(results.calibration(), ours)).append(" | ")
                    .append(others.isEmpty() ? "–" : String.join("; ", others)).append(" |\n");
        });
        return table.toString();
    }

    private static Map<String, List<Results.Row>> byCase(Results results) {
        Map<String, List<Results.Row>> cases = new LinkedHashMap<>();
        results.rows().forEach(row -> cases.computeIfAbsent(row.name(), name -> new ArrayList<>()).add(row));
        return cases;
    }

    /**
     * Our rows of two files side by side; a ratio above 1: the first is faster. What only one of them has is left out.
     */
    public static String compared(String nameA, Results a, String nameB, Results b) {
        StringBuilder table = new StringBuilder(
                "| case | " + nameA + " ms | " + nameB + " ms | ratio |\n|---|---|---|---|\n");
        int common = 0;
        for (Results.Row row : a.rows()) {
            Results.Row other = row.arm().equals(Results.OURS) ? b.find(row.name(), Results.OURS).orElse(null) : null;
            if (other != null) {
                common++;
                table.append("| ").append(row.name()).append(" | ").append(spread(row)).append(" | ")
                        .append(spread(other)).append(" | ").append(format("%.2f", other.ms() / row.ms()))
                        .append(" |\n");
            }
        }
        return common == 0 ? "No case is in both.\n" : table.toString();
    }

    private static String share(Results.Calibration best, Results.Row row) {
        double bound = best == null || best.gemmTflops() == 0 ? 0 : best.bound(row.flops(), row.bytes());
        return bound == 0 ? "–" : format("%.0f %%", 100 * bound / row.ms());
    }

    private static String spread(Results.Row row) {
        return milliseconds(row.ms()) + " (" + milliseconds(row.low()) + "–" + milliseconds(row.high()) + ")";
    }

    private static String milliseconds(double value) {
        return format(value >= 100 ? "%.0f" : value >= 10 ? "%.1f" : value >= 1 ? "%.2f" : "%.4f", value);
    }

    private static String format(String pattern, Object... values) {
        return String.format(Locale.ROOT, pattern, values);
    }
}
