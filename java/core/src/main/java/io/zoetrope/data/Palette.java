package io.zoetrope.data;

import java.awt.image.BufferedImage;
import java.awt.image.DataBuffer;
import java.awt.image.IndexColorModel;
import java.util.Arrays;

/**
 * The 256 colours that stand best for those of one picture: exact where there are no more, else by splitting the
 * colours where they vary most (Wan, Wong and Prusinkiewicz 1988) and two rounds of k-means. Pixels take the nearest
 * colour and are not dithered, so that pixels drawn as squares stay plain.
 */
final class Palette {
    static final int SIZE = 256;
    private static final int BITS = 5;
    private static final int REFINEMENTS = 2;
    /** Colours whose nearest is remembered, by a hash; a power of two. */
    private static final int REMEMBERED = 1 << 14;

    private final int[] colours;

    private Palette(int[] colours) {
        this.colours = colours;
    }

    /** For the only picture of {@code rgb}. */
    static Palette of(Images rgb) {
        int[] exact = distinct(rgb.pixels());
        return new Palette(exact.length <= SIZE ? exact : new Bins(rgb.pixels()).reduce());
    }

    int[] colours() {
        return colours;
    }

    /** The picture in these colours, for GIF's encoder. */
    BufferedImage apply(Images rgb) {
        IndexColorModel model = new IndexColorModel(8, colours.length, colours, 0, false, -1, DataBuffer.TYPE_BYTE);
        BufferedImage image = new BufferedImage(rgb.width(), rgb.height(), BufferedImage.TYPE_BYTE_INDEXED, model);
        byte[] indices = new byte[rgb.height() * rgb.width()];
        byte[] pixels = rgb.pixels();
        int[] known = new int[REMEMBERED];
        byte[] answer = new byte[REMEMBERED];
        Arrays.fill(known, -1);
        for (int i = 0; i < indices.length; i++) {
            int colour = colour(pixels, 3 * i);
            int slot = (colour * 0x9e3779b1) >>> 18;
            if (known[slot] != colour) {
                known[slot] = colour;
                answer[slot] = (byte) nearest(colour);
            }
            indices[i] = answer[slot];
        }
        image.getRaster().setDataElements(0, 0, rgb.width(), rgb.height(), indices);
        return image;
    }

    private int nearest(int colour) {
        int best = 0;
        int least = Integer.MAX_VALUE;
        for (int i = 0; i < colours.length; i++) {
            int red = (colours[i] >> 16 & 0xff) - (colour >> 16 & 0xff);
            int green = (colours[i] >> 8 & 0xff) - (colour >> 8 & 0xff);
            int blue = (colours[i] & 0xff) - (colour & 0xff);
            int distance = red * red + green * green + blue * blue;
            if (distance < least) {
                least = distance;
                best = i;
            }
        }
        return best;
    }

    private static int colour(byte[] pixels, int at) {
        return (pixels[at] & 0xff) << 16 | (pixels[at + 1] & 0xff) << 8 | pixels[at + 2] & 0xff;
    }

    /** The colours of a picture in order, or more than {@link #SIZE} of them if there are more. */
    private static int[] distinct(byte[] pixels) {
        int[] found = new int[SIZE + 1];
        int count = 0;
        for (int at = 0; at < pixels.length && count <= SIZE; at += 3) {
            int colour = colour(pixels, at);
            int place = Arrays.binarySearch(found, 0, count, colour);
            if (place < 0) {
                place = -place - 1;
                System.arraycopy(found, place, found, place + 1, Math.min(count, SIZE) - place);
                found[place] = colour;
                count++;
            }
        }
        return Arrays.copyOf(found, count);
    }

    /** The picture's colours, those within a small cube together: how many pixels, and the sums of their channels. */
    private static final class Bins {
        private final int count;
        private final double[] weight;
        private final double[][] mean;
        private final int[] order;

        Bins(byte[] pixels) {
            int[] of = new int[1 << 3 * BITS];
            double[][] sums = new double[4][of.length];
            for (int at = 0; at < pixels.length; at += 3) {
                int cube = 0;
                for (int c = 0; c < 3; c++) {
                    cube = cube << BITS | (pixels[at + c] & 0xff) >> 8 - BITS;
                }
                sums[3][cube]++;
                for (int c = 0; c < 3; c++) {
                    sums[c][cube] += pixels[at + c] & 0xff;
                }
            }
            int used = 0;
            for (int cube = 0; cube < of.length; cube++) {
                if (sums[3][cube] > 0) {
                    of[used++] = cube;
                }
            }
            count = used;
            weight = new double[used];
            mean = new double[3][used];
            order = new int[used];
            for (int i = 0; i < used; i++) {
                weight[i] = sums[3][of[i]];
                order[i] = i;
                for (int c = 0; c < 3; c++) {
                    mean[c][i] = sums[c][of[i]] / weight[i];
                }
            }
        }

