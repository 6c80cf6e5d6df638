package io.zoetrope.nn;

import io.zoetrope.autograd.Variable;
import io.zoetrope.cuda.Device;
import io.zoetrope.ops.pointwise.Pointwise;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Predicate;

/**
 * The memory of a model's parameters. Those that a {@link ParameterPlan} trains, and the statistics of layers while
 * something is trained, have flat F32 masters and gradients, and a copy of the masters in the compute type; all others
 * have one tensor each: weights in the compute type, vectors and statistics in F32.
 *
 * <p>Those being flat, one kernel updates all trained parameters, and one reduction measures their gradients. Every
 * parameter starts at a multiple of {@value #ALIGNMENT} elements; the gaps stay zero. The order of all values is that
 * of the flat tensors, then the parameters that are not in them.
 */
public final class ParameterStore implements AutoCloseable {
    /** Elements: 256 bytes in F32, 128 in BF16, so that vector access is aligned in both. */
    private static final int ALIGNMENT = 64;

    /** Where a parameter lies in the order of all values; for one in the flat tensors, where it lies there. */
    public record Segment(Parameter parameter, long start, long length) {
        public long end() {
            return start + length;
        }

        /** Where the next one may begin. */
        long alignedEnd() {
            return (end() + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        }
    }

    private final Scope scope;
    private final List<Parameter> declared;
    private final List<Adapter> adapters;
    private final Lora lora;
    private final List<Segment> segments = new ArrayList<>();
    private final Map<Parameter, Tensor> apart = new IdentityHashMap<>();
    private final long size;
    private final DType compute;
    private final Tensor masters;
    private final Tensor gradients;
    private final Tensor copy;

    /**
     * Gives the parameters memory and first values; all are trained.
     *
     * @param compute the type layers compute in: BF16, or F32 (then the masters themselves are used)
     * @param seed    of the first values
     */
    public ParameterStore(Device device, Parameters parameters, DType compute, long seed) {
        this(device, parameters, compute, ParameterPlan.training());
        initialise(seed);
    }

    /**
     * Gives the parameters memory as a plan says. Values are undefined until they are loaded or
     * {@link #initialise drawn}, but for adapters', which change nothing until they are trained or loaded.
     *
     * @throws IllegalArgumentException when a pattern of the plan matches no parameter
     */
    public ParameterStore(Device device, Parameters parameters, DType compute, ParameterPlan plan) {
        if (!compute.isFloating()) {
            throw new IllegalArgumentException("compute type " + compute + ": expected F32 or BF16");
        }
        plan.requireMatches(parameters.all());
        this.adapters = plan.lora() == null ? List.of() : Adapter.attach(parameters.all(), plan.lora());
        this.lora = plan.lora();
        this.declared = new ArrayList<>(parameters.all());
        adapters.forEach(adapter -> adapter.parts().forEach(part -> declared.addAll(List.of(part.down(), part.up()))));
        long flat = place(plan::trains, 0);
        this.size = place(parameter -> !plan.trains(parameter), flat);
        this.compute = compute;
        this.scope = Scope.open(device);
        this.masters = flat == 0 ? null : scope.zeros(DType.F32, flat);
        this.gradients = flat == 0 ? null : scope.zeros(DType.F32, flat);
        this.copy = flat == 0 || compute == DType.F32 ? null : scope.zeros(compute, flat);
        for (Segment segment : segments) {
            segment.parameter.bind(segment.start < flat ? inFlat(segment) : apart(segment.parameter));
        }
        if (lora != null) {
            initialise(lora.seed(), Parameter::isAdapter);
        }
    }

