package io.zoetrope.examples;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.cuda.CapturedGraph;
import io.zoetrope.cuda.Device;
import io.zoetrope.data.ImageDataset;
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

/** The README's model of one's own: two convolutions and a linear layer that learn to tell pictures apart. */
final class OwnModel {
    private OwnModel() {
    }

    /** Trains on {@code data} and returns the loss of the last step. */
    static float train(Device device, ImageDataset data, int batch, int steps) {
        Images images = data.train().images();
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
                Augmentation.NONE.batch(pixels, classes, chosen, plain, x, y, null);
                try (Tape tape = Tape.forTraining(device)) {
                    Variable h = PointwiseFunctions.relu(tape, edges.forward(tape, Variable.constant(x)));
                    h = PointwiseFunctions.relu(tape, parts.forward(tape, h));
                    Variable logits = head.forward(tape, PoolFunctions.globalAveragePool(tape, h));
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
                return loss.toFloats()[0];
            }
        }
    }
}
