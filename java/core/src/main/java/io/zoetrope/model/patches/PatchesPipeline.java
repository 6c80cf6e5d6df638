package io.zoetrope.model.patches;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.cuda.Device;
import io.zoetrope.data.Images;
import io.zoetrope.data.PatchSelection;
import io.zoetrope.data.PicturePreparation;
import io.zoetrope.figures.AttentionMaps;
import io.zoetrope.io.Interruption;
import io.zoetrope.io.Progress;
import io.zoetrope.model.ModelPipeline;
import io.zoetrope.model.PretrainedModels;
import io.zoetrope.model.patches.PatchesConfig.Purpose;
import io.zoetrope.model.tokens.TokenDecoder;
import io.zoetrope.model.tokens.TokenSampling;
import io.zoetrope.ops.embed.Patches;
import io.zoetrope.ops.loss.CrossEntropy;
import io.zoetrope.ops.pointwise.Pointwise;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;

/**
 * Makes, completes, explains and classifies pictures with a transformer over their patches.
 *
 * <pre>{@code
 * try (Device device = Device.open();
 *         PatchesPipeline patches = PatchesPipeline.fromPretrained(device, "fashion-patches")) {
 *     Images images = patches.generate(TokenSampling.count(64).decode(Decode.MASKGIT).seed(7), Progress.none());
 *     images.grid(8).writePng(Path.of("fashion.png"));
 * }
 * }</pre>
 */
public final class PatchesPipeline extends ModelPipeline<PatchesModel> {
    /** The name of the model of Fashion-MNIST that ships. */
    public static final String FASHION_PATCHES = "fashion-patches";
    /** Pictures made at a time. Fixed, because what is drawn depends on a picture's place in the batch. */
    public static final int BATCH = 64;

    /** Takes the model over: closing the pipeline closes it. */
    public PatchesPipeline(PatchesModel model) {
        super(model);
    }

    /**
     * The model in a folder if there is one of that name, else the one that ships under it. @see PretrainedModels#open
     *
     * @throws IOException if a file cannot be read, or is not what it should be
     */
    public static PatchesPipeline fromPretrained(Device device, String nameOrFolder) throws IOException {
        return PretrainedModels.open(nameOrFolder, folder -> fromPretrained(device, folder));
    }

    /**
     * A model from its folder.
     *
     * @throws IOException if a file cannot be read, or is not what it should be
     */
    public static PatchesPipeline fromPretrained(Device device, Path folder) throws IOException {
        return new PatchesPipeline(PatchesModel.load(device, folder, DType.BF16));
    }

    /** How a picture is made ready for this model. */
    public PicturePreparation preparation() {
        PatchesConfig config = model().config();
        return new PicturePreparation(config.height(), config.width(), config.channels(), config.darkBackground());
    }

    /** Makes pictures. The same request gives the same pictures on the same device. */
    public Images generate(TokenSampling request, Progress progress) {
        int[] masked = new int[shape().positions()];
        Arrays.fill(masked, shape().mask());
        return run(request, masked, progress, "generating");
    }

    /**
     * Makes pictures that agree with a given one where it is kept. A patch is kept whole or not at all; kept pixels
     * come out as they are.
     *
     * @param picture one picture of the model's size, see {@link #preparation}
     * @param kept    which patches are kept
     */
    public Images complete(Images picture, PatchSelection kept, TokenSampling request, Progress progress) {
        requirePicture(picture);
        kept.require(shape().rows(), shape().columns());
        int[] start;
        try (Scope scope = Scope.open(model().device())) {
            start = model().palette().tokens(scope, picture).toInts();
        }
        for (int i = 0; i < start.length; i++) {
            start[i] = kept.isKept(i) ? start[i] : shape().mask();
        }
        Images made = run(request, start, progress, "completing");
        PatchesConfig config = model().config();
        byte[] pixels = made.pixels().clone();
        for (int n = 0; n < made.count(); n++) {
            for (int i = 0; i < picture.stride(); i++) {
                int pixel = i / config.channels();
                int position = pixel / config.width() / config.size() * shape().columns()
                        + pixel % config.width() / config.size();
                if (kept.isKept(position)) {
                    pixels[n * picture.stride() + i] = picture.pixels()[i];
                }
            }
        }
        return new Images(made.count(), made.height(), made.width(), made.channels(), pixels);
    }

