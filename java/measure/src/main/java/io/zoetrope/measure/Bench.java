package io.zoetrope.measure;

import io.zoetrope.cuda.Device;
import io.zoetrope.cuda.DeviceChoice;
import io.zoetrope.cuda.ProviderFactory;
import io.zoetrope.cuda.Providers;
import io.zoetrope.ops.random.Random;
import io.zoetrope.ops.random.RandomKey;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import java.io.IOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Measures cases: every arm that can runs each of them, in turns, on the same random numbers. What a file of results
 * holds already is left as it is, so that a run that was ended goes on.
 */
public final class Bench implements AutoCloseable {
    /** What is told of each case that is done, for a file and for people. */
    public interface Listener {
        /** @throws IOException when the file cannot be written */
        void done(Results results, List<Results.Row> rows) throws IOException;

        /** A case, or one of its arms, that failed; the others go on. */
        void failed(String what, Throwable why);
    }

    private static final String OPERATION = "operation";
    private static final String MODEL = "model";
    private static final int WARM_UPS = 1;

    private final Settings settings;
    private final Listener listener;
    /** By arm: the device that it runs on. */
    private final Map<String, Device> devices = new LinkedHashMap<>();
    private final Peer peer;
    private Results results;

    /**
     * @param rounds  of each arm
     * @param roundMs how long a round lasts at least
     * @param commit  of the sources; empty: not known
     */
    public record Settings(int rounds, double roundMs, String commit) {
    }

    /**
     * @param device   which
     * @param peer     what stands beside in another process; null: nothing
     * @param earlier  results to go on from; null: none
     * @param vendors  whether cuBLAS and cuDNN run, too, where they are installed
     */
    public Bench(Device device, Peer peer, Results earlier, boolean vendors, Settings settings, Listener listener)
            throws IOException {
        this.settings = settings;
        this.listener = listener;
        this.peer = peer;
        devices.put(Results.OURS, device);
        if (vendors) {
            openVendors(device);
        }
        results = earlier != null ? earlier : Results.of(machine(device));
    }

    private void openVendors(Device device) {
        DeviceChoice choice = DeviceChoice.parse((device.isSoftware() ? "cpu:" : "gpu:") + device.ordinal());
        for (ProviderFactory factory : Providers.installed()) {
            if (factory.missing().isEmpty()) {
                try {
                    devices.put(factory.name(), Device.open(choice, factory.name()));
                } catch (RuntimeException e) {
                    listener.failed("provider " + factory.name(), e);
                }
            }
        }
    }

    private Results.Machine machine(Device device) throws IOException {
        return new Results.Machine(device.name(), device.capability().toString(), device.isSoftware(),
                device.driverVersion() / 1000 + "." + device.driverVersion() % 1000 / 10, device.multiprocessors(),
                Runtime.getRuntime().availableProcessors(), System.getProperty("java.version"),
                Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(), settings.commit(),
                peer == null ? "" : peer.versions());
    }

    public Results results() {
        return results;
    }

    /** What the device reaches at best: a copy of much memory; the best product comes with the operations. */
    public void calibrate() throws IOException {
        if (results.calibration() == null) {
            Device device = devices.get(Results.OURS);
            long bytes = device.isSoftware() ? 16L << 20 : Math.min(1L << 30, device.totalMemory() / 8);
            try (Scope scope = Scope.open(device)) {
                Tensor from = scope.empty(DType.F32, bytes / Float.BYTES);
                Random.normal(from, RandomKey.of(1, 0));
                Tensor to = scope.emptyLike(from);
                double least = Double.MAX_VALUE;
                for (int i = 0; i < settings.rounds() + WARM_UPS; i++) {
                    device.synchronize();
                    long begin = System.nanoTime();
                    to.copyFrom(from);
                    device.synchronize();
                    least = Math.min(least, System.nanoTime() - begin);
                }
                results = results.withCalibration(new Results.Calibration(2 * bytes / least, bestGemm(), gemmName()));
            }
            listener.done(results, List.of());
        }
    }

