package io.zoetrope.cli;

import io.zoetrope.cuda.DeviceChoice;
import io.zoetrope.data.AudioDataset;
import io.zoetrope.data.Dataset;
import io.zoetrope.data.ImageDataset;
import io.zoetrope.data.Images;
import io.zoetrope.data.Sounds;
import io.zoetrope.figures.AttentionMaps;
import io.zoetrope.io.Progress;
import io.zoetrope.metric.ClassificationReport;
import io.zoetrope.metric.FeatureReport;
import io.zoetrope.metric.KernelDistance;
import io.zoetrope.metric.LabelShares;
import io.zoetrope.metric.Neighbourhoods;
import io.zoetrope.metric.NoisePredictionMeter;
import io.zoetrope.metric.NoisePredictionReport;
import io.zoetrope.metric.RecognitionReport;
import io.zoetrope.metric.SoundReport;
import io.zoetrope.model.cnn.explain.CnnExplanation;
import io.zoetrope.model.ddpm.Sampling;
import io.zoetrope.model.patches.decode.PatchesSampling;
import io.zoetrope.train.TrainRequest;
import io.zoetrope.train.TrainingFamily;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;
import java.util.stream.IntStream;

/** Stands in for the device: notes what it was asked, answers at once, fails on demand. */
final class FakeWork implements Work {
    DeviceChoice device;
    Optional<String> model;
    String pipelineClass = "DDPMPipeline";
    Sampling sampling;
    Order order;
    OptionalInt classOf;
    TrainingFamily family;
    TrainRequest training;
    Dataset data;
    int perBin;
    int pictures;
    long evaluationSeed;
    int sounds;
    Completion completion;
    PatchesSampling patches;
    Throwable failure;

