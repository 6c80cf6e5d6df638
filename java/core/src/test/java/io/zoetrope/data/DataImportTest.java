package io.zoetrope.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.zoetrope.io.BadFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataImportTest {
    private static final Path DEBIAN = Path.of("/usr/share/datasets/fashion-mnist");
    private static final DataImport.Fetcher FORBIDDEN = (source, scratch) -> {
        throw new AssertionError("must not be fetched");
    };

    @TempDir
    private Path folder;
    private final List<String> said = new ArrayList<>();

    private DataPlaces places() {
        return new DataPlaces(folder.resolve("cache"), List.of(folder.resolve("system")));
    }

    private DataImport importing(DataImport.Fetcher fetcher) {
        return new DataImport(places(), fetcher, said::add);
    }

    @Test
    void bringsTheRealSetInFromAPackageOnce() throws IOException {
        assumeThat(DEBIAN).isDirectory();
        List<Path> scratches = new ArrayList<>();
        Path where = importing((source, scratch) -> {
            scratches.add(scratch);
            assertThat(source.name()).isEqualTo("dataset-fashion-mnist");
            Path unpacked = Files.createDirectories(scratch.resolve("usr/share/datasets/fashion-mnist"));
            try (var files = Files.list(DEBIAN)) {
                for (Path file : files.toList()) {
                    Files.copy(file, unpacked.resolve(file.getFileName()));
                }
            }
        }).bringIn("fashion-mnist", Optional.empty());
        assertThat(where).isEqualTo(folder.resolve("cache/fashion-mnist"));
        assertThat(FashionMnist.SET.find(places())).contains(where);
        assertThat(String.join("\n", said)).contains("SHA-256").contains("MIT").contains("Zalando").contains("30 MB");
        assertThat(scratches.get(0)).doesNotExist();

        said.clear();
        assertThat(importing(FORBIDDEN).bringIn("fashion-mnist", Optional.empty())).isEqualTo(where);
        assertThat(said).noneMatch(line -> line.contains("fetching"));

        // A file of the cache goes bad: it is noticed and fetched anew; until then the rest is not touched.
        Files.write(where.resolve("t10k-labels-idx1-ubyte.gz"), new byte[] {31, (byte) 139, 8});
        assertThatExceptionOfType(IOException.class).isThrownBy(() -> importing((source, scratch) -> {
            throw new IOException("no network");
        }).bringIn("fashion-mnist", Optional.empty()));
        assertThat(said).anyMatch(line -> line.contains("t10k-labels-idx1-ubyte.gz") && line.contains("damaged"));
        assertThat(importing(FORBIDDEN).bringIn("fashion-mnist", Optional.of(DEBIAN))).isEqualTo(where);
        FashionMnist.SET.files().verify(FashionMnist.SET, where);
    }

    @Test
    void oneSetIsNotTakenForAnother() throws IOException {
        assumeThat(DEBIAN).isDirectory();
        assertThatExceptionOfType(BadFileException.class)
                .isThrownBy(() -> importing(FORBIDDEN).bringIn("mnist", Optional.of(DEBIAN)))
                .withMessageContaining("train-images-idx3-ubyte").withMessageContaining("ba891046e6505d7a")
                .withMessageContaining("another data set");
        assertThat(folder.resolve("cache")).doesNotExist();
    }

    @Test
    void aSetWithTheWrongDigestIsRefusedAndNotKept() throws IOException {
        Path mine = folder.resolve("mine");
        IdxFiles.writeTiny(mine, 2, 2);
        CifarFiles.writeBinary(mine);
        assertThatExceptionOfType(BadFileException.class)
                .isThrownBy(() -> importing(FORBIDDEN).bringIn("fashion-mnist", Optional.of(mine)))
                .withMessageContaining("SHA-256").withMessageContaining("train-images-idx3-ubyte.gz");
        assertThatExceptionOfType(BadFileException.class)
                .isThrownBy(() -> importing(FORBIDDEN).bringIn("cifar10", Optional.of(mine)))
                .withMessageContaining("SHA-256").withMessageContaining("data_batch_1.bin");
        assertThat(folder.resolve("cache")).doesNotExist();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> importing(FORBIDDEN).bringIn("imagenet", Optional.empty()))
                .withMessageContaining("imagenet").withMessageContaining("fashion-mnist");
    }

    @Test
    void aFolderWithoutTheSetIsAnsweredWithItsOfficialAddress() throws IOException {
        Path empty = Files.createDirectories(folder.resolve("empty"));
        for (Path wrong : List.of(empty, folder.resolve("nowhere"))) {
            assertThatExceptionOfType(BadFileException.class)
                    .isThrownBy(() -> importing(FORBIDDEN).bringIn("cifar10", Optional.of(wrong)))
                    .withMessageContaining(wrong.toString()).withMessageContaining("kriz/cifar.html");
        }
    }

    @Test
    void aFailedFetchSaysWhyAndWhatElseToDoAndLeavesNothing() {
        List<Path> scratches = new ArrayList<>();
        for (KnownSet set : DataSets.all()) {
            assertThatExceptionOfType(BadFileException.class).isThrownBy(() -> importing((source, scratch) -> {
                scratches.add(scratch);
                Files.writeString(Files.createDirectories(scratch.resolve("deep/er")).resolve("file"), "");
                throw new IOException("no network");
            }).bringIn(set.name(), Optional.empty()))
                    .withMessageStartingWith(set.title() + ": was not fetched (no network)")
                    .withMessageContaining(set.page())
                    .satisfies(e -> assertThat(e.remedy()).isEqualTo(set.howToGetByHand()));
        }
        assertThat(scratches).hasSize(3).allMatch(scratch -> !Files.exists(scratch));
        assertThat(folder.resolve("cache")).doesNotExist();
    }

    @Test
    void whatAProgramSaidIsPutInOneLine() {
        assertThat(PackageFetcher.reason("Reading package lists...\nE: Unable to locate package x\n"))
                .isEqualTo("Unable to locate package x");
        assertThat(PackageFetcher.reason("npm error code E404\nnpm error 404 Not Found\nnpm error\n"
                + "npm error A complete log of this run can be found in: /x\n")).isEqualTo("404 Not Found");
        assertThat(PackageFetcher.reason("npm error syscall connect\nnpm error FetchError: refused\n"
                + "npm error     at connect (index.js:1)\nnpm error behind a proxy?\nnpm error   port: 9\n"))
                .isEqualTo("FetchError: refused; behind a proxy?");
        assertThat(PackageFetcher.reason("first\nlast\n\n")).isEqualTo("last");
        assertThat(PackageFetcher.reason("")).isEqualTo("no output");
        assertThat(PackageFetcher.reason("E: " + "x".repeat(1000))).hasSizeLessThan(310).endsWith("…");
    }
}
