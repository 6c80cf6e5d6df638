package io.zoetrope.bench;

import io.zoetrope.autograd.Tape;
import io.zoetrope.cuda.CapturedGraph;
import io.zoetrope.cuda.Device;
import io.zoetrope.cuda.Event;
import io.zoetrope.model.patches.PatchTransformer;
import io.zoetrope.model.patches.PatchesConfig.Purpose;
import io.zoetrope.model.patches.PatchesConfig;
import io.zoetrope.nn.KeyValueCache;
import io.zoetrope.nn.ParameterStore;
import io.zoetrope.nn.Parameters;
import io.zoetrope.ops.diffusion.SamplerStep;
import io.zoetrope.ops.random.RandomKey;
import io.zoetrope.ops.tokens.Tokens;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import java.util.Collections;
import java.util.Locale;

/**
 * Tokens per second of decoding over a cache, a graph a token, beside the bound that memory sets: every token must read
 * each weight once for the whole batch, and each sample's keys and values.
 *
 * <p>Arguments: the memory bandwidth in GB/s, batch, width, layers; 0 as bandwidth leaves the bound out.
 */
public final class DecodeTimes {
    private static final int HEAD = 64;
    private static final int PALETTE = 1024;
    private static final int SIDE = 16;

    private DecodeTimes() {
    }

    public static void main(String[] args) {
        double bandwidth = args.length > 0 ? Double.parseDouble(args[0]) : 0;
        int batch = args.length > 1 ? Integer.parseInt(args[1]) : 16;
        int width = args.length > 2 ? Integer.parseInt(args[2]) : 512;
        int layers = args.length > 3 ? Integer.parseInt(args[3]) : 8;
        PatchesConfig config = new PatchesConfig(Purpose.GENERATE, SIDE, SIDE, 1, 1, PALETTE,
                Collections.nCopies(10, ""), true, width, layers, width / HEAD, 4 * width, true);
        PatchTransformer network = new PatchTransformer(config, Parameters.root());
        try (Device device = Device.open();
                ParameterStore bank = new ParameterStore(device, network.parameters(), DType.BF16, 1);
                Scope scope = Scope.open(device); Tape fixed = Tape.forInference(device)) {
            PatchTransformer.Positions positions = network.positions(scope);
            PatchTransformer.Modulations modulations = network.modulations(fixed, scope.zeros(DType.I32, batch),
                    scope.zeros(DType.I32, batch));
            KeyValueCache cache = network.cache(scope, DType.BF16, batch);
            Tensor tokens = scope.zeros(DType.I32, batch);
            Tensor random = RandomKey.state(scope, 1, 0);
            Runnable step = () -> {
                try (Tape tape = Tape.forInference(device)) {
                    Tokens.sample(network.decode(tape, positions, tokens, modulations, cache).value(), tokens, null, 1,
                            0, 1, RandomKey.reading(random, 1));
                    SamplerStep.advance(cache.length(), config.positions());
                }
            };
            step.run();
            cache.clear();
            report(device, config, batch, milliseconds(device, step, config.positions()), streamed(bank), bandwidth);
        }
    }

    /** Mean time of a token over two whole pictures, the first not counted. */
    private static double milliseconds(Device device, Runnable step, int positions) {
        try (CapturedGraph graph = CapturedGraph.record(device, step); Event begin = new Event(device);
                Event end = new Event(device)) {
            for (int i = 0; i < positions; i++) {
                graph.launch();
            }
            begin.record(device.stream());
            for (int i = 0; i < positions; i++) {
                graph.launch();
            }
            end.record(device.stream());
            return end.millisecondsSince(begin) / positions;
        }
    }

    /** Bytes of the weights that every token reads; modulations and embeddings are not among them. */
    private static long streamed(ParameterStore bank) {
        long bytes = 0;
        for (ParameterStore.Segment segment : bank.segments()) {
            String name = segment.parameter().names().get(0);
            if (!name.contains("norm") && !name.contains("embedding")) {
                bytes += segment.length() * (segment.parameter().isMatrix() ? DType.BF16 : DType.F32).bytes();
            }
        }
        return bytes;
    }

    private static void report(Device device, PatchesConfig config, int batch, double milliseconds, long weights,
            double bandwidth) {
        long cached = (long) batch * config.layers() // half full, twice
                * config.positions() * config.modelWidth() * DType.BF16.bytes();
        System.out.printf(Locale.ROOT,
                "{\"device\": \"%s\", \"batch\": %d, \"width\": %d, \"layers\": %d, \"ms_per_token\": %.4f, "
                        + "\"tokens_per_s\": %.1f, \"weight_bytes\": %d, \"cache_bytes\": %d",
                device.name(), batch, config.modelWidth(), config.layers(), milliseconds, batch / milliseconds * 1e3,
                weights, cached);
        if (bandwidth > 0) {
            System.out.printf(Locale.ROOT, ", \"bound_tokens_per_s\": %.1f",
                    batch * bandwidth * 1e9 / (weights + cached));
        }
        System.out.println("}");
    }
}
