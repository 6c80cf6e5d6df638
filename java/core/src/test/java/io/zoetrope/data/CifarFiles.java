package io.zoetrope.data;

import com.google.gson.Gson;
import io.zoetrope.io.Digests;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;

/** Makes small sets in CIFAR-10's layouts: random pictures, three a training batch and four in the test batch. */
final class CifarFiles {
    static final List<String> NAMES = List.of("data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4",
            "data_batch_5", "test_batch");
    private static final int PLANE = 1024;

    private CifarFiles() {}

    static int count(int batch) {
        return batch < 5 ? 3 : 4;
    }

    /** Value {@code channel} of pixel {@code pixel} of picture {@code picture} of batch {@code batch}. */
    static byte value(int batch, int picture, int pixel, int channel) {
        return (byte) new SplittableRandom(((batch * 10L + picture) * PLANE + pixel) * 3 + channel).nextInt();
    }

    static int label(int batch, int picture) {
        return (batch * 3 + picture) % 10;
    }

    static byte[] records(int batch) {
        byte[] records = new byte[count(batch) * (1 + 3 * PLANE)];
        int at = 0;
        for (int i = 0; i < count(batch); i++) {
            records[at++] = (byte) label(batch, i);
            for (int c = 0; c < 3; c++) {
                for (int p = 0; p < PLANE; p++) {
                    records[at++] = value(batch, i, p, c);
                }
            }
        }
        return records;
    }

    static List<String> digests() {
        return List.of(0, 1, 2, 3, 4, 5).stream().map(batch -> Digests.sha256(records(batch))).toList();
    }

    static void writeBinary(Path folder) throws IOException {
        Files.createDirectories(folder);
        for (int b = 0; b < NAMES.size(); b++) {
            Files.write(folder.resolve(NAMES.get(b) + ".bin"), records(b));
        }
    }

    static void writePictures(Path folder) throws IOException {
        int[] train = new int[15];
        int[] test = new int[4];
        for (int b = 0; b < NAMES.size(); b++) {
            byte[] pixels = new byte[count(b) * 3 * PLANE];
            for (int i = 0; i < count(b); i++) {
                for (int p = 0; p < PLANE; p++) {
                    for (int c = 0; c < 3; c++) {
                        pixels[(i * PLANE + p) * 3 + c] = value(b, i, p, c);
                    }
                }
                (b < 5 ? train : test)[b < 5 ? b * 3 + i : i] = label(b, i);
            }
            new Images(1, count(b), PLANE, 3, pixels).writePng(folder.resolve(NAMES.get(b) + ".png"));
        }
        Files.writeString(folder.resolve("train_lables.json"), new Gson().toJson(train));
        Files.writeString(folder.resolve("test_lables.json"), new Gson().toJson(test));
    }
}
