package io.zoetrope.data;

import io.zoetrope.io.BadFileException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A folder of PNGs as a data set: pictures directly inside form one class; subfolders, if there are any, are classes
 * named after them. All must have one size and one kind of colour. Every tenth picture of a class, by name, goes to
 * the test part, so that the same folder always splits the same way.
 */
public final class ImageFolder {
    private static final String SUFFIX = ".png";

    private ImageFolder() { }

    /** Whether {@code folder} holds PNGs, directly or in its subfolders. */
    public static boolean isIn(Path folder) throws IOException {
        return !ClassFolders.of(folder, SUFFIX).isEmpty();
    }

    /** Reads all pictures into memory. */
    public static ImageDataset load(Path folder) throws IOException {
        ClassFolders classes = ClassFolders.of(folder, SUFFIX);
        classes.requireTestFiles("PNG pictures");
        Collector train = new Collector();
        Collector test = new Collector();
        for (int label = 0; label < classes.classes().size(); label++) {
            collect(classes.classes().get(label).files(), label, train, test);
        }
        return new ImageDataset(folder.toString(), classes.names(), train.part(), test.part());
    }

    private static void collect(List<Path> files, int label, Collector train, Collector test) throws IOException {
        for (int i = 0; i < files.size(); i++) {
            Images image = Images.read(files.get(i));
            if (train.first != null) { // the first picture of all always goes to the training part
                train.requireAlike(files.get(i), image);
            }
            (ClassFolders.Group.isForTest(i) ? test : train).add(files.get(i), image, label);
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
