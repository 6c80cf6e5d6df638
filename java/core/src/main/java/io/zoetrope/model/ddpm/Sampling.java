package io.zoetrope.model.ddpm;

import io.zoetrope.diffusion.Sampler;
import io.zoetrope.diffusion.Spacing;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * What to generate: {@code Sampling.count(64).steps(50).sampler(Sampler.ddim(0)).seed(7)}.
 *
 * @param count   pictures, at least 1
 * @param steps   denoiser calls per picture, from 1 to the schedule's timesteps
 * @param sampler how to walk from noise to picture
 * @param spacing which timesteps are visited; empty: as the model says
 * @param clip    bound on |x̂_0|; 1 for pictures in [−1, 1], infinite for none; empty: as the model says
 * @param seed    the same seed gives the same pictures on the same device
 */
public record Sampling(int count, int steps, Sampler sampler, Optional<Spacing> spacing, OptionalDouble clip,
        long seed) {
    /** More pictures than this in one call are a slip of the finger. */
    public static final int MAX_COUNT = 1_000_000;

    public Sampling {
        if (count < 1 || count > MAX_COUNT) {
            throw new IllegalArgumentException("count must be between 1 and " + MAX_COUNT + ", not " + count);
        }
        if (steps < 1) {
            throw new IllegalArgumentException("steps must be at least 1, not " + steps);
        }
        if (clip.isPresent() && !(clip.getAsDouble() > 0)) {
            throw new IllegalArgumentException("clip must be positive, not " + clip.getAsDouble());
        }
    }

    /** {@code count} pictures with 50 DDIM steps and seed 0; change what you like on the result. */
    public static Sampling count(int count) {
        return new Sampling(count, 50, Sampler.ddim(0), Optional.empty(), OptionalDouble.empty(), 0);
    }

    public Sampling steps(int newSteps) {
        return new Sampling(count, newSteps, sampler, spacing, clip, seed);
    }

    public Sampling sampler(Sampler newSampler) {
        return new Sampling(count, steps, newSampler, spacing, clip, seed);
    }

    public Sampling spacing(Spacing newSpacing) {
        return new Sampling(count, steps, sampler, Optional.of(newSpacing), clip, seed);
    }

    public Sampling clip(double newClip) {
        return new Sampling(count, steps, sampler, spacing, OptionalDouble.of(newClip), seed);
    }

    public Sampling seed(long newSeed) {
        return new Sampling(count, steps, sampler, spacing, clip, newSeed);
    }
}