        int[] reduce() {
            double[][] centres = split();
            for (int i = 0; i < REFINEMENTS; i++) {
                centres = refine(centres);
            }
            int[] colours = new int[centres.length];
            for (int i = 0; i < colours.length; i++) {
                colours[i] = (int) Math.round(centres[i][0]) << 16 | (int) Math.round(centres[i][1]) << 8
                        | (int) Math.round(centres[i][2]);
            }
            return colours;
        }

        /** Splits the part with the largest squared error along its widest axis, until there are as many as wanted. */
        private double[][] split() {
            int wanted = Math.min(SIZE, count);
            int[] start = new int[wanted + 1];
            int[] end = new int[wanted];
            double[] error = new double[wanted];
            int[] axis = new int[wanted];
            end[0] = count;
            int parts = 1;
            measure(0, start, end, error, axis);
            while (parts < wanted) {
                int worst = 0;
                for (int p = 1; p < parts; p++) {
                    if (error[p] > error[worst]) {
                        worst = p;
                    }
                }
                if (error[worst] <= 0) {
                    break;
                }
                int middle = partition(start[worst], end[worst], axis[worst]);
                start[parts] = middle;
                end[parts] = end[worst];
                end[worst] = middle;
                measure(worst, start, end, error, axis);
                measure(parts, start, end, error, axis);
                parts++;
            }
            double[][] centres = new double[parts][];
            for (int p = 0; p < parts; p++) {
                centres[p] = centre(start[p], end[p]);
            }
            return centres;
        }

        private double[] centre(int from, int to) {
            double[] sum = new double[3];
            double total = 0;
            for (int i = from; i < to; i++) {
                total += weight[order[i]];
                for (int c = 0; c < 3; c++) {
                    sum[c] += weight[order[i]] * mean[c][order[i]];
                }
            }
            for (int c = 0; c < 3; c++) {
                sum[c] /= total;
            }
            return sum;
        }

        private void measure(int part, int[] start, int[] end, double[] error, int[] axis) {
            double[] centre = centre(start[part], end[part]);
            double[] spread = new double[3];
            for (int i = start[part]; i < end[part]; i++) {
                for (int c = 0; c < 3; c++) {
                    double off = mean[c][order[i]] - centre[c];
                    spread[c] += weight[order[i]] * off * off;
                }
            }
            error[part] = end[part] - start[part] < 2 ? 0 : spread[0] + spread[1] + spread[2];
            axis[part] = spread[0] >= spread[1] && spread[0] >= spread[2] ? 0 : spread[1] >= spread[2] ? 1 : 2;
        }

        /** Orders a part by {@code axis} round its mean and returns where the upper half begins; neither is empty. */
        private int partition(int from, int to, int axis) {
            double middle = centre(from, to)[axis];
            int low = from;
            int high = to;
            while (low < high) {
                if (mean[axis][order[low]] < middle) {
                    low++;
                } else {
                    high--;
                    int swapped = order[low];
                    order[low] = order[high];
                    order[high] = swapped;
                }
            }
            return Math.max(from + 1, Math.min(to - 1, low));
        }

        private double[][] refine(double[][] centres) {
            double[][] sums = new double[centres.length][4];
            for (int i = 0; i < count; i++) {
                int best = 0;
                double least = Double.MAX_VALUE;
                for (int p = 0; p < centres.length; p++) {
                    double red = centres[p][0] - mean[0][i];
                    double green = centres[p][1] - mean[1][i];
                    double blue = centres[p][2] - mean[2][i];
                    double distance = red * red + green * green + blue * blue;
                    if (distance < least) {
                        least = distance;
                        best = p;
                    }
                }
                for (int c = 0; c < 3; c++) {
                    sums[best][c] += weight[i] * mean[c][i];
                }
                sums[best][3] += weight[i];
            }
            double[][] refined = new double[centres.length][3];
            for (int p = 0; p < centres.length; p++) {
                for (int c = 0; c < 3; c++) {
                    refined[p][c] = sums[p][3] > 0 ? sums[p][c] / sums[p][3] : centres[p][c];
                }
            }
            return refined;
        }
    }
}
