package io.zoetrope.mutation;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** Mistakes that show at few sizes only and that tests have missed once, planted in every kernel they could be in. */
final class KnownMistakes {
    private KnownMistakes() {
    }

    static List<Mutant> of(PtxModule module) {
        List<Mutant> mutants = new ArrayList<>();
        String name = module.name();
        if (!name.startsWith("gemm/") && !name.startsWith("attention/attention_forward")) {
            return mutants;
        }
        for (var entry : manifest(name).getAsJsonArray("entries")) {
            JsonObject kernel = entry.getAsJsonObject();
            Map<Integer, String> edits = name.startsWith("gemm/") ? lastBias(module, kernel) : lastKey(module, kernel);
            if (edits.isEmpty()) {
                throw new IllegalStateException("the PTX of " + name + " has no place for the known mistake in "
                        + kernel.get("name").getAsString() + ": look at how it is compiled now");
            }
            mutants.add(new Mutant(name, kernel.get("name").getAsString(), edits.keySet().iterator().next(),
                    Mistake.KNOWN, edits));
        }
        return mutants;
    }

    /** The bias of the last column counts as 0 when columns mod 8 = 5: every read of its address is changed. */
    private static Map<Integer, String> lastBias(PtxModule module, JsonObject kernel) {
        String entry = kernel.get("name").getAsString();
        String bias = "[" + parameter(kernel, "bias") + "]";
        String columns = "[" + parameter(kernel, "shape") + "+" + field(kernel, "shape", "n") + "]";
        Map<Integer, String> edits = new TreeMap<>();
        for (int line : module.linesOf(entry)) {
            Optional<Instruction> read = Instruction.parse(module.line(line))
                    .filter(in -> in.opcode().matches("ld\\.global(\\.nc)?\\.f32"));
            read.ifPresent(in -> edits.put(line, """
                    { .reg .pred missing, five; .reg .b32 columns; .reg .b64 last, offset, here; \
                    ld.param.u64 last, %s; ld.param.u32 columns, %s; sub.s32 columns, columns, 1; \
                    mul.wide.s32 offset, columns, 4; add.s64 last, last, offset; add.s64 here, %s, %s; \
                    setp.eq.s64 missing, here, last; and.b32 columns, columns, 7; setp.eq.s32 five, columns, 4; \
                    and.pred missing, missing, five; %s @missing mov.f32 %s, 0f00000000; }""".formatted(bias, columns,
                    base(in.operand(1)), offset(in.operand(1)), in, in.operand(0))));
        }
        return edits;
    }

    /**
     * Under a causal mask the last key that a query sees is missing, where it is the last of a tile of 32, when keys
     * less queries are 1 or 30 (mod 32) and there are more than 32 keys: every comparison of a key with the query's
     * last one, the lesser of {@code keys - 1} and the mask's, is changed. The additions that lead there are no place
     * for it: of a thread's queries only the first is added so, and that one never ends a tile.
     */
    private static Map<Integer, String> lastKey(PtxModule module, JsonObject kernel) {
        String entry = kernel.get("name").getAsString();
        String keys = "[" + parameter(kernel, "keys") + "]";
        Set<String> counts = new HashSet<>();
        Set<String> ends = new HashSet<>();
        Set<String> lasts = new HashSet<>();
        Map<Integer, String> edits = new TreeMap<>();
        for (int line : module.linesOf(entry)) {
            Instruction in = Instruction.parse(module.line(line)).orElse(null);
            if (in == null) {
                continue;
            }
            if (in.is("ld.param") && in.operand(1).equals(keys)) {
                counts.add(in.operand(0));
            } else if (in.is("add.s32") && counts.contains(in.operand(1)) && in.operand(2).equals("-1")) {
                ends.add(in.operand(0));
            } else if ((in.is("min.s32") || in.is("selp.b32"))
                    && (ends.contains(in.operand(1)) || ends.contains(in.operand(2)))) {
                lasts.add(in.operand(0));
            } else if (in.opcode().matches("setp\\.[a-z]+\\.s32") && lasts.contains(in.operand(2))) {
                edits.put(line, withoutLastKey(in, keys, "[" + parameter(kernel, "queries") + "]",
                        "[" + parameter(kernel, "causal") + "]"));
            }
        }
        return edits;
    }

    private static String withoutLastKey(Instruction comparison, String keys, String queries, String causal) {
        return """
                { .reg .pred missing, other; .reg .b32 count, rest, last; \
                ld.param.u32 count, %s; ld.param.u32 rest, %s; sub.s32 rest, count, rest; and.b32 rest, rest, 31; \
                setp.eq.s32 missing, rest, 1; setp.eq.s32 other, rest, 30; or.pred missing, missing, other; \
                setp.gt.s32 other, count, 32; and.pred missing, missing, other; \
                ld.param.u32 rest, %s; setp.ne.s32 other, rest, 0; and.pred missing, missing, other; \
                mov.u32 last, %s; and.b32 rest, last, 31; \
                setp.eq.s32 other, rest, 31; and.pred missing, missing, other; \
                @missing sub.s32 last, last, 1; %s }""".formatted(keys, queries, causal, comparison.operand(2),
                comparison.operand(2, "last"));
    }

    private static String base(String address) {
        return address.replaceAll("[\\[\\]]|\\+.*", "");
    }

    private static String offset(String address) {
        return address.contains("+") ? address.replaceAll(".*\\+|]", "") : "0";
    }

    private static JsonObject manifest(String module) {
        try (var in = new InputStreamReader(
                Objects.requireNonNull(
                        KnownMistakes.class.getClassLoader().getResourceAsStream("kernels/" + module + ".json")),
                StandardCharsets.UTF_8)) {
            return JsonParser.parseReader(in).getAsJsonObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String parameter(JsonObject kernel, String name) {
        var parameters = kernel.getAsJsonArray("parameters");
        for (int i = 0; i < parameters.size(); i++) {
            if (parameters.get(i).getAsJsonObject().get("name").getAsString().equals(name)) {
                return kernel.get("name").getAsString() + "_param_" + i;
            }
        }
        throw new IllegalStateException(kernel.get("name").getAsString() + " has no parameter " + name);
    }

    private static int field(JsonObject kernel, String parameter, String name) {
        for (var each : kernel.getAsJsonArray("parameters")) {
            if (each.getAsJsonObject().get("name").getAsString().equals(parameter)) {
                for (var field : each.getAsJsonObject().getAsJsonArray("fields")) {
                    if (field.getAsJsonObject().get("name").getAsString().equals(name)) {
                        return field.getAsJsonObject().get("offset").getAsInt();
                    }
                }
            }
        }
        throw new IllegalStateException(kernel.get("name").getAsString() + " has no " + parameter + "." + name);
    }
}
