package io.zoetrope.metric;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * How often the slots of prompts are understood. A slot is right when its value is found, or when none is said and none
 * found; since most prompts leave slots out, those that are said are counted apart, too.
 */
public final class SlotReport {
    private final List<String> slots;
    private final List<Row> rows = new ArrayList<>();

    /**
     * What prompts say, or were understood to say.
     *
     * @param values  by slot; a slot without one is not among them
     * @param negated values that they say no to, by slot
     */
    public record Meaning(Map<String, String> values, Map<String, SortedSet<String>> negated) {}

    /**
     * What was found for some prompts.
     *
     * @param part        which, such as "held-out templates"
     * @param prompts     how many
     * @param right       share of slots that are right
     * @param said        share of slots that are said and whose value was found; 1 where none is said
     * @param whole       share of prompts all of whose slots and negations are right
     * @param negations   how many values are said no to
     * @param understood  share of those that were found
     * @param ofSlot      share of prompts in which a slot is right, by slot
     */
    public record Row(String part, int prompts, double right, double said, double whole, int negations,
            double understood, Map<String, Double> ofSlot) {}

    /** @param slots by name, in order */
    public SlotReport(List<String> slots) {
        this.slots = List.copyOf(slots);
    }

    /**
     * Adds a part.
     *
     * @param labelled what prompts say, one or more
     * @param found    what they were understood to say, one each
     */
    public void add(String part, List<Meaning> labelled, List<Meaning> found) {
        if (labelled.isEmpty() || labelled.size() != found.size()) {
            throw new IllegalArgumentException(part + ": " + labelled.size() + " labelled prompts and " + found.size()
                    + " understood ones: expected one or more, as many of both");
        }
        int[] right = new int[slots.size()];
        int said = 0;
        int saidRight = 0;
        int whole = 0;
        int negations = 0;
        int understood = 0;
        for (int i = 0; i < labelled.size(); i++) {
            Meaning is = labelled.get(i);
            Meaning was = found.get(i);
            boolean all = is.negated().equals(was.negated());
            for (int s = 0; s < slots.size(); s++) {
                String value = is.values().get(slots.get(s));
                boolean same = value == null ? !was.values().containsKey(slots.get(s))
                        : value.equals(was.values().get(slots.get(s)));
                right[s] += same ? 1 : 0;
                said += value == null ? 0 : 1;
                saidRight += value != null && same ? 1 : 0;
                all &= same;
            }
            whole += all ? 1 : 0;
            for (Map.Entry<String, SortedSet<String>> no : is.negated().entrySet()) {
                negations += no.getValue().size();
                understood += (int) no.getValue().stream()
                        .filter(was.negated().getOrDefault(no.getKey(), new TreeSet<>())::contains).count();
            }
        }
        Map<String, Double> ofSlot = new LinkedHashMap<>();
        double sum = 0;
        for (int s = 0; s < slots.size(); s++) {
            ofSlot.put(slots.get(s), (double) right[s] / labelled.size());
            sum += right[s];
        }
        rows.add(new Row(part, labelled.size(), sum / (labelled.size() * slots.size()), share(saidRight, said),
                (double) whole / labelled.size(), negations, share(understood, negations), ofSlot));
    }

    private static double share(int count, int of) {
        return of == 0 ? 1 : (double) count / of;
    }

    public List<Row> rows() {
        return List.copyOf(rows);
    }

    /** For people. */
    public String table() {
        StringBuilder table = new StringBuilder(String.format(Locale.ROOT, "%-32s%8s%8s%8s%8s%10s", "prompts", "number",
                "slots", "said", "whole", "negations"));
        slots.forEach(slot -> table.append(String.format(Locale.ROOT, "%9s", slot)));
        table.append(System.lineSeparator());
        for (Row row : rows) {
            table.append(String.format(Locale.ROOT, "%-32s%8d%8.3f%8.3f%8.3f%10s", row.part(), row.prompts(),
                    row.right(), row.said(), row.whole(),
                    row.negations() == 0 ? "none" : String.format(Locale.ROOT, "%.3f", row.understood())));
            slots.forEach(slot -> table.append(String.format(Locale.ROOT, "%9.3f", row.ofSlot().get(slot))));
            table.append(System.lineSeparator());
        }
        return table
                .append("slots: share of all slots that are right, those not said included; said: of those that are")
                .append(" said; whole: prompts all right").toString();
    }

    /** For programs. */
    public JsonArray json() {
        JsonArray parts = new JsonArray();
        for (Row row : rows) {
            JsonObject part = new JsonObject();
            part.addProperty("prompts", row.part());
            part.addProperty("number", row.prompts());
            part.addProperty("slots_right", row.right());
            part.addProperty("said_slots_right", row.said());
            part.addProperty("whole_prompts_right", row.whole());
            part.addProperty("negations", row.negations());
            part.addProperty("negations_right", row.understood());
            row.ofSlot().forEach((slot, share) -> part.addProperty(slot + "_right", share));
            parts.add(part);
        }
        return parts;
    }
}
