package io.zoetrope.data;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import io.zoetrope.io.AtomicFiles;
import io.zoetrope.io.BadFileException;
import io.zoetrope.io.Digests;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * CIFAR-10's layouts. The official one is six binary files of records: a label byte, then 1,024 red, 1,024 green and
 * 1,024 blue bytes. The other is six PNGs in which every row is a picture, 1,024 pixels wide, with the labels in two
 * JSON arrays. Both are read as the official records, so that one set of digests fits both; copies are official.
 */
final class CifarBatches implements SetFiles {
    static final int SIDE = 32;
    private static final int PLANE = SIDE * SIDE;
    private static final int RECORD = 1 + 3 * PLANE;
    private static final int TRAINING_BATCHES = 5;
    private static final int MOST_RECORDS = 60_000;
    private static final long MOST_LABEL_BYTES = 1 << 20;
    private static final List<String> NAMES = List.of("data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4",
            "data_batch_5", "test_batch");
    private static final String TRAIN_LABELS = "train_lables.json"; // the package spells them so
    private static final String TEST_LABELS = "test_lables.json";

    private final List<String> sha256;

    /** The SHA-256 of the official files, the test batch's last. */
    CifarBatches(List<String> sha256) {
        this.sha256 = List.copyOf(sha256);
    }

    @Override
    public String describe() {
        return "its six binary batches";
    }

    @Override
    public boolean isIn(Path folder) {
        return hasBinaries(folder) || hasPictures(folder);
    }

    private static boolean hasBinaries(Path folder) {
        return NAMES.stream().allMatch(name -> Files.isRegularFile(folder.resolve(name + ".bin")));
    }

    private static boolean hasPictures(Path folder) {
        return NAMES.stream().allMatch(name -> Files.isRegularFile(folder.resolve(name + ".png")))
                && Files.isRegularFile(folder.resolve(TRAIN_LABELS))
                && Files.isRegularFile(folder.resolve(TEST_LABELS));
    }

    @Override
    public boolean isPartlyIn(Path folder) {
        return NAMES.stream().anyMatch(
                name -> Files.exists(folder.resolve(name + ".bin")) || Files.exists(folder.resolve(name + ".png")));
    }

    @Override
    public boolean isRecognised(Path folder) {
        return isIn(folder); // no other known set has such files
    }

    @Override
    public void verify(KnownSet set, Path folder) throws IOException {
        Reader reader = new Reader(set, folder);
        for (int i = 0; i < NAMES.size(); i++) {
            String found = Digests.sha256(reader.records(i));
            if (!found.equals(sha256.get(i))) {
                throw BadFileException.of(reader.file(i),
                        "its pictures and labels have SHA-256 " + found + " in the official format", sha256.get(i),
                        "The file is damaged or is another data set: get it anew");
            }
        }
    }

    @Override
    public void copy(KnownSet set, Path folder, Path target) throws IOException {
        Reader reader = new Reader(set, folder);
        for (int i = 0; i < NAMES.size(); i++) {
            Path to = target.resolve(NAMES.get(i) + ".bin");
            if (!Files.exists(to) || !Files.isSameFile(reader.file(i), to)) {
                byte[] records = reader.records(i);
                AtomicFiles.write(to, out -> out.write(records));
            }
        }
    }

    @Override
    public ImageDataset load(KnownSet set, Path folder) throws IOException {
        Reader reader = new Reader(set, folder);
        byte[][] batches = new byte[TRAINING_BATCHES][];
        for (int i = 0; i < TRAINING_BATCHES; i++) {
            batches[i] = reader.records(i);
        }
        ImageDataset.Part train = part(reader, 0, batches);
        return new ImageDataset(set.name(), set.classNames(), train,
                part(reader, TRAINING_BATCHES, reader.records(TRAINING_BATCHES)));
    }

    private static ImageDataset.Part part(Reader reader, int first, byte[]... batches) throws IOException {
        int count = 0;
        for (byte[] batch : batches) {
            count += batch.length / RECORD;
        }
        byte[] pixels = new byte[count * 3 * PLANE];
        int[] labels = new int[count];
        int picture = 0;
        for (int b = 0; b < batches.length; b++) {
            byte[] records = batches[b];
            for (int at = 0; at < records.length; at += RECORD) {
                int label = records[at] & 0xff;
                if (label >= reader.classes) {
                    throw BadFileException.of(reader.file(first + b), "label " + at / RECORD + " is " + label,
                            "classes 0 to " + (reader.classes - 1), "Check that this is a batch of " + Cifar10.NAME);
                }
                labels[picture] = label;
                int out = picture++ * 3 * PLANE;
                for (int p = 0; p < PLANE; p++) {
                    pixels[out++] = records[at + 1 + p];
                    pixels[out++] = records[at + 1 + PLANE + p];
                    pixels[out++] = records[at + 1 + 2 * PLANE + p];
                }
            }
        }
        return new ImageDataset.Part(new Images(count, SIDE, SIDE, 3, pixels), labels);
    }

