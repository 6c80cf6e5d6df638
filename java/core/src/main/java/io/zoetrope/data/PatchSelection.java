package io.zoetrope.data;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** Which patches of a picture are kept when the rest is made anew. */
public final class PatchSelection {
    /** The halves that can be named. */
    public static final List<String> HALVES = List.of("top", "bottom", "left", "right");
    private static final int WHITE = 128;

    private final int rows;
    private final int columns;
    private final boolean[] kept;

    private PatchSelection(int rows, int columns, boolean[] kept) {
        this.rows = rows;
        this.columns = columns;
        this.kept = kept;
    }

    /**
     * A half of the picture; of an odd number of rows or columns the middle one goes with it.
     *
     * @param name one of {@link #HALVES}
     */
    public static PatchSelection half(String name, PatchGrid grid) {
        int rows = grid.rows();
        int columns = grid.columns();
        boolean[] kept = new boolean[rows * columns];
        for (int i = 0; i < kept.length; i++) {
            int row = i / columns;
            int column = i % columns;
            kept[i] = switch (name.toLowerCase(Locale.ROOT)) {
                case "top" -> row < (rows + 1) / 2;
                case "bottom" -> row >= rows / 2;
                case "left" -> column < (columns + 1) / 2;
                case "right" -> column >= columns / 2;
                default -> throw new IllegalArgumentException("half '" + name + "': expected one of " + HALVES);
            };
        }
        return new PatchSelection(rows, columns, kept);
    }

    /** The patches whose pixels are all light in a picture of the model's size. */
    public static PatchSelection mask(Images picture, PatchGrid grid) {
        if (picture.count() != 1 || picture.height() != grid.height() || picture.width() != grid.width()) {
            throw new IllegalArgumentException(
                    "the mask is " + picture + ", expected one picture of " + grid.height() + " × " + grid.width());
        }
        int rows = grid.rows();
        int columns = grid.columns();
        boolean[] kept = new boolean[rows * columns];
        Arrays.fill(kept, true);
        for (int i = 0; i < picture.stride(); i++) {
            int pixel = i / picture.channels();
            int position = pixel / grid.width() / grid.size() * columns + pixel % grid.width() / grid.size();
            kept[position] &= (picture.pixels()[i] & 0xff) >= WHITE;
        }
        return new PatchSelection(rows, columns, kept);
    }

    /** Whether the patch at a position, counted row by row, is kept. */
    public boolean isKept(int position) {
        return kept[position];
    }

    /** How many patches are kept. */
    public int count() {
        int count = 0;
        for (boolean one : kept) {
            count += one ? 1 : 0;
        }
        return count;
    }

    /** @throws IllegalArgumentException unless it is a selection among so many patches */
    public void require(int wantedRows, int wantedColumns) {
        if (rows != wantedRows || columns != wantedColumns) {
            throw new IllegalArgumentException("a selection among " + rows + "×" + columns + " patches for pictures of "
                    + wantedRows + "×" + wantedColumns);
        }
    }
}
