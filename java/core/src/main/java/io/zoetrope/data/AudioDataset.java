package io.zoetrope.data;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.HexFormat;
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
public record AudioDataset(String name, List<String> classNames, Part train, Part test) implements Dataset {
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

        /**
         * As a model sees them.
         *
         * @throws IllegalArgumentException if it knows clips of another rate or length
         */
        public ImageDataset.Part spectrograms(SoundPreparation model) {
            return new ImageDataset.Part(model.images(sounds), labels);
        }
    }

    public AudioDataset {
        classNames = List.copyOf(classNames);
        if (train.sounds().samples() != test.sounds().samples() || train.sounds().rate() != test.sounds().rate()) {
            throw new IllegalArgumentException(
                    "training and test clips differ in length or rate: " + train.sounds() + " and " + test.sounds());
        }
        Labels.require(name, "training", train.labels(), classNames);
        Labels.require(name, "test", test.labels(), classNames);
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

    @Override
    public String digest() {
        MessageDigest digest = Labels.digest(train.labels(), classNames);
        short[] values = train.sounds().values();
        ByteBuffer clip = ByteBuffer.allocate(Math.multiplyExact(Short.BYTES, samples()));
        for (int at = 0; at < values.length; at += samples()) {
            clip.clear().asShortBuffer().put(values, at, samples());
            digest.update(clip);
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    /** The same set as pictures: each clip's spectrogram, as networks that recognise pictures take it. */
    public ImageDataset spectrograms(MelSpectrogram spectrogram) {
        return spectrograms(new SoundPreparation(spectrogram, samples(), 0));
    }

    /**
     * The same set as a model sees it.
     *
     * @throws IllegalArgumentException if it knows clips of another rate or length
     */
    public ImageDataset spectrograms(SoundPreparation model) {
        return new ImageDataset(name, classNames, train.spectrograms(model), test.spectrograms(model));
    }
}
