package io.zoetrope.metric;

import io.zoetrope.cuda.Device;
import io.zoetrope.data.ImageDataset;
import io.zoetrope.data.Images;
import io.zoetrope.io.Progress;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Measures generated pictures against the test part of a data set in the features of an encoder, and the floor beside
 * it: as many pictures of the training part, drawn three times, against the same test part. No generator can be
 * expected below it.
 */
public final class FeatureEvaluation {
    private static final int DRAWS = 3;
    private static final int KERNEL_SUBSETS = 50;
    private static final int KERNEL_SIZE = 1000;

    private FeatureEvaluation() {
    }

    /**
     * Measures.
     *
     * @param generated more than {@link Neighbourhoods#DEFAULT_K} pictures, of the data set's size and channels
     * @param seed      of the draws from the training part and of the subsets of the kernel distance
     * @throws IllegalArgumentException when the pictures do not fit the data, or are too few to have neighbours
     */
    public static FeatureReport measure(Device device, FeatureEncoder encoder, Images generated, ImageDataset data,
            long seed, Progress progress) {
        Images real = data.test().images();
        Images training = data.train().images();
        if (generated.height() != real.height() || generated.width() != real.width()
                || generated.channels() != real.channels()) {
            throw new IllegalArgumentException(
                    generated + " cannot be measured against " + data.name() + ", which has " + real);
        }
        int floorSamples = Math.min(generated.count(), training.count());
        int least = Math.min(floorSamples, real.count());
        if (least <= Neighbourhoods.DEFAULT_K) {
            throw new IllegalArgumentException(generated.count() + " generated, " + training.count() + " training and "
                    + real.count() + " test pictures: expected more than " + Neighbourhoods.DEFAULT_K + " of each");
        }
        progress.begin("comparing features", DRAWS + 2);
        try (Scope scope = Scope.open(device)) {
            Reference reference = Reference.of(encoder.features(scope, real));
            progress.advance(1);
            FeatureReport.Figures figures = figures(device, encoder, generated, reference, seed);
            progress.advance(2);
            List<FeatureReport.Figures> floor = new ArrayList<>();
            for (int draw = 0; draw < DRAWS; draw++) {
                floor.add(figures(device, encoder, drawn(training, floorSamples, seed + draw), reference, seed + draw));
                progress.advance(draw + 3L);
            }
            progress.end();
            return new FeatureReport(encoder.name(), encoder.hash(), (int) reference.features.dim(1), real.count(),
                    generated.count(), floorSamples, Neighbourhoods.DEFAULT_K, figures, floor);
        }
    }

    /** The real features and what every comparison with them needs. */
    private record Reference(Tensor features, FrechetDistance.Moments moments, float[] radii) {
        private static Reference of(Tensor features) {
            return new Reference(features, FrechetDistance.Moments.of(features),
                    Neighbourhoods.radii(features, Neighbourhoods.DEFAULT_K));
        }
    }

    private static FeatureReport.Figures figures(Device device, FeatureEncoder encoder, Images pictures,
            Reference reference, long seed) {
        try (Scope scope = Scope.open(device)) {
            Tensor features = encoder.features(scope, pictures);
            int size = (int) Math.min(KERNEL_SIZE, Math.min(features.dim(0), reference.features.dim(0)));
            return new FeatureReport.Figures(
                    FrechetDistance.between(FrechetDistance.Moments.of(features), reference.moments),
                    Neighbourhoods.of(reference.features, reference.radii, features, Neighbourhoods.DEFAULT_K),
                    KernelDistance.between(reference.features, features, KERNEL_SUBSETS, size, seed));
        }
    }

    /** So many different pictures in random order. */
    static Images drawn(Images pictures, int count, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        int[] order = new int[pictures.count()];
        for (int i = 0; i < order.length; i++) {
            order[i] = i;
        }
        int stride = pictures.stride();
        byte[] pixels = new byte[count * stride];
        for (int i = 0; i < count; i++) {
            int other = random.nextInt(i, order.length);
            int taken = order[other];
            order[other] = order[i];
            System.arraycopy(pictures.pixels(), taken * stride, pixels, i * stride, stride);
        }
        return new Images(count, pictures.height(), pictures.width(), pictures.channels(), pixels);
    }
}