    public void operation(OperationCase of) throws IOException {
        List<DeviceArm> arms = new ArrayList<>();
        run(OPERATION, of.name(), () -> {
            for (Map.Entry<String, Device> each : devices.entrySet()) {
                if (Vendor.runs(each.getKey(), of.operation())) {
                    attempt(of.name() + " by " + each.getKey(), () -> arms.add(
                            new DeviceArm(each.getKey(), each.getValue(), scope -> Operations.prepare(scope, of))));
                }
            }
            List<Arm> all = new ArrayList<>(arms);
            if (!arms.isEmpty()) {
                Work ours = arms.get(0).work();
                float[] output = ours.output() == null ? null : arms.get(0).output();
                if (output != null) {
                    arms.subList(1, arms.size()).forEach(arm -> arm.compareWith(output));
                }
                if (peer != null) {
                    all.addAll(peer.operation(of, ours, output));
                }
            }
            return all;
        }, () -> arms.isEmpty() ? null : arms.get(0).work());
        if (of.operation().equals("gemm") && results.calibration() != null) {
            results = results
                    .withCalibration(new Results.Calibration(results.calibration().copyGBs(), bestGemm(), gemmName()));
        }
    }

    public void model(ModelCase of) throws IOException {
        run(MODEL, of.name(), () -> {
            List<Arm> all = new ArrayList<>();
            attempt(of.name(), () -> all.add(new ModelArm(Results.OURS, devices.get(Results.OURS), of)));
            if (peer != null) {
                all.addAll(peer.model(of));
            }
            return all;
        }, () -> null);
    }

    private interface Arms {
        List<Arm> prepare() throws IOException;
    }

    private interface Attempt {
        void run() throws IOException;
    }

    private void attempt(String what, Attempt attempt) throws IOException {
        try {
            attempt.run();
        } catch (RuntimeException e) {
            listener.failed(what, e);
        }
    }

    private void run(String kind, String name, Arms preparation, java.util.function.Supplier<Work> work)
            throws IOException {
        if (results.has(name)) {
            return;
        }
        List<Arm> arms = preparation.prepare();
        try {
            List<Results.Row> rows = new ArrayList<>();
            Map<Arm, double[]> rounds = inTurns(name, arms);
            Work asked = work.get();
            rounds.forEach((arm, times) -> {
                Timing timing = Timing.of(times);
                rows.add(new Results.Row(kind, name, arm.name(), arm.how().isEmpty() ? null : arm.how(),
                        timing.median(), timing.low(), timing.high(), timing.rounds(),
                        asked == null ? 0 : asked.flops(), asked == null ? 0 : asked.bytes(),
                        Double.isNaN(arm.deviation()) ? null : arm.deviation()));
            });
            results.rows().addAll(rows);
            listener.done(results, rows);
        } finally {
            arms.forEach(Arm::close);
        }
    }

    /** Rounds of each arm, A B C A B C …; an arm that fails is left out. */
    private Map<Arm, double[]> inTurns(String name, List<Arm> arms) {
        Map<Arm, double[]> times = new LinkedHashMap<>();
        arms.forEach(arm -> times.put(arm, new double[settings.rounds()]));
        for (int round = -WARM_UPS; round < settings.rounds(); round++) {
            for (Arm arm : arms) {
                if (times.containsKey(arm)) {
                    try {
                        double milliseconds = arm.round(round < 0 ? 0 : settings.roundMs());
                        if (round >= 0) {
                            times.get(arm)[round] = milliseconds;
                        }
                    } catch (RuntimeException e) {
                        times.remove(arm);
                        listener.failed(name + " by " + arm.name(), e);
                    }
                }
            }
        }
        return times;
    }

    private double bestGemm() {
        return best() == null ? 0 : best().flops() / best().ms() / 1e9;
    }

    private String gemmName() {
        return best() == null ? "" : best().name() + " by " + best().arm();
    }

    private Results.Row best() {
        return results.rows().stream().filter(row -> row.name().startsWith("gemm,"))
                .max(java.util.Comparator.comparingDouble(row -> row.flops() / row.ms())).orElse(null);
    }

    /** Closes the devices of the vendors' arms, and the peer; the device that was given stays open. */
    @Override
    public void close() {
        devices.forEach((name, device) -> {
            if (!name.equals(Results.OURS)) {
                device.close();
            }
        });
        if (peer != null) {
            peer.close();
        }
    }
}
