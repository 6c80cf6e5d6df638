package io.zoetrope.ops.random;

import io.zoetrope.cuda.Arguments;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;

/**
 * What random numbers depend on, beside the element's index: the same key gives the same bits, whatever the launch
 * geometry, device or number of CPU threads.
 *
 * <p>{@code stream} tells apart the uses of randomness within one step (noise, timesteps, batch selection: give each
 * its own number), {@code step} the repetitions. With a device {@code state}, I64[2] of {seed, step}, both seed and
 * step are read when the kernel runs, so that a recorded graph draws fresh numbers at each replay: record one
 * {@link Random#advance} per repetition. A host key with the same numbers gives the same bits.
 *
 * @param seed   the run's seed; ignored when {@code state} is given
 * @param stream which use of randomness, 0 to 2³²-1
 * @param step   which repetition, 0 to 2³²-1; ignored when {@code state} is given
 * @param state  I64[2] {seed, step} in device memory, or null
 */
public record RandomKey(long seed, long stream, long step, Tensor state) {
    private static final long LIMIT = 1L << 32;

    public RandomKey {
        if (stream < 0 || stream >= LIMIT || step < 0 || step >= LIMIT) {
            throw new IllegalArgumentException(
                    "random key: stream " + stream + ", step " + step + ": expected both in 0 … " + (LIMIT - 1));
        }
        if (state != null && (state.dtype() != DType.I64 || state.size() != 2)) {
            throw new IllegalArgumentException(
                    "random key: state is " + state.describe() + ", expected I64[2] {seed, step}");
        }
    }

    /** A key of host values, at step 0. */
    public static RandomKey of(long seed, long stream) {
        return new RandomKey(seed, stream, 0, null);
    }

    /** A key that reads seed and step from device memory when a kernel runs. */
    public static RandomKey reading(Tensor state, long stream) {
        if (state == null) {
            throw new IllegalArgumentException("random key: state is null, expected I64[2] {seed, step}");
        }
        return new RandomKey(0, stream, 0, state);
    }

    /** A new device state for {@link #reading}. */
    public static Tensor state(Scope scope, long seed, long step) {
        return scope.of(new long[] {seed, step}, 2);
    }

    /** The same key for another use of randomness. */
    public RandomKey withStream(long other) {
        return new RandomKey(seed, other, step, state);
    }

    /** The same host key at another repetition. */
    public RandomKey atStep(long other) {
        if (state != null) {
            throw new IllegalStateException("random key: its step is in device memory; use Random.advance");
        }
        return new RandomKey(seed, stream, other, null);
    }

    /** Appends the three parameters that kernels take: seed, stream with the step in its upper half, state. */
    public Arguments appendTo(Arguments arguments) {
        return arguments.i64("seed", seed).i64("stream", stream | step << 32).pointer("state", state);
    }
}
