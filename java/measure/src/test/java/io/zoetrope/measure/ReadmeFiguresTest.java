package io.zoetrope.measure;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The README's figures are those of {@code bench/results}, rounded: whoever changes one changes the other. */
class ReadmeFiguresTest {
    private static final Path ROOT = Path.of("").toAbsolutePath().getParent().getParent();
    private static final Path RESULTS = ROOT.resolve("bench/results/2026-11-26-nvidia-h200.md");
    private static final String HEADING = "| | Zoetrope | PyTorch | |";

    /** What the README calls the cases of the results. */
    private static final Map<String, String> CASES = Map.of("training step of the default UNet, batch 64",
            "unet_train, 64", "64 pictures, 50 DDIM steps", "unet_sample, 64", "256 pictures, 50 DDIM steps",
            "unet_sample, 256", "training step of the default classifier, batch 128", "small_cnn_train, 128",
            "training step of ResNet-18, 512 pictures of CIFAR-10", "resnet18_train, 512",
            "convolution 3×3, 64 × 28×28, 32 to 32 channels", "conv_fprop, 64, 28, 32, 32, 3, 1",
            "convolution 3×3, 64 × 32×32, 256 to 256 channels", "conv_fprop, 64, 32, 256, 256, 3, 1",
            "GEMM 4096³ (cuBLAS)", "gemm, 4096, 4096, 4096", "attention, 4 × 16 heads of 64, 4,096 long",
            "attention_forward, 4, 4096, 16, 64, 0");

    private static List<String> cells(String row) {
        return Arrays.stream(row.substring(1).split("\\|")).map(String::strip).toList();
    }

    /** The number of a cell such as {@code 12 µs}, and what it must be of these milliseconds, to as many digits. */
    private static void assertRounded(String row, String cell, double milliseconds) {
        String[] parts = cell.split(" ");
        BigDecimal said = new BigDecimal(parts[0]);
        BigDecimal measured = BigDecimal.valueOf(parts[1].equals("µs") ? milliseconds * 1e3 : milliseconds);
        assertThat(said).as("%s: %s", row, cell).isEqualTo(measured.setScale(said.scale(), RoundingMode.HALF_UP));
    }

    @Test
    void areThoseOfTheResults() throws IOException {
        List<String> results = Files.readAllLines(RESULTS);
        List<String> rows = Files.readAllLines(ROOT.resolve("README.md")).stream()
                .dropWhile(line -> !line.equals(HEADING)).skip(2).takeWhile(line -> line.startsWith("|")).toList();
        assertThat(rows).hasSameSizeAs(CASES.entrySet());
        for (String row : rows) {
            List<String> said = cells(row);
            assertThat(CASES).containsKey(said.get(0));
            List<String> measured = cells(results.stream()
                    .filter(line -> line.startsWith("| " + CASES.get(said.get(0)) + " |")).findFirst().orElseThrow());
            double ours = Double.parseDouble(measured.get(1));
            double theirs = Double.parseDouble(measured.get(2));
            assertRounded(row, said.get(1), ours);
            assertRounded(row, said.get(2), theirs);
            assertRounded(row, said.get(3), theirs / ours);
        }
    }
}
