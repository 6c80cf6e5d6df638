package io.zoetrope.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.zoetrope.data.ImageDataset;
import io.zoetrope.data.Images;
import io.zoetrope.testkit.Devices;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OwnModelTest {
    private static final int SIZE = 8;
    private static final int COUNT = 64;

    /** Upright and lying bars, each at some place. */
    private static ImageDataset bars(int channels) {
        byte[] pixels = new byte[COUNT * SIZE * SIZE * channels];
        int[] labels = new int[COUNT];
        for (int i = 0; i < COUNT; i++) {
            labels[i] = i % 2;
            for (int along = 0; along < SIZE; along++) {
                int across = i / 2 % SIZE;
                int place = i * SIZE * SIZE + (labels[i] == 0 ? along * SIZE + across : across * SIZE + along);
                Arrays.fill(pixels, place * channels, (place + 1) * channels, (byte) 255);
            }
        }
        ImageDataset.Part part = new ImageDataset.Part(new Images(COUNT, SIZE, SIZE, channels, pixels), labels);
        return new ImageDataset("bars", List.of("upright", "lying"), part, part);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void theExampleOfTheReadmeLearns(int channels) {
        float before = OwnModel.train(Devices.shared(), bars(channels), 32, 1);
        float after = OwnModel.train(Devices.shared(), bars(channels), 32, 100);
        assertThat(before).isGreaterThan(0.5f);
        assertThat(after).isLessThan(0.1f);
    }
}
