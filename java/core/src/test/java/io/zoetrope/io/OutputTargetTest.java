package io.zoetrope.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Outputs that are more than a name in a folder. */
class OutputTargetTest {
    @TempDir
    private Path folder;

    private Path link(String name, String text) throws IOException {
        return Files.createSymbolicLink(folder.resolve(name), Path.of(text));
    }

    private void assertNames(String... names) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files.map(file -> file.getFileName().toString())).containsExactlyInAnyOrder(names);
        }
    }

    @Test
    void linksStayAndWhatTheyLeadToIsReplaced() throws IOException {
        Path real = Files.createDirectories(folder.resolve("real"));
        Path target = Files.writeString(real.resolve("target.txt"), "old");
        Path other = Files.createDirectories(folder.resolve("links/deep"));
        // Its text counts from where it really lies: by way of the linked folder, "../" is not the folder it seems to
        // be.
        Files.createSymbolicLink(other.resolve("second"), Path.of("../../real/target.txt"));
        link("folder", "links/deep");
        Path first = link("first", "folder/second");
        AtomicFiles.requireWritable(first);
        AtomicFiles.writeText(first, "new");
        assertThat(first).isSymbolicLink();
        assertThat(other.resolve("second")).isSymbolicLink();
        assertThat(target).isRegularFile().hasContent("new");
        assertNames("real", "links", "folder", "first");
    }

    @Test
    void otherNamesAreCountedAndKeepTheOldContent() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "old");
        assertThat(OutputTarget.of(file).otherNames()).isZero();
        Path other = Files.createLink(folder.resolve("other"), file);
        assertThat(OutputTarget.of(file).otherNames()).isEqualTo(1);
        AtomicFiles.writeText(file, "new");
        assertThat(file).hasContent("new");
        assertThat(other).hasContent("old");
        assertThat(OutputTarget.of(file).otherNames()).isZero();
        assertNames("file", "other");
    }

    @Test
    void aLinkToNothingMakesItsTarget() throws IOException {
        Path dangling = link("dangling", "new/target.txt");
        AtomicFiles.requireWritable(dangling);
        AtomicFiles.writeText(dangling, "made");
        assertThat(dangling).isSymbolicLink();
        assertThat(folder.resolve("new/target.txt")).hasContent("made");
    }

    @Test
    void loopsAndLinksToFoldersAreNamed() throws IOException {
        link("a", "b");
        Path loop = link("b", "a");
        Path tofolder = link("to-folder", ".");
        for (Path bad : new Path[] {loop, tofolder}) {
            assertThatExceptionOfType(IOException.class).isThrownBy(() -> AtomicFiles.writeText(bad, "x"))
                    .withMessageContaining(bad.toString())
                    .withMessageContaining(bad == loop ? "a loop of links" : "is a folder");
            assertThatExceptionOfType(IOException.class).isThrownBy(() -> AtomicFiles.requireWritable(bad));
            assertThat(bad).isSymbolicLink();
        }
        assertNames("a", "b", "to-folder");
    }

    @ParameterizedTest
    @ValueSource(strings = {"rw-------", "rw-rw-rw-", "rwxr-x---", "-w-------", "rw-r--r--"})
    void theModeOfAFileStays(String mode) throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "old");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
        AtomicFiles.write(file, out -> {
            out.write("new".getBytes(StandardCharsets.UTF_8));
            out.flush();
            try (Stream<Path> files = Files.list(folder)) { // nobody else may look into what replaces a private file
                assertThat(files.filter(path -> !path.equals(file)).map(OutputTargetTest::mode))
                        .containsExactly("rw-------");
            }
        });
        assertThat(mode(file)).isEqualTo(mode);
        assertThat(new String(Files.readAllBytes(file), StandardCharsets.UTF_8)).isEqualTo("new");
    }

    private static String mode(Path file) {
        try {
            return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    void ownerAndGroupStayWhereThatIsPermitted() throws IOException {
        assumeThat(System.getProperty("user.name")).isEqualTo("root");
        Path file = Files.writeString(folder.resolve("file"), "old");
        Files.setAttribute(file, "unix:uid", 12_345);
        Files.setAttribute(file, "unix:gid", 23_456);
        Files.setAttribute(file, "unix:mode", 02750);
        AtomicFiles.writeText(file, "new");
        assertThat(Files.readAttributes(file, "unix:uid,gid")).containsEntry("uid", 12_345).containsEntry("gid",
                23_456);
        assertThat((Integer) Files.getAttribute(file, "unix:mode") & 07777).isEqualTo(02750);
    }

    @ParameterizedTest
    @ValueSource(strings = {"r--r--r--", "r--------", "r-xr-xr-x"})
    void aReadOnlyFileIsRefusedFromRootAsWell(String mode) throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "old");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
        Path link = link("link", "file");
        for (Path name : new Path[] {file, link}) {
            assertThatExceptionOfType(IOException.class).isThrownBy(() -> AtomicFiles.writeText(name, "x"))
                    .withMessageContaining("cannot write " + name).withMessageContaining(file + ": is read-only")
                    .withMessageContaining("chmod u+w");
            assertThatExceptionOfType(IOException.class).isThrownBy(() -> AtomicFiles.requireWritable(name))
                    .withMessageContaining("is read-only");
        }
        assertThat(file).hasContent("old");
        assertNames("file", "link");
    }

    @Test
    void aFileInAFolderThatTakesNoneIsWrittenInPlace() throws IOException {
        Path closed = Files.createDirectories(folder.resolve("closed"));
        Path file = Files.writeString(closed.resolve("file"), "old, and longer");
        Files.setPosixFilePermissions(closed, PosixFilePermissions.fromString("r-xr-xr-x"));
        assumeThat(Files.isWritable(closed)).as("root may write everywhere").isFalse();
        AtomicFiles.requireWritable(file);
        AtomicFiles.writeText(file, "new");
        assertThat(file).hasContent("new");
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> AtomicFiles.writeText(closed.resolve("other"), "x"))
                .withMessageContaining("permission denied");
        Files.setPosixFilePermissions(closed, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    @Test
    void aPipeIsWrittenThrough() throws IOException, InterruptedException {
        Path pipe = folder.resolve("pipe");
        assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor()).isZero();
        CompletableFuture<String> read = CompletableFuture.supplyAsync(() -> {
            try {
                return Files.readString(pipe);
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        });
        AtomicFiles.requireWritable(pipe);
        AtomicFiles.writeText(pipe, "through");
        assertThat(read.join()).isEqualTo("through");
        assertThat(Files.isRegularFile(pipe, LinkOption.NOFOLLOW_LINKS)).isFalse();
        assertNames("pipe");
    }

    @Test
    void aLinkToAFullDeviceIsAnError() throws IOException {
        Path full = link("full", "/dev/full");
        assertThatExceptionOfType(IOException.class).isThrownBy(() -> AtomicFiles.writeText(full, "x"))
                .withMessageContaining("No space left");
        assertThat(full).isSymbolicLink();
    }

    @Test
    void aNameAsLongAsTheSystemTakesIsWritten() throws IOException {
        Path file = folder.resolve("é".repeat(125) + ".txt");
        AtomicFiles.writeText(file, "x");
        assertThat(file).hasContent("x");
    }

    /** What runs in the process that is piped. */
    static final class Printer {
        private Printer() {}

        public static void main(String[] arguments) throws IOException {
            System.out.print("before,");
            System.out.flush();
            AtomicFiles.writeText(Path.of(arguments[0]), "picture,");
            System.out.print("after");
        }
    }

    @ParameterizedTest
    @CsvSource({"/dev/stdout, false", "/dev/fd/1, false", "/proc/self/fd/1, false", "link, false", "/dev/stdout, true"})
    void standardOutputGoesOnWhereItIs(String name, boolean appended) throws IOException, InterruptedException {
        link("link", "/dev/stdout");
        File output = Files.writeString(folder.resolve("output"), "header,").toFile();
        Process java = new ProcessBuilder(ProcessHandle.current().info().command().orElse("java"), "-cp",
                System.getProperty("java.class.path"), Printer.class.getName(), name)
                .directory(folder.toFile())
                .redirectOutput(
                        appended ? ProcessBuilder.Redirect.appendTo(output) : ProcessBuilder.Redirect.to(output))
                .redirectError(ProcessBuilder.Redirect.DISCARD).start();
        assertThat(java.waitFor()).isZero();
        assertThat(output).hasContent((appended ? "header," : "") + "before,picture,after");
        assertThat(Path.of("/dev/stdout")).isSymbolicLink();
        assertNames("link", "output");
    }

    @Test
    void aFileThatIsOpenElsewhereIsNeverEmptied() throws IOException, InterruptedException {
        Path output = folder.resolve("output");
        Process shell = new ProcessBuilder("bash", "-c",
                "exec 7>\"$1\"; printf header, >&7; \"$2\" -cp \"$3\" \"$4\" /dev/fd/7", "bash", output.toString(),
                ProcessHandle.current().info().command().orElse("java"), System.getProperty("java.class.path"),
                Printer.class.getName()).redirectError(ProcessBuilder.Redirect.DISCARD)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
        assertThat(shell.waitFor()).isZero();
        assertThat(output).hasContent("header,picture,");
    }
}
