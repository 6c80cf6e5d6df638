package io.zoetrope.data;

import io.zoetrope.io.Digests;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;

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

        /** At most {@code count} of the pictures, evenly spread over all. */
        public Part spread(int count) {
            int kept = Math.min(count, images.count());
            return chosen(IntStream.range(0, kept).map(i -> (int) ((long) i * images.count() / kept)).toArray());
        }

        /**
         * The pictures whose description is {@code wanted}, in order.
         *
         * @throws IllegalArgumentException if none is
         */
        Part only(Predicate<Description> wanted) {
            return chosen(IntStream.range(0, images.count()).filter(i -> wanted.test(descriptions.get(i))).toArray());
        }

        private Part chosen(int... numbers) {
            int stride = images.stride();
            byte[] pixels = new byte[numbers.length * stride];
            for (int i = 0; i < numbers.length; i++) {
                System.arraycopy(images.pixels(), numbers[i] * stride, pixels, i * stride, stride);
            }
            return new Part(new Images(numbers.length, images.height(), images.width(), images.channels(), pixels),
                    IntStream.of(numbers).mapToObj(descriptions::get).toList());
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

    /** The pictures of these topics alone, held ones too; parts that have none are gone. No topics: all pictures. */
    public CaptionedDataset onTopics(List<String> topics) {
        if (topics.isEmpty()) {
            return this;
        }
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

    /** The pictures of all parts, those learned from first. */
    public Images allPictures() {
        List<Images> all = Stream.concat(Stream.of(train), held.values().stream()).map(Part::images).toList();
        byte[] pixels = new byte[all.stream().mapToInt(images -> images.pixels().length).sum()];
        int at = 0;
        for (Images images : all) {
            System.arraycopy(images.pixels(), 0, pixels, at, images.pixels().length);
            at += images.pixels().length;
        }
        return new Images(pixels.length / train.images().stride(), height(), width(), 3, pixels);
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
