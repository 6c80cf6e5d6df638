package io.zoetrope.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.zoetrope.io.BadFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IdxReaderTest {
    private static final byte[] SIX = {1, 2, 3, 4, 5, (byte) 200};

    @Test
    void readsRawAndCompressedAlike(@TempDir Path folder) throws IOException {
        byte[] raw = IdxFiles.raw(SIX, 1, 2, 3);
        Path plain = Files.write(folder.resolve("pictures"), raw);
        Path packed = Files.write(folder.resolve("pictures.gz"), IdxFiles.gzip(raw));
        for (Path file : new Path[] {plain, packed}) {
            IdxArray array = IdxReader.read(file, 3);
            assertThat(array.dims()).containsExactly(1, 2, 3);
            assertThat(array.data()).containsExactly(SIX);
        }
    }

    @Test
    void refusesWrongMagic() {
        byte[] file = IdxFiles.raw(SIX, 6);
        file[0] = 'P';
        file[1] = 'N';
        refused(file, "starts with 50 4e 08 01", "IDX magic 00 00 08");
    }

    @Test
    void refusesOtherTypes() {
        byte[] file = IdxFiles.raw(SIX, 6);
        file[2] = 0x0d;
        refused(file, "type 0x0d", "0x08");
    }

    @Test
    void refusesAxesBeyondReason() {
        byte[] file = IdxFiles.raw(SIX, 6);
        file[3] = 0;
        refused(file, "claims 0 axes");
        file[3] = (byte) 255;
        refused(file, "claims 255 axes");
    }

    @Test
    void refusesEveryTruncation() {
        byte[] raw = IdxFiles.raw(SIX, 1, 2, 3);
        for (int length = 0; length < raw.length; length++) {
            refused(Arrays.copyOf(raw, length));
        }
        byte[] packed = IdxFiles.gzip(raw);
        for (int length = 0; length < packed.length; length++) {
            refused(Arrays.copyOf(packed, length));
        }
    }

    @Test
    void refusesTrailingBytes() {
        byte[] seven = Arrays.copyOf(SIX, 7);
        refused(IdxFiles.raw(seven, 6), "goes on after its 6 values");
        refused(IdxFiles.gzip(IdxFiles.raw(seven, 6)), "goes on after its 6 values");
    }

    @Test
    void refusesDamagedCompression() {
        byte[] packed = IdxFiles.gzip(IdxFiles.raw(new byte[1000], 1000));
        packed[packed.length - 5] ^= 1; // in the CRC
        refused(packed, "gzip data is damaged");
    }

    @Test
    void refusesAbsurdSizesWithoutAllocating() {
        // 2^31 − 1 cubed: would overflow any multiplication and any heap.
        int huge = Integer.MAX_VALUE;
        refused(IdxFiles.raw(SIX, huge, huge, huge), "cannot hold");
        refused(IdxFiles.raw(SIX, -1), "cannot hold");
        refused(IdxFiles.gzip(IdxFiles.raw(SIX, huge, 2)), "cannot hold");
        refused(IdxFiles.gzip(IdxFiles.raw(SIX, 100_000)), "cannot hold");
        refused(IdxFiles.raw(SIX, 0, 6), "size 0");
    }

    @Test
    void namesTheFileAndTheRemedy(@TempDir Path folder) throws IOException {
        Path labels = Files.write(folder.resolve("labels"), IdxFiles.raw(SIX, 6));
        assertThatExceptionOfType(BadFileException.class).isThrownBy(() -> IdxReader.read(labels, 3))
                .withMessageContaining(labels.toString()).withMessageContaining("has 1 axes [6]")
                .withMessageContaining("expected 3 axes");
        Path missing = folder.resolve("missing");
        assertThatExceptionOfType(BadFileException.class).isThrownBy(() -> IdxReader.read(missing))
                .withMessageContaining(missing.toString()).withMessageEndingWith("Get the file anew.")
                .satisfies(e -> assertThat(e.remedy())
                        .isEqualTo(new DataRemedy(DataRemedy.Way.RENEW, Optional.empty(), "Get the file anew")));
    }

    private static void refused(byte[] file, String... parts) {
        assertThatExceptionOfType(BadFileException.class).isThrownBy(() -> IdxReader.parse(file, "some.idx"))
                .withMessageStartingWith("some.idx: ").satisfies(e -> assertThat(e.getMessage())
                        .contains(parts.length == 0 ? new String[] {"expected"} : parts));
    }
}
