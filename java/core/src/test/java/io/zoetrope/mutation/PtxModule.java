package io.zoetrope.mutation;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The PTX of one packed kernel module, by lines, and the places in it where a mistake can be planted. */
final class PtxModule {
    private static final int FATBIN_HEADER = 16;
    private static final int PTX = 1;
    private static final Pattern ENTRY = Pattern.compile("\\.visible \\.entry (\\w+)\\(?.*");

    private final String name;
    private final List<String> lines;

    PtxModule(String name, String text) {
        this.name = name;
        this.lines = text.lines().toList();
    }

    /** @param name below {@code kernels}, such as {@code gemm/gemm_simt} */
    static PtxModule packed(String name) {
        String resource = "kernels/" + name + ".fatbin";
        try (InputStream in = PtxModule.class.getClassLoader().getResourceAsStream(resource)) {
            if (in == null) {
                throw new IllegalArgumentException(
                        resource + " is not on the class path: build and install cuda/ first");
            }
            return new PtxModule(name, ptx(resource, in.readAllBytes()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Of a fat binary's parts, each with kind (16 bits), version, bytes of its header (32) and of the rest (64). */
    private static String ptx(String resource, byte[] image) {
        ByteBuffer bytes = ByteBuffer.wrap(image).order(ByteOrder.LITTLE_ENDIAN);
        for (int at = FATBIN_HEADER; at < image.length;) {
            int start = at + bytes.getInt(at + 4);
            int length = Math.toIntExact(bytes.getLong(at + 8));
            if (bytes.getShort(at) == PTX) {
                return new String(image, start, length, StandardCharsets.US_ASCII).replace("\0", "");
            }
            at = start + length;
        }
        throw new IllegalArgumentException(resource + " holds no PTX");
    }

    String name() {
        return name;
    }

    String line(int number) {
        return lines.get(number - 1);
    }

    /** The numbers of an entry's lines. */
    List<Integer> linesOf(String entry) {
        List<Integer> numbers = new ArrayList<>();
        boolean within = false;
        for (int number = 1; number <= lines.size(); number++) {
            Matcher start = ENTRY.matcher(line(number));
            within = start.matches() ? start.group(1).equals(entry) : within;
            if (within) {
                numbers.add(number);
            }
        }
        return numbers;
    }

    /** The text with some lines, numbered from 1, replaced. */
    String with(Map<Integer, String> edits) {
        List<String> changed = new ArrayList<>(lines);
        edits.forEach((number, text) -> changed.set(number - 1, text));
        return String.join("\n", changed) + "\n";
    }

    /** All places for these mistakes, in the order of the text. */
    List<Mutant> mutants(List<Mistake> mistakes) {
        List<Mutant> found = new ArrayList<>();
        Map<String, List<Integer>> loads = new TreeMap<>();
        String entry = null;
        for (int number = 1; number <= lines.size(); number++) {
            Matcher start = ENTRY.matcher(line(number));
            if (start.matches()) {
                entry = start.group(1);
                loads.clear();
            }
            Optional<Instruction> instruction = entry == null ? Optional.empty() : Instruction.parse(line(number));
            if (instruction.isEmpty()) {
                continue;
            }
            Instruction in = instruction.get();
            for (Mistake mistake : mistakes) {
                Optional<String> wrong = mistake.plant(in);
                if (wrong.isPresent()) {
                    found.add(new Mutant(name, entry, number, mistake, Map.of(number, wrong.get())));
                }
            }
            if (mistakes.contains(Mistake.SWAPPED_PARAMETERS) && in.opcode().matches("ld\\.param\\.[a-z]\\d+")) {
                List<Integer> same = loads.computeIfAbsent(in.opcode(), unused -> new ArrayList<>());
                if (!same.isEmpty() && !operand(same.get(same.size() - 1)).equals(in.operand(1))) {
                    found.add(swapped(entry, same.get(same.size() - 1), number));
                }
                same.add(number);
            }
        }
        return found;
    }

    /** What a load reads. */
    private String operand(int load) {
        return Instruction.parse(line(load)).orElseThrow().operand(1);
    }

    private Mutant swapped(String entry, int one, int other) {
        Instruction first = Instruction.parse(line(one)).orElseThrow();
        Instruction second = Instruction.parse(line(other)).orElseThrow();
        return new Mutant(name, entry, other, Mistake.SWAPPED_PARAMETERS, Map.of(one,
                first.operand(1, second.operand(1)).toString(), other, second.operand(1, first.operand(1)).toString()));
    }
}
