package io.zoetrope.data;

/**
 * Pictures cut into square patches, which are counted row by row.
 *
 * @param height   pixels of a picture, as {@code width}
 * @param channels of a pixel
 * @param size     height and width of a patch, which divides both
 */
public record PatchGrid(int height, int width, int channels, int size) {
    public PatchGrid {
        if (size < 1 || height < 1 || width < 1 || channels < 1 || height % size != 0 || width % size != 0) {
            throw new IllegalArgumentException("pictures of " + width + "×" + height + "×" + channels
                    + " do not divide into patches of " + size + "×" + size + " pixels");
        }
        Math.multiplyExact(Math.multiplyExact(size, size), channels);
    }

    /** Patches from top to bottom. */
    public int rows() {
        return height / size;
    }

    /** Patches from left to right. */
    public int columns() {
        return width / size;
    }

    /** Patches of a picture. */
    public int positions() {
        return rows() * columns();
    }

    /** Values of a patch: its height times width times channels. */
    public int patch() {
        return size * size * channels;
    }
}
