package io.zoetrope.model.tokens;

import io.zoetrope.model.CommonOptions;

/**
 * What to make of tokens, such as patches of pictures:
 * {@code TokenSampling.count(64).decode(Decode.MASKGIT).ofClass(7).seed(3)}.
 *
 * @param count       pictures, at least 1
 * @param seed        the same seed gives the same pictures on the same device
 * @param classId     which class; {@value #TURNS}: the classes take turns; {@value #ANY}: none is asked for
 * @param decode      the order in which patches are chosen
 * @param temperature divides the logits: below 1 is safer, above bolder; 0 takes the likeliest
 * @param topK        only the so many likeliest patches are drawn from; 0: all
 * @param topP        only the fewest whose probabilities reach this are drawn from; 1: all
 * @param guidance    how much more the class counts than the picture at large (classifier-free guidance); 1: no more
 * @param steps       rounds of {@link Decode#MASKGIT}
 * @param noise       how much chance there is in which patches those rounds keep, at the start; 0: the surest
 */
public record TokenSampling(int count, long seed, int classId, Decode decode, float temperature, int topK, float topP,
        float guidance, int steps, float noise) {
    /** As a class: the classes take turns. */
    public static final int TURNS = -1;
    /** As a class: none is asked for. */
    public static final int ANY = -2;

    /** The order in which patches are chosen. */
    public enum Decode {
        /** Row by row, each from those before it. */
        AR,
        /** Many at a time, the surest first, each from all that are known (Chang et al. 2022). */
        MASKGIT
    }

    public TokenSampling {
        if (count < 1 || count > CommonOptions.MAX_COUNT) {
            throw new IllegalArgumentException(
                    "count must be between 1 and " + CommonOptions.MAX_COUNT + ", not " + count);
        }
        if (classId < ANY) {
            throw new IllegalArgumentException("class " + classId + ": expected the number of a class, " + TURNS
                    + " (in turns) or " + ANY + " (none)");
        }
        if (!(temperature >= 0 && Float.isFinite(temperature))) {
            throw new IllegalArgumentException("temperature must be 0 or more, not " + temperature);
        }
        if (topK < 0) {
            throw new IllegalArgumentException("top-k must be 0 (all) or more, not " + topK);
        }
        if (!(topP > 0 && topP <= 1)) {
            throw new IllegalArgumentException("top-p must be more than 0 and at most 1 (all), not " + topP);
        }
        if (!(guidance >= 0 && Float.isFinite(guidance))) {
            throw new IllegalArgumentException("guidance must be 0 or more, not " + guidance);
        }
        if (steps < 1) {
            throw new IllegalArgumentException("steps must be at least 1, not " + steps);
        }
        if (!(noise >= 0 && Float.isFinite(noise))) {
            throw new IllegalArgumentException("noise must be 0 or more, not " + noise);
        }
    }

    /**
     * {@code count} pictures of classes in turns, one patch after the other, with seed 0; change what you like on the
     * result.
     */
    public static TokenSampling count(int count) {
        return new TokenSampling(count, 0, TURNS, Decode.AR, 1, 0, 0.95f, 2, 12, 4.5f);
    }

    public TokenSampling seed(long newSeed) {
        return new TokenSampling(count, newSeed, classId, decode, temperature, topK, topP, guidance, steps, noise);
    }

    public TokenSampling ofClass(int newClass) {
        return new TokenSampling(count, seed, newClass, decode, temperature, topK, topP, guidance, steps, noise);
    }

    public TokenSampling decode(Decode newDecode) {
        return new TokenSampling(count, seed, classId, newDecode, temperature, topK, topP, guidance, steps, noise);
    }

    public TokenSampling temperature(double newTemperature) {
        return new TokenSampling(count, seed, classId, decode, (float) newTemperature, topK, topP, guidance, steps,
                noise);
    }

    public TokenSampling topK(int newTopK) {
        return new TokenSampling(count, seed, classId, decode, temperature, newTopK, topP, guidance, steps, noise);
    }

    public TokenSampling topP(double newTopP) {
        return new TokenSampling(count, seed, classId, decode, temperature, topK, (float) newTopP, guidance, steps,
                noise);
    }

    public TokenSampling guidance(double newGuidance) {
        return new TokenSampling(count, seed, classId, decode, temperature, topK, topP, (float) newGuidance, steps,
                noise);
    }

    public TokenSampling steps(int newSteps) {
        return new TokenSampling(count, seed, classId, decode, temperature, topK, topP, guidance, newSteps, noise);
    }

    public TokenSampling noise(double newNoise) {
        return new TokenSampling(count, seed, classId, decode, temperature, topK, topP, guidance, steps,
                (float) newNoise);
    }
}
