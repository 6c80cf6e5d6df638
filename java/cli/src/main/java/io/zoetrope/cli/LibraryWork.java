package io.zoetrope.cli;

import io.zoetrope.cuda.Device;
import io.zoetrope.cuda.DeviceChoice;
import io.zoetrope.data.AudioDataset;
import io.zoetrope.data.Dataset;
import io.zoetrope.data.ImageDataset;
import io.zoetrope.data.Images;
import io.zoetrope.data.Sounds;
import io.zoetrope.io.ModelFolder;
import io.zoetrope.io.Progress;
import io.zoetrope.metric.ClassificationReport;
import io.zoetrope.metric.FeatureEvaluation;
import io.zoetrope.metric.FeatureReport;
import io.zoetrope.metric.LabelShares;
import io.zoetrope.metric.NoisePredictionReport;
import io.zoetrope.metric.SoundReport;
import io.zoetrope.model.PretrainedModels;
import io.zoetrope.model.cnn.CnnPipeline;
import io.zoetrope.model.cnn.measure.CnnEncoder;
import io.zoetrope.model.ddpm.DdpmPipeline;
import io.zoetrope.model.ddpm.Sampling;
import io.zoetrope.model.gan.GanPipeline;
import io.zoetrope.model.patches.PatchesPipeline;
import io.zoetrope.model.patches.decode.PatchesSampling;
import io.zoetrope.train.TrainRequest;
import io.zoetrope.train.Trainer;
import io.zoetrope.train.TrainingFamily;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;

/** Does the commands' work with the library: what every family shares here, the rest in a collaborator for each. */
final class LibraryWork implements Work {
    /** Of what is generated or drawn to be measured. */
    static final long EVALUATION_SEED = 7;

    private final DiffusionWork diffusion = new DiffusionWork();
    private final GanWork gan = new GanWork();
    private final CnnWork cnn = new CnnWork();
    private final WaveGanWork waveGan = new WaveGanWork(cnn);
    private final PatchesWork patches = new PatchesWork();

    @Override
    public String pipelineClass(String model) throws IOException {
        return PretrainedModels.open(model, folder -> ModelFolder.open(folder).pipelineClass());
    }

    @Override
    public Images generate(DeviceChoice choice, String model, Sampling sampling, Optional<Film> film,
            Progress progress) throws IOException {
        return diffusion.generate(choice, model, sampling, film, progress);
    }

    @Override
    public Images generateGan(DeviceChoice choice, String model, Order order, Optional<Walk> walk, Progress progress)
            throws IOException {
        return gan.generate(choice, model, order, walk, progress);
    }

    @Override
    public Sounds generateSounds(DeviceChoice choice, String model, Order order, Progress progress) throws IOException {
        return waveGan.generate(choice, model, order, progress);
    }

    @Override
    public Images generatePatches(DeviceChoice choice, String model, Function<List<String>, PatchesSampling> request,
            Progress progress) throws IOException {
        return patches.generate(choice, model, request, progress);
    }

    @Override
    public Path train(DeviceChoice choice, TrainingFamily family, TrainRequest request, Progress progress)
            throws IOException {
        try (Device device = Device.open(choice)) {
            return new Trainer(device).train(family, request, progress);
        }
    }

    @Override
    public NoisePredictionReport evaluateDdpm(DeviceChoice choice, Optional<String> model, ImageDataset data, int perBin,
            Progress progress) throws IOException {
        return diffusion.evaluate(choice, model, data, perBin, progress);
    }

    @Override
    public Completed complete(DeviceChoice choice, String model, Completion completion, Progress progress) throws IOException {
        return patches.complete(choice, model, completion, progress);
    }

    @Override
    public Attention attention(DeviceChoice choice, String model, Path image) throws IOException {
        return patches.attention(choice, model, image);
    }

    @Override
    public List<Recognised> classify(DeviceChoice choice, String model, List<Path> files) throws IOException {
        return cnn.classify(choice, model, files);
    }

    @Override
    public Explained explainCnn(DeviceChoice choice, String model, Path file) throws IOException {
        return cnn.explain(choice, model, file);
    }

    @Override
    public ClassificationReport evaluateCnn(DeviceChoice choice, String model, Dataset data, Progress progress)
            throws IOException {
        return cnn.evaluate(choice, model, data, progress);
    }

    @Override
    public PictureQuality evaluatePictures(DeviceChoice choice, String model, String encoder, ImageDataset data, int count,
            long seed, Progress progress) throws IOException {
        String pipelineClass = pipelineClass(model);
        ModelKind kind = ModelKind.of(pipelineClass).orElseThrow(() -> new IllegalArgumentException(model + " is a "
                + pipelineClass + ", which makes no pictures"));
        try (Device device = Device.open(choice); CnnPipeline classifier = cnn.open(device, encoder)) {
            ImageDataset real = classifier.model().config().seen(data);
            Images pictures = usualPictures(device, kind, model, count, seed, progress);
            FeatureReport features = FeatureEvaluation.measure(device, new CnnEncoder(classifier, encoder), pictures, real,
                    EVALUATION_SEED, progress);
            return new PictureQuality(features, LabelShares.of(classifier.labels(pictures), classifier.classNames().size()));
        }
    }

    private Images usualPictures(Device device, ModelKind kind, String model, int count, long seed, Progress progress)
            throws IOException {
        switch (kind) {
            case DIFFUSION:
                try (DdpmPipeline pipeline = diffusion.open(device, model)) {
                    return pipeline.generate(Sampling.count(count).seed(seed), progress);
                }
            case GAN:
                try (GanPipeline pipeline = gan.open(device, model)) {
                    return pipeline.generate(count, seed);
                }
            case PATCHES:
                try (PatchesPipeline pipeline = patches.open(device, model)) {
                    return pipeline.generate(PatchesSampling.count(count).seed(seed), progress);
                }
            default:
                throw new IllegalArgumentException(model + " is " + kind.description() + ": there are no pictures to measure");
        }
    }

    @Override
    public SoundReport evaluateSounds(DeviceChoice choice, String model, String encoder, AudioDataset data, int count,
            long seed, Progress progress) throws IOException {
        return waveGan.evaluate(choice, model, encoder, data, count, seed, progress);
    }

    @Override
    public List<String> describeDevice(DeviceChoice choice) {
        try (Device device = Device.open(choice)) {
            return List.of(device.name() + ", compute capability " + device.capability(),
                    String.format(Locale.ROOT, "%d multiprocessors, %.1f GiB of memory", device.multiprocessors(),
                            device.totalMemory() / (double) (1L << 30)),
                    "CUDA driver API " + device.driverVersion() / 1000 + "." + device.driverVersion() % 1000 / 10);
        }
    }
}
