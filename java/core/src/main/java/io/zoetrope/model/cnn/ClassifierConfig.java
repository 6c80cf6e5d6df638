package io.zoetrope.model.cnn;

import io.zoetrope.data.AudioDataset;
import io.zoetrope.data.Dataset;
import io.zoetrope.data.ImageDataset;
import io.zoetrope.data.Images;
import io.zoetrope.data.MelSpectrogram;
import io.zoetrope.data.PicturePreparation;
import io.zoetrope.data.Preparation;
import io.zoetrope.data.SoundPreparation;
import io.zoetrope.io.BadFileException;
import io.zoetrope.io.Config;
import io.zoetrope.io.ConfigReader;
import io.zoetrope.io.ModelFolder;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * What a classifier is, apart from its weights. One of sounds looks at their spectrograms as at pictures.
 *
 * @param network        its shape
 * @param classNames     what its classes mean
 * @param mean           of its training pictures, for each channel, in bytes
 * @param deviation      the same: standard deviation
 * @param darkBackground whether those show light things on a dark ground
 * @param mirrored       whether it has learned that a picture's mirror image shows the same, and so looks at both
 * @param sounds         how it sees sounds; empty where it was trained on pictures
 */
public record ClassifierConfig(ConvNetConfig network, List<String> classNames, List<Double> mean,
        List<Double> deviation, boolean darkBackground, boolean mirrored, Optional<SoundPreparation> sounds) {
    private static final String CLASS_NAME = "ConvNet";
    private static final int MOST_SAMPLES = 1 << 24;
    private static final double LARGEST_DECIBELS = 1000;
    private static final double LARGEST = 255;
    /** Pictures of bytes that differ at all deviate by more. */
    private static final double LEAST_DEVIATION = 0.001;

    public ClassifierConfig {
        classNames = List.copyOf(classNames);
        mean = List.copyOf(mean);
        deviation = List.copyOf(deviation);
        if (classNames.size() != network.classes()) {
            throw new IllegalArgumentException("classifier of " + network.classes() + " classes with "
                    + classNames.size() + " names: expected as many");
        }
        if (network.channels() != 1 && network.channels() != 3) {
            throw new IllegalArgumentException(
                    "classifier of pictures with " + network.channels() + " channels: expected 1 (grey) or 3 (RGB)");
        }
        if (mean.size() != network.channels() || deviation.size() != network.channels()
                || mean.stream().anyMatch(value -> !(value >= 0 && value <= LARGEST))
                || deviation.stream().anyMatch(value -> !(value >= LEAST_DEVIATION && value <= LARGEST))) {
            throw new IllegalArgumentException("classifier with mean " + mean + " and deviation " + deviation
                    + ": expected for each of " + network.channels() + " channels, in bytes, a mean of 0 to " + LARGEST
                    + " and a deviation of " + LEAST_DEVIATION + " to " + LARGEST);
        }
        if (sounds.isPresent()) {
            MelSpectrogram seen = sounds.get().spectrogram();
            int times = seen.times(sounds.get().samples());
            if (network.height() != seen.bands() || network.width() != times || network.channels() != 1) {
                throw new IllegalArgumentException("classifier of spectrograms of " + seen.bands() + " pitches and "
                        + times + " times with a network for " + network.height() + " × " + network.width() + " × "
                        + network.channels() + ": expected the same size, 1 channel");
            }
        }
    }

    /** A classifier of pictures. */
    public ClassifierConfig(ConvNetConfig network, List<String> classNames, List<Double> mean, List<Double> deviation,
            boolean darkBackground, boolean mirrored) {
        this(network, classNames, mean, deviation, darkBackground, mirrored, Optional.empty());
    }

    /** For a network that learns from the training part of {@code data}. */
    public static ClassifierConfig of(ConvNetConfig network, ImageDataset data, boolean mirrored) {
        return of(network, data, mirrored, Optional.empty());
    }

    /**
     * For a network that learns from the training part of {@code data}.
     *
     * @param sounds how the data were made of sounds, if they were
     */
    static ClassifierConfig of(ConvNetConfig network, ImageDataset data, boolean mirrored,
            Optional<SoundPreparation> sounds) {
        Images pictures = data.train().images();
        int channels = pictures.channels();
        long[] sums = new long[channels];
        long[] squares = new long[channels];
        byte[] pixels = pictures.pixels();
        for (int i = 0; i < pixels.length; i++) {
            int value = pixels[i] & 0xff;
            sums[i % channels] += value;
            squares[i % channels] += (long) value * value;
        }
        double places = (double) pixels.length / channels;
        List<Double> mean = IntStream.range(0, channels).mapToObj(c -> sums[c] / places).toList();
        // A channel of one value has no spread; any factor serves then.
        List<Double> deviation = IntStream.range(0, channels)
                .mapToObj(c -> Math.max(1, Math.sqrt(squares[c] / places - mean.get(c) * mean.get(c)))).toList();
        return new ClassifierConfig(network, data.classNames(), mean, deviation,
                PicturePreparation.isDarkBacked(pictures), mirrored, sounds);
    }

    /** Makes any picture, or any sound, such as this classifier was trained on. */
    public Preparation preparation() {
        return sounds.isPresent() ? sounds.get()
                : new PicturePreparation(network.height(), network.width(), network.channels(), darkBackground);
    }

    /**
     * Data as this classifier takes them: pictures as they are, sounds as their spectrograms.
     *
     * @throws IllegalArgumentException if they are of the other kind, or sounds of another rate or length
     */
    public ImageDataset seen(Dataset data) {
        requireKnown(data);
        return data instanceof AudioDataset clips ? clips.spectrograms(sounds.orElseThrow()) : (ImageDataset) data;
    }

    /** The test part of {@link #seen}, for less work. */
    public ImageDataset.Part seenTest(Dataset data) {
        requireKnown(data);
        return data instanceof AudioDataset clips ? clips.test().spectrograms(sounds.orElseThrow())
                : ((ImageDataset) data).test();
    }

    /** Throws what {@link #seen} would, at once. */
    public void requireKnown(Dataset data) {
        if (data instanceof AudioDataset clips && sounds.isPresent()) {
            sounds.get().requireFits(clips.train().sounds());
            return;
        }
        if (data instanceof ImageDataset && sounds.isEmpty()) {
            return;
        }
        throw new IllegalArgumentException("the classifier recognises " + examples() + ", but " + data.name()
                + " holds " + data.examples() + ": take other data, or a classifier of "
                + (sounds.isPresent() ? "pictures, such as " + CnnPipeline.FASHION_CNN
                        : "sounds, such as " + CnnPipeline.DIGITS_CNN));
    }

    /** What it recognises, for messages. */
    public String examples() {
        return sounds.isPresent() ? "sounds" : "pictures";
    }

    /**
     * All of this as text, which the hashes of the classifier's features are made of; for one of pictures as it was
     * before there were others, so that known hashes stay.
     */
    String fingerprint() {
        String pictures = "ClassifierConfig[network=" + network + ", classNames=" + classNames + ", mean=" + mean
                + ", deviation=" + deviation + ", darkBackground=" + darkBackground + ", mirrored=" + mirrored + "]";
        return sounds.isPresent() ? pictures + " " + sounds.get() : pictures;
    }

    Config settings() {
        Config settings = Config.empty().with("_class_name", CLASS_NAME).with("height", network.height())
                .with("width", network.width()).with("channels", network.channels())
                .with("stem_filters", network.stemFilters()).with("stem_pool", network.stemPool())
                .with("widths", network.widths().stream().mapToInt(Integer::intValue).toArray())
                .with("blocks", network.blocks().stream().mapToInt(Integer::intValue).toArray())
                .with("norm_groups", network.normGroups()).with("classes", classNames)
                .with("mean", mean.stream().mapToDouble(Double::doubleValue).toArray())
                .with("deviation", deviation.stream().mapToDouble(Double::doubleValue).toArray())
                .with("dark_background", darkBackground).with("mirrored", mirrored);
        if (sounds.isEmpty()) {
            return settings;
        }
        MelSpectrogram seen = sounds.get().spectrogram();
        return settings.with("mel_rate", seen.rate()).with("mel_bands", seen.bands()).with("mel_hop", seen.hop())
                .with("mel_window", seen.window()).with("mel_floor", seen.floor())
                .with("samples", sounds.get().samples()).with("peak", sounds.get().peak());
    }

    /**
     * What a model's folder says it is.
     *
     * @throws BadFileException naming what is not understood
     */
    static ClassifierConfig of(ModelFolder files) throws IOException {
        files.require(Set.of(ConvNetModel.PIPELINE), Set.of(ConvNetModel.COMPONENT));
        return of(files.config(ConvNetModel.COMPONENT));
    }

    private static ClassifierConfig of(Config settings) throws BadFileException {
        ConfigReader reader = settings.reader(CLASS_NAME);
        List<String> names = reader.names("classes", ConvNetConfig.MOST_CHANNELS);
        ConvNetConfig network = network(reader, names.size());
        List<Double> mean = reader.numbers("mean", network.channels(), 0, LARGEST);
        List<Double> deviation = reader.numbers("deviation", network.channels(), LEAST_DEVIATION, LARGEST);
        boolean darkBackground = reader.flag("dark_background", false);
        boolean mirrored = reader.flag("mirrored", false);
        Optional<SoundPreparation> sounds = reader.has("mel_rate") ? Optional.of(sounds(reader)) : Optional.empty();
        reader.done();
        return reader
                .make(() -> new ClassifierConfig(network, names, mean, deviation, darkBackground, mirrored, sounds));
    }

    private static ConvNetConfig network(ConfigReader reader, int classes) throws BadFileException {
        int height = reader.integer("height", 1, ConvNetConfig.MOST_PIXELS);
        int width = reader.integer("width", 1, ConvNetConfig.MOST_PIXELS);
        int channels = reader.integer("channels", 1, ConvNetConfig.MOST_CHANNELS);
        int stemFilters = reader.integer("stem_filters", 1, ConvNetConfig.MOST_CHANNELS);
        int stemPool = reader.integer("stem_pool", 1, ConvNetConfig.MOST_PIXELS);
        List<Integer> widths = reader.integers("widths", 1, ConvNetConfig.MOST_CHANNELS);
        List<Integer> blocks = reader.integers("blocks", 1, ConvNetConfig.MOST_BLOCKS);
        int normGroups = reader.integer("norm_groups", 0, 0, ConvNetConfig.MOST_CHANNELS);
        return reader.make(() -> new ConvNetConfig(height, width, channels, classes, stemFilters, stemPool, widths,
                blocks, normGroups));
    }

    private static SoundPreparation sounds(ConfigReader reader) throws BadFileException {
        int rate = reader.integer("mel_rate", 1, MOST_SAMPLES);
        int bands = reader.integer("mel_bands", 1, ConvNetConfig.MOST_PIXELS);
        int hop = reader.integer("mel_hop", 1, MOST_SAMPLES);
        int window = reader.integer("mel_window", 1, MOST_SAMPLES);
        float floor = (float) reader.number("mel_floor", -LARGEST_DECIBELS, 0);
        int samples = reader.integer("samples", 1, MOST_SAMPLES);
        double peak = reader.number("peak", 0, 1);
        return reader
                .make(() -> new SoundPreparation(new MelSpectrogram(rate, bands, hop, window, floor), samples, peak));
    }
}
