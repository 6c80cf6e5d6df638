package io.zoetrope.bench.compare;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.ToLongFunction;
import java.util.regex.Pattern;

/**
 * Compares two built commits row by row: each in a process of its own, in turns (A B A B …), as many runs of a row in
 * one as in the other. Prints a table in Markdown.
 *
 * <p>Wall time says what a user waits; beside other load it says little. The time that the process's threads worked
 * leaves out what others took, though not that they cool caches and share cores. A row differs when the ratios of all
 * rounds lie on one side of 1.
 *
 * <p>Arguments: name and folder of A, name and folder of B, the folder of the rows' sources, a folder to work in, a
 * regular expression that rows must contain, the number of rounds, milliseconds a round.
 */
public final class Compare {
    private static final int ARGUMENTS = 9;
    private static final long MOST_RUNS = 1_000_000;

    private final Side a;
    private final Side b;
    private final int rounds;
    private final long roundNanos;

    private Compare(Side a, Side b, int rounds, long roundNanos) {
        this.a = a;
        this.b = b;
        this.rounds = rounds;
        this.roundNanos = roundNanos;
    }

    public static void main(String[] args) throws IOException {
        if (args.length != ARGUMENTS) {
            throw new IllegalArgumentException("expected " + ARGUMENTS + " arguments: use bench/compare.sh");
        }
        Path sources = Path.of(args[4]);
        Path work = Path.of(args[5]);
        Tree treeA = new Tree(args[0], Path.of(args[1]));
        Tree treeB = new Tree(args[2], Path.of(args[3]));
        treeA.compile(sources, work.resolve("a"));
        treeB.compile(sources, work.resolve("b"));
        Pattern wanted = Pattern.compile(args[6]);
        try (Side a = new Side(treeA, work.resolve("a.log")); Side b = new Side(treeB, work.resolve("b.log"))) {
            new Compare(a, b, Integer.parseInt(args[7]), Long.parseLong(args[8]) * 1_000_000).run(treeA, treeB, wanted);
        }
    }

    private void run(Tree treeA, Tree treeB, Pattern wanted) throws IOException {
        System.out.println("A: " + treeA.name() + ", B: " + treeB.name() + "; " + rounds
                + " rounds in turns; milliseconds, median (least–most); a ratio above 1: B is faster.\nLoad before: "
                + load() + "; " + Runtime.getRuntime().availableProcessors() + " processors.\n");
        System.out.println("| row | A wall | B wall | wall A/B | A cpu | B cpu | cpu A/B | rounds' cpu A/B |");
        System.out.println("|---|---|---|---|---|---|---|---|");
        List<String> notes = new ArrayList<>();
        for (String row : a.rows()) {
            if (!wanted.matcher(row).find()) {
                continue;
            }
            if (!b.rows().contains(row)) {
                notes.add(row + ": only in A");
                continue;
            }
            try {
                compare(row);
            } catch (IOException e) {
                notes.add(row + ": " + e.getMessage());
            }
        }
        b.rows().stream().filter(row -> !a.rows().contains(row)).forEach(row -> notes.add(row + ": only in B"));
        treeA.leftOut().forEach(file -> notes.add("not in A: " + file));
        treeB.leftOut().forEach(file -> notes.add("not in B: " + file));
        System.out.println("\nLoad after: " + load() + ".");
        notes.forEach(note -> System.out.println("- " + note));
    }

    private static String load() throws IOException {
        Path file = Path.of("/proc/loadavg");
        return Files.exists(file) ? String.join(" ", Arrays.copyOf(Files.readString(file).split(" "), 3)) : "unknown";
    }

    private void compare(String row) throws IOException {
        try {
            a.open(row);
            b.open(row);
            long runs = Math.max(runs(a), runs(b));
            a.run(runs);
            b.run(runs);
            Side.Times[] timesA = new Side.Times[rounds];
            Side.Times[] timesB = new Side.Times[rounds];
            for (int i = 0; i < rounds; i++) {
                timesA[i] = a.run(runs);
                timesB[i] = b.run(runs);
            }
            print(row, runs, timesA, timesB);
        } finally {
            a.closeRow();
            b.closeRow();
        }
    }

    /** As many runs as fill a round, by time worked: another's load does not make it shorter. */
    private long runs(Side side) throws IOException {
        side.run(1);
        long runs = 1;
        while (runs < MOST_RUNS) {
            Side.Times times = side.run(runs);
            long spent = Math.max(times.cpu(), times.wall() / 4);
            if (spent >= roundNanos / 2) {
                return Math.max(1, runs * roundNanos / spent);
            }
            runs = Math.max(2 * runs, Math.min(8 * runs, runs * roundNanos / Math.max(1, spent)));
        }
        return MOST_RUNS;
    }

    private void print(String row, long runs, Side.Times[] timesA, Side.Times[] timesB) {
        double[] wallA = milliseconds(timesA, Side.Times::wall, runs);
        double[] wallB = milliseconds(timesB, Side.Times::wall, runs);
        double[] cpuA = milliseconds(timesA, Side.Times::cpu, runs);
        double[] cpuB = milliseconds(timesB, Side.Times::cpu, runs);
        double[] ratios = new double[rounds];
        for (int i = 0; i < rounds; i++) {
            ratios[i] = cpuA[i] / cpuB[i];
        }
        System.out.println("| " + row + " | " + spread(wallA) + " | " + spread(wallB) + " | " + ratio(wallA, wallB)
                + " | " + spread(cpuA) + " | " + spread(cpuB) + " | " + ratio(cpuA, cpuB) + " | "
                + String.format(Locale.ROOT, "%.2f–%.2f", least(ratios), most(ratios)) + " |");
    }

    private static double[] milliseconds(Side.Times[] times, ToLongFunction<Side.Times> what, long runs) {
        return Arrays.stream(times).mapToDouble(each -> what.applyAsLong(each) / 1e6 / runs).toArray();
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int half = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
    }

    private static double least(double[] values) {
        return Arrays.stream(values).min().orElseThrow();
    }

    private static double most(double[] values) {
        return Arrays.stream(values).max().orElseThrow();
    }

    private static String spread(double[] values) {
        return significant(median(values)) + " (" + significant(least(values)) + "–" + significant(most(values)) + ")";
    }

    private static String significant(double value) {
        int decimals = value >= 100 ? 0 : value >= 10 ? 1 : value >= 1 ? 2 : value >= 0.1 ? 3 : 5;
        return String.format(Locale.ROOT, "%." + decimals + "f", value);
    }

    private static String ratio(double[] a, double[] b) {
        return String.format(Locale.ROOT, "%.2f", median(a) / median(b));
    }
}
