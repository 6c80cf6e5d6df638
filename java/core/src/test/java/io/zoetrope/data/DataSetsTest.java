package io.zoetrope.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.zoetrope.io.BadFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DataSetsTest {
    @TempDir
    private Path folder;

    private DataPlaces nowhere() {
        return new DataPlaces(folder.resolve("cache"), List.of(folder.resolve("system")));
    }

    @Test
    void absentDataNamesEveryWayToGetIt() {
        assertThatExceptionOfType(BadFileException.class).isThrownBy(() -> DataSets.load("fashion-mnist", nowhere()))
                .withMessageContaining(folder.resolve("system/fashion-mnist").toString())
                .withMessageContaining("apt-get install dataset-fashion-mnist")
                .withMessageContaining("load a folder that holds its four IDX files")
                .satisfies(e -> assertThat(e.remedy()).isEqualTo(FashionMnist.SET.howToGet()));
        for (String name : new String[] {"mnist", "cifar10"}) {
            assertThatExceptionOfType(BadFileException.class).isThrownBy(() -> DataSets.load(name, nowhere()))
                    .withMessageContaining("load a folder")
                    .satisfies(e -> assertThat(e.getMessage()).doesNotContain("apt-get"))
                    .satisfies(e -> assertThat(e.remedy()).isEqualTo(DataSets.named(name).howToGet()));
        }
        assertThatExceptionOfType(BadFileException.class).isThrownBy(() -> DataSets.load("no-such-set", nowhere()))
                .withMessageContaining("no-such-set").withMessageContaining("fashion-mnist, mnist, cifar10")
                .satisfies(e -> assertThat(((DataRemedy) e.remedy()).set()).as("any known set would do").isEmpty());
        assertThatExceptionOfType(BadFileException.class).isThrownBy(() -> DataSets.load(folder.toString(), nowhere()))
                .withMessageContaining("PNG");
        assertThatIllegalArgumentException().isThrownBy(() -> DataSets.named("imagenet"))
                .withMessageContaining("imagenet").withMessageContaining("mnist");
    }

    @Test
    void everySetSaysWhatItIsAndWhoseItIs() {
        assertThat(DataSets.names()).doesNotHaveDuplicates().containsExactly("fashion-mnist", "mnist", "cifar10");
        for (KnownSet set : DataSets.all()) {
            assertThat(set.classNames()).hasSize(10).doesNotHaveDuplicates();
            assertThat(set.licence()).hasSizeGreaterThan(40);
            assertThat(set.howToGet().way()).isEqualTo(DataRemedy.Way.BRING_IN);
            assertThat(set.howToGet().set()).contains(set.name());
            assertThat(set.howToGetByHand().way()).isEqualTo(DataRemedy.Way.TAKE_FROM_FOLDER);
            assertThat(set.howToGetByHand().set()).contains(set.name());
            assertThat(set.howToGetByHand().sentence()).contains("https://");
            assertThat(set.source().megabytes()).isPositive();
        }
    }

    @Test
    void findsTheCacheBeforeTheSystem() throws IOException {
        DataPlaces places = nowhere();
        for (KnownSet set : List.of(FashionMnist.SET, Mnist.SET)) {
            Path system = folder.resolve("system").resolve(set.name());
            IdxFiles.writeTiny(system, 3, 3);
            assertThat(set.find(places)).contains(system);
            Path cache = folder.resolve("cache").resolve(set.name());
            IdxFiles.writeTiny(cache, 3, 3);
            assertThat(set.find(places)).contains(cache);
            Files.delete(cache.resolve("train-labels-idx1-ubyte"));
            assertThat(set.find(places)).as("an incomplete set is no set").contains(system);
        }
        assertThat(Cifar10.SET.find(places)).isEmpty();
    }

    @Test
    void aFolderOfIdxFilesThatIsNoKnownSetIsReadUnderItsOwnName() throws IOException {
        Path mine = folder.resolve("mine");
        IdxFiles.writeTiny(mine, 12, 12);
        Files.write(mine.resolve("t10k-labels-idx1-ubyte"),
                IdxFiles.raw(new byte[] {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, 12));
        ImageDataset set = DataSets.load(mine.toString(), nowhere());
        assertThat(set.name()).isEqualTo(mine.toString());
        assertThat(set.train().images().count()).isEqualTo(12);
        assertThat(set.train().labels()).hasSize(12).endsWith(0, 1);
        assertThat(set.classNames()).as("0 to the highest label").hasSize(12).endsWith("11");
    }

    /** Names as the archives have them, as unpacking them gives, and packed or not, whatever the name says. */
    @ParameterizedTest
    @CsvSource({"-, true, false", "-, false, true", "., true, true", "., false, false", "., true, false",
            "., false, true"})
    void idxFilesAreFoundByEveryNameAndUnpackedByContent(String mark, boolean gz, boolean packed) throws IOException {
        Path mine = folder.resolve("mine");
        Files.createDirectories(mine);
        for (String part : new String[] {"train", "t10k"}) {
            for (String kind : new String[] {"images" + mark + "idx3", "labels" + mark + "idx1"}) {
                byte[] content = kind.startsWith("images") ? IdxFiles.raw(new byte[48], 12, 2, 2)
                        : IdxFiles.raw(new byte[] {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1}, 12);
                Files.write(mine.resolve(part + "-" + kind + "-ubyte" + (gz ? ".gz" : "")),
                        packed ? IdxFiles.gzip(content) : content);
            }
        }
        assertThat(DataSets.load(mine.toString(), nowhere()).train().images().count()).isEqualTo(12);
        Path copy = Files.createDirectories(folder.resolve("copy"));
        Files.writeString(copy.resolve("train-images.idx3-ubyte"), "stale");
        Mnist.SET.files().copy(Mnist.SET, mine, copy);
        assertThat(copy.resolve("train-images-idx3-ubyte" + (packed ? ".gz" : ""))).isRegularFile();
        assertThat(copy.resolve("train-images.idx3-ubyte")).doesNotExist();
        assertThat(DataSets.load(copy.toString(), nowhere()).test().labels()).endsWith(0, 1);
    }

    @Test
    void aKnownSetWithADamagedFileIsNotLearntFrom() throws IOException {
        Path cache = folder.resolve("cache/cifar10");
        CifarFiles.writeBinary(cache);
        assertThatExceptionOfType(BadFileException.class).isThrownBy(() -> DataSets.load("cifar10", nowhere()))
                .withMessageContaining("data_batch_1.bin").withMessageContaining("SHA-256")
                .withMessageContaining("damaged");
        IdxFiles.writeTiny(folder.resolve("cache/mnist"), 3, 3);
        assertThatExceptionOfType(BadFileException.class).isThrownBy(() -> DataSets.load("mnist", nowhere()))
                .withMessageContaining("train-images-idx3-ubyte.gz").withMessageContaining("SHA-256");
    }

    @Test
    void mismatchedFilesAreNamed() throws IOException {
        Path mine = folder.resolve("mine");
        IdxFiles.writeTiny(mine, 12, 11);
        assertThatExceptionOfType(BadFileException.class).isThrownBy(() -> FashionMnist.SET.load(mine))
                .withMessageContaining("has 11 labels").withMessageContaining("expected 12");
        IdxFiles.writeTiny(mine, 2, 2);
        Files.write(mine.resolve("t10k-labels-idx1-ubyte"), IdxFiles.raw(new byte[] {1, 10}, 2));
        assertThatExceptionOfType(BadFileException.class).isThrownBy(() -> Mnist.SET.load(mine))
                .withMessageContaining("label 1 is 10").withMessageContaining("mnist");
        Files.write(mine.resolve("t10k-images-idx3-ubyte.gz"), IdxFiles.raw(new byte[12], 2, 2, 3));
        assertThatExceptionOfType(BadFileException.class).isThrownBy(() -> DataSets.load(mine.toString(), nowhere()))
                .withMessageContaining("t10k-images").withMessageContaining("2 × 3");
        Files.delete(mine.resolve("t10k-labels-idx1-ubyte"));
        assertThatExceptionOfType(BadFileException.class).isThrownBy(() -> DataSets.load(mine.toString(), nowhere()))
                .withMessageContaining("t10k-labels-idx1-ubyte").withMessageContaining("neither");
    }

    /** The real sets, where this machine has them. */
    @ParameterizedTest
    @CsvSource({"fashion-mnist, 28, 1, 60000, 0.2860", "mnist, 28, 1, 60000, 0.1307", "cifar10, 32, 3, 50000, 0.4734"})
    void theRealSetIsWhole(String name, int side, int channels, int count, double mean) throws IOException {
        assumeThat(DataSets.named(name).find(DataPlaces.usual())).isPresent();
        ImageDataset set = DataSets.load(name, DataPlaces.usual());
        assertThat(set.name()).isEqualTo(name);
        assertThat(set.train().images().count()).isEqualTo(count);
        assertThat(set.test().images().count()).isEqualTo(10_000);
        assertThat(List.of(set.height(), set.width(), set.channels())).containsExactly(side, side, channels);
        long sum = 0;
        for (byte pixel : set.train().images().pixels()) {
            sum += pixel & 0xff;
        }
        int[] perClass = new int[10];
        for (int label : set.train().labels()) {
            perClass[label]++;
        }
        assertThat(sum / 255.0 / set.train().images().pixels().length).isCloseTo(mean, within(1e-4));
        if (!name.equals("mnist")) { // MNIST's classes are not quite even
            assertThat(perClass).containsOnly(count / 10);
        }
        Path real = DataSets.named(name).find(DataPlaces.usual()).orElseThrow();
        assertThat(DataSets.load(real.toString(), nowhere()).name()).as("a folder is known by its content")
                .isEqualTo(name);
    }

    @Test
    void aFolderIsOfPicturesOrOfSounds() throws IOException {
        Path pictures = folder.resolve("pictures");
        Path sounds = folder.resolve("sounds");
        for (int i = 0; i < 10; i++) {
            new Images(1, 4, 4, 1, new byte[16]).writePng(pictures.resolve(i + ".png"));
            new Sounds(1, 10, 16_000, new short[10]).writeWav(sounds.resolve("class/" + i + ".wav"));
        }
        DataPlaces nowhere = new DataPlaces(folder.resolve("none"), List.of());
        assertThat(DataSets.loadAny(pictures.toString(), nowhere)).isInstanceOf(ImageDataset.class);
        assertThat(DataSets.loadAny(sounds.toString(), nowhere)).isInstanceOf(AudioDataset.class);
        assertThat(DataSets.allNames()).contains("fashion-mnist", "spoken-digits");
        assertThatExceptionOfType(BadFileException.class).isThrownBy(() -> DataSets.loadAny("spoken-digits", nowhere))
                .satisfies(e -> assertThat(e.remedy()).isEqualTo(SpokenDigits.howToGet()));
        assertThatExceptionOfType(BadFileException.class).isThrownBy(() -> DataSets.load(sounds.toString(), nowhere))
                .withMessageContaining("is a set of sounds");
        new Images(1, 4, 4, 1, new byte[16]).writePng(sounds.resolve("cover.png"));
        assertThat(AudioSets.holds(sounds.toString())).as("with pictures among them").isFalse();
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
