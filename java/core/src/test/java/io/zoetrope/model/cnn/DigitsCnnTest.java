package io.zoetrope.model.cnn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.zoetrope.data.SpokenDigits;
import io.zoetrope.metric.Probabilities;
import io.zoetrope.testkit.Devices;
import java.io.IOException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The classifier of spoken digits that ships. */
class DigitsCnnTest {
    private static final long MOST_BYTES = 1_000_000;

    /** Whether there is a program of this name. */
    private static boolean isHere(String program) {
        return Stream.of(System.getenv("PATH").split(":"))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
    }

    @Test
    void itKnowsDigitsAsTheSpeechProgramSaysThem(@TempDir Path folder) throws IOException, InterruptedException {
        assumeThat(isHere("espeak-ng")).isTrue();
        try (CnnPipeline cnn = CnnPipeline.fromPretrained(Devices.shared(), CnnPipeline.DIGITS_CNN)) {
            assertThat(cnn.classNames()).isEqualTo(SpokenDigits.CLASS_NAMES);
            List<String> heard = new ArrayList<>();
            for (String digit : SpokenDigits.CLASS_NAMES) {
                Path file = folder.resolve(digit + ".wav"); // 22 kHz, with the silences that the program leaves
                assertThat(new ProcessBuilder("espeak-ng", "-v", "en-us+f4", "-w", file.toString(), digit).start()
                        .waitFor()).isZero();
                float[][] answer = cnn.classify(cnn.preparation().read(file).image());
                heard.add(cnn.classNames().get(Probabilities.likeliest(answer)[0]));
            }
            int right = 0;
            for (int i = 0; i < heard.size(); i++) {
                right += heard.get(i).equals(SpokenDigits.CLASS_NAMES.get(i)) ? 1 : 0;
            }
            assertThat(right).as("heard are %s", heard).isGreaterThanOrEqualTo(9);
        }
    }

    @Test
    void itIsSmall() throws IOException {
        URL weights = DigitsCnnTest.class.getResource("/weights/digits-cnn/classifier/model.safetensors");
        assertThat(weights).isNotNull();
        assertThat(weights.openConnection().getContentLengthLong()).isBetween(1L, MOST_BYTES);
    }
}
