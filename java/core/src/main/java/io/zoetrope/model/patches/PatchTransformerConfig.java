package io.zoetrope.model.patches;

import io.zoetrope.nn.TransformerBlock;

/**
 * The shape of a {@link PatchTransformer}.
 *
 * @param purpose what it predicts
 * @param rows    patches from top to bottom
 * @param columns patches from left to right
 * @param patch   values of a patch: its height times width times channels
 * @param palette patches of the palette that generators choose from; 0 for classifiers
 * @param classes of the pictures: what classifiers tell apart, and what generators can be asked for (0: nothing)
 * @param width   channels of a token, a multiple of 4
 * @param layers  transformer blocks
 * @param heads   which divide the width
 * @param hidden  channels inside the blocks' perceptrons
 * @param rotary  whether queries and keys turn by row and column (then the channels of a head are a multiple of 4)
 */
public record PatchTransformerConfig(Purpose purpose, int rows, int columns, int patch, int palette, int classes, int width,
        int layers, int heads, int hidden, boolean rotary) {
    /** What a network predicts. */
    public enum Purpose {
        /** The palette's patch at every place: one after the other, and many at a time from those known. */
        GENERATE,
        /** The class of a picture. */
        CLASSIFY
    }

    public PatchTransformerConfig {
        boolean generates = purpose == Purpose.GENERATE;
        if (rows < 1 || columns < 1 || patch < 1 || layers < 1 || classes < (generates ? 0 : 2)
                || (generates ? palette < 2 : palette != 0)) {
            throw new IllegalArgumentException("patch transformer: " + rows + "×" + columns + " patches of " + patch
                    + " values, palette " + palette + ", classes " + classes + ", layers " + layers
                    + ": expected positive sizes, a palette of at least 2 to generate and none to classify, and at least 2"
                    + " classes to classify");
        }
        if (width < 4 || width % 4 != 0 || heads < 1 || width % heads != 0 || hidden < 1
                || rotary && width / heads % 4 != 0) {
            throw new IllegalArgumentException("patch transformer: width " + width + ", heads " + heads + ", hidden " + hidden
                    + ": expected a width that is a multiple of 4 and of the heads"
                    + (rotary ? ", and heads whose channels are a multiple of 4" : ""));
        }
    }

    /** Tokens of a picture. */
    public int places() {
        return rows * columns;
    }

    /** The token of a place that is not known. */
    public int mask() {
        return palette;
    }

    /** The token before the first. */
    public int start() {
        return palette + 1;
    }

    /** The class of a picture that is asked for without one. */
    public int anyClass() {
        return classes;
    }

    TransformerBlock.Config block() {
        return new TransformerBlock.Config(width, heads, hidden, purpose == Purpose.GENERATE, 0);
    }
}
