package io.zoetrope.nn;

import io.zoetrope.tensor.Shape;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Between the flat store's element order and that of weights files, which is PyTorch's: convolutions [K,C,R,S], stacked
 * parameters as several tensors.
 */
public final class FileLayout {
    private FileLayout() {
    }

    /** The shapes a file of these parameters must have, by name. */
    public static Map<String, Shape> shapes(Parameters parameters) {
        Map<String, Shape> shapes = new LinkedHashMap<>();
        for (Parameter parameter : parameters.all()) {
            for (String name : parameter.names()) {
                shapes.put(name, fileShape(parameter));
            }
        }
        return shapes;
    }

    /**
     * Elements of a file's tensor that trade places among themselves only: those of one output channel of a
     * convolution, one of any other.
     */
    static int row(Parameter parameter) {
        return !isReordered(parameter) ? 1 : Math.toIntExact(parameter.shape().size() / parameter.shape().dim(0));
    }

    /** Whole {@link #row rows} of one of a parameter's file tensors in the store's order. */
    static float[] fromFile(Parameter parameter, float[] values) {
        return reorder(parameter, values, false);
    }

    /** The inverse. */
    static float[] toFile(Parameter parameter, float[] values) {
        return reorder(parameter, values, true);
    }

    /** The shape of each of a parameter's file tensors. */
    static Shape fileShape(Parameter parameter) {
        long[] dims = parameter.shape().dims();
        if (parameter.layout() == Parameter.Layout.CONVOLUTION) {
            return Shape.of(dims[0], dims[3], dims[1], dims[2]);
        }
        dims[0] /= parameter.names().size();
        return Shape.of(dims);
    }

    private static boolean isReordered(Parameter parameter) {
        return parameter.layout() == Parameter.Layout.CONVOLUTION
                && parameter.shape().dim(1) * parameter.shape().dim(2) > 1;
    }

    /** Swaps [K, R·S, C] with [K, C, R·S] for convolutions; leaves others as they are. */
    private static float[] reorder(Parameter parameter, float[] values, boolean toFile) {
        if (!isReordered(parameter)) {
            return values;
        }
        long[] dims = parameter.shape().dims();
        int taps = (int) (dims[1] * dims[2]);
        int channels = (int) dims[3];
        int rows = toFile ? taps : channels;
        int columns = toFile ? channels : taps;
        float[] swapped = new float[values.length];
        for (int base = 0; base < values.length; base += taps * channels) {
            for (int row = 0; row < rows; row++) {
                for (int column = 0; column < columns; column++) {
                    swapped[base + column * rows + row] = values[base + row * columns + column];
                }
            }
        }
        return swapped;
    }
}
