package io.zoetrope.mutation;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Plants mistakes in the kernels and tells which the tests miss.
 *
 * <p>System properties: {@code mutants.kind} (values, known or synchronisation), {@code mutants.seed},
 * {@code mutants.only} (the beginning of modules' names), {@code mutants.share} (how many times the usual number). What
 * was caught is kept in {@code mutants.folder}: a run that was ended does not try it again. Delete the folder after
 * tests have been taken away.
 */
public final class Mutants {
    private static final List<Mistake> VALUES = List.of(Mistake.OFF_BY_ONE, Mistake.BOUND_INCLUDED,
            Mistake.SWAPPED_PARAMETERS, Mistake.LOST_TERM, Mistake.WRONG_STRIDE, Mistake.WRONG_SIGN);

    private final String kind = System.getProperty("mutants.kind", "values");
    private final long seed = Long.getLong("mutants.seed", 1);
    private final int share = Integer.getInteger("mutants.share", 1);
    private final String only = System.getProperty("mutants.only", "");
    private final Path folder = Path.of(System.getProperty("mutants.folder", "target/mutants"));
    private final Trial trial;
    private final Path verdicts = folder.resolve(kind + ".tsv");
    private final Map<String, Verdict> known = new HashMap<>();
    private final Set<String> green = new HashSet<>();

    private Mutants() throws IOException {
        trial = new Trial(folder.resolve("trial-" + kind), kind.equals("synchronisation"));
    }

    public static void main(String[] arguments) throws Exception {
        new Mutants().run();
    }

    private void run() throws IOException, InterruptedException {
        Files.createDirectories(folder);
        if (Files.exists(verdicts)) {
            try (Stream<String> lines = Files.lines(verdicts)) {
                lines.map(Verdict::parse).forEach(verdict -> known.put(verdict.key(), verdict));
            }
        }
        List<List<Mutant>> drawn = Subjects.modules().stream().filter(name -> name.startsWith(only))
                .map(PtxModule::packed).map(this::mutants).toList();
        Report report = new Report(kind, seed);
        // One of each module after another: a run that is ended has seen all operations.
        for (int round = 0; round < drawn.stream().mapToInt(List::size).max().orElse(0); round++) {
            for (List<Mutant> ofModule : drawn) {
                if (round < ofModule.size()) {
                    test(ofModule.get(round), report);
                }
            }
            Files.writeString(folder.resolve(kind + ".md"), report.text());
        }
        System.out.println(report.summary() + "; see " + folder.resolve(kind + ".md"));
    }

    private void test(Mutant mutant, Report report) throws IOException, InterruptedException {
        requireGreen(mutant.module());
        PtxModule module = PtxModule.packed(mutant.module());
        Verdict verdict = verdict(module, mutant);
        report.add(mutant, mutant.change(module), verdict);
        System.out.println(verdict.result() + " " + mutant.key() + " " + mutant.entry() + " | " + verdict.by());
    }

    private List<Mutant> mutants(PtxModule module) {
        return switch (kind) {
            case "values" -> MutantChoice.draw(module, VALUES, share * Subjects.share(module.name()), seed);
            case "known" -> KnownMistakes.of(module);
            case "synchronisation" -> MutantChoice.draw(module, List.of(Mistake.LOST_SYNCHRONISATION),
                    share * Subjects.share(module.name()), seed);
            default -> throw new IllegalArgumentException(
                    "mutants.kind is '" + kind + "', expected values, known or synchronisation");
        };
    }

    /** A test that fails on the kernels as they are would catch every mutant. */
    private void requireGreen(String module) throws IOException, InterruptedException {
        if (green.add(Subjects.tests(module))) {
            Trial.Outcome outcome = trial.run(module, null);
            if (outcome.failed()) {
                throw new IllegalStateException(
                        "the tests in " + Subjects.tests(module) + " fail on the kernels as they are: " + outcome.by());
            }
        }
    }

    private Verdict verdict(PtxModule module, Mutant mutant) throws IOException, InterruptedException {
        String ptx = mutant.ptx(module);
        String key = mutant.key() + ":" + Integer.toHexString(ptx.hashCode());
        Verdict before = known.get(key);
        // What lived is tried again: tests may have grown.
        if (before != null && before.result() == Verdict.Result.CAUGHT) {
            return before;
        }
        Trial.Outcome outcome = trial.run(module.name(), ptx);
        Verdict verdict = outcome.failed() ? new Verdict(key, Verdict.Result.CAUGHT, outcome.by())
                : survivor(module, mutant, key);
        Files.writeString(verdicts, verdict + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        return verdict;
    }

    private Verdict survivor(PtxModule module, Mutant mutant, String key) throws IOException, InterruptedException {
        Trial.Outcome trapped = trial.run(module.name(), mutant.trapped(module));
        return trapped.failed() ? new Verdict(key, Verdict.Result.SURVIVED, "run by " + trapped.by())
                : new Verdict(key, Verdict.Result.NOT_RUN, "no test comes there");
    }
}
