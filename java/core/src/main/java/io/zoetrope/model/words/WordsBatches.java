package io.zoetrope.model.words;

import io.zoetrope.data.CaptionedDataset;
import io.zoetrope.data.Images;
import io.zoetrope.model.text.CaptionDraws;
import io.zoetrope.model.text.WordTokens;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.train.BatchSource;
import java.util.SplittableRandom;

/**
 * The pictures, captions and times of each step, drawn by the host from the seed and the step's number. Pictures lie on the
 * device; every epoch takes each once, in a fresh order.
 *
 * <p>Times are those of a rectified flow, x_t = t·x + (1 − t)·ε (Liu et al. 2022, arXiv:2209.03003), most drawn as the
 * logistic of a normal number (Esser et al. 2024, arXiv:2403.03206, section 3.1). The network is shown x_t over its deviation, which is
 * the variance-preserving √ᾱ·x + √(1 − ᾱ)·ε with ᾱ = t²/(t² + (1 − t)²).
 */
final class WordsBatches implements BatchSource {
    private static final double MEAN = -0.6;
    private static final double DEVIATION = 0.9;
    /**
     * How many pictures are all but noise, at times up to {@link #ALL_BUT_NOISE}. Every sampling begins there, and the normal
     * numbers hardly ever do: without these a network takes the noise's own coarse colours for the picture's, not the words'.
     */
    private static final double FROM_NOISE = 0.1;
    private static final double ALL_BUT_NOISE = 0.05;
    /** The loss is that of the velocity (x̂ − x_t)/(1 − t), which near t = 1 would count too much. */
    private static final double LEAST_NOISE = 0.05;

    private final CaptionedDataset.Part part;
    private final WordTokens tokens;
    private final long seed;
    private final Batch batch;
    private final Tensor ids;
    private final Tensor times;
    private final Tensor alphaBar;
    private final Tensor weights;
    private int[] order;
    private long ordered = -1;

    WordsBatches(Scope scope, CaptionedDataset.Part part, WordTokens tokens, int size, long seed) {
        Images images = part.images();
        this.part = part;
        this.tokens = tokens;
        this.seed = seed;
        this.batch = new Batch(
                scope.of(images.pixels(), images.count(), images.height(), images.width(), images.channels()), null,
                scope.empty(DType.I32, size));
        this.ids = scope.empty(DType.I32, size, tokens.words(), tokens.grams());
        this.times = scope.empty(DType.F32, size);
        this.alphaBar = scope.empty(DType.F32, size);
        this.weights = scope.empty(DType.F32, size);
    }

    @Override
    public Batch batch() {
        return batch;
    }

    /** Captions, I32 [size, words, grams]. */
    Tensor ids() {
        return ids;
    }

    /** Times as the network is told them, F32 [size]. */
    Tensor times() {
        return times;
    }

    /** ᾱ of each picture, F32 [size]. */
    Tensor alphaBar() {
        return alphaBar;
    }

    /** What the squared error of each clean picture counts, F32 [size]. */
    Tensor weights() {
        return weights;
    }

    @Override
    public void upload(long step) {
        int size = batch.size();
        SplittableRandom random = new SplittableRandom(seed).split();
        random = new SplittableRandom(random.nextLong() + step * 0x9E3779B97F4A7C15L);
        int[] chosen = new int[size];
        int[] captions = new int[Math.toIntExact(ids.size())];
        float[] t = new float[size];
        float[] alpha = new float[size];
        float[] weight = new float[size];
        for (int i = 0; i < size; i++) {
            chosen[i] = picture(step * size + i);
            int[] caption = tokens.ids(CaptionDraws.USUAL.draw(part.descriptions().get(chosen[i]), random.split()));
            System.arraycopy(caption, 0, captions, i * caption.length, caption.length);
            double time = random.nextDouble() < FROM_NOISE ? ALL_BUT_NOISE * random.nextDouble()
                    : 1 / (1 + Math.exp(-MEAN - DEVIATION * random.nextGaussian()));
            t[i] = (float) (WordsModel.Network.TIME_SCALE * time);
            alpha[i] = (float) (time * time / (time * time + (1 - time) * (1 - time)));
            double noise = Math.max(LEAST_NOISE, 1 - time);
            weight[i] = (float) (1 / (noise * noise));
        }
        batch.indices().copyFrom(chosen);
        ids.copyFrom(captions);
        times.copyFrom(t);
        alphaBar.copyFrom(alpha);
        weights.copyFrom(weight);
    }

    /** Entry {@code place} of the endless sequence of shuffled epochs. */
    private int picture(long place) {
        int count = part.images().count();
        long epoch = place / count;
        if (epoch != ordered) {
            order = new int[count];
            SplittableRandom random = new SplittableRandom(seed ^ (epoch + 1) * 0xD1B54A32D192ED03L);
            for (int i = 0; i < count; i++) {
                int j = random.nextInt(i + 1);
                order[i] = order[j];
                order[j] = i;
            }
            ordered = epoch;
        }
        return order[(int) (place % count)];
    }

    @Override
    public void queue() {
        // The host has uploaded all there is.
    }
}
