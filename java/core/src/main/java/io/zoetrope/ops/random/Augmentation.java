package io.zoetrope.ops.random;

import io.zoetrope.cuda.Arguments;
import io.zoetrope.cuda.Device;
import io.zoetrope.cuda.Kernel;
import io.zoetrope.ops.Entries;
import io.zoetrope.ops.Operands;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Shape;
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
    /** What the kernel is given where nothing is random. */
    private static final RandomKey UNUSED = RandomKey.of(0, 0);
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
        if (out.rank() != 4 || out.dim(0) != indices.size() || out.dim(1) != height || out.dim(2) != width
                || out.dim(3) != channels) {
            throw operands.refusal(
                    "out has shape " + out.shape() + ", expected " + Shape.of(indices.size(), height, width, channels)
                            + " for " + indices.describe() + " and data " + data.shape());
        }
        operands.sized("mean", normalisation.mean, DType.F32, channels).sized("factor", normalisation.factor, DType.F32,
                channels);
        if ((labels == null) != (labelsOut == null)) {
            throw operands.refusal("labels is " + Tensor.describe(labels) + ", labelsOut is "
                    + Tensor.describe(labelsOut) + ": expected both or neither");
        }
        operands.sizedIfGiven("labels", labels, DType.I32, data.dim(0)).sizedIfGiven("labelsOut", labelsOut, DType.I32,
                indices.size());
        if (pad >= height || pad >= width) {
            throw operands.refusal("pad is " + pad + ", expected less than the pictures' " + height + "×" + width);
        }
        operands.require(!random || key != null, "key is null, expected one for the random choices");
        operands.fits("M", data.dim(0));
        operands.fits("the size of a picture", height * width * channels);
        Device device = operands.reads("data, labels", data, labels).reads("indices, mean", indices, normalisation.mean)
                .reads("factor, key state", normalisation.factor, random ? key.state() : null).writes("out", out)
                .writes("labelsOut", labelsOut).device();
        if (out.size() == 0) {
            return;
        }
        Kernel kernel = device.kernel("random/augment", Entries.of("augment_", out.dtype()));
        long perBlock = kernel.geometry().tileM();
        long parts = (height * width * channels + perBlock - 1) / perBlock;
        Arguments arguments = kernel.arguments().pointer("data", data).pointer("labels", labels)
                .pointer("indices", indices).pointer("mean", normalisation.mean).pointer("factor", normalisation.factor)
                .pointer("out", out).pointer("labels_out", labelsOut).i32("count", data.dim(0)).i32("height", height)
                .i32("width", width).i32("channels", channels).i32("parts", parts).i32("pad", pad)
                .i32("reflect", reflect ? 1 : 0).i32("flip", flip ? 1 : 0).f32("erase", erase).i32("side", side);
        (random ? key : UNUSED).appendTo(arguments).launch(indices.size() * parts, 1, 1);
    }
}
