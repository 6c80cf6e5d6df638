package io.zoetrope.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.zoetrope.data.ImageDataset;
import io.zoetrope.data.Images;
import io.zoetrope.testkit.Devices;
import java.util.List;
import org.junit.jupiter.api.Test;

class OwnModelTest {
    private static final int SIZE = 8;
    private static final int COUNT = 64;

    /** Upright and lying bars, each at some place. */
    private static ImageDataset bars() {
        byte[] pixels = new byte[COUNT * SIZE * SIZE];
        int[] labels = new int[COUNT];
        for (int i = 0; i < COUNT; i++) {
            labels[i] = i % 2;
            for (int along = 0; along < SIZE; along++) {
                int across = i / 2 % SIZE;
                pixels[i * SIZE * SIZE + (labels[i] == 0 ? along * SIZE + across : across * SIZE + along)] = (byte) 255;
            }
        }
        ImageDataset.Part part = new ImageDataset.Part(new Images(COUNT, SIZE, SIZE, 1, pixels), labels);
        return new ImageDataset("bars", List.of("upright", "lying"), part, part);
    }

    @Test
    void theExampleOfTheReadmeLearns() {
        float before = OwnModel.train(Devices.shared(), bars(), 32, 1);
        float after = OwnModel.train(Devices.shared(), bars(), 32, 100);
        assertThat(before).isGreaterThan(0.5f);
        assertThat(after).isLessThan(0.1f);
    }
}
