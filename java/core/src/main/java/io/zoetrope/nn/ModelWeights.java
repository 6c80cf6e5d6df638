package io.zoetrope.nn;

import io.zoetrope.io.BadFileException;
import io.zoetrope.io.Safetensors;
import io.zoetrope.io.StoredTensor;
import io.zoetrope.tensor.Shape;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;

/** Between a model's parameters and a file of weights. */
public final class ModelWeights {
    private ModelWeights() {
    }

    /**
     * The file's values for a store of these parameters, laid out as the store once {@link #into} has one. Nothing is
     * allocated for a model that the file does not hold, however large its settings claim it is.
     *
     * @throws BadFileException naming the tensor that is missing, unknown, of another shape or type, or not finite
     */
    public static Map<String, float[]> read(Parameters parameters, Safetensors weights) throws IOException {
        Map<String, Shape> shapes = FileLayout.shapes(parameters);
        weights.requireNames(shapes.keySet());
        Map<String, float[]> values = new LinkedHashMap<>();
        for (Map.Entry<String, Shape> entry : shapes.entrySet()) {
            values.put(entry.getKey(), weights.floats(entry.getKey(), entry.getValue().dims()));
        }
        weights.requireFinite();
        return values;
    }

    /** Gives a store the values that {@link #read} has read. */
    public static void into(ParameterStore store, Map<String, float[]> values) {
        store.masters(FileLayout.toStore(store.segments(), store.size(), values));
    }

    /**
     * What a file shall hold: parameters in BF16, statistics in F32.
     *
     * @param values laid out as the store, such as its masters or their moving average
     */
    public static Map<String, StoredTensor> stored(ParameterStore store, float[] values) {
        Map<String, StoredTensor> tensors = new LinkedHashMap<>();
        FileLayout.toFile(store.segments(), values).forEach((name, entry) -> tensors.put(name, entry.exact()
                ? StoredTensor.ofF32(entry.values(), entry.shape().dims())
                : StoredTensor.ofBf16(entry.values(), entry.shape().dims())));
        return tensors;
    }
}
