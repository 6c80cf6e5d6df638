package io.zoetrope.figures;

import java.util.Arrays;

/**
 * Which patch of a picture looks at which, in every layer and head of a transformer: rows of weights that add up to
 * one.
 */
public final class AttentionMaps {
    private final int heads;
    private final int rows;
    private final int columns;
    private final float[][] layers;

    /** Maps to be filled in layer by layer. */
    public AttentionMaps(int layers, int heads, int rows, int columns) {
        this.heads = heads;
        this.rows = rows;
        this.columns = columns;
        this.layers = new float[layers][];
    }

    /** @param weights of every head, place and place: [heads, places, places], held and not copied */
    public void set(int layer, float[] weights) {
        layers[layer] = weights;
    }

    public int layers() {
        return layers.length;
    }

    public int heads() {
        return heads;
    }

    /** Patches from top to bottom. */
    public int rows() {
        return rows;
    }

    /** Patches from left to right. */
    public int columns() {
        return columns;
    }

    /** How much the patch at (row, column) looks at each patch, row by row. */
    public float[] from(int layer, int head, int row, int column) {
        if (layer < 0 || layer >= layers.length || head < 0 || head >= heads || row < 0 || row >= rows || column < 0
                || column >= columns) {
            throw new IllegalArgumentException("layer " + layer + ", head " + head + ", patch " + row + "," + column
                    + ": expected less than " + layers.length + ", " + heads + " and " + rows + "," + columns);
        }
        int places = rows * columns;
        int start = (head * places + row * columns + column) * places;
        return Arrays.copyOfRange(layers[layer], start, start + places);
    }

    /** The mean over the heads of a layer of {@link #from}. */
    public float[] mean(int layer, int row, int column) {
        float[] sum = new float[rows * columns];
        for (int head = 0; head < heads; head++) {
            float[] one = from(layer, head, row, column);
            for (int i = 0; i < sum.length; i++) {
                sum[i] += one[i] / heads;
            }
        }
        return sum;
    }
}
