package io.zoetrope.nn;

import io.zoetrope.io.BadFileException;
import io.zoetrope.io.MappedTensor;
import io.zoetrope.io.StoredTensor;
import io.zoetrope.io.StoredType;
import io.zoetrope.io.TensorContent;
import io.zoetrope.io.WeightFiles;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;

/** Between a model's parameters and a file of weights. */
public final class ModelWeights {
    /** Elements that one mapping shows: few enough mappings, and any file in them. */
    private static final int MAPPED = 1 << 26;
    /** Elements looked at and copied in one go: few enough for the processor's cache. */
    private static final int COPIED = 1 << 19;

    private ModelWeights() {
    }

    /**
     * Checks that files hold a store of these parameters, by today's names or older ones: nothing is missing, nothing
     * left over. No tensor is read, and nothing allocated for a model that the files do not hold, however large its
     * settings claim it is.
     *
     * @return the weights by today's names, for {@link #into}
     * @throws BadFileException naming the tensor that is missing, unknown, or of another shape or type
     */
    public static WeightFiles read(Parameters parameters, WeightFiles weights) throws IOException {
        Map<String, long[]> shapes = new LinkedHashMap<>();
        FileLayout.shapes(parameters).forEach((name, shape) -> shapes.put(name, shape.dims()));
        WeightFiles named = weights.renamed(parameters.formerNames());
        named.require(shapes);
        return named;
    }

    /**
     * Gives a store the values of files that {@link #read} has checked, straight from the mapped files: a stretch at a
     * time, without conversion where the file has the store's type and order.
     *
     * @throws BadFileException naming a tensor that holds NaN or infinity; some values are the file's by then
     */
    public static void into(ParameterStore store, WeightFiles weights) throws IOException {
        for (ParameterStore.Segment segment : store.own()) {
            into(store, segment, weights);
        }
        store.refreshCopy();
    }

    /** One parameter's share of {@link #into(ParameterStore, WeightFiles)}. */
    static void into(ParameterStore store, ParameterStore.Segment segment, WeightFiles weights) throws IOException {
        Parameter parameter = segment.parameter();
        Tensor held = store.held(segment);
        long each = segment.length() / parameter.names().size();
        long at = 0;
        for (String name : parameter.names()) {
            fill(held.view(at, each), parameter, weights.mapped(name));
            at += each;
        }
    }

    private static void fill(Tensor target, Parameter parameter, MappedTensor source) throws IOException {
        int row = FileLayout.row(parameter);
        long most = Math.max(1, MAPPED / row) * row;
        int piece = Math.max(1, COPIED / row) * row;
        for (long from = 0; from < source.size(); from += most) {
            StoredTensor mapped = source.stretch(from, (int) Math.min(most, source.size() - from));
            for (int at = 0; at < mapped.size(); at += piece) {
                StoredTensor part = mapped.part(at, Math.min(piece, mapped.size() - at));
                source.requireFinite(part, from + at);
                Tensor place = target.view(from + at, part.size());
                if (row == 1 && part.type().name().equals(place.dtype().name())) {
                    place.copyFrom(part.bytes());
                } else {
                    place.copyFrom(FileLayout.fromFile(parameter, part.toFloats()));
                }
            }
        }
    }

    /** What a file shall hold: parameters in BF16, statistics in F32. Nothing is read from the device before it is. */
    public static Map<String, TensorContent> stored(ParameterValues values) {
        Map<String, TensorContent> tensors = new LinkedHashMap<>();
        for (ParameterStore.Segment segment : values.segments()) {
            Parameter parameter = segment.parameter();
            if (!parameter.isAdapter()) {
                StoredType type = parameter.isBuffer() ? StoredType.F32 : StoredType.BF16;
                long each = segment.length() / parameter.names().size();
                for (int i = 0; i < parameter.names().size(); i++) {
                    tensors.put(parameter.names().get(i), new Saved(values, segment, i * each, type));
                }
            }
        }
        return tensors;
    }

    /** One of a parameter's file tensors, from element {@code start} of the parameter on. */
    private record Saved(ParameterValues values, ParameterStore.Segment segment, long start,
            StoredType type) implements TensorContent {
        @Override
        public long[] shape() {
            return FileLayout.fileShape(segment.parameter()).dims();
        }

        @Override
        public void forEachPiece(Sink sink) throws IOException {
            Parameter parameter = segment.parameter();
            int row = FileLayout.row(parameter);
            long size = segment.length() / parameter.names().size();
            int piece = Math.max(1, COPIED / row) * row;
            try (Scope scratch = Scope.open(values.device())) {
                Tensor value = values.of(segment, scratch).view(start, size);
                if (row == 1 && value.dtype().name().equals(type.name())) {
                    TensorContent.of(value).forEachPiece(sink);
                    return;
                }
                for (long at = 0; at < size; at += piece) {
                    float[] part = FileLayout.toFile(parameter, value.view(at, Math.min(piece, size - at)).toFloats());
                    sink.take((type == StoredType.F32 ? StoredTensor.ofF32(part, part.length)
                            : StoredTensor.ofBf16(part, part.length)).bytes());
                }
            }
        }
    }
}
