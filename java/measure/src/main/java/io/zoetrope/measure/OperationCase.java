package io.zoetrope.measure;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * An operation at a size, a row of {@code operations.csv}, whose comments say what the numbers are.
 *
 * @param priority 0: small, for processors; from 1 on in the order in which a GPU's time goes to them
 */
public record OperationCase(int priority, String operation, List<Integer> numbers) {
    private static final String TABLE = "operations.csv";

    /** As results name it: {@code gemm, 256, 256, 256}. */
    public String name() {
        return operation + numbers.stream().map(number -> ", " + number).collect(Collectors.joining());
    }

    int number(int index) {
        return numbers.get(index);
    }

    /** The table that ships. */
    public static List<OperationCase> all() throws IOException {
        try (InputStream in = OperationCase.class.getResourceAsStream(TABLE)) {
            return parse(new String(in.readAllBytes(), StandardCharsets.UTF_8), TABLE);
        }
    }

    /** @throws IOException naming the line that is no case */
    static List<OperationCase> parse(String text, String source) throws IOException {
        List<OperationCase> cases = new ArrayList<>();
        String[] lines = text.split("\\R");
        for (int i = 0; i < lines.length; i++) {
            String line = lines[i].strip();
            if (!line.isEmpty() && !line.startsWith("#")) {
                try {
                    String[] cells = line.split("\\s*,\\s*");
                    cases.add(new OperationCase(Integer.parseInt(cells[0]), cells[1],
                            Arrays.stream(cells).skip(2).map(Integer::valueOf).toList()));
                } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
                    throw new IOException(source + ":" + (i + 1) + ": '" + line
                            + "': expected priority, operation and whole numbers, separated by commas", e);
                }
            }
        }
        return cases;
    }
}
