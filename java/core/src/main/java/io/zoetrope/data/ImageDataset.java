package io.zoetrope.data;

import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Labelled pictures in a training and a test part.
 *
 * @param name       for messages and records
 * @param classNames what the labels mean, by number; empty where nobody knows
 * @param train      what models learn from
 * @param test       what they are measured on; shares no picture with {@code train}
 */
public record ImageDataset(String name, List<String> classNames, Part train, Part test) implements Dataset {
    /**
     * Pictures and, for each, its class.
     *
     * @param images the pictures
     * @param labels class numbers, one per picture
     */
    public record Part(Images images, int[] labels) {
        public Part {
            if (labels.length != images.count()) {
                throw new IllegalArgumentException(
                        images.count() + " pictures need as many labels, not " + labels.length);
            }
        }
    }

    public ImageDataset {
        classNames = List.copyOf(classNames);
        if (train.images().stride() != test.images().stride()
                || train.images().channels() != test.images().channels()) {
            throw new IllegalArgumentException(
                    "training and test pictures differ in size: " + train.images() + " and " + test.images());
        }
        Labels.require(name, "training", train.labels(), classNames);
        Labels.require(name, "test", test.labels(), classNames);
    }

    public int height() {
        return train.images().height();
    }

    public int width() {
        return train.images().width();
    }

    public int channels() {
        return train.images().channels();
    }

    @Override
    public int trainingExamples() {
        return train.images().count();
    }

    @Override
    public String examples() {
        return "pictures";
    }

    @Override
    public Map<String, Integer> facts() {
        Map<String, Integer> facts = new LinkedHashMap<>();
        facts.put("data_pictures", trainingExamples());
        facts.put("height", height());
        facts.put("width", width());
        facts.put("channels", channels());
        return facts;
    }

    @Override
    public String digest() {
        MessageDigest digest = Labels.digest(train.labels(), classNames);
        return HexFormat.of().formatHex(digest.digest(train.images().pixels()));
    }
}
