package io.zoetrope.io;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;

/** Whatever the bytes, a safetensors header is understood completely or refused with the reader's own exception. */
class SafetensorsFuzzTest {
    @FuzzTest(maxDuration = "10s")
    void anyBytesAreReadOrRefused(byte[] file) throws IOException {
        try {
            SafetensorsHeader header = Safetensors.check(file, "fuzzed");
            long covered = 0;
            for (SafetensorsHeader.Entry entry : header.tensors().values()) {
                if (entry.begin() < 0 || entry.end() > file.length) {
                    throw new AssertionError("accepted a tensor outside the file");
                }
                covered += entry.end() - entry.begin();
            }
            if (covered > file.length - 8) {
                throw new AssertionError("accepted tensors that share bytes");
            }
        } catch (BadFileException e) {
            if (!e.getMessage().startsWith("fuzzed: ") || e.getMessage().contains("\n")) {
                throw new AssertionError("the message is not one line that names the file: " + e.getMessage());
            }
        }
    }
}
