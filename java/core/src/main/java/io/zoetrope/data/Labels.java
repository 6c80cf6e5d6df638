package io.zoetrope.data;

import io.zoetrope.io.Digests;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.List;

/** The classes of examples, as numbers into a list of names. */
final class Labels {
    private Labels() {
    }

    /** @throws IllegalArgumentException naming the first label that no class has; without classes all may pass */
    static void require(String data, String part, int[] labels, List<String> classNames) {
        for (int i = 0; i < labels.length && !classNames.isEmpty(); i++) {
            if (labels[i] < 0 || labels[i] >= classNames.size()) {
                throw new IllegalArgumentException(data + ": the label of " + part + " example " + i + " is "
                        + labels[i] + ", expected 0 to " + (classNames.size() - 1) + " for the classes " + classNames
                        + ": correct the label, or name all classes");
            }
        }
    }

    /** A digest of what examples mean, to which the examples themselves are to be added. */
    static MessageDigest digest(int[] labels, List<String> classNames) {
        MessageDigest digest = Digests.sha256();
        digest.update(classNames.toString().getBytes(StandardCharsets.UTF_8));
        ByteBuffer numbers = ByteBuffer.allocate(Math.multiplyExact(Integer.BYTES, labels.length));
        for (int label : labels) {
            numbers.putInt(label);
        }
        digest.update(numbers.array());
        return digest;
    }
}
