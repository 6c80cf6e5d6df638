package io.zoetrope.nn;

import io.zoetrope.io.BadFileException;
import io.zoetrope.io.StoredTensor;
import io.zoetrope.io.WeightFiles;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;

/** Between a model's parameters and a file of weights. */
public final class ModelWeights {
    private ModelWeights() {
    }

    /**
     * Checks that files hold a store of these parameters, by today's names or older ones: nothing is missing, nothing left
     * over, everything finite. Nothing is kept, and nothing allocated for a model that the files do not hold, however large
     * its settings claim it is.
     *
     * @return the weights by today's names, for {@link #into}
     * @throws BadFileException naming the tensor that is missing, unknown, of another shape or type, or not finite
     */
    public static WeightFiles read(Parameters parameters, WeightFiles weights) throws IOException {
        Map<String, long[]> shapes = new LinkedHashMap<>();
        FileLayout.shapes(parameters).forEach((name, shape) -> shapes.put(name, shape.dims()));
        WeightFiles named = weights.renamed(parameters.formerNames());
        named.require(shapes);
        named.requireFinite();
        return named;
    }

    /** Gives a store the values that {@link #read} has checked, a tensor at a time. */
    public static void into(ParameterStore store, WeightFiles weights) throws IOException {
        for (ParameterStore.Segment segment : store.segments()) {
            Parameter parameter = segment.parameter();
            long[] shape = FileLayout.fileShape(parameter).dims();
            long at = segment.start();
            for (String name : parameter.names()) {
                float[] values = FileLayout.fromFile(parameter, weights.floats(name, shape));
                store.masters().view(at, values.length).copyFrom(values);
                at += values.length;
            }
        }
        store.refreshCopy();
    }

    /**
     * What a file shall hold: parameters in BF16, statistics in F32.
     *
     * @param values laid out as the store, such as its masters or their moving average
     */
    public static Map<String, StoredTensor> stored(ParameterStore store, float[] values) {
        Map<String, StoredTensor> tensors = new LinkedHashMap<>();
        FileLayout.toFile(store.segments(), values)
                .forEach((name, entry) -> tensors.put(name,
                        entry.exact() ? StoredTensor.ofF32(entry.values(), entry.shape().dims())
                                : StoredTensor.ofBf16(entry.values(), entry.shape().dims())));
        return tensors;
    }
}
