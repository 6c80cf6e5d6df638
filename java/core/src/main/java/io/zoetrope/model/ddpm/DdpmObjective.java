package io.zoetrope.model.ddpm;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.data.Dataset;
import io.zoetrope.data.ImageDataset;
import io.zoetrope.data.Images;
import io.zoetrope.io.Progress;
import io.zoetrope.model.NetworkModel;
import io.zoetrope.model.NoisePredictionRecord;
import io.zoetrope.model.unet.UNetConfig;
import io.zoetrope.nn.Optimizer;
import io.zoetrope.nn.ParameterPlan;
import io.zoetrope.ops.diffusion.Diffusion;
import io.zoetrope.ops.loss.Loss;
import io.zoetrope.ops.random.Random;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.train.BatchSource;
import io.zoetrope.train.Objective;
import io.zoetrope.train.RunFolder;
import io.zoetrope.train.TrainingContext;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The simple loss of diffusion (Ho et al. 2020): pictures are noised to random timesteps, and what is predicted is
 * compared.
 */
final class DdpmObjective implements Objective {
    private static final long PICTURES = 1;
    private static final long TIMESTEPS = 2;
    private static final long NOISE = 3;
    private static final int SAMPLES = 64;
    private static final int SAMPLE_STEPS = 50;
    /** Of the noise prediction that is measured on the way: a few pictures, and always the same noise. */
    private static final int RECORD_BINS = 20;
    private static final int RECORD_PICTURES = 8;
    private static final long RECORD_SEED = 7;

    private final TrainingContext context;
    private final DdpmModel model;
    private final Optimizer optimizer;
    private final BatchSource.Batch batch;
    private final Diffusion.Target target;
    private final Tensor times;
    private final Tensor noisy;
    private final Tensor wanted;
    private final Tensor loss;
    private final Optional<NoisePredictionRecord> record;

    /**
     * @param data pictures to learn from; where they have a test part, noise prediction is measured on it
     * @param size pictures in a micro-batch
     */
    DdpmObjective(TrainingContext context, Dataset data, int size, DdpmFamily.Recipe recipe) throws IOException {
        Scope scope = context.scope();
        this.context = context;
        this.model = NetworkModel.begin(context, recipe.config(), context.precision(recipe.precision()),
                DdpmModel::new);
        this.optimizer = context.optimizer(recipe.optimization().of(model.store()));
        this.batch = context.batches(data, size, context.key(PICTURES));
        UNetConfig shape = model.config().unet();
        this.target = Diffusion.Target.valueOf(model.config().prediction().name());
        this.times = scope.empty(DType.I32, size);
        this.noisy = scope.empty(model.compute(), size, shape.imageSize(), shape.imageSize(), shape.channels());
        this.wanted = scope.emptyLike(noisy);
        this.loss = context.report(scope.zeros(DType.F32, 1));
        this.record = data instanceof ImageDataset pictures
                ? Optional.of(new NoisePredictionRecord(() -> NoiseEvaluation.measure(model, pictures.test(),
                        RECORD_BINS, RECORD_PICTURES, RECORD_SEED, Progress.none())))
                : Optional.empty();
    }

    @Override
    public List<String> columns() {
        return List.of("loss", "rate", "gradient_norm");
    }

    @Override
    public double[] row(double[] means, long batches) {
        record.ifPresent(kept -> kept.taken(batches));
        return new double[] {means[0], optimizer.learningRate(), optimizer.gradientNorm()};
    }

    @Override
    public String note() {
        return record.map(NoisePredictionRecord::note).orElse("");
    }

    @Override
    public void report(RunFolder run, long step) throws IOException {
        if (record.isPresent()) {
            record.get().report(run.path(), step);
        }
    }

    @Override
    public void queue() {
        Random.integers(times, model.config().timesteps(), context.key(TIMESTEPS));
        Diffusion.forwardNoiseOfBytes(batch.examples(), batch.indices(), times, model.alphaBar(), noisy, null, wanted,
                target, context.key(NOISE));
        try (Tape tape = context.tape()) {
            Variable prediction = model.network().forward(tape, Variable.constant(noisy), times, null);
            Tensor gradient = tape.empty(noisy.dtype(), noisy.shape());
            Loss.weightedMse(prediction.value(), wanted, null, loss, null, gradient, context.notFinite(), 1);
            tape.backward(prediction, gradient);
        }
        context.update(optimizer);
    }

    @Override
    public void save(Path folder, Map<String, String> metadata) throws IOException {
        model.save(folder, optimizer.averaged(), metadata);
    }

    /** What the moving average of the weights makes of a fixed noise. */
    @Override
    public Optional<Images> samples() {
        DdpmModel averaged = new DdpmModel(context.device(), model.config(), model.compute(),
                ParameterPlan.inference());
        averaged.store().take(optimizer.averaged());
        try (DdpmPipeline pipeline = new DdpmPipeline(averaged)) {
            return Optional.of(pipeline.generate(Sampling.count(SAMPLES).steps(SAMPLE_STEPS).seed(context.seed()),
                    Progress.none()));
        }
    }

    @Override
    public Map<String, Double> measure() {
        return record.map(NoisePredictionRecord::measure).orElse(Map.of());
    }
}
