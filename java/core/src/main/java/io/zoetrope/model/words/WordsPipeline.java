package io.zoetrope.model.words;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.cuda.Device;
import io.zoetrope.data.Images;
import io.zoetrope.data.PicturePreparation;
import io.zoetrope.diffusion.Editing;
import io.zoetrope.diffusion.Trajectory;
import io.zoetrope.io.Interruption;
import io.zoetrope.io.Progress;
import io.zoetrope.model.CommonOptions;
import io.zoetrope.model.Edit;
import io.zoetrope.model.ModelPipeline;
import io.zoetrope.model.PretrainedModels;
import io.zoetrope.model.text.WordTokens;
import io.zoetrope.ops.diffusion.Diffusion;
import io.zoetrope.ops.embed.Patches;
import io.zoetrope.ops.loss.Loss;
import io.zoetrope.ops.pointwise.Pointwise;
import io.zoetrope.ops.random.Random;
import io.zoetrope.ops.random.RandomKey;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * Makes pictures of words.
 *
 * <pre>{@code
 * try (Device device = Device.open();
 *         WordsPipeline words = WordsPipeline.fromPretrained(device, "emoji-words")) {
 *     Images images = words.generate(WordsPipeline.Request.of(List.of("a red apple")).seed(7), Progress.none());
 *     images.writePng(Path.of("apple.png"));
 * }
 * }</pre>
 */
public final class WordsPipeline extends ModelPipeline<WordsModel> {
    /** The name of the model that ships. */
    public static final String EMOJI_WORDS = "emoji-words";
    /** Pictures made at a time. Fixed, because a picture's noise depends on its place in the batch. */
    public static final int BATCH = 32;
    private static final long NOISE = 1;

    /**
     * What to paint.
     *
     * @param prompts  what each picture shows, one for each picture
     * @param negative what no picture shows; empty: nothing is said
     * @param guidance how far the words pull: 1: as learned; more: clearer and more alike (Ho and Salimans 2022)
     * @param until    guidance acts at times from 0, noise, to this (Kynkäänniemi et al. 2024, arXiv:2404.07724)
     * @param steps    of the solver
     * @param seed     the same seed gives the same pictures on the same device
     * @param edit     a picture to begin with, see {@link #preparation}; empty: noise
     */
    public record Request(List<String> prompts, String negative, double guidance, double until, int steps, long seed,
            Optional<Edit> edit) {
        public Request {
            prompts = List.copyOf(prompts);
            if (prompts.isEmpty() || prompts.size() > CommonOptions.MAX_COUNT) {
                throw new IllegalArgumentException(
                        prompts.size() + " pictures: expected 1 to " + CommonOptions.MAX_COUNT);
            }
            if (steps < 1 || !(guidance >= 0) || !Double.isFinite(guidance) || !(until >= 0 && until <= 1)) {
                throw new IllegalArgumentException(steps + " steps with guidance " + guidance + " until " + until
                        + ": expected 1 step or more, a guidance of 0 or more, and a time from 0 to 1");
            }
        }

        /** One picture for each prompt, guidance 2.5 until 0.85, 25 steps, seed 0. */
        public static Request of(List<String> prompts) {
            return new Request(prompts, "", 2.5, 0.85, 25, 0, Optional.empty());
        }

        /** The same settings for other pictures. */
        public Request prompts(List<String> texts) {
            return new Request(texts, negative, guidance, until, steps, seed, edit);
        }

        public Request negative(String words) {
            return new Request(prompts, words, guidance, until, steps, seed, edit);
        }

        public Request guidance(double scale, double untilTime) {
            return new Request(prompts, negative, scale, untilTime, steps, seed, edit);
        }

        public Request steps(int count) {
            return new Request(prompts, negative, guidance, until, count, seed, edit);
        }

        /** The noise levels that are passed: of a straight path, or of the rest of it from where a picture begins. */
        private Trajectory trajectory() {
            Trajectory whole = Trajectory.flow(1, steps, 1);
            return edit.map(begin -> whole.tail(begin.strength())).orElse(whole);
        }

        public Request edit(Edit begin) {
            return new Request(prompts, negative, guidance, until, steps, seed, Optional.of(begin));
        }

        public Request seed(long number) {
            return new Request(prompts, negative, guidance, until, steps, number, edit);
        }
    }

