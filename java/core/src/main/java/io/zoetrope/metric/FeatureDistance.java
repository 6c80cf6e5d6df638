package io.zoetrope.metric;

import io.zoetrope.cuda.Device;
import io.zoetrope.data.Images;
import io.zoetrope.tensor.Scope;

/**
 * The Fréchet distance to a fixed set of real pictures in the features of an encoder (C-FD), for many sets that are
 * compared with the same one: {@link FeatureEvaluation} measures one set, and more of it. Figures compare only between
 * sets of as many pictures.
 */
public final class FeatureDistance {
    private final Device device;
    private final FeatureEncoder encoder;
    private final FrechetDistance.Moments real;

    private FeatureDistance(Device device, FeatureEncoder encoder, FrechetDistance.Moments real) {
        this.device = device;
        this.encoder = encoder;
        this.real = real;
    }

    /** To these pictures, at least two; the encoder must stay open. Waits for the device. */
    public static FeatureDistance to(Images real, Device device, FeatureEncoder encoder) {
        return new FeatureDistance(device, encoder, moments(real, device, encoder));
    }

    private static FrechetDistance.Moments moments(Images pictures, Device device, FeatureEncoder encoder) {
        if (pictures.count() < 2) {
            throw new IllegalArgumentException(
                    pictures.count() + " picture has no spread to compare: expected 2 or more");
        }
        try (Scope scope = Scope.open(device)) {
            return FrechetDistance.Moments.of(encoder.features(scope, pictures));
        }
    }

    /** Of these pictures, at least two. Waits for the device. */
    public double of(Images pictures) {
        return FrechetDistance.between(moments(pictures, device, encoder), real);
    }

    /**
     * What other real pictures reach, a distance for each of several draws of {@code count} of them: below their mean
     * no generator can be expected.
     *
     * @param others pictures that are not among the real ones, such as a training part
     * @param seed   of the draws
     */
    public double[] floor(Images others, int count, int draws, long seed) {
        double[] distances = new double[draws];
        for (int draw = 0; draw < draws; draw++) {
            distances[draw] = of(FeatureEvaluation.drawn(others, Math.min(count, others.count()), seed + draw));
        }
        return distances;
    }
}
