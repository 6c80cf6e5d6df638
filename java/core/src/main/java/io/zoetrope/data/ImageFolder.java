package io.zoetrope.data;

import io.zoetrope.io.BadFileException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A folder of PNGs, JPEGs, GIFs and BMPs as a data set: sub-folders are classes, as {@link ClassFolders} tells. All
 * pictures must have one size; where some are grey and some RGB, the grey ones become RGB.
 */
public final class ImageFolder {
    private static final Logger LOG = LoggerFactory.getLogger(ImageFolder.class);

    private ImageFolder() {}

    /**
     * Whether {@code folder} holds pictures, directly or in its sub-folders.
     *
     * @throws IOException if a file cannot be read, or is not what it should be
     */
    public static boolean isIn(Path folder) throws IOException {
        return ClassFolders.holds(folder, FileKind.PICTURE);
    }

    /**
     * Reads all pictures into memory. What is passed over or changed is logged.
     *
     * @throws IOException if a file cannot be read, or is not what it should be
     */
    public static ImageDataset load(Path folder) throws IOException {
        return load(folder, notice -> LOG.info("{}: {}", folder, notice));
    }

    static ImageDataset load(Path folder, Consumer<String> say) throws IOException {
        ClassFolders folders = ClassFolders.of(folder, FileKind.PICTURE);
        folders.requireBothParts();
        folders.notices().forEach(say);
        Reading reading = new Reading();
        for (int label = 0; label < folders.classes().size(); label++) {
            ClassFolders.Group group = folders.classes().get(label);
            for (int i = 0; i < group.files().size(); i++) {
                reading.add(group.files().get(i), label, group.isForTest(i));
            }
        }
        reading.changes
                .forEach((change, count) -> say.accept("with " + FileKind.PICTURE.counted(count) + ": " + change));
        return new ImageDataset(folder.toString(), folders.names(), reading.part(reading.train),
                reading.part(reading.test));
    }

    private record Labelled(Images image, int label) {}

    private static final class Reading {
        private final List<Labelled> train = new ArrayList<>();
        private final List<Labelled> test = new ArrayList<>();
        /** What was done to pictures, and to how many. */
        private final Map<String, Integer> changes = new TreeMap<>();
        private Images first;
        private Path firstFile;
        private int channels;

        void add(Path file, int label, boolean forTest) throws IOException {
            ImageFiles.Decoded decoded = ImageFiles.decode(file);
            Images image = decoded.image();
            if (first == null) {
                first = image;
                firstFile = file;
            }
            if (image.height() != first.height() || image.width() != first.width()) {
                throw BadFileException.of(file, "is " + image, "the size of " + firstFile + ", " + first,
                        "Bring all pictures to one size");
            }
            channels = Math.max(channels, image.channels());
            decoded.done().forEach(change -> changes.merge(change, 1, Integer::sum));
            (forTest ? test : train).add(new Labelled(image, label));
        }

        ImageDataset.Part part(List<Labelled> pictures) throws IOException {
            int stride = first.height() * first.width() * channels;
            if ((long) pictures.size() * stride > Integer.MAX_VALUE - 16) {
                throw BadFileException.of(firstFile.getParent(),
                        "belongs to a set of " + pictures.size() + " pictures such as " + first,
                        "at most 2 GiB of pictures in one set", "Make them smaller or give fewer");
            }
            byte[] pixels = new byte[pictures.size() * stride];
            int[] labels = new int[pictures.size()];
            for (int i = 0; i < labels.length; i++) {
                Images image = pictures.get(i).image();
                System.arraycopy((image.channels() < channels ? image.toRgb() : image).pixels(), 0, pixels, i * stride,
                        stride);
                labels[i] = pictures.get(i).label();
            }
            return new ImageDataset.Part(new Images(labels.length, first.height(), first.width(), channels, pixels),
                    labels);
        }
    }
}
