package io.zoetrope.data;

import io.zoetrope.io.Digests;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * Pictures with captions: a part to learn from, and parts held out, each for a reason of its own.
 *
 * @param name  for messages and records
 * @param train what models learn from
 * @param held  by the reason, such as "held tone"; they share no picture with {@code train} and none with each other
 */
public record CaptionedDataset(String name, Part train, Map<String, Part> held) implements Dataset {
    /**
     * Pictures and, for each, what is said of it.
     *
     * @param images       RGB
     * @param descriptions one per picture
     */
    public record Part(Images images, List<Description> descriptions) {
        public Part {
            descriptions = List.copyOf(descriptions);
            if (descriptions.size() != images.count() || images.channels() != 3) {
                throw new IllegalArgumentException(
                        images + " with " + descriptions.size() + " captions: expected RGB pictures with one each");
            }
        }

        /** The pictures whose description is {@code wanted}, in order. @throws IllegalArgumentException if none is */
        Part only(Predicate<Description> wanted) {
            int stride = images.stride();
            byte[] pixels = new byte[images.pixels().length];
            List<Description> kept = new ArrayList<>();
            for (int i = 0; i < images.count(); i++) {
                if (wanted.test(descriptions.get(i))) {
                    System.arraycopy(images.pixels(), i * stride, pixels, kept.size() * stride, stride);
                    kept.add(descriptions.get(i));
                }
            }
            return new Part(new Images(kept.size(), images.height(), images.width(), images.channels(),
                    Arrays.copyOf(pixels, kept.size() * stride)), kept);
        }
    }

    public CaptionedDataset {
        held = Collections.unmodifiableMap(new LinkedHashMap<>(held));
        for (Map.Entry<String, Part> part : held.entrySet()) {
            if (part.getValue().images().stride() != train.images().stride()) {
                throw new IllegalArgumentException("training pictures and those of '" + part.getKey()
                        + "' differ in size: " + train.images() + " and " + part.getValue().images());
            }
        }
    }

    /** The pictures of these topics alone, held ones too; parts that have none are gone. */
    public CaptionedDataset onTopics(List<String> topics) {
        Predicate<Description> wanted = description -> !Collections.disjoint(description.topics(), topics);
        if (train.descriptions().stream().noneMatch(wanted)) {
            throw new IllegalArgumentException(name + " has no picture of " + String.join(", ", topics)
                    + "; its topics are " + String.join(", ", train.descriptions().stream()
                            .flatMap(description -> description.topics().stream()).distinct().sorted().toList()));
        }
        Map<String, Part> kept = new LinkedHashMap<>();
        held.forEach((reason, part) -> {
            if (part.descriptions().stream().anyMatch(wanted)) {
                kept.put(reason, part.only(wanted));
            }
        });
        return new CaptionedDataset(name, train.only(wanted), kept);
    }

    public int height() {
        return train.images().height();
    }

    public int width() {
        return train.images().width();
    }

    @Override
    public int trainingExamples() {
        return train.images().count();
    }

    @Override
    public String examples() {
        return "captioned pictures";
    }

    @Override
    public Map<String, Integer> facts() {
        Map<String, Integer> facts = new LinkedHashMap<>();
        facts.put("data_pictures", trainingExamples());
        facts.put("height", height());
        facts.put("width", width());
        return facts;
    }

    @Override
    public String digest() {
        MessageDigest digest = Digests.sha256();
        digest.update(train.descriptions().toString().getBytes(StandardCharsets.UTF_8));
        return HexFormat.of().formatHex(digest.digest(train.images().pixels()));
    }
}