    /** Takes the model over: closing the pipeline closes it. */
    public WordsPipeline(WordsModel model) {
        super(model);
    }

    /**
     * The model in a folder if there is one of that name, else the one that ships under it.
     *
     * @see PretrainedModels#open
     * @throws IOException if a file cannot be read, or is not what it should be
     */
    public static WordsPipeline fromPretrained(Device device, String nameOrFolder) throws IOException {
        return PretrainedModels.open(nameOrFolder, folder -> fromPretrained(device, folder));
    }

    /**
     * A model from its folder.
     *
     * @throws IOException if a file cannot be read, or is not what it should be
     */
    public static WordsPipeline fromPretrained(Device device, Path folder) throws IOException {
        return new WordsPipeline(WordsModel.load(device, folder, DType.BF16));
    }

    /** Makes pictures of any size into some that {@link Request#edit} can begin with. */
    public PicturePreparation preparation() {
        int side = model().config().imageSize();
        return new PicturePreparation(side, side, WordsConfig.CHANNELS, false);
    }

    /**
     * Makes pictures. The same request gives the same pictures on the same device; an interrupt ends it between two
     * steps.
     */
    public Images generate(Request request, Progress progress) {
        WordsConfig config = model().config();
        request.edit().ifPresent(edit -> preparation().require(edit.picture()));
        int count = request.prompts().size();
        int pixels = config.imageSize() * config.imageSize() * WordsConfig.CHANNELS;
        byte[] bytes = new byte[arrayLength(count, pixels, "pictures", "bytes")];
        int chunks = (count + BATCH - 1) / BATCH;
        int steps = request.trajectory().steps();
        progress.begin("painting", (long) chunks * steps);
        for (int chunk = 0; chunk < chunks; chunk++) {
            int from = chunk * BATCH;
            List<String> prompts = request.prompts().subList(from, Math.min(count, from + BATCH));
            byte[] made = chunk(request, prompts, chunk, progress);
            System.arraycopy(made, 0, bytes, from * pixels, made.length);
        }
        progress.end();
        return new Images(count, config.imageSize(), config.imageSize(), WordsConfig.CHANNELS, bytes);
    }

    /**
     * How far the network's pictures are from real ones that noise was mixed into, as training weighs it; the same
     * noise for every model.
     *
     * @param pictures of the model's size
     * @param captions one for each; empty ones are none
     * @param seed     of the noise
     */
    public double loss(Images pictures, List<String> captions, long seed) {
        WordsConfig config = model().config();
        if (pictures.height() != config.imageSize() || pictures.width() != config.imageSize()
                || pictures.channels() != WordsConfig.CHANNELS || captions.size() != pictures.count()) {
            throw new IllegalArgumentException(
                    pictures + " with " + captions.size() + " captions: expected pictures of " + config.imageSize()
                            + " × " + config.imageSize() + ", RGB, with one each");
        }
        double sum = 0;
        for (int from = 0; from < captions.size(); from += BATCH) {
            int to = Math.min(captions.size(), from + BATCH);
            sum += (to - from) * loss(pictures.slice(from, to), captions.subList(from, to), from, seed);
        }
        return sum / captions.size();
    }

    private double loss(Images pictures, List<String> captions, int first, long seed) {
        WordsConfig config = model().config();
        int count = pictures.count();
        int side = config.imageSize();
        float[] times = new float[count];
        float[] alphaBar = new float[count];
        float[] weights = new float[count];
        int[] own = new int[count];
        for (int i = 0; i < count; i++) {
            // Golden sections are spread evenly however many there are.
            double time = 0.05 + 0.9 * ((first + i + 1) * 0.6180339887498949 % 1);
            times[i] = (float) (WordsModel.Network.TIME_SCALE * time);
            alphaBar[i] = (float) (time * time / (time * time + (1 - time) * (1 - time)));
            weights[i] = (float) (1 / ((1 - time) * (1 - time)));
            own[i] = i;
        }
        try (Scope scope = Scope.open(model().device()); Tape tape = Tape.forInference(model().device())) {
            Tensor noisy = scope.empty(model().compute(), count, side, side, WordsConfig.CHANNELS);
            Tensor clean = scope.emptyLike(noisy);
            Diffusion.forwardNoiseOfBytes(scope.of(pictures.pixels(), count, side, side, WordsConfig.CHANNELS), null,
                    scope.of(own, count), scope.of(alphaBar, count), noisy, null, clean, Diffusion.Target.SAMPLE,
                    RandomKey.of(seed, NOISE).atStep(first));
            Tensor shown = scope.empty(model().compute(), count, config.places(), config.places(),
                    config.unet().channels());
            Tensor wanted = scope.emptyLike(shown);
            Patches.patchify(noisy, shown, config.patch(), config.patch());
            Patches.patchify(clean, wanted, config.patch(), config.patch());
            Tensor loss = scope.empty(DType.F32, 1);
            Loss.weightedMse(model().network()
                    .forward(tape, Variable.constant(shown), scope.of(times, count), ids(scope, captions)).value(),
                    wanted, scope.of(weights, count), loss, null, null);
            return loss.toFloats()[0];
        }
    }

