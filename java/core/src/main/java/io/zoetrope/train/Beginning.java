package io.zoetrope.train;

import io.zoetrope.io.WeightFiles;
import io.zoetrope.nn.ParameterStore;
import io.zoetrope.nn.WeightTransfer;
import io.zoetrope.option.OptionException;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import java.io.IOException;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;

/**
 * A model's first values in a training, as its {@link Tuning} says. What is frozen is in no checkpoint: a continued
 * training takes it from where the run took it, and is refused when that holds other weights by then.
 */
final class Beginning {
    private static final String FINGERPRINT = "from";

    private final Tuning tuning;
    private final TrainingEvent.Begun event;
    private final Optional<byte[]> digest;
    private final Optional<Tensor> fingerprint;

    private Beginning(Scope scope, Tuning tuning, ParameterStore store, Optional<WeightTransfer.Report> transfer,
            Optional<byte[]> digest) {
        long trained = store.trainable().stream().mapToLong(ParameterStore.Segment::length).sum();
        if (trained == 0) {
            throw OptionException.of("nothing is left to train: freeze fewer parameters");
        }
        long parameters = store.segments().stream()
                .filter(segment -> !segment.parameter().isBuffer() && !segment.parameter().isAdapter())
                .mapToLong(ParameterStore.Segment::length).sum();
        this.tuning = tuning;
        this.event = new TrainingEvent.Begun(0, tuning, transfer, trained, parameters);
        this.digest = digest;
        this.fingerprint = digest.map(bytes -> scope.of(bytes, bytes.length));
    }

    /** Random values. */
    static Beginning fresh(Scope scope, Tuning tuning, ParameterStore store, long seed) {
        store.initialise(seed);
        return new Beginning(scope, tuning, store, Optional.empty(), Optional.empty());
    }

    /** Those of a file, by today's names. */
    static Beginning from(WeightFiles weights, Scope scope, Tuning tuning, ParameterStore store, long seed)
            throws IOException {
        WeightTransfer.Report report = tuning.transfer().into(store, weights, seed);
        return new Beginning(scope, tuning, store, Optional.of(report), Optional.of(weights.digest()));
    }

    TrainingEvent.Begun event() {
        return event;
    }

    /** What a checkpoint keeps of it. */
    Map<String, Tensor> state() {
        return fingerprint.map(tensor -> Map.of(FINGERPRINT, tensor)).orElse(Map.of());
    }

    /** @throws OptionException when {@link #state} holds what another file's weights would have left in it */
    void restored() {
        if (fingerprint.isPresent() && !Arrays.equals(fingerprint.get().toBytes(), digest.get())) {
            throw new OptionException(FINGERPRINT, "is " + tuning.from().orElseThrow()
                    + ", whose weights are others than when this run began: give it back those, or start a new run");
        }
    }
}
