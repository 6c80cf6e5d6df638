package io.zoetrope.model.ddpm;

import io.zoetrope.diffusion.Sampler;
import io.zoetrope.diffusion.Spacing;
import io.zoetrope.model.CommonOptions;
import io.zoetrope.model.Edit;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * What to generate: {@code Sampling.count(64).steps(50).sampler(Sampler.ddim(0)).seed(7)}.
 *
 * @param count   pictures, at least 1
 * @param steps   steps per picture, from 1 to the schedule's timesteps
 * @param sampler how to walk from noise to picture
 * @param spacing which timesteps are visited; empty: as the model says
 * @param clip    bound on |x̂_0|; 1 for pictures in [−1, 1], infinite for none; empty: as the model says
 * @param seed    the same seed gives the same pictures on the same device
 * @param classId which class, for models that know some; {@value #TURNS}: the classes take turns
 * @param edit    a picture to begin with, of the model's size and channels; empty: noise
 */
public record Sampling(int count, int steps, Sampler sampler, Optional<Spacing> spacing, OptionalDouble clip, long seed,
        int classId, Optional<Edit> edit) {
    /** More pictures than this in one call are a slip of the finger. */
    public static final int MAX_COUNT = CommonOptions.MAX_COUNT;
    /** As a class: the classes take turns. */
    public static final int TURNS = -1;

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
        if (classId < TURNS) {
            throw new IllegalArgumentException(
                    "class " + classId + ": expected the number of a class, or " + TURNS + " (in turns)");
        }
    }

    /** {@code count} pictures with 50 DDIM steps and seed 0; change what you like on the result. */
    public static Sampling count(int count) {
        return new Sampling(count, 50, Sampler.ddim(0), Optional.empty(), OptionalDouble.empty(), 0, TURNS,
                Optional.empty());
    }

    public Sampling steps(int newSteps) {
        return new Sampling(count, newSteps, sampler, spacing, clip, seed, classId, edit);
    }

    public Sampling sampler(Sampler newSampler) {
        return new Sampling(count, steps, newSampler, spacing, clip, seed, classId, edit);
    }

    public Sampling spacing(Spacing newSpacing) {
        return new Sampling(count, steps, sampler, Optional.of(newSpacing), clip, seed, classId, edit);
    }

    public Sampling clip(double newClip) {
        return new Sampling(count, steps, sampler, spacing, OptionalDouble.of(newClip), seed, classId, edit);
    }

    public Sampling seed(long newSeed) {
        return new Sampling(count, steps, sampler, spacing, clip, newSeed, classId, edit);
    }

    public Sampling edit(Edit newEdit) {
        return new Sampling(count, steps, sampler, spacing, clip, seed, classId, Optional.of(newEdit));
    }

    public Sampling ofClass(int newClass) {
        return new Sampling(count, steps, sampler, spacing, clip, seed, newClass, edit);
    }
}
