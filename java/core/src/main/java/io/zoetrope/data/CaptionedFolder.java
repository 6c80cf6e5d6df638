package io.zoetrope.data;

import io.zoetrope.io.BadFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A user's folder of pictures with captions: in a CSV or JSON Lines file that names them (see {@link CaptionList}),
 * else in a text file beside each picture, of its name with the ending txt, in which every line is a wording. Pictures
 * of any size are laid on a white square and brought to one size.
 */
final class CaptionedFolder {
    private static final int SHOWN = 3;
    private static final String TEXT = ".txt";

    private CaptionedFolder() {
    }

    /** Whether {@code folder} holds pictures, and captions of any form. */
    static boolean isIn(Path folder) throws IOException {
        List<Path> files = files(folder);
        return files.stream().anyMatch(FileKind.PICTURE::reads)
                && files.stream().anyMatch(file -> CaptionList.isOne(file) || file.toString().endsWith(TEXT));
    }

    /**
     * Reads all pictures into memory, {@code side} pixels high and wide.
     *
     * @throws BadFileException naming what does not fit
     */
    static CaptionedDataset load(Path folder, int side) throws IOException {
        List<Path> files = files(folder);
        List<Path> lists = files.stream().filter(CaptionList::isOne).toList();
        if (lists.size() > 1) {
            throw BadFileException.of(folder, "holds several lists of captions: " + names(lists), "one",
                    "Leave one there, or join them");
        }
        Map<Path, List<String>> captions = lists.isEmpty() ? beside(folder, files) : listed(folder, lists.get(0));
        if ((long) captions.size() * side * side * 3 > Integer.MAX_VALUE - 16) {
            throw BadFileException.of(folder, "holds " + captions.size() + " pictures",
                    "at most " + (Integer.MAX_VALUE - 16) / (side * side * 3), "Give fewer");
        }
        int stride = side * side * 3;
        byte[] pixels = new byte[captions.size() * stride];
        List<Description> descriptions = new ArrayList<>();
        for (Map.Entry<Path, List<String>> picture : captions.entrySet()) {
            System.arraycopy(squared(ImageFiles.read(picture.getKey()).toRgb(), side).pixels(), 0, pixels,
                    descriptions.size() * stride, stride);
            descriptions.add(new Description(folder.relativize(picture.getKey()).toString(), picture.getValue().get(0),
                    List.of(),
                    picture.getValue().stream().map(text -> new Description.Wording(text, List.of())).toList()));
        }
        return new CaptionedDataset(folder.toString(),
                new CaptionedDataset.Part(new Images(descriptions.size(), side, side, 3, pixels), descriptions),
                Map.of());
    }

    private static List<Path> files(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> !file.getFileName().toString().startsWith(".")).sorted().toList();
        }
    }

    private static Map<Path, List<String>> listed(Path folder, Path list) throws IOException {
        Map<Path, List<String>> captions = new LinkedHashMap<>();
        for (Map.Entry<String, List<String>> entry : CaptionList.read(list).entrySet()) {
            Path file = folder.resolve(entry.getKey()).normalize();
            if (!file.startsWith(folder.normalize()) || !Files.isRegularFile(file)) {
                throw BadFileException.of(list, "names " + entry.getKey() + ", which is not in the folder",
                        "pictures below " + folder, "Correct the name, or leave the line out");
            }
            captions.put(file, entry.getValue());
        }
        if (captions.isEmpty()) {
            throw BadFileException.of(list, "names no picture", "a line for each picture", "Write captions into it");
        }
        return captions;
    }

    private static Map<Path, List<String>> beside(Path folder, List<Path> files) throws IOException {
        Map<Path, List<String>> captions = new LinkedHashMap<>();
        List<Path> without = new ArrayList<>();
        for (Path file : files) {
            if (!FileKind.PICTURE.reads(file)) {
                continue;
            }
            String name = file.getFileName().toString();
            Path text = file.resolveSibling(name.substring(0, name.lastIndexOf('.')) + TEXT);
            List<String> lines = Files.isRegularFile(text)
                    ? CaptionList.text(text).lines().map(String::strip).filter(line -> !line.isEmpty()).toList()
                    : List.of();
            if (lines.isEmpty()) {
                without.add(file);
            } else {
                captions.put(file, lines);
            }
        }
        if (!without.isEmpty()) {
            throw BadFileException.of(folder,
                    "has no caption for " + FileKind.PICTURE.counted(without.size()) + ": " + names(without),
                    "a text file beside each, such as "
                            + without.get(0).getFileName().toString().replaceFirst("\\.[^.]*$", TEXT),
                    "Write one, or take the picture out");
        }
        return captions;
    }

    private static String names(List<Path> files) {
        return String.join(", ", files.stream().limit(SHOWN).map(file -> file.getFileName().toString()).toList())
                + (files.size() > SHOWN ? ", …" : "");
    }

    /** A picture in the middle of a white square of {@code side} pixels. */
    private static Images squared(Images picture, int side) {
        int longest = Math.max(picture.height(), picture.width());
        int height = Math.max(1, Math.round((float) side * picture.height() / longest));
        int width = Math.max(1, Math.round((float) side * picture.width() / longest));
        Images small = Resizing.resize(picture, height, width);
        byte[] square = new byte[side * side * 3];
        Arrays.fill(square, (byte) 0xff);
        int top = (side - height) / 2;
        int left = (side - width) / 2;
        for (int y = 0; y < height; y++) {
            System.arraycopy(small.pixels(), y * width * 3, square, ((top + y) * side + left) * 3, width * 3);
        }
        return new Images(1, side, side, 3, square);
    }
}
