package io.zoetrope.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataSetsTest {
    private static final Path DEBIAN = Path.of("/usr/share/datasets/fashion-mnist");

    @TempDir
    private Path folder;

    private DataPlaces nowhere() {
        return new DataPlaces(folder.resolve("cache"), List.of(folder.resolve("system")));
    }

    /** A tiny set in the files of Fashion-MNIST: n training and n test pictures of 2 × 2. */
    private static void writeTiny(Path folder, int n, int labels) throws IOException {
        Files.createDirectories(folder);
        for (String part : new String[] {"train", "t10k"}) {
            byte[] classes = new byte[labels];
            for (int i = 0; i < labels; i++) {
                classes[i] = (byte) (i % 10);
            }
            Files.write(folder.resolve(part + "-images-idx3-ubyte.gz"),
                    IdxFiles.gzip(IdxFiles.raw(new byte[4 * n], n, 2, 2)));
            Files.write(folder.resolve(part + "-labels-idx1-ubyte"), IdxFiles.raw(classes, labels));
        }
    }

    @Test
    void absentDataNamesBothWaysToGetIt() {
        assertThatExceptionOfType(BadFileException.class)
                .isThrownBy(() -> DataSets.load("fashion-mnist", nowhere()))
                .withMessageContaining("zoetrope data fashion-mnist")
                .withMessageContaining("apt-get install dataset-fashion-mnist").withMessageContaining("--data DIR");
        assertThatExceptionOfType(BadFileException.class).isThrownBy(() -> DataSets.load("no-such-set", nowhere()))
                .withMessageContaining("no-such-set");
        assertThatExceptionOfType(BadFileException.class)
                .isThrownBy(() -> DataSets.load(folder.toString(), nowhere())).withMessageContaining("PNG");
    }

    @Test
    void findsTheCacheBeforeTheSystem() throws IOException {
        DataPlaces places = nowhere();
        Path system = folder.resolve("system/fashion-mnist");
        writeTiny(system, 3, 3);
        assertThat(FashionMnist.find(places)).contains(system);
        Path cache = folder.resolve("cache/fashion-mnist");
        writeTiny(cache, 3, 3);
        assertThat(FashionMnist.find(places)).contains(cache);
        Files.delete(cache.resolve("train-labels-idx1-ubyte"));
        assertThat(FashionMnist.find(places)).as("an incomplete set is no set").contains(system);
    }

    @Test
    void loadsMixedCompressionFromAnyFolder() throws IOException {
        writeTiny(folder.resolve("mine"), 12, 12);
        ImageDataset set = DataSets.load(folder.resolve("mine").toString(), nowhere());
        assertThat(set.train().images().count()).isEqualTo(12);
        assertThat(set.test().labels()).hasSize(12).endsWith(0, 1);
        assertThat(set.classNames()).hasSize(10);
    }

    @Test
    void mismatchedFilesAreNamed() throws IOException {
        Path mine = folder.resolve("mine");
        writeTiny(mine, 12, 11);
        assertThatExceptionOfType(BadFileException.class).isThrownBy(() -> FashionMnist.load(mine))
                .withMessageContaining("has 11 labels").withMessageContaining("expected 12");
        writeTiny(mine, 2, 2);
        Files.write(mine.resolve("t10k-labels-idx1-ubyte"), IdxFiles.raw(new byte[] {1, 10}, 2));
        assertThatExceptionOfType(BadFileException.class).isThrownBy(() -> FashionMnist.load(mine))
                .withMessageContaining("label 1 is 10");
        Files.delete(mine.resolve("t10k-labels-idx1-ubyte"));
        assertThatExceptionOfType(BadFileException.class)
                .isThrownBy(() -> DataSets.load(mine.toString(), nowhere()))
                .withMessageContaining("t10k-labels-idx1-ubyte").withMessageContaining("neither");
    }

    @Test
    void theRealSetIsWhole() throws IOException {
        assumeThat(DEBIAN).isDirectory();
        ImageDataset set = FashionMnist.load(DEBIAN);
        assertThat(set.train().images().count()).isEqualTo(60_000);
        assertThat(set.test().images().count()).isEqualTo(10_000);
        assertThat(set.height()).isEqualTo(28);
        assertThat(set.width()).isEqualTo(28);
        long sum = 0;
        int[] perClass = new int[10];
        for (byte pixel : set.train().images().pixels()) {
            sum += pixel & 0xff;
        }
        for (int label : set.train().labels()) {
            perClass[label]++;
        }
        assertThat(sum / 255.0 / set.train().images().pixels().length).isCloseTo(0.2860, within(1e-4));
        assertThat(perClass).containsOnly(6000);
    }

    @Test
    void bringsTheRealSetInFromAPackage() throws IOException {
        assumeThat(DEBIAN).isDirectory();
        List<String> said = new ArrayList<>();
        DataImport data = new DataImport(nowhere(), (name, scratch) -> {
            assertThat(name).isEqualTo("dataset-fashion-mnist");
            Path unpacked = Files.createDirectories(scratch.resolve("usr/share/datasets/fashion-mnist"));
            try (var files = Files.list(DEBIAN)) {
                for (Path file : files.toList()) {
                    Files.copy(file, unpacked.resolve(file.getFileName()));
                }
            }
        }, said::add);
        Path where = data.bringIn("fashion-mnist", Optional.empty());
        assertThat(where).isEqualTo(folder.resolve("cache/fashion-mnist"));
        assertThat(FashionMnist.find(nowhere())).contains(where);
        assertThat(String.join("\n", said)).contains("SHA-256").contains("MIT").contains("Zalando");
    }

    @Test
    void aSetWithTheWrongDigestIsRefusedAndNotKept() throws IOException {
        Path mine = folder.resolve("mine");
        writeTiny(mine, 2, 2);
        DataImport data = new DataImport(nowhere(), (name, scratch) -> {
            throw new AssertionError("must not be fetched");
        }, line -> { });
        assertThatExceptionOfType(BadFileException.class)
                .isThrownBy(() -> data.bringIn("fashion-mnist", Optional.of(mine)))
                .withMessageContaining("SHA-256").withMessageContaining("train-images-idx3-ubyte.gz");
        assertThat(folder.resolve("cache")).doesNotExist();
        assertThatIllegalArgumentException().isThrownBy(() -> data.bringIn("imagenet", Optional.empty()))
                .withMessageContaining("imagenet").withMessageContaining("fashion-mnist");
    }

    @Test
    void aFailedFetchSaysWhyAndLeavesNothing() {
        DataImport data = new DataImport(nowhere(), (name, scratch) -> {
            throw new IOException("no network");
        }, line -> { });
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> data.bringIn("fashion-mnist", Optional.empty())).withMessage("no network");
        assertThat(folder.resolve("cache")).doesNotExist();
    }

    @Test
    void foldersOfPngsSplitTheSameWayEveryTime() throws IOException {
        for (String name : new String[] {"cats", "dogs"}) {
            for (int i = 0; i < 20; i++) {
                new Images(1, 4, 4, 3, new byte[48]).writePng(folder.resolve(name).resolve(i + ".png"));
            }
        }
        ImageDataset set = DataSets.load(folder.toString(), nowhere());
        assertThat(set.classNames()).containsExactly("cats", "dogs");
        assertThat(set.train().images().count()).isEqualTo(36);
        assertThat(set.test().labels()).containsExactly(0, 0, 1, 1);
        assertThat(set.channels()).isEqualTo(3);
        new Images(1, 5, 4, 3, new byte[60]).writePng(folder.resolve("dogs/odd.png"));
        assertThatExceptionOfType(BadFileException.class).isThrownBy(() -> ImageFolder.load(folder))
                .withMessageContaining("odd.png").withMessageContaining("5 × 4");
    }

    @Test
    void cachesWhereTheDesktopStandardSays() {
        assertThat(DataPlaces.of(Map.of("XDG_CACHE_HOME", "/c"), "/home/u").cache()).isEqualTo(Path.of("/c/zoetrope"));
        assertThat(DataPlaces.of(Map.of("XDG_CACHE_HOME", "relative"), "/home/u").cache())
                .isEqualTo(Path.of("/home/u/.cache/zoetrope"));
        assertThat(DataPlaces.of(Map.of(), "/home/u").cache()).isEqualTo(Path.of("/home/u/.cache/zoetrope"));
    }
}