    private long place(Predicate<Parameter> chosen, long from) {
        long at = from;
        for (Parameter parameter : declared) {
            if (chosen.test(parameter)) {
                segments.add(new Segment(parameter, at, parameter.shape().size()));
                at += (parameter.shape().size() + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
            }
        }
        return at;
    }

    private Variable inFlat(Segment segment) {
        Parameter parameter = segment.parameter;
        long[] dims = parameter.shape().dims();
        Tensor value = (parameter.isMatrix() && copy != null ? copy : masters).view(segment.start, dims);
        return parameter.isBuffer() ? Variable.constant(value)
                : Variable.parameter(value, gradients.view(segment.start, dims));
    }

    private Variable apart(Parameter parameter) {
        Tensor value = scope.empty(parameter.isMatrix() ? compute : DType.F32, parameter.shape());
        apart.put(parameter, value);
        return Variable.constant(value);
    }

    /** Draws first values for all parameters but adapters', which have theirs. */
    public void initialise(long seed) {
        initialise(seed, parameter -> !parameter.isAdapter());
    }

    /**
     * Draws first values for some parameters: those that {@link #initialise(long)} would give them, whatever is
     * trained.
     */
    void initialise(long seed, Predicate<Parameter> chosen) {
        Map<Parameter, Segment> places = new IdentityHashMap<>();
        segments.forEach(segment -> places.put(segment.parameter, segment));
        SplittableRandom root = new SplittableRandom(seed);
        for (Parameter parameter : declared) {
            SplittableRandom random = root.split();
            if (chosen.test(parameter)) {
                float[] values = new float[Math.toIntExact(parameter.shape().size())];
                parameter.init().fill(values, random);
                held(places.get(parameter)).copyFrom(values);
            }
        }
        refreshCopy();
    }

    public Device device() {
        return scope.device();
    }

    public DType compute() {
        return compute;
    }

    /** Elements in the order of all values, gaps included. */
    public long size() {
        return size;
    }

    /** Bytes of device memory. */
    public long bytes() {
        return scope.bytes();
    }

    public List<Segment> segments() {
        return List.copyOf(segments);
    }

    /** The segments of the model itself: all but adapters'. */
    List<Segment> own() {
        return segments.stream().filter(segment -> !segment.parameter.isAdapter()).toList();
    }

    /** The segments that training optimises: those in the flat tensors, but for statistics. */
    public List<Segment> trainable() {
        return segments.stream().filter(segment -> !apart.containsKey(segment.parameter))
                .filter(segment -> !segment.parameter.isBuffer()).toList();
    }

    /**
     * The values of one parameter in the finest type there is of them, flat: a view of the masters, or what layers
     * compute with. After a change to masters call {@link #refreshCopy}.
     */
    public Tensor held(Segment segment) {
        Tensor own = apart.get(segment.parameter);
        return own == null ? masters.view(segment.start, segment.length) : own.reshape(segment.length);
    }

    /**
     * The {@link #current} values in their order, gaps zero. Waits for queued work.
     *
     * @throws ArithmeticException for more than an array holds; then read {@link #held} one by one
     */
    public float[] values() {
        return current().toFloats();
    }

    /** The values as they are; weights with their adapters' updates while these are {@link #merge merged}. */
    public ParameterValues current() {
        return new ParameterValues() {
            @Override
            public Device device() {
                return scope.device();
            }

            @Override
            public List<Segment> segments() {
                return ParameterStore.this.segments();
            }

            @Override
            public Tensor of(Segment segment, Scope scratch) {
                Tensor merged = segment.parameter.merged();
                return merged == null ? held(segment) : merged.reshape(segment.length);
            }
        };
    }

    /**
     * Values of a model without adapters: weights with the updates that their adapters come to in {@code values}, and
     * the others as they are there.
     *
     * @param values of this store's parameters, adapters among them
     */
    ParameterValues adapted(ParameterValues values) {
        Map<Parameter, Segment> places = new IdentityHashMap<>();
        segments.forEach(segment -> places.put(segment.parameter, segment));
        return new ParameterValues() {
            @Override
            public Device device() {
                return scope.device();
            }

            @Override
            public List<Segment> segments() {
                return values.segments();
            }

            @Override
            public Tensor of(Segment segment, Scope scratch) {
                Adapter adapter = segment.parameter.adapter();
                return adapter == null ? values.of(segment, scratch)
                        : adapter.updated(parameter -> values.of(places.get(parameter), scratch), compute, scratch)
                                .reshape(segment.length);
            }
        };
    }

    /**
     * Takes the values of another store's parameters for those of this one of the same names, whatever either trains;
     * they are rounded to the types that they have here.
     *
     * @throws IllegalArgumentException when one of this store is not among them
     */
    public void take(ParameterValues values) {
        Map<List<String>, Segment> others = new HashMap<>();
        values.segments().forEach(segment -> others.put(segment.parameter.names(), segment));
        for (Segment segment : segments) {
            Segment other = others.get(segment.parameter.names());
            if (other == null || other.length != segment.length) {
                throw new IllegalArgumentException("values for parameter " + segment.parameter + ": expected one of "
                        + segment.length + " elements, found " + (other == null ? "none" : other.parameter));
            }
            try (Scope scratch = Scope.open(device())) {
                Pointwise.cast(values.of(other, scratch), held(segment));
            }
        }
        refreshCopy();
    }

    /**
     * Replaces all values; what is not trained is rounded to the type layers compute with.
     *
     * @throws IllegalStateException while adapters are merged, which would go on with what was there
     */
    public void values(float[] values) {
        if (values.length != size) {
            throw new IllegalArgumentException(values.length + " values for a store of " + size);
        }
        if (segments.stream().anyMatch(segment -> segment.parameter.merged() != null)) {
            throw new IllegalStateException("new values for a store with merged adapters: unmerge them first");
        }
        for (Segment segment : segments) {
            held(segment).copyFrom(Arrays.copyOfRange(values, (int) segment.start, (int) segment.end()));
        }
        refreshCopy();
    }

    /**
     * The F32 values that training updates.
     *
     * @throws IllegalStateException where nothing is trained, as in the two below
     */
    public Tensor masters() {
        return trained(masters);
    }

    /** The F32 gradients of the last backward pass. */
    public Tensor gradients() {
        return trained(gradients);
    }

    private static Tensor trained(Tensor flat) {
        if (flat == null) {
            throw new IllegalStateException(
                    "this store trains nothing: make or load the model with a ParameterPlan that trains");
        }
        return flat;
    }

    /** The masters in the compute type, or null when that is F32. */
    public Tensor copy() {
        trained(masters);
        return copy;
    }

    /** Brings the compute copy up to date with the masters. */
    public void refreshCopy() {
        if (copy != null) {
            Pointwise.cast(masters, copy);
        }
    }

    /** What the store's adapters are, or null where it has none. */
    public Lora lora() {
        return lora;
    }

    List<Adapter> adapters() {
        return adapters;
    }

    /**
     * Lets layers compute with weights that contain the adapters' updates, once computed; the values themselves stay,
     * beside them. Does not change a bit of any result, but graphs recorded before go on with the adapters as they
     * were.
     *
     * @throws IllegalStateException where adapters are trained: merged ones would stay as they are
     */
    public void merge() {
        if (masters != null) {
            throw new IllegalStateException("merge of adapters that are trained: save them, and load the model with"
                    + " ParameterPlan.inference().adapting(...)");
        }
        adapters.forEach(adapter -> adapter.merge(scope));
    }

    /** Frees what {@link #merge} made. */
    public void unmerge() {
        adapters.forEach(adapter -> adapter.unmerge(scope));
    }

    @Override
    public void close() {
        scope.close();
    }
}
