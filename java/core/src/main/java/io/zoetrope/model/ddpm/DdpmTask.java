package io.zoetrope.model.ddpm;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.cuda.CapturedGraph;
import io.zoetrope.cuda.Device;
import io.zoetrope.data.Images;
import io.zoetrope.io.Progress;
import io.zoetrope.model.unet.UNetConfig;
import io.zoetrope.nn.AdamWOptimizer;
import io.zoetrope.nn.Optimizer;
import io.zoetrope.ops.diffusion.Diffusion;
import io.zoetrope.ops.loss.Loss;
import io.zoetrope.ops.optim.AdamW;
import io.zoetrope.ops.pointwise.Pointwise;
import io.zoetrope.ops.random.Random;
import io.zoetrope.ops.random.RandomKey;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.train.TrainingTask;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A diffusion model being trained. A step chooses pictures and timesteps, noises them, predicts, compares, pushes back and
 * updates; the data set, the counters and all randomness live on the device, so it is recorded once and replayed with a
 * single call.
 */
final class DdpmTask implements TrainingTask {
    private static final long PICTURES = 1;
    private static final long TIMESTEPS = 2;
    private static final long NOISE = 3;
    private static final int SAMPLES = 64;
    private static final int SAMPLE_STEPS = 50;

    private final Device device;
    private final long seed;
    private final Scope scope;
    private final DdpmModel model;
    private final Optimizer optimizer;
    private final Tensor data;
    private final Diffusion.Target target;
    private final Tensor indices;
    private final Tensor times;
    private final Tensor noisy;
    private final Tensor wanted;
    private final Tensor random;
    private final Tensor loss;
    private final Tensor lossSum;
    private final Tensor notFinite;
    private CapturedGraph graph;

    /**
     * @param pictures what to learn from
     * @param batch    pictures in a step
     * @param seed     of the first weights and everything drawn
     */
    DdpmTask(Device device, Images pictures, int batch, AdamW.Hyper settings, long seed) {
        this.device = device;
        this.seed = seed;
        this.model = new DdpmModel(device, DdpmConfig.forPictures(pictures.height(), pictures.channels()), DType.BF16, seed);
        this.optimizer = new AdamWOptimizer(model.bank(), settings);
        this.scope = Scope.open(device);
        UNetConfig shape = model.config().unet();
        this.data = scope.of(pictures.pixels(), pictures.count(), pictures.height(), pictures.width(), pictures.channels());
        this.target = Diffusion.Target.valueOf(model.config().prediction().name());
        this.indices = scope.empty(DType.I32, batch);
        this.times = scope.empty(DType.I32, batch);
        this.noisy = scope.empty(model.compute(), batch, shape.imageSize(), shape.imageSize(), shape.channels());
        this.wanted = scope.emptyLike(noisy);
        this.random = RandomKey.state(scope, seed, 0);
        this.loss = scope.zeros(DType.F32, 1);
        this.lossSum = scope.zeros(DType.F32, 1);
        this.notFinite = scope.zeros(DType.I32, 1);
    }

    @Override
    public List<String> columns() {
        return List.of("loss", "rate", "gradient_norm");
    }

    @Override
    public void step() {
        if (graph == null) {
            queue();
            graph = CapturedGraph.record(device, this::queue);
        } else {
            graph.launch();
        }
    }

    private void queue() {
        Random.shuffle(indices, Math.toIntExact(data.dim(0)), RandomKey.reading(random, PICTURES));
        Random.integers(times, model.config().timesteps(), RandomKey.reading(random, TIMESTEPS));
        Diffusion.forwardNoiseOfBytes(data, indices, times, model.alphaBar(), noisy, null, wanted, target,
                RandomKey.reading(random, NOISE));
        try (Tape tape = Tape.forTraining(device)) {
            Variable prediction = model.unet().forward(tape, Variable.constant(noisy), times, null);
            Tensor gradient = tape.empty(noisy.dtype(), noisy.shape());
            Loss.weightedMse(prediction.value(), wanted, null, loss, null, gradient, notFinite, 1);
            tape.backward(prediction, gradient);
        }
        optimizer.step();
        Pointwise.add(lossSum, loss, lossSum);
        Random.advance(random);
    }

    @Override
    public double[] takeRow(long steps) {
        double mean = (double) lossSum.toFloats()[0] / steps;
        lossSum.zero();
        return new double[] {mean, optimizer.learningRate(), optimizer.gradientNorm()};
    }

    @Override
    public Optional<String> trouble() {
        return notFinite.toInts()[0] != 0 || optimizer.sawNonFinite()
                ? Optional.of("the loss or its gradient is no longer finite") : Optional.empty();
    }

    @Override
    public Map<String, Tensor> state() {
        return optimizer.state();
    }

    @Override
    public void restored(long steps) {
        random.copyFrom(new long[] {seed, steps});
        optimizer.restored(steps);
    }

    @Override
    public void save(Path folder, Map<String, String> metadata) throws IOException {
        model.save(folder, optimizer.averaged(), metadata);
    }

    /** What the moving average of the weights makes of a fixed noise. */
    @Override
    public Optional<Images> samples() {
        DdpmModel averaged = new DdpmModel(device, model.config(), model.compute(), 0);
        averaged.bank().masters(optimizer.averaged());
        try (DdpmPipeline pipeline = new DdpmPipeline(averaged)) {
            return Optional.of(pipeline.generate(Sampling.count(SAMPLES).steps(SAMPLE_STEPS).seed(seed), Progress.none()));
        }
    }

    @Override
    public void close() {
        if (graph != null) {
            graph.close();
        }
        scope.close();
        optimizer.close();
        model.close();
    }
}
