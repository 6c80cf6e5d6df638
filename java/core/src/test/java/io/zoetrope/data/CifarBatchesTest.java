package io.zoetrope.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.zoetrope.io.BadFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CifarBatchesTest {
    private static final KnownSet SET = new KnownSet("cifar10", "CIFAR-10", "few", Cifar10.SET.classNames(), "none",
            "https://example.org", Cifar10.SET.source(), new CifarBatches(CifarFiles.digests()));

    @TempDir
    private Path folder;

    private void refused(Path where, String... parts) {
        assertThatExceptionOfType(BadFileException.class).isThrownBy(() -> SET.load(where))
                .satisfies(e -> assertThat(e.getMessage()).contains(parts).doesNotContain("\n"));
    }

    @Test
    void bothLayoutsGiveTheSamePicturesChannelsLast() throws IOException {
        CifarFiles.writeBinary(folder.resolve("bin"));
        CifarFiles.writePictures(folder.resolve("png"));
        for (String layout : new String[] {"bin", "png"}) {
            ImageDataset set = SET.load(folder.resolve(layout));
            assertThat(set.train().images().count()).isEqualTo(15);
            assertThat(set.test().images().count()).isEqualTo(4);
            assertThat(set.classNames().get(set.train().labels()[3])).isEqualTo("cat");
            for (int picture = 0; picture < 15; picture++) {
                assertThat(set.train().labels()[picture]).isEqualTo(CifarFiles.label(picture / 3, picture % 3));
                byte[] pixels = set.train().images().pixels();
                for (int[] at : new int[][] {{0, 0}, {0, 2}, {1, 0}, {32, 1}, {1023, 2}}) {
                    assertThat(pixels[picture * 3072 + at[0] * 3 + at[1]])
                            .isEqualTo(CifarFiles.value(picture / 3, picture % 3, at[0], at[1]));
                }
            }
            assertThat(set.test().images().pixels()[4 * 3072 - 1]).isEqualTo(CifarFiles.value(5, 3, 1023, 2));
        }
    }

    @Test
    void oneDigestFitsBothLayoutsAndCopiesAreOfficial() throws IOException {
        Path png = folder.resolve("png");
        CifarFiles.writePictures(png);
        SET.files().verify(SET, png);
        Path copy = folder.resolve("copy");
        SET.files().copy(SET, png, copy);
        try (var files = Files.list(copy)) {
            assertThat(files.map(file -> file.getFileName().toString())).allMatch(name -> name.endsWith(".bin"))
                    .hasSize(6);
        }
        assertThat(copy.resolve("data_batch_4.bin")).hasBinaryContent(CifarFiles.records(3));
        SET.files().verify(SET, copy);
        SET.files().copy(SET, copy, copy);
        SET.files().verify(SET, copy);
        byte[] damaged = CifarFiles.records(2);
        damaged[100] ^= 1;
        Files.write(copy.resolve("data_batch_3.bin"), damaged);
        assertThatExceptionOfType(BadFileException.class).isThrownBy(() -> SET.files().verify(SET, copy))
                .withMessageContaining("data_batch_3.bin").withMessageContaining(CifarFiles.digests().get(2));
    }

    @Test
    void binaryBatchesOfWrongLengthOrLabelAreRefused() throws IOException {
        CifarFiles.writeBinary(folder);
        Path third = folder.resolve("data_batch_3.bin");
        byte[] good = Files.readAllBytes(third);
        Files.write(third, Arrays.copyOf(good, good.length - 1));
        refused(folder, "data_batch_3.bin", "holds 9218 bytes", "3073");
        Files.write(third, new byte[0]);
        refused(folder, "data_batch_3.bin", "holds 0 bytes");
        byte[] label = good.clone();
        label[3073] = 10;
        Files.write(third, label);
        refused(folder, "data_batch_3.bin", "label 1 is 10");
        Files.delete(third);
        assertThat(SET.files().isIn(folder)).isFalse();
        refused(folder, "lacks data_batch_3.bin", SET.howToGet().sentence());
        assertThatExceptionOfType(BadFileException.class)
                .isThrownBy(() -> DataSets.load(folder.toString(), new DataPlaces(folder, List.of())))
                .withMessageContaining("lacks data_batch_3.bin");
    }

    @Test
    void aBatchFileTooLargeToBeOneIsNotRead() throws IOException {
        CifarFiles.writeBinary(folder);
        try (var file = new java.io.RandomAccessFile(folder.resolve("test_batch.bin").toFile(), "rw")) {
            file.setLength(3073L * 1_000_000); // sparse: costs no disk
        }
        refused(folder, "test_batch.bin", "holds 3073000000 bytes");
    }

    @Test
    void labelsThatAreNotClassNumbersAreRefused() throws IOException {
        CifarFiles.writePictures(folder);
        Path labels = folder.resolve("test_lables.json");
        Files.writeString(labels, "[1,2,3]");
        refused(folder, "test_lables.json", "3 labels", "4 pictures");
        Files.writeString(labels, "[1,2,3,10]");
        refused(folder, "label 3 is 10", "0 to 9");
        for (String text : List.of("[1,2,3,", "{\"a\":1}", "[1,2,3,\"cat\"]", "[1,2,3,[4]]", "[1,2,3,0.5]",
                "[1,2,3,null]", "", "\u0000\u0001", String.join("", Collections.nCopies(100_000, "[")))) {
            Files.writeString(labels, text);
            refused(folder, "test_lables.json");
        }
        Files.write(labels, new byte[(1 << 20) + 1]);
        refused(folder, "test_lables.json", "1048577 bytes");
        Files.writeString(labels, "[1,2,3,4]");
        Files.writeString(folder.resolve("train_lables.json"), "[1,2,3,4]");
        refused(folder, "train_lables.json", "data_batch_2.png");
    }

    @Test
    void picturesOfTheWrongShapeAreRefused() throws IOException {
        CifarFiles.writePictures(folder);
        Path first = folder.resolve("data_batch_1.png");
        new Images(1, 3, 1023, 3, new byte[3 * 1023 * 3]).writePng(first);
        refused(folder, "data_batch_1.png", "3 × 1023", "1024 pixels wide");
        new Images(1, 3, 1024, 1, new byte[3 * 1024]).writePng(first);
        refused(folder, "data_batch_1.png", "grey");
        Files.write(first, new byte[] {1, 2, 3});
        refused(folder, "data_batch_1.png");
        Files.delete(first);
        refused(folder, "lacks ");
    }
}
