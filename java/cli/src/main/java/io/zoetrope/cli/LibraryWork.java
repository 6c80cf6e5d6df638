package io.zoetrope.cli;

import io.zoetrope.cuda.Device;
import io.zoetrope.cuda.DeviceChoice;
import io.zoetrope.data.ImageDataset;
import io.zoetrope.data.Images;
import io.zoetrope.data.PicturePreparation;
import io.zoetrope.data.Sounds;
import io.zoetrope.metric.ClassificationReport;
import io.zoetrope.metric.CnnEncoder;
import io.zoetrope.metric.FeatureEvaluation;
import io.zoetrope.metric.FeatureReport;
import io.zoetrope.metric.LabelShares;
import io.zoetrope.metric.NoiseEvaluation;
import io.zoetrope.metric.NoisePredictionReport;
import io.zoetrope.pipeline.CnnExplanation;
import io.zoetrope.pipeline.CnnPipeline;
import io.zoetrope.pipeline.ConvNetModel;
import io.zoetrope.pipeline.DdpmModel;
import io.zoetrope.pipeline.DdpmPipeline;
import io.zoetrope.pipeline.GanModel;
import io.zoetrope.pipeline.GanPipeline;
import io.zoetrope.pipeline.ModelFolder;
import io.zoetrope.pipeline.PatchSelection;
import io.zoetrope.pipeline.PatchesConfig;
import io.zoetrope.pipeline.PatchesModel;
import io.zoetrope.pipeline.PatchesPipeline;
import io.zoetrope.pipeline.PatchesSampling;
import io.zoetrope.pipeline.PretrainedModels;
import io.zoetrope.pipeline.Progress;
import io.zoetrope.pipeline.Sampling;
import io.zoetrope.pipeline.TrainRequest;
import io.zoetrope.pipeline.Trainer;
import io.zoetrope.pipeline.TrainingFamily;
import io.zoetrope.pipeline.WaveGanModel;
import io.zoetrope.pipeline.WaveGanPipeline;
import io.zoetrope.tensor.DType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;

/** Does the commands' work with the library. */
final class LibraryWork implements Work {
    private static final int EVALUATION_BINS = 20;
    private static final long EVALUATION_SEED = 7;

    @Override
    public String pipelineClass(String model) throws IOException {
        return PretrainedModels.open(model, folder -> ModelFolder.open(folder).pipelineClass());
    }

    @Override
    public Images generate(DeviceChoice choice, String model, Sampling sampling, Optional<Film> film,
            Progress progress) throws IOException {
        try (Device device = Device.open(choice); DdpmPipeline pipeline = openDdpm(device, model)) {
            DdpmPipeline.Viewer viewer = film.<DdpmPipeline.Viewer>map(shown -> (step, images) -> {
                if (step % shown.every() == 0 || step == sampling.steps()) {
                    shown.sink().accept(images);
                }
            }).orElse(null);
            return pipeline.generate(sampling, progress, viewer);
        }
    }

    @Override
    public Images generateGan(DeviceChoice choice, String model, Order order, Optional<Walk> walk, Progress progress)
            throws IOException {
        try (Device device = Device.open(choice); GanPipeline pipeline = openGan(device, model)) {
            int[] labels = labels(order, pipeline.classNames());
            progress.begin("generating", 1);
            Images images = pipeline.generate(order.seed(), labels);
            if (walk.isPresent()) {
                pipeline.interpolate(walk.get().frames(), order.seed(), labels).forEach(walk.get().sink());
            }
            progress.end();
            return images;
        }
    }

    /** The class that was named, or the classes in turn. */
    private static int[] labels(Order order, List<String> classNames) {
        int[] labels = new int[order.count()];
        Arrays.setAll(labels, i -> i % Math.max(1, classNames.size()));
        order.classOf().apply(classNames).ifPresent(label -> Arrays.fill(labels, label));
        return labels;
    }

    @Override
    public Sounds generateSounds(DeviceChoice choice, String model, Order order, Progress progress) throws IOException {
        try (Device device = Device.open(choice); WaveGanPipeline pipeline = new WaveGanPipeline(PretrainedModels.open(model,
                folder -> WaveGanModel.load(device, folder, DType.BF16)))) {
            progress.begin("generating", 1);
            Sounds sounds = pipeline.generate(order.seed(), labels(order, pipeline.classNames()));
            progress.end();
            return sounds;
        }
    }

    @Override
    public Images generatePatches(DeviceChoice choice, String model, Function<List<String>, PatchesSampling> request,
            Progress progress) throws IOException {
        try (Device device = Device.open(choice); PatchesPipeline pipeline = openPatches(device, model)) {
            return pipeline.generate(request.apply(pipeline.model().config().classNames()), progress);
        }
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
        try (Device device = Device.open(choice); DdpmPipeline pipeline = openDdpm(device,
                model.orElse(PretrainedModels.FASHION_DDPM))) {
            return NoiseEvaluation.measure(pipeline.model(), data.test().images(), EVALUATION_BINS, perBin,
                    EVALUATION_SEED, progress);
        }
    }

