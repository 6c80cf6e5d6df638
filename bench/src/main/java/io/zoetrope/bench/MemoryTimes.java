package io.zoetrope.bench;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.cuda.Device;
import io.zoetrope.model.unet.UNet;
import io.zoetrope.model.unet.UNetConfig;
import io.zoetrope.nn.ParameterStore;
import io.zoetrope.nn.Parameters;
import io.zoetrope.ops.random.Random;
import io.zoetrope.ops.random.RandomKey;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/**
 * Device memory and time of a forward pass, and of a forward and a backward pass with and without checkpoints, of UNets
 * in bf16; one JSON object a line. {@code peak} is the most memory in use at once beyond what stood before (parameters,
 * gradients, input), {@code held} what the pool took from the driver for it; {@code ms} the least of the rounds.
 *
 * <p>Arguments: rounds (3), and the networks to run, {@code fashion} or {@code cifar}; none: both.
 */
public final class MemoryTimes {
    private record Network(String name, UNetConfig config, int batch) {
    }

    private static final List<Network> NETWORKS = List.of(new Network("fashion", UNetConfig.fashion(), 64),
            // That of Ho et al. 2020 for CIFAR-10, 35.7 M parameters.
            new Network("cifar", UNetConfig.symmetric(32, 3, List.of(128, 256, 256, 256), 2,
                    List.of(false, true, false, false), 32, 0), 16));

    private MemoryTimes() {
    }

    public static void main(String[] args) {
        int rounds = args.length == 0 ? 3 : Integer.parseInt(args[0]);
        List<String> names = Arrays.asList(args).subList(Math.min(1, args.length), args.length);
        for (Network network : NETWORKS) {
            if (names.isEmpty() || names.contains(network.name)) {
                measure(network, "inference", rounds, pass -> pass.forward(Tape.forInference(pass.device)));
                measure(network, "training", rounds, pass -> pass.backward(Tape.forTraining(pass.device)));
                measure(network, "checkpoints", rounds,
                        pass -> pass.backward(Tape.forTraining(pass.device).checkpointing()));
            }
        }
    }

    /** A device a case: the pool's peak is of all that it ever did. */
    private static void measure(Network network, String kind, int rounds, Consumer<Pass> work) {
        try (Device device = Device.open(); Pass pass = new Pass(device, network)) {
            long standing = device.memory().bytesInUse();
            long held = standing + device.memory().bytesCached();
            double least = Double.POSITIVE_INFINITY;
            for (int round = 0; round < rounds; round++) {
                long begin = System.nanoTime();
                work.accept(pass);
                device.synchronize();
                least = Math.min(least, (System.nanoTime() - begin) / 1e6);
            }
            System.out.printf(Locale.ROOT,
                    "{\"case\": \"%s %s, %d\", \"parameters\": %d, \"standing\": %d, \"peak\": %d, "
                            + "\"held\": %d, \"ms\": %.1f, \"device\": \"%s\"}%n",
                    network.name, kind, network.batch, pass.unet.parameters().count(), standing,
                    device.memory().peakBytesInUse() - standing,
                    device.memory().bytesInUse() + device.memory().bytesCached() - held, least, device.name());
        }
    }

    private static final class Pass implements AutoCloseable {
        private final Device device;
        private final UNet unet;
        private final ParameterStore store;
        private final Scope scope;
        private final Tensor x;
        private final Tensor gradient;
        private final Tensor steps;

        Pass(Device device, Network network) {
            Parameters parameters = Parameters.root();
            this.device = device;
            this.unet = new UNet(network.config, parameters);
            this.store = new ParameterStore(device, parameters, DType.BF16, 1);
            this.scope = Scope.open(device);
            int size = network.config.imageSize();
            this.x = scope.empty(DType.BF16, network.batch, size, size, network.config.channels());
            this.gradient = scope.emptyLike(x);
            this.steps = scope.zeros(DType.I32, network.batch);
            Random.normal(x, RandomKey.of(1, 1));
            Random.normal(gradient, RandomKey.of(1, 2));
        }

        void forward(Tape made) {
            try (Tape tape = made) {
                unet.forward(tape, Variable.constant(x), steps, null);
            }
        }

        void backward(Tape made) {
            try (Tape tape = made) {
                tape.backward(unet.forward(tape, Variable.constant(x), steps, null), gradient);
            }
        }

        @Override
        public void close() {
            scope.close();
            store.close();
        }
    }
}