    private byte[] chunk(Request request, List<String> prompts, int chunk, Progress progress) {
        WordsConfig config = model().config();
        Device device = model().device();
        int count = prompts.size();
        int side = config.imageSize();
        try (Scope scope = Scope.open(device)) {
            Tensor said = ids(scope, prompts);
            Tensor unsaid = ids(scope, Collections.nCopies(count, request.negative()));
            Tensor x = scope.empty(DType.F32, count, config.places(), config.places(), config.unet().channels());
            Tensor guided = scope.emptyLike(x);
            Tensor plain = scope.emptyLike(x);
            Random.normal(x, RandomKey.of(request.seed(), NOISE).atStep(chunk));
            Trajectory levels = request.trajectory();
            Editing editing = request.edit().map(edit -> edit.on(scope, count, pictures -> {
                Tensor patches = scope.emptyLike(x);
                Patches.patchify(pictures, patches, config.patch(), config.patch());
                return patches;
            })).orElse(null);
            if (editing != null) {
                editing.begin(x, levels.alpha(0), levels.sigma(0));
            }
            for (int step = 0; step < levels.steps(); step++) {
                Interruption.check("painting");
                double time = levels.alpha(step);
                double next = levels.alpha(step + 1);
                clean(x, time, said, guided);
                if (request.guidance() != 1 && time <= request.until()) {
                    clean(x, time, unsaid, plain);
                    Diffusion.guide(guided, plain, (float) request.guidance(), guided);
                }
                Pointwise.clamp(guided, -1, 1, guided);
                // Euler's step along the velocity (x̂ − x)/(1 − t); the last one ends at x̂.
                float share = (float) ((next - time) / (1 - time));
                Pointwise.axpby(1 - share, x, share, guided, x);
                if (editing != null) {
                    editing.restore(x, next, 1 - next);
                }
                device.synchronize();
                progress.advance((long) chunk * levels.steps() + step + 1);
            }
            Tensor pictures = scope.empty(DType.F32, count, side, side, WordsConfig.CHANNELS);
            Patches.unpatchify(x, pictures, config.patch(), config.patch());
            return Images.fromFloats(pictures.toFloats(), count, side, side, WordsConfig.CHANNELS).pixels();
        }
    }

    /** Writes the clean pictures that the network makes of {@code x} at {@code time}. */
    private void clean(Tensor x, double time, Tensor ids, Tensor out) {
        Device device = model().device();
        float deviation = (float) Math.sqrt(time * time + (1 - time) * (1 - time));
        try (Scope scope = Scope.open(device); Tape tape = Tape.forInference(device)) {
            Tensor scaled = scope.emptyLike(x);
            Pointwise.scale(x, 1 / deviation, scaled);
            Tensor shown = scope.empty(model().compute(), x.shape().dims());
            Pointwise.cast(scaled, shown);
            Tensor times = scope.empty(DType.F32, x.dim(0));
            Pointwise.fill(times, (float) (WordsModel.Network.TIME_SCALE * time));
            Pointwise.cast(model().network().forward(tape, Variable.constant(shown), times, ids).value(), out);
        }
    }

    private Tensor ids(Scope scope, List<String> prompts) {
        WordTokens tokens = model().config().text().tokens();
        int each = tokens.words() * tokens.grams();
        int[] ids = new int[prompts.size() * each];
        for (int i = 0; i < prompts.size(); i++) {
            System.arraycopy(tokens.ids(prompts.get(i)), 0, ids, i * each, each);
        }
        return scope.of(ids, prompts.size(), tokens.words(), tokens.grams());
    }
}
