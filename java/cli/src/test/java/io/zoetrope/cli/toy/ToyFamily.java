package io.zoetrope.cli.toy;

import io.zoetrope.cuda.Device;
import io.zoetrope.data.DataSets;
import io.zoetrope.data.Images;
import io.zoetrope.data.Media;
import io.zoetrope.io.AtomicFiles;
import io.zoetrope.io.Config;
import io.zoetrope.io.ModelFolder;
import io.zoetrope.model.Action;
import io.zoetrope.model.ActionCall;
import io.zoetrope.model.ClassChoice;
import io.zoetrope.model.CommonOptions;
import io.zoetrope.model.ModelFamily;
import io.zoetrope.model.PretrainedModels;
import io.zoetrope.model.ShippedModel;
import io.zoetrope.option.Option;
import io.zoetrope.option.Values;
import io.zoetrope.train.TrainRequest;
import io.zoetrope.train.TrainingFamily;
import io.zoetrope.train.TrainingTask;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Pictures of one shade: a whole family in a file or two, registered by a line, that needs no device. */
public final class ToyFamily implements ModelFamily, TrainingFamily {
    /** What it was last asked, and what it fails with. */
    public static Values asked;
    public static TrainRequest trained;
    public static Throwable failure;

    private static final Option<Integer> SHADE = Option.integer("dot_shade").between(0, 255).defaultsTo(100)
            .help("How light. With {steps}, lighter each time.");
    private static final Option<Integer> STEPS = Option.integer("steps").defaultsTo(3).help("Toy steps.");

    @Override
    public String name() {
        return "toy";
    }

    @Override
    public Profile profile() {
        return new Profile("a toy", "toys", Set.of("ToyPipeline"),
                List.of(new ShippedModel("toy-dots", Media.PICTURES, "grey dots", "mnist")));
    }

    @Override
    public Facts describe(Device device, Path folder) throws IOException {
        return new Facts(1, List.of("makes pictures of shade " + shade(folder)));
    }

    private static int shade(Path folder) throws IOException {
        return ModelFolder.open(folder).config("toy").integer("shade");
    }

    @Override
    public List<Action> actions() {
        return List.of(
                new Action(Action.Kind.GENERATE, name(), "Make dots.",
                        List.of(CommonOptions.model(shipped()), CommonOptions.COUNT, CommonOptions.SEED,
                                CommonOptions.out("toy.png", Media.PICTURES), STEPS, ClassChoice.CLASS, SHADE),
                        this::generate),
                new Action(Action.Kind.EVALUATE, name(), "Measure dots.",
                        List.of(CommonOptions.model(shipped()), CommonOptions.DATA.required(), CommonOptions.JSON),
                        this::evaluate));
    }

    private void generate(ActionCall call) throws IOException {
        asked = call.values();
        call.openDevice();
        fail();
        int count = call.get(CommonOptions.COUNT);
        byte[] pixels = new byte[count * 64];
        int shade = call.values().isGiven(SHADE) ? call.get(SHADE)
                : PretrainedModels.open(call.model(), ToyFamily::shade);
        Arrays.fill(pixels, (byte) shade);
        call.write(call.get(CommonOptions.OUT), new Images(count, 8, 8, 1, pixels).grid(count)::writePng);
        call.say(call.get(CommonOptions.OUT) + ": " + count + " dots of shade " + shade);
    }

    private static void fail() throws IOException {
        if (failure instanceof IOException e) {
            throw e;
        }
        if (failure instanceof RuntimeException e) {
            throw e;
        }
        if (failure instanceof Error e) {
            throw e;
        }
    }

    private void evaluate(ActionCall call) throws IOException {
        int test = DataSets.load(call.get(CommonOptions.DATA), call.places()).test().images().count();
        int shade = PretrainedModels.open(call.model(), ToyFamily::shade);
        call.say("shade " + shade + " beside " + test + " pictures");
        call.writeIfAsked(CommonOptions.JSON, file -> AtomicFiles.writeText(file, "{\"shade\": " + shade + "}\n"));
    }

    @Override
    public Optional<ClassifierLoader> recognition() {
        return Optional.of((device, model) -> new ToyClassifier());
    }

    @Override
    public Course course() {
        return new Course("Train a toy.", Media.PICTURES, List.of(SHADE), data -> 1000, 32);
    }

    @Override
    public Config settings(TrainRequest request) throws IOException {
        trained = request;
        return Config.empty().with("shade", values(request).get(SHADE));
    }

    @Override
    public TrainingTask open(Device device, TrainRequest request, Config settings) throws IOException {
        fail();
        return new ToyTask(settings.integer("shade"));
    }
}
