package io.zoetrope.data;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import io.zoetrope.io.BadFileException;
import io.zoetrope.io.RegularFiles;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Captions that a file gives to pictures by their names: a CSV (RFC 4180) whose first line names a column for the file
 * and one for the caption, or JSON Lines with such fields. A picture may be named several times, once for each wording.
 */
final class CaptionList {
    private static final Set<String> FILE_NAMES = Set.of("file", "file_name", "filename", "image", "path");
    private static final Set<String> CAPTION_NAMES = Set.of("caption", "text", "label", "prompt");
    private static final int MOST_BYTES = 1 << 28;
    private static final String EXPECTED = "fields such as file_name and caption";

    private CaptionList() {
    }

    /** Whether a file is read as a list by its ending. */
    static boolean isOne(Path file) {
        return Set.of("csv", "jsonl", "ndjson").contains(FileKind.ending(file));
    }

    /**
     * The captions of each file that the list names, in its order.
     *
     * @throws BadFileException naming the line that is wrong
     */
    static Map<String, List<String>> read(Path file) throws IOException {
        String text = text(file);
        return FileKind.ending(file).equals("csv") ? csv(file, text) : jsonLines(file, text);
    }

    /** A whole text file in UTF-8, without the mark that some programs begin it with. */
    static String text(Path file) throws IOException {
        try (InputStream in = RegularFiles.open(file, "captions")) {
            byte[] bytes = in.readNBytes(MOST_BYTES + 1);
            if (bytes.length > MOST_BYTES) {
                throw BadFileException.of(file, "is larger than " + MOST_BYTES + " bytes", "captions",
                        "Give fewer captions");
            }
            String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
            return text.startsWith("\uFEFF") ? text.substring(1) : text;
        } catch (CharacterCodingException e) {
            throw BadFileException.of(file, "is not text in UTF-8", "captions in UTF-8", "Save it as UTF-8", e);
        }
    }

    private static Map<String, List<String>> csv(Path file, String text) throws IOException {
        List<List<String>> rows = rows(file, text);
        List<String> header = rows.isEmpty() ? List.of()
                : rows.get(0).stream().map(name -> name.strip().toLowerCase(Locale.ROOT)).toList();
        int files = column(header, FILE_NAMES);
        int captions = column(header, CAPTION_NAMES);
        if (files < 0 || captions < 0) {
            throw BadFileException.of(file, "begins with the columns " + header,
                    "one of " + sorted(FILE_NAMES) + " and one of " + sorted(CAPTION_NAMES),
                    "Name the columns in the first line");
        }
        Map<String, List<String>> found = new LinkedHashMap<>();
        for (int row = 1; row < rows.size(); row++) {
            List<String> fields = rows.get(row);
            if (fields.size() != header.size()) {
                throw BadFileException.of(file, "row " + (row + 1) + " has " + fields.size() + " fields",
                        header.size() + " as the first row", "Put captions with commas in quotes");
            }
            add(found, file, row + 1, fields.get(files), fields.get(captions));
        }
        return found;
    }

    private static int column(List<String> header, Set<String> names) {
        for (int i = 0; i < header.size(); i++) {
            if (names.contains(header.get(i))) {
                return i;
            }
        }
        return -1;
    }

    private static List<String> sorted(Set<String> names) {
        return names.stream().sorted().toList();
    }

    /** The rows of a CSV that are not empty. */
    private static List<List<String>> rows(Path file, String text) throws BadFileException {
        List<List<String>> rows = new ArrayList<>();
        List<String> row = new ArrayList<>();
        StringBuilder field = new StringBuilder();
        boolean quoted = false;
        for (int i = 0; i <= text.length(); i++) {
            char c = i < text.length() ? text.charAt(i) : '\n';
            if (quoted) {
                if (i == text.length()) {
                    throw BadFileException.of(file, "ends within a quoted field", "a closing quote", "Close it");
                } else if (c != '"') {
                    field.append(c);
                } else if (i + 1 < text.length() && text.charAt(i + 1) == '"') {
                    field.append(c);
                    i++;
                } else {
                    quoted = false;
                }
            } else if (c == '"' && field.isEmpty()) {
                quoted = true;
            } else if (c == ',') {
                row.add(field.toString());
                field.setLength(0);
            } else if (c == '\n') {
                row.add(field.toString());
                field.setLength(0);
                if (row.size() > 1 || !row.get(0).isBlank()) {
                    rows.add(row);
                }
                row = new ArrayList<>();
            } else if (c != '\r') {
                field.append(c);
            }
        }
        return rows;
    }

    private static Map<String, List<String>> jsonLines(Path file, String text) throws IOException {
        Map<String, List<String>> found = new LinkedHashMap<>();
        int number = 0;
        for (String line : text.split("\n")) {
            number++;
            if (line.isBlank()) {
                continue;
            }
            try {
                JsonObject object = JsonParser.parseString(line).getAsJsonObject();
                Optional<String> name = field(object, FILE_NAMES);
                Optional<String> caption = field(object, CAPTION_NAMES);
                if (name.isEmpty() || caption.isEmpty()) {
                    throw BadFileException.of(file, "line " + number + " has the fields " + object.keySet(), EXPECTED,
                            "Name the file and its caption in each line");
                }
                add(found, file, number, name.get(), caption.get());
            } catch (JsonParseException | IllegalStateException | UnsupportedOperationException e) {
                throw BadFileException.of(file, "line " + number + " is no JSON object of texts", EXPECTED,
                        "Correct the line", e);
            }
        }
        return found;
    }

    private static Optional<String> field(JsonObject object, Set<String> names) {
        return names.stream().sorted().map(object::get).filter(value -> value != null && !value.isJsonNull())
                .map(JsonElement::getAsString).findFirst();
    }

    private static void add(Map<String, List<String>> found, Path file, int line, String name, String caption)
            throws BadFileException {
        if (name.isBlank() || caption.isBlank()) {
            throw BadFileException.of(file,
                    "line " + line + " has no " + (name.isBlank() ? "file" : "caption for " + name), EXPECTED,
                    "Write one, or leave the line out");
        }
        found.computeIfAbsent(name.strip(), key -> new ArrayList<>()).add(caption.strip());
    }
}
