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
import io.zoetrope.metric.LabelShares;
import io.zoetrope.metric.NoisePredictionReport;
import io.zoetrope.metric.SoundReport;
import io.zoetrope.model.cnn.explain.CnnExplanation;
import io.zoetrope.model.ddpm.Sampling;
import io.zoetrope.model.patches.decode.PatchesSampling;
import io.zoetrope.train.TrainRequest;
import io.zoetrope.train.TrainingFamily;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;
import java.util.function.Function;

/** What commands ask of the library that takes a device: the seam between arguments and models. */
interface Work {
    /**
     * Which steps of a run to show.
     *
     * @param every every how many steps; the start and the end are always shown
     * @param sink  takes each batch
     */
    record Film(int every, Consumer<Images> sink) { }

    /**
     * A walk on which pictures change into one another.
     *
     * @param frames how many there are
     * @param sink   takes each, a batch of pictures
     */
    record Walk(int frames, Consumer<Images> sink) { }

    /**
     * What to make with an adversarial model.
     *
     * @param classOf the class wanted among the model's, by number; empty for turns. Asked once their names are known
     */
    record Order(int count, long seed, Function<List<String>, OptionalInt> classOf) {
        /** The class that was named, or the classes in turn, for each. */
        int[] labels(List<String> classNames) {
            int[] labels = new int[count];
            Arrays.setAll(labels, i -> i % Math.max(1, classNames.size()));
            classOf.apply(classNames).ifPresent(label -> Arrays.fill(labels, label));
            return labels;
        }
    }

    /** What the model, a shipped one's name or a folder, says it is: its pipeline's class, such as DDPMPipeline. */
    String pipelineClass(String model) throws IOException;

    /** Makes pictures with a diffusion model. */
    Images generate(DeviceChoice device, String model, Sampling sampling, Optional<Film> film,
            Progress progress) throws IOException;

    /** Makes pictures with an adversarial model. */
    Images generateGan(DeviceChoice device, String model, Order order, Optional<Walk> walk, Progress progress)
            throws IOException;

    /** Makes sounds with an adversarial model. */
    Sounds generateSounds(DeviceChoice device, String model, Order order, Progress progress) throws IOException;

    /**
     * Makes pictures with a transformer over patches.
     *
     * @param request made once the model's class names are known
     */
    Images generatePatches(DeviceChoice device, String model, Function<List<String>, PatchesSampling> request,
            Progress progress) throws IOException;

    /** Trains a model and returns the folder it is in. */
    Path train(DeviceChoice device, TrainingFamily family, TrainRequest request, Progress progress) throws IOException;

    /**
     * Measures how well a diffusion model predicts noise on the test part of {@code data}.
     *
     * @param perBin pictures for each bin of timesteps
     */
    NoisePredictionReport evaluateDdpm(DeviceChoice device, Optional<String> model, ImageDataset data, int perBin,
            Progress progress) throws IOException;

    /**
     * A picture to complete.
     *
     * @param image   file
     * @param half    the half that is kept, or empty
     * @param mask    a picture that is white where patches are kept, or empty; one of the two is given
     * @param request made once the model's class names are known
     */
    record Completion(Path image, Optional<String> half, Optional<Path> mask,
            Function<List<String>, PatchesSampling> request) { }

    /**
     * A completed picture.
     *
     * @param original    as the model saw it
     * @param preparation what was done to it for that
     * @param kept        of {@code places} patches
     */
    record Completed(Images original, String preparation, int kept, int places, Images images) { }

    /** Completes a picture with a model of patches. */
    Completed complete(DeviceChoice device, String model, Completion completion, Progress progress) throws IOException;

    /** Which patches of a picture look at which. */
    record Attention(Images picture, String preparation, AttentionMaps maps) { }

    /** Looks into a model of patches as it reads a picture. */
    Attention attention(DeviceChoice device, String model, Path image) throws IOException;

    /**
     * What a classifier makes of a picture or sound.
     *
     * @param preparation   a sentence: what was done to it before
     * @param classNames    by number
     * @param probabilities of the classes
     */
    record Recognised(String preparation, List<String> classNames, float[] probabilities) { }

    /**
     * What a classifier sees in a picture.
     *
     * @param preparation a sentence: what was done to the picture before
     */
    record Explained(String preparation, CnnExplanation explanation) { }

    /** Recognises files of pictures or sounds, as the model knows, in their order. */
    List<Recognised> classify(DeviceChoice device, String model, List<Path> images) throws IOException;

    /** Shows what a classifier sees in a picture file. */
    Explained explainCnn(DeviceChoice device, String model, Path image) throws IOException;

    /**
     * What generated pictures are worth.
     *
     * @param features beside real ones, in the features of an encoder
     * @param labels   the classes the encoder sees in them
     */
    record PictureQuality(FeatureReport features, LabelShares labels) { }

    /**
     * Generates {@code count} pictures as {@code generate} does by default, from {@code seed}, and compares them with the
     * test part of {@code data} in the features of the classifier {@code encoder}.
     */
    PictureQuality evaluatePictures(DeviceChoice device, String model, String encoder, ImageDataset data, int count,
            long seed, Progress progress) throws IOException;

    /**
     * Generates {@code count} sounds, of the classes in turn, from {@code seed}, and has the classifier {@code encoder} listen
     * to them; compares them with the test part of {@code data} in its features.
     */
    SoundReport evaluateSounds(DeviceChoice device, String model, String encoder, AudioDataset data, int count,
            long seed, Progress progress) throws IOException;

    /** Measures a classifier on the test part of {@code data}, pictures or sounds as it knows. */
    ClassificationReport evaluateCnn(DeviceChoice device, String model, Dataset data, Progress progress)
            throws IOException;

    /** Opens a device and describes it, a fact a line. */
    List<String> describeDevice(DeviceChoice device);
}
