package io.zoetrope.model;

import io.zoetrope.data.Images;
import io.zoetrope.data.PicturePreparation;
import io.zoetrope.data.Preparation;
import io.zoetrope.diffusion.Editing;
import io.zoetrope.io.BadFileException;
import io.zoetrope.option.Option;
import io.zoetrope.option.OptionException;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * A picture to begin with in place of noise, by models that take steps from noise to pictures.
 *
 * @param picture  one, of the model's size and channels
 * @param strength how much may change: above 0, hardly anything, to 1, all of it
 * @param kept     white where the picture stays as it is, black elsewhere; of the picture's size, grey. Empty: all of
 *                 it may change
 */
public record Edit(Images picture, double strength, Optional<Images> kept) {
    private static final double USUAL_STRENGTH = 0.6;
    private static final Option<Path> FROM = Option.input("from", "IMAGE")
            .help("Begin with this picture in place of noise: PNG, JPEG, GIF or BMP.");
    private static final Option<Double> STRENGTH = Option.number("strength")
            .mustBe(value -> value > 0 && value <= 1, "above 0 and at most 1")
            .defaultDepends(USUAL_STRENGTH + " with {from}")
            .help("How much of the picture {from} may change; the model takes that share of {steps}.");
    private static final Option<Path> MASK = Option.input("mask", "IMAGE")
            .help("Make anew only what is white here, and keep the rest of {from}, which is as large.");
    private static final int WHITE = 128;

    public Edit {
        if (picture.count() != 1) {
            throw new IllegalArgumentException("begins with one picture, not " + picture);
        }
        if (!(strength > 0 && strength <= 1)) {
            throw new IllegalArgumentException("a strength of " + strength + ": expected above 0 and at most 1");
        }
        if (kept.isPresent() && (kept.get().count() != 1 || kept.get().channels() != 1
                || kept.get().height() != picture.height() || kept.get().width() != picture.width())) {
            throw new IllegalArgumentException(
                    "a mask of " + kept.get() + " for " + picture + ": expected one, grey, of the same size");
        }
    }

    /** What users decide. */
    public static List<Option<?>> options() {
        return List.of(FROM, STRENGTH, MASK);
    }

    /** How many of these steps are taken for what the user asked for: all, unless a picture is begun with. */
    public static int stepsTaken(ActionCall call, int steps) {
        return call.find(FROM).isEmpty() ? steps
                : Math.max(1, (int) (steps * call.find(STRENGTH).orElse(USUAL_STRENGTH)));
    }

    /**
     * What the user asked for, made fit for the model and said; empty if nothing.
     *
     * @throws OptionException  if there is something to keep, but no picture
     * @throws BadFileException naming the picture that cannot be used
     */
    public static Optional<Edit> of(ActionCall call, PicturePreparation preparation) throws IOException {
        Optional<Path> file = call.find(FROM);
        Optional<Path> mask = call.find(MASK);
        if (file.isEmpty()) {
            if (mask.isPresent() || call.find(STRENGTH).isPresent()) {
                throw new OptionException(mask.isPresent() ? MASK.name() : STRENGTH.name(),
                        "says what of a picture may change, but no picture to begin with is given");
            }
            return Optional.empty();
        }
        Preparation.Prepared picture = preparation.read(file.get());
        call.say(file.get() + ": " + picture.describe());
        Optional<Images> kept = Optional.empty();
        if (mask.isPresent()) {
            Images anew = Images.read(mask.get());
            Images original = Images.read(file.get());
            if (anew.height() != original.height() || anew.width() != original.width()) {
                throw BadFileException.of(mask.get(), "has " + anew.width() + " × " + anew.height() + " pixels",
                        original.width() + " × " + original.height() + ", as " + file.get() + " has",
                        "Draw the mask over the picture");
            }
            kept = Optional.of(whereBlack(
                    new PicturePreparation(preparation.height(), preparation.width(), 1, false).prepare(anew).image()));
        }
        return Optional.of(new Edit(picture.image(), call.find(STRENGTH).orElse(USUAL_STRENGTH), kept));
    }

    private static Images whereBlack(Images mask) {
        byte[] kept = new byte[mask.pixels().length];
        for (int i = 0; i < kept.length; i++) {
            kept[i] = (byte) ((mask.pixels()[i] & 0xff) < WHITE ? 255 : 0);
        }
        return new Images(1, mask.height(), mask.width(), 1, kept);
    }

    /**
     * For a batch on the device.
     *
     * @param count  pictures in it, which all begin alike
     * @param layout gives pictures, F32 [count, H, W, C], the batch's layout
     */
    public Editing on(Scope scope, int count, UnaryOperator<Tensor> layout) {
        Tensor clean = layout.apply(repeated(scope, picture.toFloats(0, 1), count));
        if (kept.isEmpty()) {
            return new Editing(scope, clean, null);
        }
        int channels = picture.channels();
        float[] mask = new float[picture.stride()];
        for (int i = 0; i < mask.length; i++) {
            mask[i] = kept.get().pixels()[i / channels] != 0 ? 1 : 0;
        }
        return new Editing(scope, clean, layout.apply(repeated(scope, mask, count)));
    }

    private Tensor repeated(Scope scope, float[] one, int count) {
        float[] all = new float[Math.multiplyExact(one.length, count)];
        for (int i = 0; i < count; i++) {
            System.arraycopy(one, 0, all, i * one.length, one.length);
        }
        return scope.of(all, count, picture.height(), picture.width(), picture.channels());
    }
}
