package io.zoetrope.bench;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.cuda.Device;
import io.zoetrope.data.ImageDataset;
import io.zoetrope.data.Images;
import io.zoetrope.diffusion.Sampler;
import io.zoetrope.diffusion.SamplerPlan;
import io.zoetrope.diffusion.SamplingLoop;
import io.zoetrope.diffusion.Spacing;
import io.zoetrope.diffusion.Trajectory;
import io.zoetrope.io.Config;
import io.zoetrope.model.cnn.CnnFamily;
import io.zoetrope.model.ddpm.DdpmConfig;
import io.zoetrope.model.ddpm.DdpmFamily;
import io.zoetrope.model.ddpm.DdpmModel;
import io.zoetrope.model.gan.GanFamily;
import io.zoetrope.model.patches.PatchesFamily;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Shape;
import io.zoetrope.train.TrainRequest;
import io.zoetrope.train.TrainingFamily;
import io.zoetrope.train.TrainingTask;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Times of whole training steps and sampling runs, one JSON object a line, for {@code bench/gpu/models.py}. A training step
 * is all that the trainer does between two rows of the loss file: drawing and preparing the pictures, forward, backward,
 * clipping, the optimiser, the moving average. A sampling run is all of its steps. Many of them are queued between two
 * synchronisations, as the trainer queues them; the median of the rounds counts.
 *
 * <p>Arguments: the kinds of case to run, such as {@code unet_train}; none: all. {@code --quick}: batches of 2, one round of
 * one run, two steps of sampling: it shows that the cases run, its times say nothing. A case that fails is reported on the
 * error stream, and the program goes on and exits with status 1.
 */
public final class ModelTimes {
    private static final int PICTURES = 10_240;
    private static final int CLASSES = 10;
    private static final int GREY = 28;
    private static final int CIFAR = 32;
    private static final int SAMPLING_STEPS = 50;
    private static final int ROUNDS = 5;
    private static final double MILLISECONDS_A_ROUND = 200;
    /** More than any measurement takes, so that the schedules stay where learning goes on. */
    private static final long PLANNED_STEPS = 1_000_000;
    /** Of the noise on the fresh weights of a sampled network: many of them are zero, and zeros draw less power. */
    private static final double WEIGHT_NOISE = 0.02;

    /** What a case runs at a batch size. */
    @FunctionalInterface
    private interface Work {
        double milliseconds(Device device, int batch) throws IOException;
    }

    private record Case(String kind, int batch, Work work) {
        String name() {
            return kind + ", " + batch;
        }
    }

    private final boolean quick;

    private ModelTimes(boolean quick) {
        this.quick = quick;
    }

    public static void main(String[] args) {
        List<String> kinds = new ArrayList<>(List.of(args));
        ModelTimes times = new ModelTimes(kinds.remove("--quick"));
        List<Case> cases = times.cases();
        List<String> known = cases.stream().map(Case::kind).distinct().toList();
        if (!known.containsAll(kinds)) {
            throw new IllegalArgumentException(
                    "cases are " + kinds + ", expected some of " + known + " or none for all");
        }
        boolean failed = false;
        Set<String> done = new HashSet<>();
        for (Case one : cases) {
            if ((kinds.isEmpty() || kinds.contains(one.kind)) && done.add(one.name())) {
                failed |= !times.report(one);
            }
        }
        System.exit(failed ? 1 : 0);
    }

    private List<Case> cases() {
        ImageDataset grey = noise(GREY, 1);
        ImageDataset coloured = noise(CIFAR, 3);
        Work unet = training(new DdpmFamily(), grey, Config.empty());
        Work resNet = training(new CnnFamily(), coloured,
                Config.empty().with("net", "resnet18").with("optimizer", "sgd"));
        Work small = training(new CnnFamily(), grey, Config.empty().with("net", "small").with("optimizer", "sgd"));
        return List.of(of("unet_train", 64, unet), of("unet_train", 256, unet), of("unet_sample", 64, this::sampling),
                of("unet_sample", 256, this::sampling), of("resnet18_train", 512, resNet),
                of("resnet18_train", 128, resNet), of("small_cnn_train", 128, small),
                of("gan_train", 64, training(new GanFamily(), grey, Config.empty())),
                of("patches_train", 32, training(new PatchesFamily(), grey, Config.empty())));
    }