    @Override
    public Completed complete(DeviceChoice choice, String model, Completion completion, Progress progress) throws IOException {
        try (Device device = Device.open(choice); PatchesPipeline pipeline = openPatches(device, model)) {
            PatchesConfig config = pipeline.model().config();
            PatchesSampling request = completion.request().apply(config.classNames());
            PicturePreparation.Prepared picture = pipeline.preparation().read(completion.image());
            PatchSelection kept = completion.half().isPresent() ? PatchSelection.half(completion.half().get(), config)
                    : PatchSelection.mask(Images.read(completion.mask().orElseThrow()), config);
            return new Completed(picture.image(), picture.describe(), kept.count(), config.network().places(),
                    pipeline.complete(picture.image(), kept, request, progress));
        }
    }

    @Override
    public Attention attention(DeviceChoice choice, String model, Path image) throws IOException {
        try (Device device = Device.open(choice); PatchesPipeline pipeline = openPatches(device, model)) {
            PicturePreparation.Prepared picture = pipeline.preparation().read(image);
            return new Attention(picture.image(), picture.describe(), pipeline.attention(picture.image()));
        }
    }

    private static GanPipeline openGan(Device device, String model) throws IOException {
        return new GanPipeline(PretrainedModels.open(model, folder -> GanModel.load(device, folder, DType.BF16)));
    }

    private static PatchesPipeline openPatches(Device device, String model) throws IOException {
        return new PatchesPipeline(PretrainedModels.open(model, folder -> PatchesModel.load(device, folder, DType.BF16)));
    }

    @Override
    public List<Recognised> classify(DeviceChoice choice, String model, List<Path> images) throws IOException {
        try (Device device = Device.open(choice); CnnPipeline pipeline = openCnn(device, model)) {
            List<Recognised> answers = new ArrayList<>();
            for (Path image : images) {
                PicturePreparation.Prepared prepared = pipeline.preparation().read(image);
                answers.add(new Recognised(prepared.describe(), pipeline.classNames(),
                        pipeline.classify(prepared.image())[0]));
            }
            return answers;
        }
    }

    @Override
    public Explained explainCnn(DeviceChoice choice, String model, Path image) throws IOException {
        try (Device device = Device.open(choice); CnnPipeline pipeline = openCnn(device, model)) {
            PicturePreparation.Prepared prepared = pipeline.preparation().read(image);
            return new Explained(prepared.describe(), CnnExplanation.of(pipeline, prepared.image()));
        }
    }

    @Override
    public PictureQuality evaluatePictures(DeviceChoice choice, String model, String encoder, ImageDataset data, int count,
            Progress progress) throws IOException {
        String pipelineClass = pipelineClass(model);
        ModelKind kind = ModelKind.of(pipelineClass).orElseThrow(() -> new IllegalArgumentException(model + " is a "
                + pipelineClass + ", which makes no pictures"));
        try (Device device = Device.open(choice); CnnPipeline classifier = openCnn(device, encoder)) {
            Images pictures = usualPictures(device, kind, model, count, progress);
            FeatureReport features = FeatureEvaluation.measure(device, new CnnEncoder(classifier, encoder), pictures, data,
                    EVALUATION_SEED, progress);
            return new PictureQuality(features, LabelShares.of(classifier.labels(pictures), classifier.classNames().size()));
        }
    }

    private static Images usualPictures(Device device, ModelKind kind, String model, int count, Progress progress)
            throws IOException {
        switch (kind) {
            case DIFFUSION:
                try (DdpmPipeline pipeline = openDdpm(device, model)) {
                    return pipeline.generate(Sampling.count(count).seed(EVALUATION_SEED), progress);
                }
            case GAN:
                try (GanPipeline pipeline = openGan(device, model)) {
                    return pipeline.generate(count, EVALUATION_SEED);
                }
            case PATCHES:
                try (PatchesPipeline pipeline = openPatches(device, model)) {
                    return pipeline.generate(PatchesSampling.count(count).seed(EVALUATION_SEED), progress);
                }
            default:
                throw new IllegalArgumentException(model + " is " + kind.description() + ": there are no pictures to measure");
        }
    }

    @Override
    public ClassificationReport evaluateCnn(DeviceChoice choice, String model, ImageDataset data, Progress progress)
            throws IOException {
        try (Device device = Device.open(choice); CnnPipeline pipeline = openCnn(device, model)) {
            return ClassificationReport.of(pipeline.classNames(), pipeline.classify(data.test().images(), progress),
                    data.test().labels());
        }
    }

    private static CnnPipeline openCnn(Device device, String model) throws IOException {
        return new CnnPipeline(PretrainedModels.open(model, folder -> ConvNetModel.load(device, folder, DType.BF16)));
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

    private static DdpmPipeline openDdpm(Device device, String model) throws IOException {
        return new DdpmPipeline(PretrainedModels.open(model, folder -> DdpmModel.load(device, folder, DType.BF16)));
    }
}
