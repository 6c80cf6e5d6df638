package io.zoetrope.testkit;

import io.zoetrope.model.words.WordsConfig;
import io.zoetrope.model.words.WordsModel;
import io.zoetrope.tensor.DType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** A model of pictures from words that has learned nothing and is small, but paints other pictures for other words. */
public final class TinyWords {
    private TinyWords() {
    }

    /** @param size of the pictures, a multiple of 8 */
    public static void save(Path folder, int size) throws IOException {
        try (WordsModel fresh = new WordsModel(Devices.shared(),
                WordsConfig.forPictures(size, 16, List.of("apple", "red")), DType.BF16, 3)) {
            float[] values = fresh.store().values();
            for (int i = 0; i < values.length; i++) {
                values[i] += (float) (0.05 * Math.sin(i)); // no layer is zero, as some are at first
            }
            fresh.store().values(values);
            fresh.save(folder, Map.of());
        }
    }
}
