package io.zoetrope.bench;

import io.zoetrope.cuda.Device;
import io.zoetrope.io.AtomicFiles;
import io.zoetrope.measure.Bench;
import io.zoetrope.measure.ModelCase;
import io.zoetrope.measure.OperationCase;
import io.zoetrope.measure.Peer;
import io.zoetrope.measure.ResultTable;
import io.zoetrope.measure.Results;
import io.zoetrope.measure.Roofline;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The harness's measurements: priority by priority, operations before models, our kernels beside cuBLAS, cuDNN and a
 * process such as PyTorch's. After each case the results, their table and the roofline plot are written, so that a run
 * may end at any moment; one on the same files goes on with what is not there yet.
 *
 * <p>Arguments, each {@code --name=value}: {@code out}, a folder; {@code parts}, such as operations,models;
 * {@code priorities}, such as 1-3; {@code seconds} after which no case is begun; {@code peer}, a command whose words
 * are separated by blanks; {@code rounds}, {@code round-ms}; {@code commit}.
 */
public final class GpuBench implements Bench.Listener {
    private static final Map<String, String> DEFAULTS = Map.of("parts", "operations,models", "priorities", "1-3",
            "seconds", "86400", "peer", "", "rounds", "5", "round-ms", "100", "commit", "");

    private final Path out;
    private final long started = System.nanoTime();
    private boolean anyFailed;

    private GpuBench(Path out) {
        this.out = out;
    }

    public static void main(String[] args) throws IOException {
        System.setProperty("java.awt.headless", "true");
        Map<String, String> options = new HashMap<>(DEFAULTS);
        for (String arg : args) {
            String[] parts = arg.split("=", 2);
            String name = parts[0].replaceFirst("^--", "");
            if (parts.length < 2 || !DEFAULTS.containsKey(name) && !name.equals("out")) {
                throw new IllegalArgumentException(
                        "argument '" + arg + "': expected --name=value with out or one of " + DEFAULTS.keySet());
            }
            options.put(name, parts[1]);
        }
        GpuBench bench = new GpuBench(Files.createDirectories(Path.of(options.get("out"))));
        System.exit(bench.run(options) ? 0 : 1);
    }

    private boolean run(Map<String, String> options) throws IOException {
        Path file = out.resolve("results.json");
        Results earlier = Files.exists(file) ? Results.read(file) : null;
        String[] priorities = options.get("priorities").split("-");
        int from = Integer.parseInt(priorities[0]);
        int to = Integer.parseInt(priorities[priorities.length - 1]);
        double seconds = Double.parseDouble(options.get("seconds"));
        List<String> parts = List.of(options.get("parts").split(","));
        Peer peer = options.get("peer").isBlank() ? null
                : new Peer(List.of(options.get("peer").split(" ")), out.resolve("operands"));
        Bench.Settings settings = new Bench.Settings(Integer.parseInt(options.get("rounds")),
                Double.parseDouble(options.get("round-ms")), options.get("commit"));
        try (Device device = Device.open(); Bench bench = new Bench(device, peer, earlier, true, settings, this)) {
            bench.calibrate();
            for (int priority = from; priority <= to; priority++) {
                if (parts.contains("operations")) {
                    for (OperationCase each : OperationCase.all()) {
                        if (each.priority() == priority && isTimeLeft(seconds)) {
                            bench.operation(each);
                        }
                    }
                }
                if (parts.contains("models")) {
                    for (ModelCase each : ModelCase.all()) {
                        if (each.priority() == priority && isTimeLeft(seconds)) {
                            bench.model(each);
                        }
                    }
                }
            }
        }
        return !anyFailed;
    }

    private double elapsed() {
        return (System.nanoTime() - started) / 1e9;
    }

    private boolean isTimeLeft(double seconds) {
        return elapsed() < seconds;
    }

    @Override
    public void done(Results results, List<Results.Row> rows) throws IOException {
        results.write(out.resolve("results.json"));
        AtomicFiles.writeText(out.resolve("results.md"), ResultTable.heading(results) + "\n" + ResultTable.of(results));
        Roofline.write(out.resolve("roofline.png"), results);
        rows.forEach(row -> System.err.printf(Locale.ROOT, "%6.1f s  %s by %s: %.4f ms%n", elapsed(), row.name(),
                row.arm(), row.ms()));
    }

    @Override
    public void failed(String what, Throwable why) {
        anyFailed = true;
        System.err.printf(Locale.ROOT, "%6.1f s  %s failed: %s%n", elapsed(), what,
                String.valueOf(why.getMessage()).lines().findFirst().orElse(""));
    }
}
