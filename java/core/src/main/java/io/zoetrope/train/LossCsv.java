package io.zoetrope.train;

import io.zoetrope.io.AtomicFiles;
import io.zoetrope.io.BadFileException;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The record of a training run: a row per step in a CSV file whose first column is the step. Rows are appended and
 * handed to the system at once, and are on disk after {@link #sync}; a kill can leave one partial line, which the next
 * opening removes.
 */
public final class LossCsv implements AutoCloseable {
    private static final String STEP = "step";
    private static final int LONGEST_SHOWN = 100;
    private static final String REMEDY = "Repair it or move it away: a run goes on without, and its curve begins anew";

    private final int columns;
    /** Not a channel: one closes for good when its thread is interrupted. */
    private final FileOutputStream out;

    private LossCsv(int columns, FileOutputStream out) {
        this.columns = columns;
        this.out = out;
    }

    /**
     * Opens {@code file} to append, creating it if need be. Rows after {@code lastStep} and partial lines are removed:
     * they are of steps that will be taken again.
     *
     * @param names the columns after the step
     * @throws IOException if a file cannot be read, or is not what it should be
     */
    public static LossCsv open(Path file, List<String> names, long lastStep) throws IOException {
        String header = STEP + "," + String.join(",", names);
        StringBuilder kept = new StringBuilder(header).append('\n');
        if (Files.exists(file)) {
            for (Row row : rows(file, header)) {
                if (row.step() <= lastStep) {
                    kept.append(row.text()).append('\n');
                }
            }
        }
        AtomicFiles.writeText(file, kept.toString());
        return new LossCsv(names.size(), new FileOutputStream(file.toFile(), true));
    }

    /**
     * Appends one row; {@code values} are written so that reading them gives the same bits.
     *
     * @throws IOException if it cannot be written
     */
    public void append(long step, double... values) throws IOException {
        if (values.length != columns) {
            throw new IllegalArgumentException("a row has " + columns + " values, not " + values.length);
        }
        StringBuilder row = new StringBuilder().append(step);
        for (double value : values) {
            row.append(',').append(value);
        }
        out.write(row.append('\n').toString().getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Lets the rows so far survive a power cut. To be called before the checkpoint that covers them is written.
     *
     * @throws IOException if it cannot be written
     */
    public void sync() throws IOException {
        out.getFD().sync();
    }

    @Override
    public void close() throws IOException {
        out.close();
    }

    /**
     * A column of {@code file} against the steps, complete rows only: {steps, values}.
     *
     * @throws IOException if a file cannot be read, or is not what it should be
     */
    public static double[][] read(Path file, String column) throws IOException {
        String header = text(file).lines().findFirst().orElse("");
        List<String> names = List.of(header.split(","));
        int index = names.indexOf(column);
        if (index < 1) {
            throw BadFileException.of(file, "has no column '" + column + "'", "one among " + names, "Check the file");
        }
        List<Row> rows = rows(file, header);
        double[][] series = new double[2][rows.size()];
        for (int i = 0; i < rows.size(); i++) {
            series[0][i] = rows.get(i).step();
            series[1][i] = rows.get(i).values()[index - 1];
        }
        return series;
    }

    private record Row(long step, double[] values, String text) {}

    /** The complete rows: a last line without its newline is partial, whatever it holds. */
    private static List<Row> rows(Path file, String header) throws IOException {
        String text = text(file);
        String[] lines = text.substring(0, text.lastIndexOf('\n') + 1).split("\n");
        if (!lines[0].equals(header)) {
            if (lines[0].isEmpty()) {
                return List.of(); // killed before the first row was whole
            }
            throw BadFileException.of(file, "has the columns '" + shortened(lines[0]) + "'", "'" + header + "'",
                    "It was written by another version or for something else. " + REMEDY);
        }
        int columns = header.split(",").length;
        List<Row> rows = new ArrayList<>();
        for (int i = 1; i < lines.length; i++) {
            String[] cells = lines[i].split(",", -1);
            try {
                if (cells.length != columns) {
                    throw new NumberFormatException(cells.length + " cells");
                }
                double[] values = new double[columns - 1];
                for (int c = 1; c < columns; c++) {
                    values[c - 1] = Double.parseDouble(cells[c]);
                }
                rows.add(new Row(Long.parseLong(cells[0]), values, lines[i]));
            } catch (NumberFormatException e) {
                throw BadFileException.of(file, "line " + (i + 1) + " is '" + shortened(lines[i]) + "'",
                        columns + " numbers", REMEDY);
            }
        }
        return rows;
    }

    private static String text(Path file) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        ByteBuffer left = ByteBuffer.wrap(bytes);
        CharBuffer text = CharBuffer.allocate(bytes.length);
        if (StandardCharsets.UTF_8.newDecoder().decode(left, text, true).isError()) {
            throw BadFileException
                    .of(file,
                            String.format(Locale.ROOT, "is damaged: byte %d, 0x%02x, is no text", left.position(),
                                    bytes[left.position()]),
                            "the losses of a run, a line of numbers for each step", REMEDY);
        }
        return text.flip().toString();
    }

    private static String shortened(String line) {
        return line.length() > LONGEST_SHOWN ? line.substring(0, LONGEST_SHOWN) + "…" : line;
    }
}
