package io.zoetrope.data;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.zoetrope.io.BadFileException;
import java.io.IOException;

/** Whatever the bytes, the IDX reader answers with an array that matches its header or with its own exception. */
class IdxFuzzTest {
    @FuzzTest(maxDuration = "10s")
    void anyBytesAreReadOrRefused(byte[] file) throws IOException {
        try {
            IdxArray array = IdxReader.parse(file, "fuzzed");
            long size = 1;
            for (int dim : array.dims()) {
                size *= dim;
            }
            if (size != array.data().length || array.rank() < 1) {
                throw new AssertionError("accepted an array that contradicts its header");
            }
        } catch (BadFileException e) {
            if (!e.getMessage().startsWith("fuzzed: ") || e.getMessage().contains("\n")) {
                throw new AssertionError("the message is not one line that names the file: " + e.getMessage());
            }
        }
    }
}
