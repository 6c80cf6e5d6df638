package io.zoetrope.examples;

import io.zoetrope.cuda.Device;
import io.zoetrope.data.ImageDataset;
import io.zoetrope.data.ImageFolder;
import io.zoetrope.data.Images;
import io.zoetrope.diffusion.NoiseSchedule;
import io.zoetrope.diffusion.Prediction;
import io.zoetrope.diffusion.SchedulerConfig;
import io.zoetrope.io.Progress;
import io.zoetrope.model.ddpm.DdpmConfig;
import io.zoetrope.model.ddpm.DdpmFamily;
import io.zoetrope.model.ddpm.DdpmPipeline;
import io.zoetrope.model.ddpm.Sampling;
import io.zoetrope.model.unet.UNetConfig;
import io.zoetrope.nn.Optimization;
import io.zoetrope.nn.Precision;
import io.zoetrope.ops.optim.LearningRate;
import io.zoetrope.train.TrainRequest;
import io.zoetrope.train.Trainer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A diffusion model of one's own learns pictures of one's own and makes others:
 * {@code OwnDiffusion FOLDER RUN [STEPS]}. The pictures are square, a side a multiple of 4, in sub-folders of the
 * folder. The run's folder keeps settings, losses, checkpoints and the model; the same call goes on with a run that was
 * stopped or killed, bit for bit.
 */
public final class OwnDiffusion {
    public static void main(String[] args) throws Exception {
        ImageDataset data = ImageFolder.load(Path.of(args[0]));
        Path run = Path.of(args[1]);
        int steps = args.length > 2 ? Integer.parseInt(args[2]) : 5000;
        try (Device device = Device.open()) {
            Path model = train(device, data, run, steps);
            try (DdpmPipeline pipeline = DdpmPipeline.fromPretrained(device, model)) {
                Images images = pipeline.generate(Sampling.count(16).steps(20).seed(7), Progress.none());
                images.grid(4).writePng(run.resolve("pictures.png"));
            }
        }
    }

    static Path train(Device device, ImageDataset data, Path run, int steps) throws Exception {
        UNetConfig unet = UNetConfig.symmetric(data.height(), data.channels(), List.of(32, 64), 1, List.of(false, true),
                8, 0);
        NoiseSchedule noise = NoiseSchedule.cosine(1000);
        DdpmConfig config = new DdpmConfig(unet, SchedulerConfig.forPictures(noise, Prediction.EPSILON));
        Optimization optimization = Optimization.adamW(LearningRate.linear(2e-3f, 5000, 1e-4f).withWarmUp(100))
                .withWeightDecay(1e-2f).withClipping(1).withEma(0.99f, 10);
        DdpmFamily family = new DdpmFamily(new DdpmFamily.Recipe(config, Precision.BF16, optimization));
        TrainRequest request = TrainRequest.of(data, run).withSteps(steps).savingEvery(500)
                .withBatch(Math.min(32, data.trainingExamples()));
        return new Trainer(device).train(family, Files.exists(run) ? request.resuming() : request, Progress.none());
    }
}