    private void asked(DeviceChoice choice) throws IOException {
        device = choice;
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

    @Override
    public String pipelineClass(String name) {
        return pipelineClass;
    }

    @Override
    public Images generate(DeviceChoice choice, String name, Sampling request, Optional<Film> film,
            Progress progress) throws IOException {
        asked(choice);
        model = Optional.of(name);
        sampling = request;
        Images images = new Images(request.count(), 28, 28, 1, new byte[request.count() * 784]);
        progress.begin("generating", request.steps());
        for (int step = 0; step <= request.steps(); step++) {
            int now = step;
            film.filter(f -> now % f.every() == 0 || now == request.steps()).ifPresent(f -> f.sink().accept(images));
        }
        progress.end();
        return images;
    }

    @Override
    public Images generateGan(DeviceChoice choice, String name, Order request, Optional<Walk> walk, Progress progress)
            throws IOException {
        asked(choice);
        model = Optional.of(name);
        order = request;
        classOf = request.classOf().apply(List.of("boot", "bag"));
        Images images = new Images(request.count(), 28, 28, 1, new byte[request.count() * 784]);
        walk.ifPresent(w -> IntStream.range(0, w.frames()).forEach(i -> w.sink().accept(images)));
        return images;
    }

    @Override
    public Sounds generateSounds(DeviceChoice choice, String name, Order request, Progress progress) throws IOException {
        asked(choice);
        model = Optional.of(name);
        order = request;
        classOf = request.classOf().apply(List.of("boot", "bag"));
        return new Sounds(request.count(), 1600, 16_000, new short[request.count() * 1600]);
    }

    @Override
    public Images generatePatches(DeviceChoice choice, String name, Function<List<String>, PatchesSampling> request,
            Progress progress) throws IOException {
        asked(choice);
        model = Optional.of(name);
        patches = request.apply(List.of("boot", "bag"));
        return new Images(patches.count(), 28, 28, 1, new byte[patches.count() * 784]);
    }

    @Override
    public Path train(DeviceChoice choice, TrainingFamily kind, TrainRequest request, Progress progress)
            throws IOException {
        asked(choice);
        family = kind;
        training = request;
        return request.run().resolve("model");
    }

    @Override
    public NoisePredictionReport evaluateDdpm(DeviceChoice choice, Optional<String> name, ImageDataset set, int count,
            Progress progress) throws IOException {
        asked(choice);
        model = name;
        data = set;
        perBin = count;
        NoisePredictionMeter meter = new NoisePredictionMeter(1000, 20);
        for (int t = 0; t < 1000; t += 10) {
            meter.add(t, new float[] {0.5f, -0.5f}, new float[] {1, -1}, 0, 2);
        }
        return meter.report();
    }

    @Override
    public Completed complete(DeviceChoice choice, String name, Completion request, Progress progress) throws IOException {
        asked(choice);
        model = Optional.of(name);
        completion = request;
        patches = request.request().apply(List.of("boot", "bag"));
        Images one = new Images(1, 8, 8, 1, new byte[64]);
        return new Completed(one, "Taken as it is.", 8, 16, new Images(patches.count(), 8, 8, 1, new byte[patches.count() * 64]));
    }

    @Override
    public Attention attention(DeviceChoice choice, String name, Path image) throws IOException {
        asked(choice);
        model = Optional.of(name);
        AttentionMaps maps = new AttentionMaps(2, 1, 2, 4);
        float[] weights = new float[64];
        java.util.Arrays.fill(weights, 1 / 8f);
        maps.set(0, weights);
        maps.set(1, weights);
        return new Attention(new Images(1, 4, 8, 1, new byte[32]), "Taken as it is.", maps);
    }

    @Override
    public List<Recognised> classify(DeviceChoice choice, String name, List<Path> files) throws IOException {
        asked(choice);
        model = Optional.of(name);
        return files.stream().map(file -> new Recognised("Shrank " + file.getFileName() + ".", List.of("hat", "shoe", "sock"),
                new float[] {0.25f, 0.7f, 0.05f})).toList();
    }

    @Override
    public Explained explainCnn(DeviceChoice choice, String name, Path file) throws IOException {
        asked(choice);
        model = Optional.of(name);
        Images picture = new Images(1, 4, 4, 1, new byte[16]);
        CnnExplanation.Heat heat = new CnnExplanation.Heat(1, new float[][] {{0, 1}, {0.5f, 0}});
        return new Explained("Taken as it is.", new CnnExplanation(picture, List.of("hat", "shoe"), new float[] {0.1f, 0.9f},
                picture, List.of(new CnnExplanation.Layer("first filters", picture, 1)),
                List.of(new CnnExplanation.Move(0, picture, picture, picture, List.of(1.0), 1, 0.9)), List.of(heat)));
    }

    @Override
    public SoundReport evaluateSounds(DeviceChoice choice, String name, String encoder, AudioDataset set, int count,
            long seed, Progress progress) throws IOException {
        asked(choice);
        model = Optional.of(name);
        data = set;
        sounds = count;
        evaluationSeed = seed;
        float[][] heard = {{0.9f, 0.1f}, {0.2f, 0.8f}, {0.7f, 0.3f}, {0.6f, 0.4f}};
        return new SoundReport(RecognitionReport.of(List.of("yes", "no"), heard, new int[] {0, 1, 0, 1}),
                features(encoder, count));
    }

    @Override
    public ClassificationReport evaluateCnn(DeviceChoice choice, String name, Dataset set, Progress progress)
            throws IOException {
        asked(choice);
        model = Optional.of(name);
        data = set;
        return ClassificationReport.of(List.of("hat", "shoe"), new float[][] {{0.9f, 0.1f}, {0.6f, 0.4f}}, new int[] {0, 1});
    }

    @Override
    public PictureQuality evaluatePictures(DeviceChoice choice, String name, String encoder, ImageDataset set, int count,
            long seed, Progress progress) throws IOException {
        asked(choice);
        model = Optional.of(name);
        data = set;
        pictures = count;
        evaluationSeed = seed;
        return new PictureQuality(features(encoder, count), new LabelShares(new int[] {9, 0, 3}));
    }

    private static FeatureReport features(String encoder, int count) {
        FeatureReport.Figures figures = new FeatureReport.Figures(1.5, new Neighbourhoods(0.5, 0.4, 0.9, 0.8),
                new KernelDistance(0.002, 0.001, 50, 20));
        return new FeatureReport(encoder, "0123456789abcdef", 64, 20, count, count, 5, figures, List.of(figures));
    }

    @Override
    public List<String> describeDevice(DeviceChoice choice) {
        try {
            asked(choice);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        return List.of("pretend device, compute capability 9.0");
    }
}
