package io.zoetrope.data;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.zoetrope.io.BadFileException;
import java.io.IOException;

/** Whatever the bytes, the WAV reader answers with finite sound or with its own exception. */
class WavFuzzTest {
    @FuzzTest(maxDuration = "10s")
    void anyBytesAreReadOrRefused(byte[] file) throws IOException {
        try {
            WavFiles.Wave wave = WavFiles.parse(file, "fuzzed");
            if (wave.values().length == 0 || wave.values().length > file.length || wave.rate() < WavFiles.MIN_RATE) {
                throw new AssertionError("accepted a sound that the file cannot hold");
            }
            for (float value : wave.values()) {
                if (!Float.isFinite(value)) {
                    throw new AssertionError("accepted a value that is not a number");
                }
            }
        } catch (BadFileException e) {
            if (!e.getMessage().startsWith("fuzzed: ") || e.getMessage().contains("\n")) {
                throw new AssertionError("the message is not one line that names the file: " + e.getMessage());
            }
        }
    }
}
