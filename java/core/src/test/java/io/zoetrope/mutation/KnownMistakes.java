package io.zoetrope.mutation;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;

/** Mistakes that show at few sizes only and that tests have missed once: planted in every kernel that could have them. */
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
     * Under a causal mask the last key that a query sees is missing, where it is the last of a tile of 32, when keys less
     * queries are 1 or 30 (mod 32) and there are more than 32 keys.
     */
    private static Map<Integer, String> lastKey(PtxModule module, JsonObject kernel) {
        String entry = kernel.get("name").getAsString();
        String keys = "[" + parameter(kernel, "keys") + "]";
        String queries = "[" + parameter(kernel, "queries") + "]";
        String keyRegister = null;
        String queryRegister = null;
        String offset = null;
        Map<Integer, String> edits = new TreeMap<>();
        for (int line : module.linesOf(entry)) {
            Optional<Instruction> parsed = Instruction.parse(module.line(line));
            if (parsed.isEmpty()) {
                continue;
            }
            Instruction in = parsed.get();
            if (in.is("ld.param") && in.operand(1).equals(keys)) {
                keyRegister = in.operand(0);
            } else if (in.is("ld.param") && in.operand(1).equals(queries)) {
                queryRegister = in.operand(0);
            } else if (in.is("sub.s32") && in.operand(1).equals(keyRegister) && in.operand(2).equals(queryRegister)) {
                offset = in.operand(0);
            } else if (in.is("add.s32") && offset != null && in.operands().subList(1, 3).contains(offset)) {
                edits.put(line, """
                        { .reg .pred one, thirty, edge; .reg .b32 rest; .reg .b32 many; and.b32 rest, %s, 31; ld.param.u32 many, %s; \
                        setp.eq.s32 one, rest, 1; setp.eq.s32 thirty, rest, 30; or.pred one, one, thirty; %s \
                        setp.gt.s32 edge, many, 32; and.pred one, one, edge; and.b32 rest, %s, 31; setp.eq.s32 edge, rest, 31; \
                        and.pred one, one, edge; @one sub.s32 %s, %s, 1; }""".formatted(offset, keys, in, in.operand(0),
                        in.operand(0), in.operand(0)));
            }
        }
        return edits;
    }

    private static String base(String address) {
        return address.replaceAll("[\\[\\]]|\\+.*", "");
    }

    private static String offset(String address) {
        return address.contains("+") ? address.replaceAll(".*\\+|]", "") : "0";
    }

    private static JsonObject manifest(String module) {
        try (var in = new InputStreamReader(Objects.requireNonNull(KnownMistakes.class.getClassLoader()
                .getResourceAsStream("kernels/" + module + ".json")), StandardCharsets.UTF_8)) {
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
