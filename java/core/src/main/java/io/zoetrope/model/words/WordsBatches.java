package io.zoetrope.model.words;

import io.zoetrope.data.CaptionedDataset;
import io.zoetrope.data.Images;
import io.zoetrope.model.text.CaptionDraws;
import io.zoetrope.model.text.WordTokens;
import io.zoetrope.ops.random.Random;
import io.zoetrope.ops.rows.Rows;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.train.BatchSource;
import io.zoetrope.train.TrainingContext;
import java.util.SplittableRandom;

/**
 * The pictures, captions and times of each step. The host draws several captions of every picture and many times before
 * the first step; the device takes pairs of a picture and one of its captions in an order that is shuffled anew each
 * time all were seen, and a time for each.
 *
 * <p>Times are those of a rectified flow, x_t = t·x + (1 − t)·ε (Liu et al. 2022, arXiv:2209.03003), most drawn as the
 * logistic of a normal number (Esser et al. 2024, arXiv:2403.03206, section 3.1). The network is shown x_t over its
 * deviation, which is the variance-preserving √ᾱ·x + √(1 − ᾱ)·ε with ᾱ = t²/(t² + (1 − t)²).
 */
final class WordsBatches implements BatchSource {
    private static final long ORDER = 2;
    private static final long TIMES = 3;
    private static final int TABLE = 4096;
    private static final double MEAN = -0.6;
    private static final double DEVIATION = 0.9;
    /**
     * How many times are all but noise's, up to {@link #ALL_BUT_NOISE}. Every sampling begins there, and the normal
     * numbers hardly ever do: without these a network takes the noise's own coarse colours for the picture's, not the
     * words'.
     */
    private static final double FROM_NOISE = 0.1;
    private static final double ALL_BUT_NOISE = 0.05;
    /** The loss is that of the velocity (x̂ − x_t)/(1 − t), which near t = 1 would count too much. */
    private static final double LEAST_NOISE = 0.05;
    /** About so many pairs are kept, but of each picture at least and at most so many captions. */
    private static final int PAIRS = 1 << 15;
    private static final int FEWEST_CAPTIONS = 4;
    private static final int MOST_CAPTIONS = 32;

    private final Batch batch;
    private final TrainingContext context;
    private final Tensor pictureOfPair;
    private final Tensor captionOfPair;
    private final Tensor pairs;
    private final Tensor ids;
    private final Tensor alphaBar;
    private final Tensor timeTable;
    private final Tensor weightTable;
    private final Tensor places;
    private final Tensor times;
    private final Tensor weights;

    /** @param size pictures in a step */
    WordsBatches(TrainingContext context, CaptionedDataset.Part part, WordTokens tokens, int size) {
        Scope scope = context.scope();
        Images images = part.images();
        this.context = context;
        this.batch = new Batch(
                scope.of(images.pixels(), images.count(), images.height(), images.width(), images.channels()), null,
                scope.empty(DType.I32, size));
        SplittableRandom random = new SplittableRandom(context.seed());
        int each = Math.max(FEWEST_CAPTIONS, Math.min(MOST_CAPTIONS, PAIRS / images.count()));
        int count = Math.multiplyExact(images.count(), each);
        int length = tokens.words() * tokens.grams();
        int[] pictures = new int[count];
        int[] captions = new int[Math.multiplyExact(count, length)];
        for (int pair = 0; pair < count; pair++) {
            pictures[pair] = pair / each;
            int[] caption = tokens.ids(CaptionDraws.USUAL.draw(part.descriptions().get(pair / each), random.split()));
            System.arraycopy(caption, 0, captions, pair * length, length);
        }
        this.pictureOfPair = scope.of(pictures, count);
        this.captionOfPair = scope.of(captions, count, length);
        this.pairs = scope.empty(DType.I32, size);
        this.ids = scope.empty(DType.I32, size, tokens.words(), tokens.grams());
        float[] time = new float[TABLE];
        float[] alpha = new float[TABLE];
        float[] weight = new float[TABLE];
        for (int i = 0; i < TABLE; i++) {
            double t = random.nextDouble() < FROM_NOISE ? ALL_BUT_NOISE * random.nextDouble()
                    : 1 / (1 + Math.exp(-MEAN - DEVIATION * random.nextGaussian()));
            double noise = Math.max(LEAST_NOISE, 1 - t);
            time[i] = (float) (WordsModel.Network.TIME_SCALE * t);
            alpha[i] = (float) (t * t / (t * t + (1 - t) * (1 - t)));
            weight[i] = (float) (1 / (noise * noise));
        }
        this.timeTable = scope.of(time, TABLE);
        this.alphaBar = scope.of(alpha, TABLE);
        this.weightTable = scope.of(weight, TABLE);
        this.places = scope.empty(DType.I32, size);
        this.times = scope.empty(DType.F32, size);
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

    /** Which of the table's times each picture has, I32 [size]. */
    Tensor places() {
        return places;
    }

    /** ᾱ of the table's times, F32. */
    Tensor alphaBar() {
        return alphaBar;
    }

    /** Times as the network is told them, F32 [size]. */
    Tensor times() {
        return times;
    }

    /** What the squared error of each clean picture counts, F32 [size]. */
    Tensor weights() {
        return weights;
    }

    @Override
    public void queue() {
        Random.shuffle(pairs, Math.toIntExact(pictureOfPair.size()), context.key(ORDER));
        Rows.gather(pictureOfPair, pairs, batch.indices());
        Rows.gather(captionOfPair, pairs, ids);
        Random.integers(places, TABLE, context.key(TIMES));
        Rows.gather(timeTable, places, times);
        Rows.gather(weightTable, places, weights);
    }
}
