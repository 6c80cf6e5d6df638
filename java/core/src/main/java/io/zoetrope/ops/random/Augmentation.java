package io.zoetrope.ops.random;

import io.zoetrope.cuda.Arguments;
import io.zoetrope.cuda.Device;
import io.zoetrope.cuda.Grid;
import io.zoetrope.cuda.Kernel;
import io.zoetrope.ops.Operands;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import java.util.Arrays;

/**
 * How training pictures are varied: shifted (a crop of the padded picture), flipped, a rectangle erased. What sample i
 * of a batch draws depends on the key and i alone.
 *
 * @param pad     pictures are shifted by up to so many pixels in each direction; 0: not at all
 * @param reflect what lies beyond a shifted picture: its mirror image, or black
 * @param flip    whether half of the pictures are mirrored left to right
 * @param erase   probability that a rectangle is replaced by the mean, 0 to 1
 * @param side    largest height and width of that rectangle
 */
public record Augmentation(int pad, boolean reflect, boolean flip, float erase, int side) {
    /** The pictures as they are. */
    public static final Augmentation NONE = new Augmentation(0, false, false, 0, 1);

    public Augmentation {
        if (pad < 0 || side < 1 || !(erase >= 0 && erase <= 1)) {
            throw new IllegalArgumentException("augmentation with pad " + pad + ", erase " + erase + ", side " + side
                    + ": expected pad 0 or more, erase 0 to 1, side 1 or more");
        }
    }

    /**
     * The mean and scale of a data set, as the device needs them.
     *
     * @param mean   F32[C], mean byte of each channel
     * @param factor F32[C], 1 / standard deviation of the bytes
     */
    public record Normalisation(Tensor mean, Tensor factor) {
        /**
         * Brings bytes to −1 … 1.
         *
         * @param scope the tensors live in
         */
        public static Normalisation symmetric(Scope scope, int channels) {
            float[] middle = new float[channels];
            float[] factor = new float[channels];
            Arrays.fill(middle, 127.5f);
            Arrays.fill(factor, 1 / 127.5f);
            return new Normalisation(scope.of(middle, channels), scope.of(factor, channels));
        }
    }

    /**
     * out[i] = data[indices[i]], varied and normalised: (byte − mean)·factor.
     *
     * @param data      U8 [M,H,W,C]
     * @param labels    I32[M], or null
     * @param indices   I32[N]; one outside the data gives NaN and label −1
     * @param out       F32 or BF16 [N,H,W,C]
     * @param labelsOut I32[N] receives labels[indices[i]]; null with labels
     * @param key       not read when nothing is random; may then be null
     */
    public void batch(Tensor data, Tensor labels, Tensor indices, Normalisation normalisation, Tensor out,
            Tensor labelsOut, RandomKey key) {
        boolean random = pad > 0 || flip || erase > 0;
        Operands operands = Operands.of("augment").type("data", data, DType.U8).rank("data", data, 4, "[M, H, W, C]")
                .type("indices", indices, DType.I32).floating("out", out);
        long height = data.dim(1);
        long width = data.dim(2);
        long channels = data.dim(3);
        operands.shape("out", out, " for " + indices + " and data " + data.shape(), indices.size(), height, width,
                channels).sized("mean", normalisation.mean, DType.F32, channels)
                .sized("factor", normalisation.factor, DType.F32, channels)
                .require((labels == null) == (labelsOut == null),
                        "labels is " + labels + ", labelsOut is " + labelsOut + ": expected both or neither")
                .sizedIfGiven("labels", labels, DType.I32, data.dim(0))
                .sizedIfGiven("labelsOut", labelsOut, DType.I32, indices.size())
                .require(pad < height && pad < width,
                        "pad is " + pad + ", expected less than the pictures' " + height + "×" + width)
                .require(!random || key != null, "key is null, expected one for the random choices");
        operands.fits("M", data.dim(0));
        operands.fits("the size of a picture", height * width * channels);
        Device device = operands
                .reads("data, labels, indices, mean, factor, key state", data, labels, indices, normalisation.mean,
                        normalisation.factor, random ? key.state() : null)
                .writes("out, labelsOut", out, labelsOut).device();
        if (out.size() == 0) {
            return;
        }
        Kernel kernel = device.kernel("random/augment", "augment_" + out.dtype().suffix());
        long parts = Grid.covering(height * width * channels, kernel.geometry().tileM()).x();
        Arguments arguments = kernel.arguments().pointer("data", data).pointer("labels", labels)
                .pointer("indices", indices).pointer("mean", normalisation.mean).pointer("factor", normalisation.factor)
                .pointer("out", out).pointer("labels_out", labelsOut).i32("count", data.dim(0)).i32("height", height)
                .i32("width", width).i32("channels", channels).i32("parts", parts).i32("pad", pad)
                .i32("reflect", reflect ? 1 : 0).i32("flip", flip ? 1 : 0).f32("erase", erase).i32("side", side);
        (random ? key : RandomKey.of(0, 0)).appendTo(arguments).launch(Grid.of(indices.size() * parts));
    }
}
