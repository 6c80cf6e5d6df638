package io.zoetrope.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointTest {
    @TempDir
    private Path folder;

    private static Checkpoint at(long step) {
        return new Checkpoint(step, Map.of("rng.seed", "-9223372036854775808", "rng.offset", Long.toString(step * 64)),
                Map.of("w", StoredTensor.ofF32(new float[] {step, Float.NaN, -0f}, 3), "m",
                        StoredTensor.ofF32(new float[] {0.5f}, 1)));
    }

    private List<String> files() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void comesBackBitForBit() throws IOException {
        Path file = folder.resolve("c.safetensors");
        at(7).write(file);
        Checkpoint read = Checkpoint.read(file);
        assertThat(read.step()).isEqualTo(7);
        assertThat(read.number("rng.seed")).isEqualTo(Long.MIN_VALUE);
        assertThat(read.number("rng.offset")).isEqualTo(448);
        assertThat(read.tensors().keySet()).containsExactlyInAnyOrder("w", "m");
        assertThat(read.tensors().get("w").inMemory().bytes()).isEqualTo(at(7).tensors().get("w").inMemory().bytes());
        assertThatIllegalArgumentException().isThrownBy(() -> read.text("rng.position"))
                .withMessageContaining("rng.position").withMessageContaining("rng.offset");
    }

    @Test
    void everyDamagedByteIsNoticed() throws IOException {
        Path file = folder.resolve("c.safetensors");
        at(3).write(file);
        byte[] good = Files.readAllBytes(file);
        for (int i = 0; i < good.length; i++) {
            byte[] bad = good.clone();
            bad[i] ^= 0x10;
            Files.write(file, bad);
            try {
                Checkpoint read = Checkpoint.read(file);
                // Only padding after the header's JSON may change without changing the content, and only into
                // something JSON allows; a changed space is no longer white space, so nothing gets here.
                throw new AssertionError("byte " + i + " of " + good.length + " was changed unnoticed: " + read);
            } catch (BadFileException e) {
                assertThat(e).hasMessageContaining(file.toString());
            }
        }
        for (int length = 0; length < good.length; length++) {
            Files.write(file, Arrays.copyOf(good, length));
            assertThatExceptionOfType(BadFileException.class).isThrownBy(() -> Checkpoint.read(file));
        }
    }

    @Test
    void theLastTwoAreKept() throws IOException {
        CheckpointFolder checkpoints = new CheckpointFolder(folder);
        assertThat(checkpoints.latest()).isEmpty();
        for (long step : new long[] {100, 200, 300}) {
            checkpoints.save(at(step));
        }
        assertThat(files()).containsExactly("step-000000200.safetensors", "step-000000300.safetensors");
        assertThat(checkpoints.latest()).get().extracting(Checkpoint::step).isEqualTo(300L);
    }

    @Test
    void damagedOnesAreSkippedAndReplaced() throws IOException {
        CheckpointFolder checkpoints = new CheckpointFolder(folder);
        checkpoints.save(at(100));
        Path newest = checkpoints.save(at(200));
        byte[] bytes = Files.readAllBytes(newest);
        bytes[bytes.length - 1] ^= 1;
        Files.write(newest, bytes);
        assertThat(checkpoints.latest()).get().extracting(Checkpoint::step).isEqualTo(100L);
        // The resumed run saves before the damaged step: 100 must not be pushed out by the damaged 200.
        Files.write(folder.resolve("step-000000150.safetensors.00c0ffee00c0ffee.zoetrope-part"), new byte[10]);
        checkpoints.save(at(150));
        assertThat(files()).containsExactly("step-000000100.safetensors", "step-000000150.safetensors");
    }

    @Test
    void onlyDamagedOnesIsAnErrorNotAFreshStart() throws IOException {
        Files.write(folder.resolve("step-000000100.safetensors"), new byte[20]);
        assertThatExceptionOfType(BadFileException.class).isThrownBy(() -> new CheckpointFolder(folder).latest())
                .withMessageContaining("step-000000100");
        Files.delete(folder.resolve("step-000000100.safetensors"));
        at(5).write(folder.resolve("step-000000100.safetensors"));
        assertThatExceptionOfType(BadFileException.class).isThrownBy(() -> new CheckpointFolder(folder).latest())
                .withMessageContaining("holds step 5");
    }

    @Test
    void partsAndStrangersAreNoCheckpoints() throws IOException {
        CheckpointFolder checkpoints = new CheckpointFolder(folder);
        Files.write(folder.resolve("step-000000900.safetensors.00c0ffee00c0ffee.zoetrope-part"), new byte[3]);
        Files.write(folder.resolve("notes.txt"), new byte[3]);
        assertThat(checkpoints.latest()).isEmpty();
        checkpoints.save(at(1));
        assertThat(files()).containsExactly("notes.txt", "step-000000001.safetensors");
    }

    @Test
    void plainWeightsAreNoCheckpoint() throws IOException {
        Path file = folder.resolve("w.safetensors");
        Safetensors.write(file, Map.of("w", StoredTensor.ofF32(new float[1], 1)), Map.of());
        assertThatExceptionOfType(BadFileException.class).isThrownBy(() -> Checkpoint.read(file))
                .withMessageContaining("no checkpoint");
    }
}
