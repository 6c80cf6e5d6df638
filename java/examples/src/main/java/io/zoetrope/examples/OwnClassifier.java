package io.zoetrope.examples;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.cuda.CapturedGraph;
import io.zoetrope.cuda.Device;
import io.zoetrope.data.ImageDataset;
import io.zoetrope.data.ImageFolder;
import io.zoetrope.data.Images;
import io.zoetrope.nn.AdamWOptimizer;
import io.zoetrope.nn.Convolution;
import io.zoetrope.nn.Linear;
import io.zoetrope.nn.Optimizer;
import io.zoetrope.nn.ParameterStore;
import io.zoetrope.nn.Parameters;
import io.zoetrope.ops.loss.CrossEntropy;
import io.zoetrope.ops.optim.Hyper;
import io.zoetrope.ops.pointwise.Pointwise;
import io.zoetrope.ops.pointwise.PointwiseFunctions;
import io.zoetrope.ops.pool.PoolFunctions;
import io.zoetrope.ops.random.Augmentation;
import io.zoetrope.ops.random.Random;
import io.zoetrope.ops.random.RandomKey;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import java.nio.file.Path;

/**
 * A network of one's own learns to tell pictures of one's own apart: {@code OwnClassifier FOLDER [STEPS]}. The folder's
 * sub-folders are the classes; the pictures are grey or colour, and of one size. A tenth of each class is kept for
 * testing.
 */
public final class OwnClassifier {
    private static final int BATCH = 32;

    public static void main(String[] args) throws Exception {
        ImageDataset data = ImageFolder.load(Path.of(args[0]));
        int steps = args.length > 1 ? Integer.parseInt(args[1]) : 300;
        try (Device device = Device.open()) {
            System.out.printf("%.0f %% of the test pictures are recognised%n", 100 * train(device, data, steps));
        }
    }

    /**
     * Trains on a batch of pictures a step.
     *
     * @return the share of the test pictures that are recognised
     */
    static double train(Device device, ImageDataset data, int steps) {
        Images images = data.train().images();
        int batch = Math.min(BATCH, images.count());
        Parameters p = Parameters.root();
        Convolution edges = Convolution.same(p.at("edges"), data.channels(), 16, 3, 1);
        Convolution parts = Convolution.same(p.at("parts"), 16, 32, 3, 2);
        Linear head = Linear.of(p.at("head"), 32, data.classNames().size());
        try (ParameterStore store = new ParameterStore(device, p, DType.BF16, 7);
                Optimizer adam = new AdamWOptimizer(store, Hyper.of(1e-2f)); Scope scope = Scope.open(device)) {
            Tensor pixels = scope.of(images.pixels(), images.count(), data.height(), data.width(), data.channels());
            Tensor classes = scope.of(data.train().labels(), images.count());
            Tensor chosen = scope.empty(DType.I32, batch);
            Tensor x = scope.empty(DType.BF16, batch, data.height(), data.width(), data.channels());
            Tensor y = scope.empty(DType.I32, batch);
            Tensor loss = scope.empty(DType.F32, 1);
            Tensor random = RandomKey.state(scope, 7, 0);
            Tensor factor = scope.empty(DType.F32, data.channels());
            Pointwise.fill(factor, 1 / 255f);
            Augmentation.Normalisation plain = new Augmentation.Normalisation(scope.zeros(DType.F32, data.channels()),
                    factor);
            Runnable step = () -> {
                Random.shuffle(chosen, images.count(), RandomKey.reading(random, 1));
                Augmentation.NONE.batch(pixels, classes, chosen, plain, x, y, null); // the data lie on the device
                try (Tape tape = Tape.forTraining(device)) {
                    Variable logits = logits(tape, edges, parts, head, x);
                    Tensor gradient = tape.empty(logits.value().dtype(), logits.shape());
                    CrossEntropy.run(logits.value(), y, loss, CrossEntropy.Outputs.NONE.gradient(gradient));
                    tape.backward(logits, gradient);
                }
                adam.step();
                Random.advance(random);
            };
            step.run(); // runs it once, kernel by kernel
            try (CapturedGraph graph = CapturedGraph.record(device, step)) {
                for (int i = 1; i < steps; i++) {
                    graph.launch(); // and from now on with one call
                }
            }
            return recognised(device, data.test(), edges, parts, head);
        }
    }

    private static Variable logits(Tape tape, Convolution edges, Convolution parts, Linear head, Tensor x) {
        Variable h = PointwiseFunctions.relu(tape, edges.forward(tape, Variable.constant(x)));
        h = PointwiseFunctions.relu(tape, parts.forward(tape, h));
        return head.forward(tape, PoolFunctions.globalAveragePool(tape, h));
    }

    private static double recognised(Device device, ImageDataset.Part test, Convolution edges, Convolution parts,
            Linear head) {
        Images images = test.images();
        int right = 0;
        for (int from = 0; from < images.count(); from += BATCH) {
            int to = Math.min(images.count(), from + BATCH);
            try (Scope scope = Scope.open(device); Tape tape = Tape.forInference(device)) {
                float[] values = new float[(to - from) * images.stride()];
                for (int i = 0; i < values.length; i++) {
                    values[i] = (images.pixels()[from * images.stride() + i] & 0xff) / 255f;
                }
                Tensor x = scope.of(DType.BF16, values, to - from, images.height(), images.width(), images.channels());
                Tensor logits = logits(tape, edges, parts, head, x).value();
                float[] scores = logits.toFloats();
                int classes = scores.length / (to - from);
                for (int i = from; i < to; i++) {
                    int best = 0;
                    for (int c = 1; c < classes; c++) {
                        best = scores[(i - from) * classes + c] > scores[(i - from) * classes + best] ? c : best;
                    }
                    right += best == test.labels()[i] ? 1 : 0;
                }
            }
        }
        return (double) right / images.count();
    }
}
