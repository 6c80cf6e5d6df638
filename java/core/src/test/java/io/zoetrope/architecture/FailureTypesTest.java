package io.zoetrope.architecture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.google.gson.JsonParseException;
import io.zoetrope.cuda.DeviceException;
import io.zoetrope.cuda.DeviceOutOfMemoryException;
import io.zoetrope.data.IdxReader;
import io.zoetrope.io.BadFileException;
import io.zoetrope.io.Config;
import io.zoetrope.io.Safetensors;
import io.zoetrope.option.OptionException;
import io.zoetrope.train.TrainingInterruptedException;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.concurrent.CancellationException;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a server that catches by type relies on, and that a failure keeps what it came of. */
class FailureTypesTest {
    @TempDir
    private Path folder;

    @Test
    void eachIsCaughtByTheTypeThatItRefines() {
        assertThat(DeviceException.class).isAssignableFrom(DeviceOutOfMemoryException.class);
        assertThat(IOException.class).isAssignableFrom(BadFileException.class);
        assertThat(IllegalArgumentException.class).isAssignableFrom(OptionException.class);
        assertThat(CancellationException.class).isAssignableFrom(TrainingInterruptedException.class);
    }

    @Test
    void badFilesKeepTheirCause() throws IOException {
        Path none = folder.resolve("none");
        refused(() -> Config.read(none), NoSuchFileException.class);
        refused(() -> Safetensors.open(none), NoSuchFileException.class);
        refused(() -> Config.parse("{", "x.json"), JsonParseException.class);
        refused(() -> Config.read(Files.write(folder.resolve("latin"), new byte[] {'{', (byte) 0xe9, '}'})),
                CharacterCodingException.class);
        refused(() -> IdxReader.parse(new byte[] {0x1f, (byte) 0x8b, 8, 0, 0, 0, 0, 0, 0, 0}, "labels.gz"),
                EOFException.class);
    }

    private static void refused(ThrowingCallable reading, Class<? extends Throwable> cause) {
        assertThatExceptionOfType(BadFileException.class).isThrownBy(reading).withCauseInstanceOf(cause);
    }
}