    private Images run(TokenSampling request, int[] start, Progress progress, String what) {
        require(Purpose.GENERATE);
        PatchesConfig config = model().config();
        if (request.classId() >= shape().classes()) {
            throw new IllegalArgumentException("class " + request.classId() + ": this model has " + shape().classes()
                    + " classes, " + config.classNames());
        }
        int pixels = config.height() * config.width() * config.channels();
        byte[] bytes = new byte[arrayLength(request.count(), pixels, "pictures", "bytes")];
        int chunks = (request.count() + BATCH - 1) / BATCH;
        // The last batch is as large as the others, for the recorded step has one size.
        try (TokenDecoder decoder = new TokenDecoder(model(), Math.min(BATCH, request.count()), request)) {
            int batch = Math.min(BATCH, request.count());
            progress.begin(what, (long) chunks * decoder.steps());
            int[] tokens = new int[batch * start.length];
            for (int i = 0; i < tokens.length; i++) {
                tokens[i] = start[i % start.length];
            }
            for (int chunk = 0; chunk < chunks; chunk++) {
                long done = (long) chunk * decoder.steps();
                int[] classes = new int[batch];
                for (int i = 0; i < batch; i++) {
                    classes[i] = classOf(request.classId(), chunk * BATCH + i);
                }
                Images images = model().palette()
                        .pictures(decoder.run(tokens, classes, seedOf(request.seed(), chunk), step -> {
                            Interruption.check(what);
                            progress.advance(done + step);
                        }));
                int count = Math.min(batch, request.count() - chunk * BATCH);
                System.arraycopy(images.pixels(), 0, bytes, chunk * BATCH * pixels, count * pixels);
            }
            progress.end();
        }
        return new Images(request.count(), config.height(), config.width(), config.channels(), bytes);
    }

    private int classOf(int asked, int picture) {
        return asked >= 0 ? asked : asked == TokenSampling.ANY || shape().classes() == 0 ? shape().anyClass()
                : picture % shape().classes();
    }

    /** Each batch has a seed of its own; the first one's is the request's. */
    private static long seedOf(long seed, int chunk) {
        return seed + chunk * 0x9E3779B97F4A7C15L;
    }

    /**
     * Which patch looks at which in a picture, for every layer and head. A generator reads the picture bidirectionally
     * with nothing masked and no class.
     */
    public AttentionMaps attention(Images picture) {
        requirePicture(picture);
        AttentionMaps maps = new AttentionMaps(shape().layers(), shape().heads(), shape().rows(), shape().columns());
        Device device = model().device();
        try (Tape tape = Tape.forInference(device); Scope scope = Scope.open(device)) {
            if (shape().purpose() == Purpose.CLASSIFY) {
                model().network().classify(tape, model().positions(), Variable.constant(patches(scope, picture)),
                        (layer, weights) -> maps.set(layer, weights.toFloats()));
            } else {
                PatchTransformer.Modulations modulations = model().network().modulations(tape,
                        scope.of(new int[] {shape().anyClass()}, 1), scope.of(new int[] {PatchTransformer.MASKED}, 1));
                model().network().logits(tape, model().positions(), model().palette().tokens(scope, picture),
                        modulations, 0, (layer, weights) -> maps.set(layer, weights.toFloats()));
            }
        }
        return maps;
    }

    /**
     * The probability of every class for each picture: [pictures][classes].
     *
     * @throws IllegalStateException when the model was trained to generate
     */
    public float[][] classify(Images pictures) {
        require(Purpose.CLASSIFY);
        requireSize(pictures);
        return rows(pictures.count(), BATCH, shape().classes(),
                (scope, tape, from, to, out) -> CrossEntropy.softmax(
                        model().network()
                                .classify(tape, model().positions(),
                                        Variable.constant(patches(scope, pictures.slice(from, to))), null)
                                .value(),
                        out),
                done -> {});
    }

    private Tensor patches(Scope scope, Images pictures) {
        PatchesConfig config = model().config();
        Tensor pixels = scope.of(pictures.toFloats(0, pictures.count()), pictures.count(), config.height(),
                config.width(), config.channels());
        Tensor typed = scope.empty(model().compute(), pixels.shape());
        Pointwise.cast(pixels, typed);
        Tensor out = scope.empty(model().compute(), pictures.count(), shape().positions(), shape().patch());
        Patches.patchify(typed, out, config.size(), config.size());
        return out;
    }

    private PatchesConfig shape() {
        return model().config();
    }

    private void require(Purpose purpose) {
        if (shape().purpose() != purpose) {
            throw new IllegalStateException(
                    "this model was trained to " + shape().purpose().name().toLowerCase(Locale.ROOT)
                            + " pictures, not to " + purpose.name().toLowerCase(Locale.ROOT) + " them");
        }
    }

    private void requirePicture(Images picture) {
        if (picture.count() != 1) {
            throw new IllegalArgumentException("expected one picture, not " + picture);
        }
        requireSize(picture);
    }

    private void requireSize(Images pictures) {
        PatchesConfig config = model().config();
        if (pictures.height() != config.height() || pictures.width() != config.width()
                || pictures.channels() != config.channels()) {
            throw new IllegalArgumentException("expected pictures of " + config.height() + " × " + config.width()
                    + " × " + config.channels() + ", not " + pictures + "; see preparation()");
        }
    }
}
