package io.zoetrope.mutation;

import java.util.Map;
import java.util.TreeMap;

/**
 * A module with one mistake.
 *
 * @param line  of the PTX, from 1
 * @param edits the text of the lines that differ: one, or two where parameters are exchanged
 */
record Mutant(String module, String entry, int line, Mistake mistake, Map<Integer, String> edits) {
    /** Names it in reports and across runs of one build. */
    String key() {
        return module + ":" + line + ":" + mistake;
    }

    String ptx(PtxModule original) {
        return original.with(edits);
    }

    /** The same module with a trap where the mistake was: fails in a run that comes there. */
    String trapped(PtxModule original) {
        Instruction in = Instruction.parse(original.line(line)).orElseThrow();
        String trap = new Instruction(in.guard(), "trap", java.util.List.of()).toString();
        return original.with(Map.of(line, trap + " " + original.line(line)));
    }

    String change(PtxModule original) {
        StringBuilder text = new StringBuilder();
        new TreeMap<>(edits).forEach((number, wrong) -> text.append(text.isEmpty() ? "" : "; ").append('`')
                .append(original.line(number).strip()).append("` → `").append(wrong).append('`'));
        return text.toString();
    }
}
