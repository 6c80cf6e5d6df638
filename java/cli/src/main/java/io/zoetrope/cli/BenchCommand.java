package io.zoetrope.cli;

import io.zoetrope.cuda.Device;
import io.zoetrope.io.AtomicFiles;
import io.zoetrope.measure.Bench;
import io.zoetrope.measure.ModelCase;
import io.zoetrope.measure.OperationCase;
import io.zoetrope.measure.ResultTable;
import io.zoetrope.measure.Results;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code zoetrope bench}: how fast this machine is, in a table of the user's own figures. */
@Command(name = "bench", description = {"Measure how fast operations and models run on this machine.",
        "On a GPU at full size, on softcuda small. The results go to a file; --compare sets them beside another one."})
final class BenchCommand implements io.zoetrope.cli.Command, Callable<Integer> {
    enum Part { OPERATIONS, MODELS }

    private static final int ROUNDS = 5;
    private static final double ROUND_MILLISECONDS = 100;
    /** Of the cases, on a GPU: the others need more memory and minutes. */
    private static final int GPU_PRIORITY = 1;

    private final Surroundings surroundings;

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "operations|models", arity = "0..1", description = "What to measure; both if not said.")
    private Part part;

    @Option(names = "--only", paramLabel = "TEXT", defaultValue = "",
            description = "Only cases whose name begins so, such as gemm.")
    private String only;

    @Option(names = "--out", paramLabel = "FILE.json", defaultValue = "bench.json",
            description = "Where the results go. Default: ${DEFAULT-VALUE}.")
    private Path out;

    @Option(names = "--compare", paramLabel = "FILE.json", description = "Results to set beside these.")
    private Optional<Path> compare = Optional.empty();

    @Mixin
    private DeviceOption device;

    BenchCommand(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    @Override
    public CommandSpec spec() {
        return CommandSpec.forAnnotatedObject(this);
    }

    @Override
    public Integer call() throws IOException {
        Optional<Results> other = compare.isPresent() ? Optional.of(Results.read(compare.get())) : Optional.empty();
        AtomicFiles.requireWritable(out);
        Failures failures = new Failures();
        Results results;
        try (Device opened = surroundings.devices().apply(device.device); Bench bench = new Bench(opened, null, null,
                false, new Bench.Settings(ROUNDS, ROUND_MILLISECONDS, ""), failures)) {
            int priority = opened.isSoftware() ? 0 : GPU_PRIORITY;
            List<OperationCase> operations = part == Part.MODELS ? List.of() : OperationCase.all().stream()
                    .filter(each -> each.priority() == priority && isAsked(each.name())).toList();
            List<ModelCase> models = part == Part.OPERATIONS ? List.of() : ModelCase.all().stream()
                    .filter(each -> each.priority() == priority && isAsked(each.name())).toList();
            if (operations.isEmpty() && models.isEmpty()) {
                throw new ParameterException(spec.commandLine(), "--only is '" + only
                        + "', with which no case begins: expected the beginning of a name such as gemm or unet_train");
            }
            measure(bench, operations, models);
            results = bench.results();
        }
        results.write(out);
        surroundings.say(ResultTable.heading(results));
        surroundings.say(ResultTable.of(results));
        other.ifPresent(beside -> surroundings.say("Beside " + compare.get() + ":\n" + ResultTable.heading(beside)
                + "\n" + ResultTable.compared("here", results, "there", beside)));
        surroundings.say("wrote " + out);
        return failures.any ? Main.FAILED : 0;
    }

    private boolean isAsked(String name) {
        return name.startsWith(only);
    }

    private static void measure(Bench bench, List<OperationCase> operations, List<ModelCase> models)
            throws IOException {
        TerminalProgress.during(progress -> {
            progress.begin("measuring", operations.size() + models.size());
            bench.calibrate();
            int done = 0;
            for (OperationCase each : operations) {
                bench.operation(each);
                progress.advance(++done, each.name());
            }
            for (ModelCase each : models) {
                bench.model(each);
                progress.advance(++done, each.name());
            }
            return null;
        });
    }

    /** Says which cases failed; the others are measured all the same. */
    private final class Failures implements Bench.Listener {
        private boolean any;

        @Override
        public void done(Results results, List<Results.Row> rows) {
            // The table comes at the end.
        }

        @Override
        public void failed(String what, Throwable why) {
            any = true;
            surroundings.complain(what + ": " + Main.oneLine(why));
        }
    }
}
