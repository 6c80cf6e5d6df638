package io.zoetrope.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.zoetrope.io.BadFileException;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeSet;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Folders as people have them. */
class ClassFoldersTest {
    @TempDir
    private Path folder;

    private Path picture(String name) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        String format = FileKind.ending(file).replaceFirst("jpe?g?|jfif", "jpg").replace("dib", "bmp");
        ImageIO.write(new BufferedImage(4, 4, BufferedImage.TYPE_BYTE_GRAY), format, file.toFile());
        return file;
    }

    private void pictures(String in, int count) throws IOException {
        for (int i = 0; i < count; i++) {
            picture(in + "/" + i + ".png");
        }
    }

    private ClassFolders found() throws IOException {
        return ClassFolders.of(folder, FileKind.PICTURE);
    }

    private void refused(String... parts) {
        assertThatExceptionOfType(BadFileException.class).isThrownBy(() -> ImageFolder.load(folder))
                .satisfies(e -> assertThat(e.getMessage()).contains(parts).doesNotContain("\n"));
    }

    @Test
    void hiddenEntriesArePassedOver() throws IOException {
        pictures("cats", 10);
        pictures("dogs", 10);
        pictures(".ipynb_checkpoints", 3);
        pictures("cats/.thumbnails", 3);
        pictures("cats/@eaDir", 3);
        Files.writeString(folder.resolve("cats/._0.png"), "resource fork");
        Files.createDirectories(folder.resolve("__MACOSX/cats"));
        Files.writeString(folder.resolve("__MACOSX/cats/._0.png"), "resource fork");
        Files.writeString(folder.resolve("cats/Thumbs.db"), "x");
        Files.writeString(folder.resolve(".DS_Store"), "x");
        ImageDataset set = ImageFolder.load(folder);
        assertThat(set.classNames()).containsExactly("cats", "dogs");
        assertThat(set.train().images().count()).isEqualTo(18);
        assertThat(found().notices()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"png", "PNG", "jpg", "JPEG", "jpe", "JFIF", "GIF", "bmp"})
    void everyReadableFormatIsTaken(String ending) throws IOException {
        for (int i = 0; i < 4; i++) {
            picture("cats/" + i + "." + ending);
            picture("dogs/" + i + ".png");
        }
        ImageDataset set = ImageFolder.load(folder);
        assertThat(set.classNames()).containsExactly("cats", "dogs");
        assertThat(set.train().labels()).containsExactly(0, 0, 0, 1, 1, 1);
        assertThat(set.test().labels()).containsExactly(0, 1);
        assertThat(set.channels()).isEqualTo(1);
    }

    @Test
    void aFlatFolderOfJpegsIsOneClass() throws IOException {
        for (int i = 0; i < 3; i++) {
            picture(i + ".jpg");
        }
        Files.createDirectories(folder.resolve("notes"));
        assertThat(ImageFolder.isIn(folder)).isTrue();
        assertThat(ImageFolder.load(folder).classNames()).containsExactly(folder.getFileName().toString());
        assertThat(found().notices()).containsExactly("passed over folders without pictures: notes");
    }

    @ParameterizedTest
    @CsvSource({"webp, WebP", "TIFF, TIFF", "heic, HEIF", "avif, AVIF", "svg, SVG"})
    void otherFormatsInAClassAreRefusedByNameAndBesideClassesPassedOver(String ending, String format)
            throws IOException {
        pictures("cats", 3);
        Files.writeString(folder.resolve("logo." + ending), "x");
        assertThat(found().notices()).containsExactly("passed over 1 picture beside the class folders: logo." + ending);
        Files.writeString(folder.resolve("cats/x." + ending), "x");
        refused("cats/x." + ending, "in the format " + format, "expected PNG, JPEG, GIF or BMP");
    }

    @Test
    void aSetOfUnreadFormatsAloneIsKnownForPictures() throws IOException {
        Files.createDirectories(folder.resolve("cats/deep"));
        Files.writeString(folder.resolve("cats/deep/x.webp"), "x");
        assertThatExceptionOfType(BadFileException.class)
                .isThrownBy(() -> DataSets.load(folder.toString(), new DataPlaces(folder, List.of())))
                .withMessageContaining("WebP");
    }

    @Test
    void whatLiesBesideClassesIsPassedOverAndSaid() throws IOException {
        pictures("cats", 3);
        pictures("dogs", 3);
        Files.createDirectories(folder.resolve("empty"));
        Files.writeString(folder.resolve("cats/labels.csv"), "x");
        Files.writeString(folder.resolve("README"), "x");
        for (int i = 0; i < 5; i++) {
            picture("stray" + i + ".png");
        }
        assertThat(ImageFolder.load(folder).classNames()).containsExactly("cats", "dogs");
        assertThat(found().notices()).containsExactly(
                "passed over 5 pictures beside the class folders: stray0.png, stray1.png, stray2.png, …",
                "passed over folders without pictures: empty", "passed over other files: 1 without an ending, 1 .csv");
    }

    @Test
    void foldersInAClassAreSearched() throws IOException {
        pictures("cats/tabby/2024", 6);
        pictures("cats/black", 6);
        pictures("dogs", 2);
        assertThat(ImageFolder.load(folder).train().labels()).hasSize(11 + 1);
        assertThat(found().notices()).isEmpty();
        assertThat(found().classes().get(0).files()).isSorted().hasSize(12);
    }

    @Test
    void aSingleFolderWithClassesInItIsNamed() throws IOException {
        pictures("archive/cats", 3);
        pictures("archive/dogs", 3);
        assertThat(found().notices()).singleElement().asString().contains("one class, 'archive'")
                .contains("cats, dogs");
    }

    @ParameterizedTest
    @CsvSource({"train, test", "Train, Val", "training, validation"})
    void partsOfASetAreNoClasses(String train, String test) throws IOException {
        for (String part : new String[] {train, test}) {
            pictures(part + "/cats", 3);
            pictures(part + "/dogs", 3);
        }
        refused("the parts of a set, ", train, test, "such as cats", folder.resolve(train).toString());
        assertThat(ImageFolder.load(folder.resolve(train)).classNames()).containsExactly("cats", "dogs");
    }

    @Test
    void classesNamedTrainAndTestMayBe() throws IOException {
        pictures("train", 3);
        pictures("test", 3);
        assertThat(ImageFolder.load(folder).classNames()).containsExactly("test", "train");
    }

    @Test
    void everyClassHasItsTestPart() throws IOException {
        for (int count : new int[] {2, 9, 10, 19, 20}) {
            pictures("class" + (char) ('a' + count), count);
        }
        ImageDataset set = ImageFolder.load(folder);
        int[] tests = new int[5];
        Arrays.stream(set.test().labels()).forEach(label -> tests[label]++);
        assertThat(tests).containsExactly(1, 1, 1, 1, 2);
        pictures("single", 1);
        refused("class 'single' holds 1 picture, 0.png", "at least 2");
    }

    @Test
    void namesThatReadTheSameAreRefused() throws IOException {
        pictures("Cats", 3);
        pictures("cats", 3);
        refused("'Cats' and 'cats'", "case");
    }

    @Test
    void namesThatWouldSteerATerminalAreRefused() throws IOException {
        pictures("cats\u001b[2J", 3);
        refused("cats?[2J: has a control character");
    }

    @Test
    void accentsInTwoSpellingsAreRefused() throws IOException {
        assumeThat(System.getProperty("sun.jnu.encoding")).isEqualTo("UTF-8");
        pictures("caf\u00e9", 3);
        pictures("cafe\u0301", 3);
        refused("accents");
    }

    @Test
    void classesAreInTheSameOrderEverywhere() throws IOException {
        List<String> names = List.of("B", "_", "a", "b2", "b10", "Z", "i", "\u0131x", "I2");
        assumeThat(System.getProperty("sun.jnu.encoding")).isEqualTo("UTF-8");
        for (String name : names) {
            pictures(name, 2);
        }
        assertThat(found().names()).containsExactlyElementsOf(new TreeSet<>(names));
    }

    @Test
    void linksAreFollowedAndLoopsPassedOver() throws IOException {
        Path elsewhere = Files.createTempDirectory("elsewhere");
        pictures("cats", 3);
        Files.move(folder.resolve("cats/0.png"), elsewhere.resolve("0.png"));
        Files.createSymbolicLink(folder.resolve("cats/0.png"), elsewhere.resolve("0.png"));
        Files.createSymbolicLink(folder.resolve("dogs"), folder.resolve("cats"));
        Files.createSymbolicLink(folder.resolve("cats/up"), folder);
        Files.createSymbolicLink(folder.resolve("cats/self"), Path.of("."));
        ClassFolders found = found();
        assertThat(found.names()).containsExactly("cats", "dogs");
        assertThat(found.classes()).allMatch(group -> group.files().size() == 3);
        assertThat(found.notices()).hasSize(4).allMatch(notice -> notice.contains("a link to a folder it lies in"));
        assertThat(ClassFolders.holds(folder, FileKind.SOUND)).isFalse();
        Files.delete(elsewhere.resolve("0.png"));
        refused("cats/0.png: is a link to " + elsewhere.resolve("0.png") + ", which does not exist");
        Files.delete(elsewhere);
    }

    @Test
    void damagedFilesAndOtherSizesAreNamed() throws IOException {
        pictures("cats", 3);
        Path bad = Files.writeString(folder.resolve("cats/bad.png"), "no picture");
        refused(bad.toString(), "is not a picture");
        new Images(1, 5, 4, 1, new byte[20]).writePng(bad);
        refused(bad.toString(), "5 × 4", "0.png");
    }

    @Test
    void greyAmongColoursBecomesRgbAndChangesAreSaid() throws IOException {
        picture("cats/0.png");
        new Images(1, 4, 4, 3, new byte[48]).writePng(folder.resolve("cats/1.png"));
        BufferedImage clear = new BufferedImage(4, 4, BufferedImage.TYPE_INT_ARGB);
        ImageIO.write(clear, "png", folder.resolve("cats/2.png").toFile());
        List<String> said = new ArrayList<>();
        ImageDataset set = ImageFolder.load(folder, said::add);
        assertThat(set.channels()).isEqualTo(3);
        assertThat(set.train().images().pixels()).hasSize(2 * 48).containsOnly(0);
        assertThat(set.test().images().pixels()).containsOnly(-1);
        assertThat(said).containsExactly("with 1 picture: laid it over white where it is transparent");
    }

    /** Trees at random: every picture in sight is in one class once, and every class learns and tests. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void everyPictureInSightIsTakenOnce(long seed) throws IOException {
        SplittableRandom random = new SplittableRandom(seed);
        List<Path> expected = new ArrayList<>();
        for (int label = 0; label < 3; label++) {
            int count = random.nextInt(2, 25);
            for (int i = 0; i < count; i++) {
                String in = "class" + label + "/"
                        + (random.nextBoolean() ? "in/".repeat(random.nextInt(3)) : "out" + i + "/");
                Path file = folder.resolve(in + i + List.of(".png", ".JPG", ".gif").get(random.nextInt(3)));
                Files.createDirectories(file.getParent());
                expected.add(Files.createFile(file));
                String noise = List.of("._x.png", ".hidden/x.png", "notes.txt", "__MACOSX/x.png")
                        .get(random.nextInt(4));
                Path hidden = file.resolveSibling(noise);
                Files.createDirectories(hidden.getParent());
                Files.writeString(hidden, "x");
            }
        }
        ClassFolders found = found();
        assertThat(found.classes().stream().flatMap(group -> group.files().stream()))
                .containsExactlyInAnyOrderElementsOf(expected);
        found.requireBothParts();
        for (ClassFolders.Group group : found.classes()) {
            assertThat(group.files()).allMatch(file -> file.startsWith(folder.resolve(group.name())));
            long tests = java.util.stream.IntStream.range(0, group.files().size()).filter(group::isForTest).count();
            assertThat(tests).isEqualTo(Math.max(1, group.files().size() / 10));
        }
        assertThat(found()).isEqualTo(found);
    }
}
