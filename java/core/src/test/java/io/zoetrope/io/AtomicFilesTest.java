package io.zoetrope.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.zoetrope.data.Images;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicFilesTest {
    @TempDir
    private Path folder;

    @Test
    void createsFoldersAndReplaces() throws IOException {
        Path file = folder.resolve("a/b/c.txt");
        AtomicFiles.writeText(file, "one");
        AtomicFiles.writeText(file, "two");
        assertThat(file).hasContent("two");
        assertThat(list(file.getParent())).containsExactly("c.txt");
    }

    @Test
    void aFailureLeavesTheOldFileAndNothingElse() throws IOException {
        Path file = folder.resolve("kept.txt");
        AtomicFiles.writeText(file, "old");
        assertThatExceptionOfType(IOException.class).isThrownBy(() -> AtomicFiles.write(file, out -> {
            out.write(new byte[1 << 20]);
            throw new IOException("No space left on device");
        })).withMessageContaining(file.toString()).withMessageContaining("No space left on device");
        assertThat(file).hasContent("old");
        assertThat(list(folder)).containsExactly("kept.txt");
    }

    @Test
    void anErrorInTheBodyAlsoLeavesNothing() throws IOException {
        Path file = folder.resolve("never.txt");
        assertThatExceptionOfType(OutOfMemoryError.class).isThrownBy(() -> AtomicFiles.write(file, out -> {
            out.write(1);
            throw new OutOfMemoryError("injected");
        }));
        assertThat(list(folder)).isEmpty();
    }

    @Test
    void saysWhenTheTargetIsAFolderOrItsParentAFile() throws IOException {
        assertThatExceptionOfType(IOException.class).isThrownBy(() -> AtomicFiles.writeText(folder, "x"))
                .withMessage("cannot write " + folder + ": is a folder; give the name of a file");
        Path plain = Files.writeString(folder.resolve("plain"), "x");
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> AtomicFiles.writeText(plain.resolve("below.txt"), "x"))
                .withMessageContaining(plain.toString());
        assertThat(list(folder)).containsExactly("plain");
    }

    @Test
    void aFullDiskIsAnError() throws IOException {
        Path full = Path.of("/dev/full"); // Linux's always-full device
        assumeThat(Files.exists(full)).isTrue();
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> AtomicFiles.write(full, out -> out.write(new byte[100_000])))
                .withMessageContaining("/dev/full").withMessageContaining("No space left");
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> new Images(1, 8, 8, 1, new byte[64]).writePng(full))
                .withMessageContaining("No space left");
    }

    @Test
    void anUnwritableFolderIsAnError() {
        Path proc = Path.of("/proc/zoetrope/picture.png"); // not even root may create files here
        assumeThat(Files.isDirectory(Path.of("/proc"))).isTrue();
        assertThatExceptionOfType(IOException.class).isThrownBy(() -> AtomicFiles.writeText(proc, "x"))
                .withMessageContaining("/proc/zoetrope");
    }

    @Test
    void writabilityIsKnownBeforehand() throws IOException {
        AtomicFiles.requireWritable(folder.resolve("new/picture.png"));
        AtomicFiles.requireWritable(Path.of("/dev/null"));
        assertThat(list(folder.resolve("new"))).isEmpty();
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> AtomicFiles.requireWritable(Path.of("/proc/zoetrope/picture.png")))
                .withMessageContaining("cannot write /proc/zoetrope/picture.png");
        assertThatExceptionOfType(IOException.class).isThrownBy(() -> AtomicFiles.requireWritable(folder))
                .withMessageContaining("is a folder");
        Path plain = Files.writeString(folder.resolve("plain"), "x");
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> AtomicFiles.requireWritable(plain.resolve("below.txt")))
                .withMessageContaining("a file is where a folder is needed");
    }

    @Test
    void anOpenReaderKeepsTheOldContent() throws IOException {
        Path file = folder.resolve("shared.txt");
        AtomicFiles.writeText(file, "old");
        try (var reader = Files.newByteChannel(file, StandardOpenOption.READ)) {
            AtomicFiles.writeText(file, "new");
            var buffer = java.nio.ByteBuffer.allocate(3);
            reader.read(buffer);
            assertThat(new String(buffer.array())).isEqualTo("old");
        }
        assertThat(file).hasContent("new");
    }

    private static java.util.List<String> list(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }
}
