package io.zoetrope.nn;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.ops.gemm.LowRankFunctions;
import io.zoetrope.ops.pointwise.Pointwise;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Shape;
import io.zoetrope.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** The low-rank updates of one weight: one for each of its names that is a target. */
final class Adapter {
    private static final String WEIGHT = ".weight";

    /**
     * One layer's update.
     *
     * @param row where its rows begin in a weight that is several layers' stacked
     */
    record Part(String layer, long row, Parameter down, Parameter up) {
    }

    private final Parameter weight;
    private final Lora lora;
    private final List<Part> parts = new ArrayList<>();
    private Variable merged;

    private Adapter(Parameter weight, Lora lora) {
        this.weight = weight;
        this.lora = lora;
        long[] dims = weight.shape().dims();
        long rows = dims[0] / weight.names().size();
        for (int i = 0; i < weight.names().size(); i++) {
            String layer = layer(weight.names().get(i));
            if (lora.targets(layer)) {
                parts.add(new Part(layer, i * rows, down(layer, dims.clone()), up(layer, rows, dims.length)));
            }
        }
    }

    /** A [r, …] draws as PEFT's does: uniform with bound 1/√fan-in. */
    private Parameter down(String layer, long[] dims) {
        dims[0] = lora.rank();
        long fanIn = Shape.of(dims).size() / lora.rank();
        return new Parameter(List.of(layer + ".lora_A.weight"), Shape.of(dims), weight.layout(), Parameter.Role.ADAPTER,
                Init.fanIn(fanIn));
    }

    private Parameter up(String layer, long rows, int rank) {
        Shape shape = rank == 2 ? Shape.of(rows, lora.rank()) : Shape.of(rows, 1, 1, lora.rank());
        return new Parameter(List.of(layer + ".lora_B.weight"), shape, weight.layout(), Parameter.Role.ADAPTER,
                Init.zeros());
    }

    /**
     * Adapters for the targets among these parameters.
     *
     * @throws IllegalArgumentException when a pattern matches no layer, or one that cannot be adapted
     */
    static List<Adapter> attach(List<Parameter> parameters, Lora lora) {
        List<String> layers = parameters.stream().filter(Parameter::isAdaptable)
                .flatMap(parameter -> parameter.names().stream()).map(Adapter::layer).toList();
        lora.targets().forEach(target -> target.requireMatch("layers to adapt", layers));
        List<Adapter> adapters = new ArrayList<>();
        for (Parameter parameter : parameters) {
            if (parameter.isAdaptable() && parameter.names().stream().map(Adapter::layer).anyMatch(lora::targets)) {
                Adapter adapter = new Adapter(parameter, lora);
                parameter.adapt(adapter);
                adapters.add(adapter);
            }
        }
        return adapters;
    }

    private static String layer(String name) {
        return name.endsWith(WEIGHT) ? name.substring(0, name.length() - WEIGHT.length()) : name;
    }

    Parameter weight() {
        return weight;
    }

    List<Part> parts() {
        return parts;
    }

    /** The weight that the layer computes with. */
    Variable updated(Tape tape) {
        return merged != null ? merged : LowRankFunctions.updated(tape, weight.variable(), updates());
    }

    private List<LowRankFunctions.Update> updates() {
        return updates(Parameter::variable);
    }

    private List<LowRankFunctions.Update> updates(Function<Parameter, Variable> value) {
        return parts.stream().map(part -> new LowRankFunctions.Update(part.row, value.apply(part.down),
                value.apply(part.up), lora.scale())).toList();
    }

    /** The weight with the updates that its matrices have by {@code values}, as layers compute it. */
    Tensor updated(Function<Parameter, Tensor> values, DType compute, Scope scratch) {
        Function<Parameter, Tensor> rounded = parameter -> {
            Tensor value = scratch.empty(compute, parameter.shape());
            Pointwise.cast(values.apply(parameter), value);
            return value;
        };
        Tensor result = scratch.empty(compute, weight.shape());
        LowRankFunctions.write(rounded.apply(weight), updates(rounded.andThen(Variable::constant)), result);
        return result;
    }

    void merge(Scope scope) {
        if (merged == null) {
            Tensor value = scope.emptyLike(weight.variable().value());
            LowRankFunctions.write(weight.variable().value(), updates(), value);
            merged = Variable.constant(value);
        }
    }

    void unmerge(Scope scope) {
        if (merged != null) {
            scope.free(merged.value());
            merged = null;
        }
    }

    /** The merged weight, or null. */
    Tensor merged() {
        return Variable.valueOf(merged);
    }
}
