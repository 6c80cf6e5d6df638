package io.zoetrope.train;

import io.zoetrope.autograd.Tape;
import io.zoetrope.cuda.Device;
import io.zoetrope.data.Dataset;
import io.zoetrope.data.ExampleStream;
import io.zoetrope.data.ImageDataset;
import io.zoetrope.data.Images;
import io.zoetrope.io.WeightFiles;
import io.zoetrope.nn.Optimizer;
import io.zoetrope.nn.ParameterStore;
import io.zoetrope.nn.Precision;
import io.zoetrope.ops.Tiers;
import io.zoetrope.ops.pointwise.Pointwise;
import io.zoetrope.ops.random.Random;
import io.zoetrope.ops.random.RandomKey;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What an {@link Objective} is made with: device, memory and randomness of a training, and the places where it names
 * its optimisers, its batches and what it reports. Everything named here is closed with the training.
 */
public final class TrainingContext {
    private final Device device;
    private final long seed;
    private final Tuning tuning;
    private final Scope scope;
    private final Tensor random;
    private final Tensor notFinite;
    private final List<Tensor> flags = new ArrayList<>();
    private final Map<String, Optimizer> optimizers = new LinkedHashMap<>();
    private final Deque<AutoCloseable> owned = new ArrayDeque<>();
    private Beginning beginning;
    private BatchSource source;
    private Tensor reported;
    private Tensor sums;
    private Precision precision;
    private int accumulation = 1;
    private boolean taped;
    /** Whether what is queued now is the last micro-batch of a step. */
    private boolean stepEnds;

    TrainingContext(Device device, long seed, Tuning tuning) {
        this.device = device;
        this.tuning = tuning;
        this.seed = seed;
        this.scope = Scope.open(device);
        this.random = RandomKey.state(scope, seed, 0);
        this.notFinite = watch(scope.zeros(DType.I32, 1));
    }

    public Device device() {
        return device;
    }

    /** Of first weights and everything drawn. */
    public long seed() {
        return seed;
    }

    /** What the model begins with and what of it is trained: make its store by {@link Tuning#plan}. */
    public Tuning tuning() {
        return tuning;
    }

    /** Gives the model's parameters their first values, where the {@link #tuning} names no model to begin with. */
    public void begin(ParameterStore store) {
        requireNotBegun();
        beginning = Beginning.fresh(scope, tuning, store, seed);
    }

    /**
     * Gives the model's parameters the values of the model that the {@link #tuning} names.
     *
     * @param weights that model's, by today's names
     * @throws IOException naming what of them does not fit
     */
    public void begin(ParameterStore store, WeightFiles weights) throws IOException {
        requireNotBegun();
        beginning = Beginning.from(weights, scope, tuning, store, seed);
    }

    private void requireNotBegun() {
        if (beginning != null) {
            throw new IllegalStateException("a model has begun in this training: what is tuned is one model");
        }
    }

    Optional<TrainingEvent.Begun> begun() {
        return Optional.ofNullable(beginning).map(Beginning::event);
    }

    /** Memory that lives as long as the training. */
    public Scope scope() {
        return scope;
    }

    /** I64[2] {seed, step} on the device. */
    public Tensor random() {
        return random;
    }

    /** The key of one use of randomness in a step; give each its own stream. */
    public RandomKey key(long stream) {
        return RandomKey.reading(random, stream);
    }

    /** I32[1]: training fails once it is not 0. For losses that are no longer finite. */
    public Tensor notFinite() {
        return notFinite;
    }

    /** Another flag as {@link #notFinite}. */
    public Tensor watch(Tensor flag) {
        flags.add(flag);
        return flag;
    }

    /** Closes {@code part} with the training, after what is named later. */
    public <T extends AutoCloseable> T own(T part) {
        owned.push(part);
        return part;
    }

    /**
     * What this training computes in; without a choice, as the types of its models and {@link Tiers#allowTf32} say.
     *
     * @return the type of its activations and weights
     */
    public DType precision(Precision chosen) {
        precision = chosen;
        return chosen.compute();
    }

    /** The only optimiser; its states have their own names in checkpoints. */
    public Optimizer optimizer(Optimizer optimizer) {
        return optimizer("", optimizer);
    }

    /**
     * One optimiser of several.
     *
     * @param prefix of the names of its states in checkpoints
     */
    public Optimizer optimizer(String prefix, Optimizer optimizer) {
        own(optimizer);
        if (!optimizers.isEmpty() && optimizer.accumulation() != accumulation) {
            throw new IllegalArgumentException("an optimiser that accumulates " + optimizer.accumulation()
                    + " micro-batches beside one of " + accumulation + ": give all of a training the same number");
        }
        if (optimizers.putIfAbsent(prefix, optimizer) != null) {
            throw new IllegalArgumentException(
                    "two optimisers whose states begin with '" + prefix + "': give each a prefix");
        }
        accumulation = optimizer.accumulation();
        return optimizer;
    }

