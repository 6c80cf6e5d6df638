package io.zoetrope.data.scenes;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a caption of a scene may say: slots, such as subject and place, and the values that each may take. Slots and
 * values are numbered in order; values over all slots, so that a number names the slot too.
 *
 * @param values by slot; no slot is without one
 */
public record Slots(Map<String, List<String>> values) {
    public Slots {
        Map<String, List<String>> copy = new LinkedHashMap<>();
        values.forEach((slot, known) -> copy.put(slot, List.copyOf(known)));
        values = Collections.unmodifiableMap(copy);
        if (values.isEmpty() || values.values().stream().anyMatch(List::isEmpty)) {
            throw new IllegalArgumentException("slots " + values + ": expected one or more, each with values");
        }
    }

    /** The slots in order. */
    public List<String> names() {
        return List.copyOf(values.keySet());
    }

    /** All values, slot by slot. */
    public List<String> allValues() {
        List<String> all = new ArrayList<>();
        values.values().forEach(all::addAll);
        return all;
    }

    /** The number of a slot. @throws IllegalArgumentException if there is none of that name */
    public int number(String slot) {
        int number = names().indexOf(slot);
        if (number < 0) {
            throw new IllegalArgumentException("no slot '" + slot + "': expected one of " + names());
        }
        return number;
    }

    /** The number of a slot's first value among {@link #allValues}. */
    public int firstValue(String slot) {
        int first = 0;
        for (String other : names().subList(0, number(slot))) {
            first += values.get(other).size();
        }
        return first;
    }

    /** The number of a value among {@link #allValues}. @throws IllegalArgumentException if the slot has no such one */
    public int number(String slot, String value) {
        int first = firstValue(slot);
        int number = values.get(slot).indexOf(value);
        if (number < 0) {
            throw new IllegalArgumentException(
                    "slot '" + slot + "' has no value '" + value + "': expected one of " + values.get(slot));
        }
        return first + number;
    }
}
