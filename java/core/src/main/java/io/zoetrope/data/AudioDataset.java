package io.zoetrope.data;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Labelled clips in a training and a test part.
 *
 * @param name       for messages and records
 * @param classNames what the labels mean, by number
 * @param train      what models learn from
 * @param test       what they are measured on; shares no recording with {@code train}
 */
public record AudioDataset(String name, List<String> classNames, Part train, Part test)
        implements Dataset {
    /**
     * Clips and, for each, its class.
     *
     * @param sounds the clips
     * @param labels class numbers, one per clip
     */
    public record Part(Sounds sounds, int[] labels) {
        public Part {
            if (labels.length != sounds.count()) {
                throw new IllegalArgumentException(sounds.count() + " clips need as many labels, not " + labels.length);
            }
        }
    }

    public AudioDataset {
        classNames = List.copyOf(classNames);
        if (train.sounds().samples() != test.sounds().samples() || train.sounds().rate() != test.sounds().rate()) {
            throw new IllegalArgumentException("training and test clips differ in length or rate: " + train.sounds()
                    + " and " + test.sounds());
        }
    }

    /** Samples per clip. */
    public int samples() {
        return train.sounds().samples();
    }

    /** Samples per second. */
    public int rate() {
        return train.sounds().rate();
    }

    @Override
    public int trainingExamples() {
        return train.sounds().count();
    }

    @Override
    public String examples() {
        return "clips";
    }

    @Override
    public Map<String, Integer> facts() {
        Map<String, Integer> facts = new LinkedHashMap<>();
        facts.put("data_clips", trainingExamples());
        facts.put("samples", samples());
        facts.put("rate", rate());
        return facts;
    }

    /** The same set as pictures: each clip's spectrogram, as networks that recognise pictures take it. */
    public ImageDataset spectrograms(MelSpectrogram spectrogram) {
        return new ImageDataset(name, classNames,
                new ImageDataset.Part(spectrogram.images(train.sounds()), train.labels()),
                new ImageDataset.Part(spectrogram.images(test.sounds()), test.labels()));
    }
}
