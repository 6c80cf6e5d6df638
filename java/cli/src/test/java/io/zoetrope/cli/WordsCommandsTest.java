package io.zoetrope.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.zoetrope.cuda.Device;
import io.zoetrope.cuda.DeviceChoice;
import io.zoetrope.data.Images;
import io.zoetrope.model.words.WordsConfig;
import io.zoetrope.model.words.WordsModel;
import io.zoetrope.tensor.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WordsCommandsTest {
    @TempDir
    private Path folder;
    private Shell shell;
    private String out;
    private String model;

    @BeforeEach
    void setUp() throws IOException {
        shell = new Shell(folder);
        out = folder.resolve("out.png").toString();
        model = folder.resolve("model").toString();
        save(model, 16);
    }

    private static void save(String folder, int size) throws IOException {
        try (Device device = Device.open(DeviceChoice.CPU); WordsModel fresh = new WordsModel(device,
                WordsConfig.forPictures(size, 16, List.of("apple", "red", "사과")), DType.BF16, 3)) {
            float[] values = fresh.store().values();
            for (int i = 0; i < values.length; i++) {
                values[i] += (float) (0.05 * Math.sin(i)); // no layer is zero, as some are at first
            }
            fresh.store().values(values);
            fresh.save(Path.of(folder), Map.of());
        }
    }

    private int generate(String prompt, String... more) {
        String[] arguments = new String[more.length + 10];
        System.arraycopy(
                new String[] {"generate", prompt, "--model", model, "--steps", "2", "--count", "2", "--out", out}, 0,
                arguments, 0, 10);
        System.arraycopy(more, 0, arguments, 10, more.length);
        return shell.run(arguments);
    }

    @Test
    void wordsMakePictures() throws IOException {
        assertThat(generate("a red apple")).as(shell.err()).isZero();
        assertThat(shell.out()).contains(out + ": 2 pictures, 2 steps, guidance 2.5, seed 7")
                .doesNotContain("not learned");
        Images first = Images.read(Path.of(out));
        assertThat(Images.read(Path.of(out)).channels()).isEqualTo(3);
        assertThat(generate("a red apple")).isZero();
        assertThat(Images.read(Path.of(out))).as("the same seed").isEqualTo(first);
        assertThat(generate("a red apple", "--seed", "8")).isZero();
        assertThat(Images.read(Path.of(out))).isNotEqualTo(first);
        assertThat(generate("a red apple", "--negative", "사과")).isZero();
        assertThat(Images.read(Path.of(out))).isNotEqualTo(first);
        assertThat(generate("a red apple", "--guidance", "1", "--guidance-until", "1")).isZero();
        assertThat(Images.read(Path.of(out))).isNotEqualTo(first);
        assertThat(generate("사과")).isZero();
        assertThat(shell.err()).isEmpty();
    }

    /** Words need no model to be named: the one that ships is the only one that takes some. */
    @Test
    void theModelThatShipsPaintsWords() throws IOException {
        assertThat(shell.run("generate", "a panda", "--steps", "1", "--count", "1", "--out", out)).as(shell.err())
                .isZero();
        assertThat(shell.out()).doesNotContain("not learned");
        assertThat(Images.read(Path.of(out)).channels()).isEqualTo(3);
        assertThat(shell.run("generate", "판다", "--steps", "1", "--count", "1", "--out", out)).as(shell.err()).isZero();
        assertThat(shell.out()).doesNotContain("not learned");
    }

    @Test
    void whatOfAPromptCannotBeFollowedIsTold() {
        assertThat(generate("red bicycle in the sun")).isZero();
        assertThat(shell.out()).contains("not learned, guessed by their letters: bicycle, in, sun");
        assertThat(generate("red one two three four five six seven eight nine ten eleven twelve thirteen fourteen"))
                .isZero();
        assertThat(shell.out()).contains("only the first 14 of 15 words are read");
    }

    @ParameterizedTest
    @CsvSource({"'',PROMPT is empty", "' ',PROMPT is empty", "🎉🎉,PROMPT has no word",
            "שלום עולם,PROMPT has no word that the model has learned: expected some of its 3 words",
            "bicycle,such as apple",})
    void aPromptThatIsNoneIsRefused(String prompt, String reason) {
        assertThat(generate(prompt)).isEqualTo(2);
        assertThat(shell.err()).contains(reason).hasLineCount(1);
    }

    @Test
    void aPictureCanBeTheBeginning() throws IOException {
        byte[] pixels = new byte[32 * 32 * 3];
        Arrays.fill(pixels, 0, pixels.length / 2, (byte) 200);
        String from = folder.resolve("from.png").toString();
        String mask = folder.resolve("mask.png").toString();
        new Images(1, 32, 32, 3, pixels).writePng(Path.of(from));
        byte[] lower = new byte[32 * 32];
        Arrays.fill(lower, lower.length / 2, lower.length, (byte) 255);
        new Images(1, 32, 32, 1, lower).writePng(Path.of(mask));
        assertThat(generate("a red apple", "--from", from, "--strength", "0.5")).as(shell.err()).isZero();
        assertThat(shell.out()).contains(from + ": Shrank it from 32 × 32 to 16 × 16 pixels").contains("1 steps");
        Images free = Images.read(Path.of(out));
        assertThat(generate("a red apple", "--from", from, "--strength", "1", "--mask", mask)).as(shell.err()).isZero();
        Images masked = Images.read(Path.of(out));
        assertThat(masked).isNotEqualTo(free);
        int inside = (masked.height() / 4 * masked.width() + masked.width() / 4) * 3;
        assertThat(masked.pixels()[inside] & 0xff).as("kept").isBetween(199, 201);
        assertThat(generate("a red apple", "--mask", mask)).isEqualTo(2);
        assertThat(shell.err()).contains("--mask says what of a picture may change, but no picture").hasLineCount(1);
        assertThat(generate("a red apple", "--strength", "0.5")).isEqualTo(2);
        assertThat(generate("a red apple", "--from", from, "--strength", "0")).isEqualTo(2);
        assertThat(shell.err()).contains("--strength must be above 0 and at most 1, not 0.0").hasLineCount(1);
        new Images(1, 8, 8, 1, new byte[64]).writePng(Path.of(mask));
        assertThat(generate("a red apple", "--from", from, "--mask", mask)).isEqualTo(1);
        assertThat(shell.err()).contains("has 8 × 8 pixels").contains("32 × 32").hasLineCount(1);
        assertThat(generate("a red apple", "--from", folder.resolve("none.png").toString())).isEqualTo(1);
        assertThat(shell.err()).contains("none.png").hasLineCount(1);
    }

    @Test
    void nonsenseIsRefused() {
        assertThat(generate("x".repeat(10_000))).isEqualTo(2);
        assertThat(shell.err()).contains("PROMPT is 10000 characters long: expected at most 1000").hasLineCount(1);
        assertThat(generate("red\u0007apple")).isEqualTo(2);
        assertThat(shell.err()).contains("U+0007 at place 4").hasLineCount(1);
        assertThat(generate("red", "--negative", "")).isEqualTo(2);
        assertThat(shell.err()).contains("--negative is empty").hasLineCount(1);
        assertThat(generate("red", "--guidance", "-1")).isEqualTo(2);
        assertThat(generate("red", "--steps", "0")).isEqualTo(2);
        assertThat(shell.run("generate", "--model", model)).isEqualTo(2);
        assertThat(shell.err()).contains("PROMPT is missing").hasLineCount(1);
        assertThat(shell.run("generate", "red", "--model", "fashion-gan")).isEqualTo(2);
        assertThat(shell.err()).contains("PROMPT is for a model of pictures from words").hasLineCount(1);
    }

    @Test
    void trainingNeedsCaptionedPictures() throws IOException {
        assertThat(shell.run("train", "words")).isEqualTo(2);
        assertThat(shell.err()).contains("--data").contains("emoji");
        assertThat(shell.run("train", "words", "--data", "emoji")).isEqualTo(1);
        assertThat(shell.err()).contains("zoetrope data emoji").hasLineCount(1);
        assertThat(shell.run("train", "words", "--data", shell.pictures(16))).isEqualTo(1);
        assertThat(shell.err()).contains("captions").hasLineCount(1);
    }

    @Test
    void captionsArePaintedAndCompared() throws IOException {
        Path data = Files.createDirectories(folder.resolve("data"));
        StringBuilder list = new StringBuilder("file,caption\n");
        for (int i = 0; i < 101; i++) {
            byte[] pixels = new byte[64 * 64 * 3];
            Arrays.fill(pixels, (byte) (2 * i));
            new Images(1, 64, 64, 3, pixels).writePng(data.resolve(i + ".png"));
            list.append(i).append(".png,shade ").append(i).append('\n');
        }
        Files.writeString(data.resolve("captions.csv"), list);
        String large = folder.resolve("large").toString();
        save(large, 64);
        Path json = folder.resolve("words.json");
        assertThat(shell.run("evaluate", "words", "--model", large, "--data", data.toString(), "--pictures", "2",
                "--steps", "1", "--json", json.toString())).as(shell.err()).isZero();
        assertThat(shell.out()).contains("learned from").contains("first of 100").contains("by chance");
        assertThat(Files.readString(json)).contains("\"pictures\":2").contains("loss_without_words");
        Files.writeString(data.resolve("captions.csv"), list.substring(0, list.indexOf("99.png")));
        assertThat(shell.run("evaluate", "words", "--model", large, "--data", data.toString())).isEqualTo(2);
        assertThat(shell.err()).contains("--data has 99 pictures: expected at least 100").hasLineCount(1);
    }
}