    private Case of(String kind, int batch, Work work) {
        return new Case(kind, quick ? 2 : batch, work);
    }

    /** Random pictures and classes. */
    private ImageDataset noise(int size, int channels) {
        int count = quick ? 64 : PICTURES;
        byte[] pixels = new byte[count * size * size * channels];
        new SplittableRandom(1).nextBytes(pixels);
        int[] labels = new SplittableRandom(2).ints(count, 0, CLASSES).toArray();
        ImageDataset.Part part = new ImageDataset.Part(new Images(count, size, size, channels, pixels), labels);
        return new ImageDataset("noise", IntStream.range(0, CLASSES).mapToObj(i -> "class " + i).toList(), part, part);
    }

    /** A device a case: what one leaves behind, a fault included, does not weigh on the next. */
    private boolean report(Case one) {
        try (Device device = Device.open()) {
            double milliseconds = one.work.milliseconds(device, one.batch);
            System.out.printf(Locale.ROOT, "{\"case\": \"%s\", \"ms\": %.6f, \"device\": \"%s\"}%n", one.name(),
                    milliseconds, device.name());
            return true;
        } catch (IOException | RuntimeException e) {
            System.err.println(one.name() + " failed:");
            e.printStackTrace();
            return false;
        }
    }

    /** A step as the trainer takes it, with the family's settings for these options. */
    private Work training(TrainingFamily family, ImageDataset data, Config options) {
        return (device, batch) -> {
            TrainRequest request = new TrainRequest(data, PLANNED_STEPS, batch, 1, Path.of("unused"), false, 1000, 0,
                    options);
            Config settings = Config.empty().with("steps", request.steps()).with("batch", batch)
                    .with("seed", request.seed()).with(family.settings(request));
            try (TrainingTask task = family.open(device, request, settings)) {
                double milliseconds = median(device, task::step);
                task.trouble().ifPresent(trouble -> {
                    throw new IllegalStateException(trouble);
                });
                return milliseconds;
            }
        };
    }

    /** All steps of DDIM with the default diffusion model. */
    private double sampling(Device device, int batch) {
        try (DdpmModel model = new DdpmModel(device, DdpmConfig.forPictures(GREY, 1), DType.BF16, 1)) {
            float[] weights = model.store().values();
            SplittableRandom random = new SplittableRandom(1);
            for (int i = 0; i < weights.length; i++) {
                weights[i] += (float) (WEIGHT_NOISE * random.nextGaussian());
            }
            model.store().values(weights);
            SamplerPlan plan = Sampler.ddim(0).plan(
                    Trajectory.of(model.schedule(), Spacing.TRAILING, quick ? 2 : SAMPLING_STEPS),
                    model.config().prediction(), 1);
            try (SamplingLoop loop = new SamplingLoop(device, plan, DType.BF16, Shape.of(batch, GREY, GREY, 1),
                    (x, time, use) -> {
                        try (Tape tape = Tape.forInference(device)) {
                            use.accept(model.network().forward(tape, Variable.constant(x), time, null).value());
                        }
                    })) {
                loop.start(1);
                return median(device, loop::all);
            }
        }
    }

    private double median(Device device, Runnable work) {
        milliseconds(device, work, 1);
        int runs = 1;
        double one = milliseconds(device, work, runs);
        while (!quick && runs * one < MILLISECONDS_A_ROUND) {
            runs = Math.max(2 * runs, (int) Math.ceil(1.1 * MILLISECONDS_A_ROUND / one));
            one = milliseconds(device, work, runs);
        }
        double[] rounds = new double[quick ? 1 : ROUNDS];
        for (int i = 0; i < rounds.length; i++) {
            rounds[i] = milliseconds(device, work, runs);
        }
        Arrays.sort(rounds);
        return rounds[rounds.length / 2];
    }

    /** Of one of so many runs, queued without waiting in between. */
    private static double milliseconds(Device device, Runnable work, int runs) {
        device.synchronize();
        long begin = System.nanoTime();
        for (int i = 0; i < runs; i++) {
            work.run();
        }
        device.synchronize();
        return (System.nanoTime() - begin) / 1e6 / runs;
    }
}
