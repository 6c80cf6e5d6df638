package io.zoetrope.mutation;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One PTX instruction that stands on a line of its own, as nvcc writes all but calls.
 *
 * @param guard empty, or the predicate with its {@code @}
 */
record Instruction(String guard, String opcode, List<String> operands) {
    private static final Pattern FORM = Pattern.compile("(@!?%p\\d+ )?\\s*([a-z][a-z0-9_.:]*)(?:\\s+([^;]+))?;");

    /** Empty when the line is a label, a directive or holds more than an instruction. */
    static Optional<Instruction> parse(String line) {
        Matcher form = FORM.matcher(line.strip());
        return form.matches() ? Optional.of(new Instruction(form.group(1) == null ? "" : form.group(1).strip(),
                form.group(2), operands(form.group(3)))) : Optional.empty();
    }

    private static List<String> operands(String text) {
        List<String> operands = new ArrayList<>();
        int depth = 0;
        StringBuilder one = new StringBuilder();
        for (char c : (text == null ? "" : text).toCharArray()) {
            depth += c == '{' || c == '[' ? 1 : c == '}' || c == ']' ? -1 : 0;
            if (c == ',' && depth == 0) {
                operands.add(one.toString().strip());
                one.setLength(0);
            } else {
                one.append(c);
            }
        }
        if (!one.isEmpty()) {
            operands.add(one.toString().strip());
        }
        return List.copyOf(operands);
    }

    String operand(int index) {
        return operands.get(index);
    }

    /** Whether the opcode begins with these of its parts, such as {@code setp.lt}. */
    boolean is(String parts) {
        return opcode.equals(parts) || opcode.startsWith(parts + ".");
    }

    String type() {
        return opcode.substring(opcode.lastIndexOf('.') + 1);
    }

    Optional<Long> immediate(int index) {
        return index < operands.size() && operand(index).matches("-?\\d{1,18}")
                ? Optional.of(Long.parseLong(operand(index))) : Optional.empty();
    }

    Instruction opcode(String other) {
        return new Instruction(guard, other, operands);
    }

    Instruction operand(int index, Object value) {
        List<String> changed = new ArrayList<>(operands);
        changed.set(index, value.toString());
        return new Instruction(guard, opcode, List.copyOf(changed));
    }

    @Override
    public String toString() {
        return (guard.isEmpty() ? "" : guard + " ") + opcode
                + (operands.isEmpty() ? "" : " " + String.join(", ", operands)) + ";";
    }
}