    /** A tape to compute the loss and run backward on, which adds up gradients over the micro-batches of a step. */
    public Tape tape() {
        taped = true;
        return accumulation == 1 ? Tape.forTraining(device) : Tape.forAccumulation(device);
    }

    /**
     * Queues the step of an optimiser whose gradients of this micro-batch are complete; it is taken with the last of a
     * step.
     *
     * @throws IllegalStateException if gradients are to be added up and were made on other tapes than {@link #tape}
     */
    public void update(Optimizer optimizer) {
        if (accumulation > 1 && !taped) {
            throw new IllegalStateException("gradients are to be added up over " + accumulation
                    + " micro-batches, but this objective makes its own tapes, which overwrite them: use the context's"
                    + " tape, or an accumulation of 1");
        }
        if (stepEnds) {
            optimizer.step();
        }
    }

    /** Micro-batches of a step. */
    int accumulation() {
        return accumulation;
    }

    /** Where the examples come from: filled before {@link Objective#queue} in every step. */
    public BatchSource.Batch batches(BatchSource batches) {
        if (source != null) {
            throw new IllegalStateException("this training has a source of batches already");
        }
        source = batches;
        return batches.batch();
    }

    /**
     * Where the examples come from: pictures all lie on the device, a stream is decoded ahead.
     *
     * @param size  examples in a micro-batch
     * @param order of the examples, from {@link #key}
     */
    public BatchSource.Batch batches(Dataset data, int size, RandomKey order) {
        if (data instanceof ImageDataset pictures) {
            Images images = pictures.train().images();
            return batches(new ShuffledExamples(scope,
                    scope.of(images.pixels(), images.count(), images.height(), images.width(), images.channels()),
                    scope.of(pictures.train().labels(), images.count()), size, order));
        }
        if (data instanceof ExampleStream stream) {
            return batches(own(new StreamedExamples(scope, stream, size, seed ^ order.stream())));
        }
        throw new IllegalArgumentException(data.name() + " holds " + data.examples()
                + ": expected pictures or a stream of examples; give others as a source of batches of their own");
    }

    /**
     * Names what a step computes for the loss file.
     *
     * @param values F32 [n], which every step writes; their means over steps go to {@link Objective#row}
     */
    public Tensor report(Tensor values) {
        if (reported != null) {
            throw new IllegalStateException("this training reports " + reported.describe() + " already");
        }
        reported = values;
        sums = scope.zeros(DType.F32, values.size());
        return values;
    }

    void upload(long step) {
        if (source != null) {
            source.upload(step);
        }
    }

    /**
     * Queues one micro-batch.
     *
     * @param last whether the step ends with it
     */
    void queue(Objective objective, boolean last) {
        if (precision == null) {
            queueAll(objective, last);
            return;
        }
        try (Tiers.Tf32 inForce = precision.inForce()) {
            queueAll(objective, last);
        }
    }

    private void queueAll(Objective objective, boolean last) {
        stepEnds = last;
        if (source != null) {
            source.queue();
        }
        objective.queue();
        if (reported != null) {
            Pointwise.add(sums, reported, sums);
        }
        Random.advance(random);
    }

    /** @param batches how many micro-batches were queued since the last call */
    double[] takeMeans(long batches) {
        if (reported == null) {
            return new double[0];
        }
        float[] totals = sums.toFloats();
        sums.zero();
        double[] means = new double[totals.length];
        for (int i = 0; i < means.length; i++) {
            means[i] = (double) totals[i] / batches;
        }
        return means;
    }

    boolean sawNonFinite() {
        return flags.stream().anyMatch(flag -> flag.toInts()[0] != 0)
                || optimizers.values().stream().anyMatch(Optimizer::sawNonFinite);
    }

    Map<String, Tensor> state() {
        Map<String, Tensor> state = new LinkedHashMap<>();
        optimizers.forEach(
                (prefix, optimizer) -> optimizer.state().forEach((name, tensor) -> state.put(prefix + name, tensor)));
        if (beginning != null) {
            state.putAll(beginning.state());
        }
        return state;
    }

    void restored(long steps) {
        if (beginning != null) {
            beginning.restored();
        }
        random.copyFrom(new long[] {seed, steps * accumulation});
        optimizers.values().forEach(optimizer -> optimizer.restored(steps));
    }

    void close() {
        scope.close();
        while (!owned.isEmpty()) {
            try {
                owned.pop().close();
            } catch (RuntimeException e) {
                throw e;
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
