package io.zoetrope.model.patches;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.cuda.Device;
import io.zoetrope.data.ImageDataset;
import io.zoetrope.data.Images;
import io.zoetrope.io.Progress;
import io.zoetrope.model.patches.PatchesSampling.Decode;
import io.zoetrope.ops.loss.CrossEntropy;
import io.zoetrope.ops.optim.AdamW;
import io.zoetrope.ops.pointwise.Pointwise;
import io.zoetrope.ops.random.Random;
import io.zoetrope.ops.random.RandomKey;
import io.zoetrope.ops.reduce.Reduce;
import io.zoetrope.ops.rows.Rows;
import io.zoetrope.ops.tokens.Tokens;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A generator being trained to predict the palette's patches. The first half of each batch is read in order, the second with
 * a random share masked: both objectives weigh on every step, so that one set of weights serves both ways of decoding and
 * the step is one graph. The class is withheld from one picture in ten, which is what guidance needs.
 *
 * <p>The palette is learned before the first step, and all pictures become tokens once.
 */
final class PatchesGeneratorTask extends PatchesTask {
    private static final long PICTURES = 1;
    private static final long MASKS = 2;
    private static final long DROPS = 3;
    private static final float DROPPED = 0.1f;
    private static final int SAMPLES = 32;
    /** Sums a step adds to: the loss, that in order, and of the masked half its loss and its masked tokens. */
    private static final int SUMS = 4;

    private final Images pictures;
    private final int inOrder;
    private final Tensor tokens;
    private final Tensor labels;
    private final Tensor indices;
    private final Tensor targets;
    private final Tensor inputs;
    private final Tensor weights;
    private final Tensor classIds;
    private final Tensor classes;
    private final Tensor modes;
    private final Tensor losses;
    private final Tensor sums;
    private boolean tokenised;

    /** @param batch pictures in a step, at least 2 */
    PatchesGeneratorTask(Device device, ImageDataset.Part data, PatchesConfig config, int batch, AdamW.Hyper settings, long seed) {
        super(device, config, settings, seed);
        int places = config.network().places();
        this.pictures = data.images();
        this.inOrder = batch / 2;
        this.tokens = scope.empty(DType.I32, pictures.count(), places);
        this.labels = scope.of(data.labels(), data.labels().length, 1);
        this.indices = scope.empty(DType.I32, batch);
        this.targets = scope.empty(DType.I32, batch, places);
        this.inputs = scope.empty(DType.I32, batch, places);
        this.weights = scope.empty(DType.F32, (long) batch * places);
        Pointwise.fill(weights, 1f);
        this.classIds = scope.empty(DType.I32, batch);
        this.classes = scope.empty(DType.I32, batch);
        int[] modeIds = new int[batch];
        Arrays.fill(modeIds, inOrder, batch, PatchTransformer.MASKED);
        this.modes = scope.of(modeIds, batch);
        this.losses = scope.empty(DType.F32, (long) batch * places);
        this.sums = scope.zeros(DType.F32, SUMS);
    }

    @Override
    public List<String> columns() {
        return List.of("loss", "in_order", "masked", "rate", "gradient_norm");
    }

    @Override
    void prepare() {
        if (!tokenised) {
            model.palette().learn(pictures, seed);
            tokenise();
        }
    }

    private void tokenise() {
        try (Scope scratch = Scope.open(device)) {
            tokens.copyFrom(model.palette().tokens(scratch, pictures));
        }
        tokenised = true;
    }

    @Override
    void learn() {
        PatchTransformerConfig shape = model.config().network();
        long batch = indices.dim(0);
        Random.shuffle(indices, pictures.count(), RandomKey.reading(random, PICTURES));
        Rows.gather(tokens, indices, targets);
        Rows.gather(labels, indices, classIds);
        Tokens.dropLabels(classIds, shape.anyClass(), DROPPED, classes, RandomKey.reading(random, DROPS));
        Tokens.shift(targets.slice(0, inOrder), shape.start(), inputs.slice(0, inOrder));
        long split = (long) inOrder * shape.places();
        Tensor hidden = weights.slice(split, weights.size());
        Tokens.mask(targets.slice(inOrder, batch), shape.mask(), inputs.slice(inOrder, batch), hidden,
                RandomKey.reading(random, MASKS));
        try (Tape tape = Tape.forTraining(device)) {
            PatchTransformer.Modulations modulations = model.network().modulations(tape, classes, modes);
            Variable logits = model.network().logits(tape, model.places(), inputs, modulations, inOrder, null);
            Tensor gradient = tape.empty(logits.value().dtype(), logits.shape());
            CrossEntropy.run(logits.value(), targets.reshape(-1), loss,
                    CrossEntropy.Outputs.NONE.weight(weights).perSample(losses).gradient(gradient).notFinite(notFinite));
            tape.backward(logits, gradient);
            Tensor weighted = tape.empty(DType.F32, losses.size());
            Pointwise.multiply(losses, weights, weighted);
            Tensor now = tape.empty(DType.F32, SUMS);
            now.slice(0, 1).copyFrom(loss);
            Reduce.mean(weighted.slice(0, split), now.slice(1, 2));
            Reduce.sum(weighted.slice(split, weights.size()), now.slice(2, 3));
            Reduce.sum(hidden, now.slice(3, 4));
            Pointwise.add(sums, now, sums);
        }
    }

    @Override
    public double[] takeRow(long steps) {
        double[] means = take(sums, steps);
        return new double[] {means[0], means[1], means[2] / means[3], optimizer.learningRate(), optimizer.gradientNorm()};
    }

    @Override
    public Map<String, Tensor> state() {
        Map<String, Tensor> state = new LinkedHashMap<>(super.state());
        state.put("palette", model.palette().patches());
        return state;
    }

    @Override
    public void restored(long steps) {
        super.restored(steps);
        tokenise();
    }

    /** Rows of pictures decoded in order, then as many by rounds of the surest. */
    @Override
    public Optional<Images> samples() {
        PatchesModel copy = averaged();
        copy.palette().patches().copyFrom(model.palette().patches());
        try (PatchesPipeline pipeline = new PatchesPipeline(copy)) {
            PatchesSampling request = PatchesSampling.count(SAMPLES).seed(seed);
            Images first = pipeline.generate(request, Progress.none());
            Images second = pipeline.generate(request.decode(Decode.MASKGIT), Progress.none());
            byte[] pixels = Arrays.copyOf(first.pixels(), 2 * first.pixels().length);
            System.arraycopy(second.pixels(), 0, pixels, first.pixels().length, second.pixels().length);
            return Optional.of(new Images(2 * SAMPLES, first.height(), first.width(), first.channels(), pixels));
        }
    }
}
