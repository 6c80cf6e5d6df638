package io.zoetrope.pipeline;

import io.zoetrope.data.ImageDataset;
import io.zoetrope.data.Images;
import java.nio.file.Path;
import java.util.List;

/** A data set small enough to train on in a test: 8×8 pictures of a bright square somewhere. */
final class TinyData {
    private static final int SIZE = 8;
    private static final int COUNT = 36;

    private TinyData() {
    }

    static ImageDataset squares() {
        byte[] pixels = new byte[COUNT * SIZE * SIZE];
        int[] labels = new int[COUNT];
        for (int i = 0; i < COUNT; i++) {
            labels[i] = i % 2;
            for (int y = 0; y < 3; y++) {
                for (int x = 0; x < 3; x++) {
                    pixels[i * SIZE * SIZE + (y + i / 6) * SIZE + x + i % 6] = (byte) 255;
                }
            }
        }
        ImageDataset.Part part = new ImageDataset.Part(new Images(COUNT, SIZE, SIZE, 1, pixels), labels);
        return new ImageDataset("squares", List.of("even", "odd"), part, part);
    }

    static TrainRequest request(Path run, long steps, boolean resume, int saveEvery) {
        return new TrainRequest(squares(), steps, 4, 3, run, resume, saveEvery, 0, Config.empty());
    }
}
