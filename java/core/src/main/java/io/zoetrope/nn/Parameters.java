package io.zoetrope.nn;

import io.zoetrope.tensor.Shape;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The parameters a model declares, in order, under dotted names. Layers are handed the branch they live on. */
public final class Parameters {
    private final String prefix;
    private final List<Parameter> all;
    private final Set<String> taken;
    private final Map<String, String> formerBranches;

    private Parameters(String prefix, List<Parameter> all, Set<String> taken, Map<String, String> formerBranches) {
        this.prefix = prefix;
        this.all = all;
        this.taken = taken;
        this.formerBranches = formerBranches;
    }

    public static Parameters root() {
        return new Parameters("", new ArrayList<>(), new HashSet<>(), new LinkedHashMap<>());
    }

    /** The branch {@code name}: what is declared there is called {@code name.…}. */
    public Parameters at(String name) {
        return new Parameters(prefix + name + ".", all, taken, formerBranches);
    }

    /** Says that files written long ago call the branch {@code name} of this one {@code once}. */
    public void formerly(String name, String once) {
        formerBranches.put(prefix + name + ".", prefix + once + ".");
    }

    /** What parameters were called once, by what they are called today; only those that were called otherwise. */
    public Map<String, String> formerNames() {
        Map<String, String> former = new LinkedHashMap<>();
        taken.forEach(name -> formerBranches.forEach((today, once) -> {
            if (name.startsWith(today)) {
                former.put(name, once + name.substring(today.length()));
            }
        }));
        return former;
    }

    /** A matrix [out, in] or other weight in plain order. */
    public Parameter weight(String name, Init init, long... dims) {
        return declare(List.of(name), Shape.of(dims), Parameter.Layout.PLAIN, Parameter.Role.MATRIX, init);
    }

    /** A weight that files keep as several tensors stacked along the first dimension. */
    public Parameter stackedWeight(List<String> names, Init init, long... dims) {
        return declare(names, Shape.of(dims), Parameter.Layout.PLAIN, Parameter.Role.MATRIX, init);
    }

    /** A convolution weight [K,R,S,C]. */
    public Parameter convolution(String name, Init init, long k, long r, long s, long c) {
        return declare(List.of(name), Shape.of(k, r, s, c), Parameter.Layout.CONVOLUTION, Parameter.Role.MATRIX, init);
    }

    /** A bias or a norm's affine vector. */
    public Parameter vector(String name, Init init, long size) {
        return declare(List.of(name), Shape.of(size), Parameter.Layout.PLAIN, Parameter.Role.VECTOR, init);
    }

    /** A vector that files keep as several stacked ones. */
    public Parameter stackedVector(List<String> names, Init init, long size) {
        return declare(names, Shape.of(size), Parameter.Layout.PLAIN, Parameter.Role.VECTOR, init);
    }

    /** A statistic that a layer keeps up to date itself while training, such as a running mean. */
    public Parameter buffer(String name, Init init, long size) {
        return declare(List.of(name), Shape.of(size), Parameter.Layout.PLAIN, Parameter.Role.BUFFER, init);
    }

    private Parameter declare(List<String> names, Shape shape, Parameter.Layout layout, Parameter.Role role,
            Init init) {
        List<String> full = names.stream().map(name -> prefix + name).toList();
        for (String name : full) {
            if (!taken.add(name)) {
                throw new IllegalArgumentException("parameter " + name + " is declared twice");
            }
        }
        if (shape.dim(0) % names.size() != 0) {
            throw new IllegalArgumentException(
                    "parameter " + full + " " + shape + ": its first extent does not divide by " + names.size());
        }
        Parameter parameter = new Parameter(full, shape, layout, role, init);
        all.add(parameter);
        return parameter;
    }

    /** Everything declared so far, on every branch. */
    public List<Parameter> all() {
        return Collections.unmodifiableList(all);
    }

    /** The number of trainable values. */
    public long count() {
        return all.stream().filter(parameter -> !parameter.isBuffer()).mapToLong(parameter -> parameter.shape().size())
                .sum();
    }
}
