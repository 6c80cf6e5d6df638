package io.zoetrope.model.patches;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.data.ImageDataset;
import io.zoetrope.data.Images;
import io.zoetrope.io.Progress;
import io.zoetrope.model.tokens.TokenSampling.Decode;
import io.zoetrope.model.tokens.TokenSampling;
import io.zoetrope.nn.Optimizer;
import io.zoetrope.nn.ParameterPlan;
import io.zoetrope.ops.loss.CrossEntropy;
import io.zoetrope.ops.pointwise.Pointwise;
import io.zoetrope.ops.reduce.Reduce;
import io.zoetrope.ops.rows.Rows;
import io.zoetrope.ops.tokens.Tokens;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.train.BatchSource;
import io.zoetrope.train.Objective;
import io.zoetrope.train.ShuffledExamples;
import io.zoetrope.train.TrainingContext;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Predicting the palette's patches. The first half of each batch is read in order, the second with a random share
 * masked: both objectives weigh on every step, so that one set of weights serves both ways of decoding and the step is
 * one graph. The class is withheld from one picture in ten, which is what guidance needs.
 *
 * <p>The palette is learned before the first step, and all pictures become tokens once.
 */
final class PatchesObjective implements Objective {
    private static final long PICTURES = 1;
    private static final long MASKS = 2;
    private static final long DROPS = 3;
    private static final float DROPPED = 0.1f;
    private static final int SAMPLES = 32;
    /** What a step reports: the loss, that in order, and of the masked half its loss and its masked tokens. */
    private static final int REPORTED = 4;

    private final TrainingContext context;
    private final PatchesModel model;
    private final Optimizer optimizer;
    private final Images pictures;
    private final int inOrder;
    private final BatchSource.Batch batch;
    private final Tensor targets;
    private final Tensor inputs;
    private final Tensor weights;
    private final Tensor classIds;
    private final Tensor classes;
    private final Tensor modes;
    private final Tensor losses;
    private final Tensor reported;

    /** @param size pictures in a step, at least 2 */
    PatchesObjective(TrainingContext context, PatchesModel model, Optimizer optimizer, ImageDataset.Part data,
            int size) {
        Scope scope = context.scope();
        int positions = model.config().positions();
        this.context = context;
        this.model = model;
        this.optimizer = optimizer;
        this.pictures = data.images();
        this.inOrder = size / 2;
        this.batch = context.batches(new ShuffledExamples(scope, scope.empty(DType.I32, pictures.count(), positions),
                scope.of(data.labels(), data.labels().length, 1), size, context.key(PICTURES)));
        this.targets = scope.empty(DType.I32, size, positions);
        this.inputs = scope.empty(DType.I32, size, positions);
        this.weights = scope.empty(DType.F32, (long) size * positions);
        Pointwise.fill(weights, 1f);
        this.classIds = scope.empty(DType.I32, size);
        this.classes = scope.empty(DType.I32, size);
        int[] modeIds = new int[size];
        Arrays.fill(modeIds, inOrder, size, PatchTransformer.MASKED);
        this.modes = scope.of(modeIds, size);
        this.losses = scope.empty(DType.F32, (long) size * positions);
        this.reported = context.report(scope.zeros(DType.F32, REPORTED));
    }

    @Override
    public List<String> columns() {
        return List.of("loss", "in_order", "masked", "rate", "gradient_norm");
    }

    @Override
    public double[] row(double[] means, long batches) {
        return new double[] {means[0], means[1], means[2] / means[3], optimizer.learningRate(),
                optimizer.gradientNorm()};
    }

    @Override
    public void prepare() {
        if (context.tuning().from().isEmpty()) { // else the weights are for the palette they came with
            model.palette().learn(pictures, context.seed());
        }
        tokenise();
    }

    private void tokenise() {
        try (Scope scratch = Scope.open(context.device())) {
            batch.examples().copyFrom(model.palette().tokens(scratch, pictures));
        }
    }

    @Override
    public void queue() {
        PatchesConfig config = model.config();
        int size = batch.size();
        Rows.gather(batch.examples(), batch.indices(), targets);
        Rows.gather(batch.labels(), batch.indices(), classIds);
        Tokens.dropLabels(classIds, config.anyClass(), DROPPED, classes, context.key(DROPS));
        Tokens.shift(targets.slice(0, inOrder), config.start(), inputs.slice(0, inOrder));
        long split = (long) inOrder * config.positions();
        Tensor hidden = weights.slice(split, weights.size());
        Tokens.mask(targets.slice(inOrder, size), config.mask(), inputs.slice(inOrder, size), hidden,
                context.key(MASKS));
        try (Tape tape = context.tape()) {
            PatchTransformer.Modulations modulations = model.network().modulations(tape, classes, modes);
            Variable logits = model.network().logits(tape, model.positions(), inputs, modulations, inOrder, null);
            Tensor gradient = tape.empty(logits.value().dtype(), logits.shape());
            CrossEntropy.run(logits.value(), targets.reshape(-1), reported.slice(0, 1), CrossEntropy.Outputs.NONE
                    .weight(weights).perSample(losses).gradient(gradient).notFinite(context.notFinite()));
            tape.backward(logits, gradient);
            Tensor weighted = tape.empty(DType.F32, losses.size());
            Pointwise.multiply(losses, weights, weighted);
            Reduce.mean(weighted.slice(0, split), reported.slice(1, 2));
            Reduce.sum(weighted.slice(split, weights.size()), reported.slice(2, 3));
            Reduce.sum(hidden, reported.slice(3, 4));
        }
        context.update(optimizer);
    }

    @Override
    public Map<String, Tensor> state() {
        return Map.of("palette", model.palette().patches());
    }

    @Override
    public void restored() {
        tokenise();
    }

    @Override
    public void save(Path folder, Map<String, String> metadata) throws IOException {
        model.save(folder, optimizer.averaged(), metadata);
    }

    /** Rows of pictures decoded in order, then as many by rounds of the surest. */
    @Override
    public Optional<Images> samples() {
        PatchesModel copy = new PatchesModel(context.device(), model.config(), model.compute(),
                ParameterPlan.inference());
        copy.store().take(optimizer.averaged());
        copy.palette().patches().copyFrom(model.palette().patches());
        try (PatchesPipeline pipeline = new PatchesPipeline(copy)) {
            TokenSampling request = TokenSampling.count(SAMPLES).seed(context.seed());
            Images first = pipeline.generate(request, Progress.none());
            Images second = pipeline.generate(request.decode(Decode.MASKGIT), Progress.none());
            byte[] pixels = Arrays.copyOf(first.pixels(), 2 * first.pixels().length);
            System.arraycopy(second.pixels(), 0, pixels, first.pixels().length, second.pixels().length);
            return Optional.of(new Images(2 * SAMPLES, first.height(), first.width(), first.channels(), pixels));
        }
    }
}
