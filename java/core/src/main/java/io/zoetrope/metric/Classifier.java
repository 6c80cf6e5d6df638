package io.zoetrope.metric;

import io.zoetrope.data.Dataset;
import io.zoetrope.data.ImageDataset;
import io.zoetrope.data.Images;
import io.zoetrope.data.Preparation;
import io.zoetrope.data.Sounds;
import io.zoetrope.io.Progress;
import java.util.List;

/** A trained network that knows classes of pictures, or of sounds by their spectrograms. */
public interface Classifier extends AutoCloseable {
    /** What the classes mean, in the order of the probabilities. */
    List<String> classNames();

    /** Makes any picture, or any sound, such as it was trained on. */
    Preparation preparation();

    /** The probability of each class for each picture, [pictures][classes]. */
    float[][] classify(Images pictures, Progress progress);

    /** The number of the likeliest class of each picture. */
    default int[] labels(Images pictures) {
        return Probabilities.likeliest(classify(pictures, Progress.none()));
    }

    /**
     * What it decides by, as features; it lives as long as the classifier.
     *
     * @param name for reports
     */
    FeatureEncoder encoder(String name);

    /** Throws what {@link #seen(Dataset)} would, at once. */
    void requireKnown(Dataset data);

    /**
     * Data as it takes them: pictures as they are, sounds as their spectrograms.
     *
     * @throws IllegalArgumentException if they are of the other kind, or sounds of another rate or length
     */
    ImageDataset seen(Dataset data);

    /** The test part of {@link #seen(Dataset)}, for less work. */
    ImageDataset.Part seenTest(Dataset data);

    /**
     * Sounds as it takes them.
     *
     * @throws IllegalArgumentException if it knows none, or of another rate or length
     */
    Images seen(Sounds sounds);

    @Override
    void close();
}
