package io.zoetrope.data;

/**
 * Colours for levels: from dark violet over blue and green to light yellow. Lightness rises evenly, so that equal steps
 * look equal, also in grey print and to colour-blind eyes. Computed in Oklab (Ottosson 2020): lightness is linear, the
 * hue turns once, and the saturation is the highest that sRGB shows there, within a limit.
 */
public final class ColourMap {
    private static final int LEVELS = 256;
    private static final double DARKEST = 0.18;
    private static final double LIGHTEST = 0.93;
    /** Degrees of hue at the dark and the light end. */
    private static final double FIRST_HUE = 305;
    private static final double LAST_HUE = 105;
    private static final double MOST_CHROMA = 0.16;
    private static final byte[] TABLE = table();

    private ColourMap() {}

    /** Grey pictures with each level as its colour. */
    public static Images apply(Images grey) {
        if (grey.channels() != 1) {
            throw new IllegalArgumentException("levels are grey pictures, not " + grey);
        }
        byte[] pixels = new byte[Math.multiplyExact(grey.pixels().length, 3)];
        for (int i = 0; i < grey.pixels().length; i++) {
            System.arraycopy(TABLE, 3 * (grey.pixels()[i] & 0xff), pixels, 3 * i, 3);
        }
        return new Images(grey.count(), grey.height(), grey.width(), 3, pixels);
    }

    private static byte[] table() {
        byte[] table = new byte[3 * LEVELS];
        for (int i = 0; i < LEVELS; i++) {
            double level = i / (LEVELS - 1.0);
            double lightness = DARKEST + (LIGHTEST - DARKEST) * level;
            double hue = Math.toRadians(FIRST_HUE + (LAST_HUE - FIRST_HUE) * level);
            double chroma = MOST_CHROMA;
            double[] rgb = linear(lightness, chroma * Math.cos(hue), chroma * Math.sin(hue));
            while (!isShown(rgb)) {
                chroma *= 0.99;
                rgb = linear(lightness, chroma * Math.cos(hue), chroma * Math.sin(hue));
            }
            for (int c = 0; c < 3; c++) {
                table[3 * i + c] = (byte) Math.round(255 * encode(rgb[c]));
            }
        }
        return table;
    }

    private static boolean isShown(double[] rgb) {
        for (double value : rgb) {
            if (value < 0 || value > 1) {
                return false;
            }
        }
        return true;
    }

    /** Linear sRGB of an Oklab colour. */
    private static double[] linear(double lightness, double a, double b) {
        double l = Math.pow(lightness + 0.3963377774 * a + 0.2158037573 * b, 3);
        double m = Math.pow(lightness - 0.1055613458 * a - 0.0638541728 * b, 3);
        double s = Math.pow(lightness - 0.0894841775 * a - 1.2914855480 * b, 3);
        return new double[] {4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
                -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
                -0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s};
    }

    private static double encode(double linear) {
        return linear <= 0.0031308 ? 12.92 * linear : 1.055 * Math.pow(linear, 1 / 2.4) - 0.055;
    }
}
