package io.zoetrope.data;

import java.util.List;

/**
 * What is said of a picture.
 *
 * @param key      names the picture within its set
 * @param concept  what it shows, whatever the variant: pictures of one concept differ in tone, gender or style
 * @param topics   from wide to narrow, such as animals-nature and animal-mammal; empty where nobody says
 * @param wordings the same said in one or more languages, at least one
 */
public record Description(String key, String concept, List<String> topics, List<Wording> wordings) {
    /**
     * A caption and words that go with it.
     *
     * @param label a caption: woman surfing
     * @param tags  words that fit as well: beach, ocean; may be none
     */
    public record Wording(String label, List<String> tags) {
        public Wording {
            tags = List.copyOf(tags);
            if (label.isBlank()) {
                throw new IllegalArgumentException("a caption is empty: expected words");
            }
        }
    }

    public Description {
        topics = List.copyOf(topics);
        wordings = List.copyOf(wordings);
        if (wordings.isEmpty()) {
            throw new IllegalArgumentException(key + " has no caption: expected one or more");
        }
    }

    /** The caption in the first language. */
    public String label() {
        return wordings.get(0).label();
    }
}
