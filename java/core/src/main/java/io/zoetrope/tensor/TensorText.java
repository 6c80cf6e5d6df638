package io.zoetrope.tensor;

import io.zoetrope.cuda.Transfer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * A tensor in words: type, shape and values, laid out as NumPy does. Of a large one the first and last few of each axis
 * are read, and nothing else.
 *
 * <p>Meant for debuggers too, which ask at any moment: it never throws, changes nothing, takes no lock, and says why
 * where it shows no values.
 */
final class TensorText {
    /** A tensor of more elements is shown by its edges. */
    private static final int MOST = 100;
    /** Entries shown at either end of the two innermost axes, and of the others. */
    private static final int EDGE = 3;
    private static final int OUTER_EDGE = 1;
    private static final long GAP = -1;
    private static final int DIGITS = 4;
    /** From which sizes and ratios on numbers are written with exponents; NumPy's rules. */
    private static final double LARGE = 1e8;
    private static final double SMALL = 1e-4;
    private static final double SPREAD = 1000;

    private final Tensor tensor;
    private final long[] dims;
    /** By axis, which entries are shown, {@link #GAP} where some are left out. */
    private final long[][] shown;
    private final List<Number> values = new ArrayList<>();
    private List<String> cells;
    private int next;

    private TensorText(Tensor tensor) {
        this.tensor = tensor;
        this.dims = tensor.shape().dims();
        this.shown = new long[dims.length][];
        for (int d = 0; d < dims.length; d++) {
            int edge = tensor.size() <= MOST ? MOST : d >= dims.length - 2 ? EDGE : OUTER_EDGE;
            shown[d] = entries(dims[d], edge);
        }
    }

    static String of(Tensor tensor) {
        String heading = tensor.describe();
        if (tensor.memory().isClosed() || tensor.device().isClosed()) {
            return heading + " (closed: its memory was given back)";
        }
        if (tensor.size() == 0) {
            return heading + " []";
        }
        try {
            return heading + (tensor.rank() < 2 ? " " : "\n") + new TensorText(tensor).text();
        } catch (RuntimeException e) {
            return heading + " (values are not shown: " + e.getMessage() + ")";
        }
    }

    private static long[] entries(long extent, int edge) {
        if (extent <= 2L * edge) {
            long[] all = new long[(int) extent];
            Arrays.setAll(all, i -> i);
            return all;
        }
        long[] some = new long[2 * edge + 1];
        Arrays.setAll(some, i -> i < edge ? i : i == edge ? GAP : extent - some.length + i);
        return some;
    }

    private String text() {
        readFrom(0, 0);
        cells = cells(values);
        StringBuilder text = new StringBuilder();
        append(text, 0);
        return text.toString();
    }

    // ---- reading ----------------------------------------------------------------------------------------------------

    private void readFrom(int axis, long at) {
        if (axis == dims.length) {
            read(at, 1);
        } else if (axis == dims.length - 1) {
            readRow(at * dims[axis]);
        } else {
            for (long entry : shown[axis]) {
                if (entry != GAP) {
                    readFrom(axis + 1, at * dims[axis] + entry);
                }
            }
        }
    }

    private void readRow(long start) {
        long[] entries = shown[dims.length - 1];
        int run = 0;
        while (run < entries.length && entries[run] == run) {
            run++;
        }
        read(start, run);
        if (run < entries.length) {
            read(start + entries[run + 1], entries.length - run - 1);
        }
    }

    private void read(long start, int count) {
        DType type = tensor.dtype();
        ByteBuffer bytes = ByteBuffer.allocateDirect(count * type.bytes()).order(ByteOrder.nativeOrder());
        Transfer.inspect(tensor.memory(), tensor.offset() + start * type.bytes(), bytes);
        for (int i = 0; i < count; i++) {
            values.add(switch (type) {
                case F32 -> bytes.getFloat(i * Float.BYTES);
                case BF16 -> Bfloat16.toFloat(bytes.getShort(i * Short.BYTES));
                case I32 -> bytes.getInt(i * Integer.BYTES);
                case I64 -> bytes.getLong(i * Long.BYTES);
                case U8 -> bytes.get(i) & 0xff;
            });
        }
    }

    // ---- writing ----------------------------------------------------------------------------------------------------

    /** All of one width. */
    private static List<String> cells(List<Number> values) {
        String format = format(values);
        List<String> texts = values.stream().map(value -> cell(format, value)).toList();
        if (format.endsWith("f")) {
            texts = withoutTrailingZeros(texts);
        }
        int width = texts.stream().mapToInt(String::length).max().orElse(0);
        return texts.stream().map(text -> " ".repeat(width - text.length()) + text).toList();
    }

    private static String cell(String format, Number value) {
        return value instanceof Float number && !Float.isFinite(number)
                ? number.isNaN() ? "nan" : number > 0 ? "inf" : "-inf" : String.format(Locale.ROOT, format, value);
    }

    private static String format(List<Number> values) {
        if (!(values.get(0) instanceof Float)) {
            return "%d";
        }
        double[] sizes = values.stream().mapToDouble(value -> Math.abs(value.doubleValue()))
                .filter(size -> size > 0 && size < Double.POSITIVE_INFINITY).toArray();
        double most = Arrays.stream(sizes).max().orElse(0);
        double least = Arrays.stream(sizes).min().orElse(0);
        boolean whole = Arrays.stream(sizes).allMatch(size -> size == Math.rint(size));
        return most >= LARGE || !whole && (least < SMALL || most / least > SPREAD) ? "%." + DIGITS + "e"
                : "%." + DIGITS + "f";
    }

    /** Fixed-point numbers cut to the digits that one of them needs: 1.5 and 2.0, but 1. and 2. where all are whole. */
    private static List<String> withoutTrailingZeros(List<String> texts) {
        int zeros = texts.stream().filter(text -> text.indexOf('.') >= 0)
                .mapToInt(text -> text.length() - text.replaceFirst("0+$", "").length()).min().orElse(0);
        return texts.stream().map(text -> text.indexOf('.') < 0 ? text : text.substring(0, text.length() - zeros))
                .toList();
    }

    private void append(StringBuilder text, int axis) {
        if (axis == dims.length) {
            text.append(cells.get(next++));
            return;
        }
        if (axis == dims.length - 1) {
            text.append(Arrays.stream(shown[axis]).mapToObj(entry -> entry == GAP ? "..." : cells.get(next++))
                    .collect(Collectors.joining(", ", "[", "]")));
            return;
        }
        String separator = "," + "\n".repeat(dims.length - 1 - axis) + " ".repeat(axis + 1);
        text.append('[');
        for (int i = 0; i < shown[axis].length; i++) {
            text.append(i == 0 ? "" : separator);
            if (shown[axis][i] == GAP) {
                text.append("...");
            } else {
                append(text, axis + 1);
            }
        }
        text.append(']');
    }
}
