package io.zoetrope.model.words;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.data.CaptionedDataset;
import io.zoetrope.data.Images;
import io.zoetrope.io.Progress;
import io.zoetrope.model.NetworkModel;
import io.zoetrope.nn.Optimization;
import io.zoetrope.nn.Optimizer;
import io.zoetrope.nn.ParameterPlan;
import io.zoetrope.ops.diffusion.Diffusion;
import io.zoetrope.ops.embed.Patches;
import io.zoetrope.ops.loss.Loss;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.train.Objective;
import io.zoetrope.train.TrainingContext;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Predicts clean pictures from noisy ones and their captions, with the loss of the velocity (Li and He 2025,
 * arXiv:2511.13720): mean of |x̂ − x|²/(1 − t)².
 */
final class WordsObjective implements Objective {
    private static final long NOISE = 1;
    private static final int SAMPLES = 16;
    private static final int SAMPLE_STEPS = 12;

    private final TrainingContext context;
    private final WordsModel model;
    private final Optimizer optimizer;
    private final WordsBatches batches;
    private final CaptionedDataset.Part part;
    private final Tensor noisy;
    private final Tensor clean;
    private final Tensor shown;
    private final Tensor wanted;
    private final Tensor losses;

    /**
     * @param part   what to learn from: pictures of the model's size
     * @param size   pictures in a step
     * @param config what the model is
     */
    WordsObjective(TrainingContext context, CaptionedDataset.Part part, int size, WordsConfig config,
            Optimization optimization) throws IOException {
        Scope scope = context.scope();
        this.context = context;
        this.part = part;
        int side = config.imageSize();
        this.model = NetworkModel.begin(context, config, DType.BF16, WordsModel::new);
        this.optimizer = context.optimizer(optimization.of(model.store()));
        this.batches = new WordsBatches(context, part, model.config().text().tokens(), size);
        context.batches(batches);
        DType compute = model.compute();
        this.noisy = scope.empty(compute, size, side, side, WordsConfig.CHANNELS);
        this.clean = scope.emptyLike(noisy);
        long places = model.config().places();
        this.shown = scope.empty(compute, size, places, places, model.config().unet().channels());
        this.wanted = scope.emptyLike(shown);
        this.losses = context.report(scope.zeros(DType.F32, 1));
    }

    @Override
    public List<String> columns() {
        return List.of("loss", "rate", "gradient_norm");
    }

    @Override
    public double[] row(double[] means, long steps) {
        return new double[] {means[0], optimizer.learningRate(), optimizer.gradientNorm()};
    }

    @Override
    public void queue() {
        Diffusion.forwardNoiseOfBytes(batches.batch().examples(), batches.batch().indices(), batches.places(),
                batches.alphaBar(), noisy, null, clean, Diffusion.Target.SAMPLE, context.key(NOISE));
        int patch = model.config().patch();
        Patches.patchify(noisy, shown, patch, patch);
        Patches.patchify(clean, wanted, patch, patch);
        try (Tape tape = context.tape()) {
            Variable painted = model.network().forward(tape, Variable.constant(shown), batches.times(), batches.ids());
            Tensor gradient = tape.empty(shown.dtype(), shown.shape());
            Loss.weightedMse(painted.value(), wanted, batches.weights(), losses, null, gradient, context.notFinite(),
                    1);
            tape.backward(painted, gradient);
        }
        context.update(optimizer);
    }

    @Override
    public void save(Path folder, Map<String, String> metadata) throws IOException {
        model.save(folder, optimizer.averaged(), metadata);
    }

    /** What the moving average of the weights makes of captions it is learning. */
    @Override
    public Optional<Images> samples() {
        WordsModel averaged = new WordsModel(context.device(), model.config(), model.compute(),
                ParameterPlan.inference());
        averaged.store().take(optimizer.averaged());
        List<String> prompts = new ArrayList<>();
        for (int i = 0; i < SAMPLES; i++) {
            prompts.add(part.descriptions().get((int) ((long) i * part.descriptions().size() / SAMPLES)).label());
        }
        try (WordsPipeline pipeline = new WordsPipeline(averaged)) {
            return Optional.of(pipeline.generate(
                    WordsPipeline.Request.of(prompts).steps(SAMPLE_STEPS).seed(context.seed()), Progress.none()));
        }
    }
}
