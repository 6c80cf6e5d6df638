package io.zoetrope.user;

import io.zoetrope.autograd.Variable;
import io.zoetrope.cuda.Device;
import io.zoetrope.data.ExampleStream;
import io.zoetrope.data.ImageDataset;
import io.zoetrope.diffusion.NoiseSchedule;
import io.zoetrope.diffusion.Prediction;
import io.zoetrope.diffusion.SchedulerConfig;
import io.zoetrope.io.Config;
import io.zoetrope.io.Progress;
import io.zoetrope.model.ddpm.DdpmConfig;
import io.zoetrope.model.ddpm.DdpmFamily;
import io.zoetrope.model.unet.UNetConfig;
import io.zoetrope.nn.Convolution;
import io.zoetrope.nn.Linear;
import io.zoetrope.nn.Optimization;
import io.zoetrope.nn.Parameters;
import io.zoetrope.nn.Precision;
import io.zoetrope.ops.loss.LossFunctions;
import io.zoetrope.ops.optim.LearningRate;
import io.zoetrope.ops.pointwise.PointwiseFunctions;
import io.zoetrope.ops.pool.PoolFunctions;
import io.zoetrope.ops.random.Augmentation;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Shape;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.train.BatchSource;
import io.zoetrope.train.LossObjective;
import io.zoetrope.train.TrainRequest;
import io.zoetrope.train.Trainer;
import io.zoetrope.train.TrainingFamily;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Trainings as a developer writes them for a model, a network's configuration or data of their own. */
final class OwnTrainings {
    private OwnTrainings() {
    }

    static Path model(Device device, ImageDataset data, Path run, long steps, boolean resume) throws IOException {
        TrainRequest request = request(new TrainRequest(data, 1, 8, 7, run, false, 3, 0, Config.empty()), steps,
                resume);
        // begin: a model of one's own
        TrainingFamily shapes = TrainingFamily.of("shapes", Config.empty(), (training, set, batch) -> {
            Parameters p = Parameters.root();
            Convolution edges = Convolution.same(p.at("edges"), 1, 16, 3, 1);
            Linear head = Linear.of(p.at("head"), 16, 2);
            BatchSource.Batch chosen = training.batches(set, batch, training.key(1));
            Augmentation.Normalisation range = Augmentation.Normalisation.symmetric(training.scope(), 1);
            return new LossObjective(training, p, Precision.BF16, Optimization.adamW(1e-2f), (tape, loss) -> {
                Tensor x = tape.empty(DType.BF16, batch, 8, 8, 1);
                Tensor y = tape.empty(DType.I32, batch);
                Augmentation.NONE.batch(chosen.examples(), chosen.labels(), chosen.indices(), range, x, y, null);
                Variable h = PointwiseFunctions.relu(tape, edges.forward(tape, Variable.constant(x)));
                LossFunctions.crossEntropy(tape, head.forward(tape, PoolFunctions.globalAveragePool(tape, h)), y, loss);
            });
        });
        return new Trainer(device).train(shapes, request, Progress.none());
        // end
    }

    static Path diffusion(Device device, ImageDataset data, Path run, long steps, boolean resume) throws IOException {
        TrainRequest request = request(new TrainRequest(data, 1, 4, 7, run, false, 3, 0, Config.empty()), steps,
                resume);
        // begin: a diffusion network of one's own
        UNetConfig unet = UNetConfig.symmetric(8, 1, List.of(8, 16), 1, List.of(false, true), 4, 0);
        NoiseSchedule noise = NoiseSchedule.cosine(200);
        DdpmConfig config = new DdpmConfig(unet, SchedulerConfig.forPictures(noise, Prediction.EPSILON));
        Optimization optimization = Optimization.adamW(LearningRate.linear(2e-3f, 1000, 1e-4f).withWarmUp(10))
                .withWeightDecay(1e-2f).withClipping(1).withEma(0.99f, 10).withAccumulation(2);
        DdpmFamily own = new DdpmFamily(new DdpmFamily.Recipe(config, Precision.F32, optimization));
        return new Trainer(device).train(own, request, Progress.none());
        // end
    }

    static Path stream(Device device, Path run, long steps, boolean resume) throws IOException {
        // begin: a data set of one's own
        ExampleStream points = new ExampleStream("points", "2", 1000, DType.F32, Shape.of(2), (index, target) -> {
            target.putFloat((float) Math.sin(index)).putFloat((float) Math.cos(index));
            return Math.sin(index) > Math.cos(index) ? 1 : 0;
        });
        TrainingFamily sides = TrainingFamily.of("sides", Config.empty(), (training, data, batch) -> {
            Parameters p = Parameters.root();
            Linear head = Linear.of(p, 2, 2);
            BatchSource.Batch chosen = training.batches(data, batch, training.key(1));
            Optimization sgd = Optimization.sgd(LearningRate.constant(0.2f), 0.9);
            return new LossObjective(training, p, Precision.F32, sgd, (tape, loss) -> LossFunctions.crossEntropy(tape,
                    head.forward(tape, Variable.constant(chosen.examples())), chosen.labels(), loss));
        });
        TrainRequest request = request(TrainRequest.of(points, run).savingEvery(3), steps, resume);
        return new Trainer(device).train(sides, request, Progress.none());
        // end
    }

    private static TrainRequest request(TrainRequest of, long steps, boolean resume) {
        return resume ? of.withSteps(steps).resuming() : of.withSteps(steps);
    }
}
