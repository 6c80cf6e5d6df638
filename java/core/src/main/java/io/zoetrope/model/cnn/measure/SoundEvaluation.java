package io.zoetrope.model.cnn.measure;

import io.zoetrope.cuda.Device;
import io.zoetrope.data.AudioDataset;
import io.zoetrope.data.ImageDataset;
import io.zoetrope.data.Images;
import io.zoetrope.data.Sounds;
import io.zoetrope.io.Progress;
import io.zoetrope.metric.FeatureEvaluation;
import io.zoetrope.metric.Neighbourhoods;
import io.zoetrope.metric.RecognitionReport;
import io.zoetrope.metric.SoundReport;
import io.zoetrope.model.cnn.ClassifierConfig;
import io.zoetrope.model.cnn.CnnPipeline;
import java.util.List;

/** Measures generated sounds by what a classifier of sounds hears in them, and beside the test part of a data set. */
public final class SoundEvaluation {
    private SoundEvaluation() {
    }

    /**
     * Measures.
     *
     * @param encoder    knows sounds of this rate and length
     * @param name       the encoder's, for the report
     * @param generated  more than {@link Neighbourhoods#DEFAULT_K} sounds
     * @param classNames of the classes that were asked for; where the encoder does not know them all, how often they are
     *                   heard stays open
     * @param labels     the class asked for in each sound, among {@code classNames}
     * @param seed       of the draws of {@link FeatureEvaluation}
     * @throws IllegalArgumentException if encoder, sounds and data do not fit one another, saying why
     */
    public static SoundReport measure(Device device, CnnPipeline encoder, String name, Sounds generated,
            List<String> classNames, int[] labels, AudioDataset data, long seed, Progress progress) {
        ClassifierConfig config = encoder.model().config();
        ImageDataset real = config.seen(data);
        Images spectrograms = config.sounds().orElseThrow().images(generated);
        float[][] probabilities = encoder.classify(spectrograms, progress);
        RecognitionReport recognition = RecognitionReport.of(config.classNames(), probabilities,
                asked(classNames, labels, config.classNames()));
        return new SoundReport(recognition, FeatureEvaluation.measure(device, new CnnEncoder(encoder, name), spectrograms,
                real, seed, progress));
    }

    /** The classes asked for as the encoder numbers them, or null where it does not know them. */
    private static int[] asked(List<String> classNames, int[] labels, List<String> known) {
        if (classNames.isEmpty() || !known.containsAll(classNames)) {
            return null;
        }
        int[] asked = new int[labels.length];
        for (int i = 0; i < labels.length; i++) {
            asked[i] = known.indexOf(classNames.get(labels[i]));
        }
        return asked;
    }
}
