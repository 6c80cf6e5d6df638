package io.zoetrope.springai;

import org.springframework.ai.image.ImageOptions;

/**
 * How pictures are painted; what is null is as the model's own options say.
 *
 * @param n        pictures, 1 or more
 * @param steps    of the solver, 1 or more
 * @param guidance how far the words pull, 0 or more
 * @param negative what no picture shows
 * @param seed     of the noise; where none is given, each call draws its own
 */
public record ZoetropeImageOptions(Integer n, Integer steps, Double guidance, String negative,
        Long seed) implements ImageOptions {
    /** The usual ones, which may be changed one by one. */
    public static ZoetropeImageOptions usual() {
        return new ZoetropeImageOptions(null, null, null, null, null);
    }

    public ZoetropeImageOptions withN(int count) {
        return new ZoetropeImageOptions(count, steps, guidance, negative, seed);
    }

    public ZoetropeImageOptions withSteps(int count) {
        return new ZoetropeImageOptions(n, count, guidance, negative, seed);
    }

    public ZoetropeImageOptions withGuidance(double scale) {
        return new ZoetropeImageOptions(n, steps, scale, negative, seed);
    }

    public ZoetropeImageOptions withNegative(String words) {
        return new ZoetropeImageOptions(n, steps, guidance, words, seed);
    }

    public ZoetropeImageOptions withSeed(long number) {
        return new ZoetropeImageOptions(n, steps, guidance, negative, number);
    }

    /** These, and {@code others} where these say nothing. */
    ZoetropeImageOptions or(ZoetropeImageOptions others) {
        return new ZoetropeImageOptions(n != null ? n : others.n, steps != null ? steps : others.steps,
                guidance != null ? guidance : others.guidance, negative != null ? negative : others.negative,
                seed != null ? seed : others.seed);
    }

    @Override
    public Integer getN() {
        return n;
    }

    /**
     * The service has one model.
     *
     * @return null
     */
    @Override
    public String getModel() {
        return null;
    }

    /**
     * Pictures are of the model's size.
     *
     * @return null
     */
    @Override
    public Integer getWidth() {
        return null;
    }

    /**
     * Pictures are of the model's size.
     *
     * @return null
     */
    @Override
    public Integer getHeight() {
        return null;
    }

    @Override
    public String getResponseFormat() {
        return ZoetropeImageModel.FORMAT;
    }

    /**
     * There are no styles.
     *
     * @return null
     */
    @Override
    public String getStyle() {
        return null;
    }
}