    /** Reads the batches of one folder, in order, in either layout. */
    private static final class Reader {
        private final Path folder;
        private final boolean binary;
        private final int classes;
        private int[] trainLabels;
        private int[] testLabels;
        private int taken;

        Reader(KnownSet set, Path folder) throws IOException {
            this.folder = folder;
            this.classes = set.classNames().size();
            this.binary = hasBinaries(folder);
            if (!binary && !hasPictures(folder)) {
                boolean png = Files.exists(folder.resolve(NAMES.get(0) + ".png"));
                throw BadFileException.of(folder, "lacks " + missing(folder, png),
                        png ? "six PNG batches with " + TRAIN_LABELS + " and " + TEST_LABELS : set.files().describe(),
                        set.howToGet());
            }
        }

        private static String missing(Path folder, boolean png) {
            List<String> absent = new ArrayList<>();
            for (String name : NAMES) {
                absent.add(name + (png ? ".png" : ".bin"));
            }
            if (png) {
                absent.addAll(List.of(TRAIN_LABELS, TEST_LABELS));
            }
            absent.removeIf(name -> Files.isRegularFile(folder.resolve(name)));
            return String.join(", ", absent);
        }

        Path file(int batch) {
            return folder.resolve(NAMES.get(batch) + (binary ? ".bin" : ".png"));
        }

        /** Batch {@code batch} as official records. Training batches must be asked for in order. */
        byte[] records(int batch) throws IOException {
            return binary ? fromBinary(file(batch)) : fromPicture(batch);
        }

        private static byte[] fromBinary(Path file) throws IOException {
            long size = Files.size(file);
            if (size == 0 || size % RECORD != 0 || size / RECORD > MOST_RECORDS) {
                throw BadFileException.of(file, "holds " + size + " bytes",
                        "1 to " + MOST_RECORDS + " records of " + RECORD + " bytes (10,000 in the official files)",
                        "Get the file anew");
            }
            byte[] records = Files.readAllBytes(file);
            if (records.length != size) {
                throw BadFileException.of(file, "changed while it was read", "a file at rest", "Try again");
            }
            return records;
        }

        private byte[] fromPicture(int batch) throws IOException {
            Images image = ImageFiles.read(file(batch));
            if (image.width() != PLANE || image.channels() != 3) {
                throw BadFileException.of(file(batch), "is " + image,
                        "an RGB picture " + PLANE + " pixels wide, one row a picture", "Get the file anew");
            }
            boolean test = batch == TRAINING_BATCHES;
            if (batch == 0) {
                taken = 0;
                trainLabels = labels(folder.resolve(TRAIN_LABELS));
            }
            if (test) {
                testLabels = labels(folder.resolve(TEST_LABELS));
            }
            int[] labels = test ? testLabels : trainLabels;
            int from = test ? 0 : taken;
            int left = labels.length - from;
            boolean last = test || batch == TRAINING_BATCHES - 1;
            if (last ? left != image.height() : left < image.height()) {
                throw BadFileException.of(folder.resolve(test ? TEST_LABELS : TRAIN_LABELS),
                        "has " + labels.length + " labels, of which " + left + " are left for " + image.height()
                                + " pictures of " + file(batch).getFileName(),
                        "one for each picture", "Check that the files belong together");
            }
            if (!test) {
                taken += image.height();
            }
            byte[] records = new byte[image.height() * RECORD];
            byte[] pixels = image.pixels();
            int in = 0;
            for (int i = 0; i < image.height(); i++) {
                int at = i * RECORD;
                records[at++] = (byte) labels[from + i];
                for (int p = 0; p < PLANE; p++) {
                    records[at + p] = pixels[in++];
                    records[at + PLANE + p] = pixels[in++];
                    records[at + 2 * PLANE + p] = pixels[in++];
                }
            }
            return records;
        }

        private int[] labels(Path file) throws IOException {
            String expected = "a JSON array of class numbers from 0 to " + (classes - 1);
            if (Files.size(file) > MOST_LABEL_BYTES) {
                throw BadFileException.of(file, "holds " + Files.size(file) + " bytes",
                        expected + ", of at most " + MOST_LABEL_BYTES + " bytes", "Get the file anew");
            }
            try {
                JsonArray array = JsonParser.parseString(new String(Files.readAllBytes(file), StandardCharsets.UTF_8))
                        .getAsJsonArray();
                int[] labels = new int[array.size()];
                for (int i = 0; i < labels.length; i++) {
                    JsonElement element = array.get(i);
                    boolean number = element.isJsonPrimitive() && element.getAsJsonPrimitive().isNumber();
                    double value = number ? element.getAsDouble() : -1;
                    if (value != Math.rint(value) || value < 0 || value >= classes) {
                        throw BadFileException.of(file, "label " + i + " is " + element, expected, "Get the file anew");
                    }
                    labels[i] = (int) value;
                }
                return labels;
            } catch (JsonParseException | IllegalStateException | NumberFormatException e) {
                throw BadFileException.of(file, "cannot be read as JSON (" + e.getMessage() + ")", expected,
                        "Get the file anew", e);
            }
        }
    }
}
