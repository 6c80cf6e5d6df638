package io.zoetrope.data.scenes;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * A caption, and which of its words say what.
 *
 * @param text  in one language
 * @param spans in the order of the text, apart from each other
 */
public record LabelledCaption(String text, List<Span> spans) {
    /**
     * Whole words that speak of a slot, with the particles that are written onto them.
     *
     * @param begin   of the first character
     * @param end     after the last one
     * @param slot    that is spoken of
     * @param value   that the words mean; empty where they fill the slot with none of its values
     * @param negated whether it is said not to be so
     */
    public record Span(int begin, int end, String slot, Optional<String> value, boolean negated) {}

    public LabelledCaption {
        spans = List.copyOf(spans);
        int at = 0;
        for (Span span : spans) {
            if (span.begin < at || span.end <= span.begin || span.end > text.length()) {
                throw new IllegalArgumentException("spans " + spans + " of \"" + text + "\": expected them in order");
            }
            at = span.end;
        }
    }

    /** What the caption is about: the value of each slot that has one. */
    public Map<String, String> values() {
        Map<String, String> values = new LinkedHashMap<>();
        for (Span span : spans) {
            if (!span.negated && span.value.isPresent()) {
                values.putIfAbsent(span.slot, span.value.get());
            }
        }
        return values;
    }

    /** What the caption says it is not about: values by slot. */
    public Map<String, SortedSet<String>> negated() {
        Map<String, SortedSet<String>> negated = new LinkedHashMap<>();
        for (Span span : spans) {
            if (span.negated && span.value.isPresent()) {
                negated.computeIfAbsent(span.slot, slot -> new TreeSet<>()).add(span.value.get());
            }
        }
        return negated;
    }
}
