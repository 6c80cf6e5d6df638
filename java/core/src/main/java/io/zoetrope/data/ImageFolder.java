package io.zoetrope.data;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * A folder of PNGs as a data set: pictures directly inside form one class; subfolders, if there are any, are classes
 * named after them. All must have one size and one kind of colour. Every tenth picture of a class, by name, goes to
 * the test part, so that the same folder always splits the same way.
 */
public final class ImageFolder {
    private static final int TEST_EVERY = 10;

    private ImageFolder() { }

    /** Whether {@code folder} holds PNGs, directly or in its subfolders. */
    public static boolean isIn(Path folder) throws IOException {
        if (!pngs(folder).isEmpty()) {
            return true;
        }
        for (Path sub : subfolders(folder)) {
            if (!pngs(sub).isEmpty()) {
                return true;
            }
        }
        return false;
    }

    /** Reads all pictures into memory. */
    public static ImageDataset load(Path folder) throws IOException {
        List<String> classes = new ArrayList<>();
        Collector train = new Collector();
        Collector test = new Collector();
        List<Path> direct = pngs(folder);
        if (!direct.isEmpty()) {
            classes.add(folder.toAbsolutePath().normalize().getFileName().toString());
            collect(direct, 0, train, test);
        }
        for (Path sub : subfolders(folder)) {
            List<Path> files = pngs(sub);
            if (!files.isEmpty()) {
                collect(files, classes.size(), train, test);
                classes.add(sub.getFileName().toString());
            }
        }
        if (train.labels.isEmpty() || test.labels.isEmpty()) {
            throw BadFileException.of(folder, "holds " + (train.labels.size() + test.labels.size()) + " PNG pictures",
                    "at least " + TEST_EVERY + " in a class, as every tenth is kept for testing", "Add pictures");
        }
        return new ImageDataset(folder.toString(), classes, train.part(), test.part());
    }

    private static void collect(List<Path> files, int label, Collector train, Collector test) throws IOException {
        for (int i = 0; i < files.size(); i++) {
            Images image = Images.read(files.get(i));
            if (train.first != null) { // the first picture of all always goes to the training part
                train.requireAlike(files.get(i), image);
            }
            (i % TEST_EVERY == TEST_EVERY - 1 ? test : train).add(files.get(i), image, label);
        }
    }

    private static List<Path> pngs(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.getFileName().toString().toLowerCase(Locale.ROOT).endsWith(".png"))
                    .filter(Files::isRegularFile).sorted().toList();
        }
    }

    private static List<Path> subfolders(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(Files::isDirectory).sorted().toList();
        }
    }

    private static final class Collector {
        private final ByteArrayOutputStream pixels = new ByteArrayOutputStream();
        private final List<Integer> labels = new ArrayList<>();
        private Images first;
        private Path firstFile;

        void add(Path file, Images image, int label) {
            if (first == null) {
                first = image;
                firstFile = file;
            }
            pixels.writeBytes(image.pixels());
            labels.add(label);
        }

        void requireAlike(Path file, Images image) throws IOException {
            if (image.height() != first.height() || image.width() != first.width()
                    || image.channels() != first.channels()) {
                throw BadFileException.of(file, "is " + image, "the size and colours of " + firstFile + ", " + first,
                        "Bring all pictures to one size");
            }
        }

        ImageDataset.Part part() {
            return new ImageDataset.Part(new Images(labels.size(), first.height(), first.width(), first.channels(),
                    pixels.toByteArray()), labels.stream().mapToInt(Integer::intValue).toArray());
        }
    }
}
