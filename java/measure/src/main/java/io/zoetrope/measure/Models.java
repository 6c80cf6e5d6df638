package io.zoetrope.measure;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.cuda.Device;
import io.zoetrope.data.ImageDataset;
import io.zoetrope.data.Images;
import io.zoetrope.diffusion.NoiseSchedule;
import io.zoetrope.diffusion.Prediction;
import io.zoetrope.diffusion.Sampler;
import io.zoetrope.diffusion.SamplerPlan;
import io.zoetrope.diffusion.SamplingLoop;
import io.zoetrope.diffusion.SchedulerConfig;
import io.zoetrope.diffusion.Spacing;
import io.zoetrope.diffusion.Trajectory;
import io.zoetrope.io.Config;
import io.zoetrope.model.cnn.CnnFamily;
import io.zoetrope.model.ddpm.DdpmConfig;
import io.zoetrope.model.ddpm.DdpmFamily;
import io.zoetrope.model.ddpm.DdpmModel;
import io.zoetrope.model.gan.GanFamily;
import io.zoetrope.model.patches.PatchesFamily;
import io.zoetrope.model.unet.UNetConfig;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Shape;
import io.zoetrope.train.TrainRequest;
import io.zoetrope.train.TrainingFamily;
import io.zoetrope.train.TrainingTask;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Whole training steps and sampling runs. A training step is all that the trainer does between two rows of the loss
 * file: drawing and preparing the pictures, forward, backward, clipping, the optimiser, the moving average. A sampling
 * run is 50 steps of DDIM, {@code _step} one of them alone.
 */
final class Models {
    private static final int PICTURES = 10_240;
    private static final int CLASSES = 10;
    private static final int GREY = 28;
    private static final int CIFAR = 32;
    private static final int SAMPLING_STEPS = 50;
    /** More than any measurement takes, so that the schedules stay where learning goes on. */
    private static final long PLANNED_STEPS = 1_000_000;
    /** Of the noise on the fresh weights of a sampled network: many of them are zero, and zeros draw less power. */
    private static final double WEIGHT_NOISE = 0.02;

    /** Something that runs a step, and closes what it holds. */
    interface Running extends AutoCloseable {
        void step();

        /** @throws IllegalStateException when what was measured went wrong */
        default void check() {
        }

        @Override
        void close();
    }

    private Models() {
    }

    static Running prepare(Device device, ModelCase of) throws IOException {
        int batch = of.batch();
        return switch (of.kind()) {
            case "unet_train" -> training(device, new DdpmFamily(), noise(GREY, 1), batch, Config.empty());
            case "unet_step" -> sampling(device, small(), batch, 1);
            case "unet_sample" -> sampling(device, small(), batch, SAMPLING_STEPS);
            case "cifar_unet_step" -> sampling(device, cifar(), batch, 1);
            case "cifar_unet_sample" -> sampling(device, cifar(), batch, SAMPLING_STEPS);
            case "resnet18_train" -> training(device, new CnnFamily(), noise(CIFAR, 3), batch,
                    Config.empty().with("net", "resnet18").with("optimizer", "sgd"));
            case "small_cnn_train" -> training(device, new CnnFamily(), noise(GREY, 1), batch,
                    Config.empty().with("net", "small").with("optimizer", "sgd"));
            case "gan_train" -> training(device, new GanFamily(), noise(GREY, 1), batch, Config.empty());
            case "patches_train" -> training(device, new PatchesFamily(), noise(GREY, 1), batch, Config.empty());
            default -> throw new IllegalArgumentException("model '" + of.kind() + "' is none that can be measured");
        };
    }

    private static DdpmConfig small() {
        return DdpmConfig.forPictures(GREY, 1);
    }

    /** Ho et al. 2020, appendix B: 128 channels at 32×32, 256 below, attention at 16×16. */
    private static DdpmConfig cifar() {
        UNetConfig unet = UNetConfig.symmetric(CIFAR, 3, List.of(128, 256, 256, 256), 2,
                List.of(false, true, false, false), 32, 0);
        return new DdpmConfig(unet,
                SchedulerConfig.forPictures(NoiseSchedule.cosine(NoiseSchedule.DEFAULT_TIMESTEPS), Prediction.EPSILON));
    }

    /** Random pictures and classes. */
    private static ImageDataset noise(int size, int channels) {
        byte[] pixels = new byte[PICTURES * size * size * channels];
        new SplittableRandom(1).nextBytes(pixels);
        int[] labels = new SplittableRandom(2).ints(PICTURES, 0, CLASSES).toArray();
        ImageDataset.Part part = new ImageDataset.Part(new Images(PICTURES, size, size, channels, pixels), labels);
        return new ImageDataset("noise", IntStream.range(0, CLASSES).mapToObj(i -> "class " + i).toList(), part, part);
    }

    /** A step as the trainer takes it, with the family's settings for these options. */
    private static Running training(Device device, TrainingFamily family, ImageDataset data, int batch, Config options)
            throws IOException {
        TrainRequest request = new TrainRequest(data, PLANNED_STEPS, batch, 1, Path.of("unused"), false, 1000, 0,
                options);
        Config settings = Config.empty().with("steps", request.steps()).with("batch", batch)
                .with("seed", request.seed()).with(family.settings(request));
        TrainingTask task = family.open(device, request, settings);
        return new Running() {
            @Override
            public void step() {
                task.step();
            }

            @Override
            public void check() {
                task.trouble().ifPresent(trouble -> {
                    throw new IllegalStateException(trouble);
                });
            }

            @Override
            public void close() {
                task.close();
            }
        };
    }

    private static Running sampling(Device device, DdpmConfig config, int batch, int steps) {
        DdpmModel model = new DdpmModel(device, config, DType.BF16, 1);
        float[] weights = model.store().values();
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < weights.length; i++) {
            weights[i] += (float) (WEIGHT_NOISE * random.nextGaussian());
        }
        model.store().values(weights);
        SamplerPlan plan = Sampler.ddim(0).plan(Trajectory.of(model.schedule(), Spacing.TRAILING, steps),
                config.prediction(), 1);
        UNetConfig unet = config.unet();
        SamplingLoop loop = new SamplingLoop(device, plan, DType.BF16,
                Shape.of(batch, unet.height(), unet.width(), unet.channels()), (x, time, use) -> {
                    try (Tape tape = Tape.forInference(device)) {
                        use.accept(model.network().forward(tape, Variable.constant(x), time, null).value());
                    }
                });
        loop.start(1);
        return new Running() {
            @Override
            public void step() {
                loop.all();
            }

            @Override
            public void close() {
                loop.close();
                model.close();
            }
        };
    }
}
