package io.zoetrope.metric;

import io.zoetrope.cuda.Device;
import io.zoetrope.data.AudioDataset;
import io.zoetrope.data.ImageDataset;
import io.zoetrope.data.Images;
import io.zoetrope.data.Sounds;
import io.zoetrope.io.Progress;
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
     * @param classNames of the classes that were asked for; where the encoder does not know them all, how often they
     *                   are heard stays open
     * @param labels     the class asked for in each sound, among {@code classNames}
     * @param seed       of the draws of {@link FeatureEvaluation}
     * @throws IllegalArgumentException if encoder, sounds and data do not fit one another, saying why
     */
    public static SoundReport measure(Device device, Classifier encoder, String name, Sounds generated,
            List<String> classNames, int[] labels, AudioDataset data, long seed, Progress progress) {
        ImageDataset real = encoder.seen(data);
        Images spectrograms = encoder.seen(generated);
        float[][] probabilities = encoder.classify(spectrograms, progress);
        RecognitionReport recognition = RecognitionReport.of(encoder.classNames(), probabilities,
                asked(classNames, labels, encoder.classNames()));
        return new SoundReport(recognition,
                FeatureEvaluation.measure(device, encoder.encoder(name), spectrograms, real, seed, progress));
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
