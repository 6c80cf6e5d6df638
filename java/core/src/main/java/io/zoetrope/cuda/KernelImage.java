package io.zoetrope.cuda;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Whether device code is all there. The driver is told an address and no length: it reads as far as the headers say,
 * beyond the array when the end is missing.
 */
final class KernelImage {
    private static final int FATBIN = 0xba55ed50;
    private static final int ELF = 0x464c457f;
    // Of a fat binary: magic, version, bytes of the header (16 bits), bytes of the rest (64 bits).
    private static final int FATBIN_HEADER = 16;
    // Of a 64-bit ELF: where its tables are, the size of their entries and how many they have.
    private static final int ELF_HEADER = 64;
    private static final int ELF_SEGMENT = 56;
    private static final int ELF_SECTION = 64;
    private static final int NO_BITS = 8;

    private final String name;
    private final ByteBuffer bytes;

    private KernelImage(String name, byte[] image) {
        this.name = name;
        this.bytes = ByteBuffer.wrap(image).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** @throws DeviceException when it is neither a whole fat binary or cubin nor text */
    static void requireWhole(String name, byte[] image) {
        KernelImage checked = new KernelImage(name, image);
        int magic = image.length < Integer.BYTES ? 0 : checked.bytes.getInt(0);
        if (magic == FATBIN) {
            checked.requireFatbin();
        } else if (magic == ELF) {
            checked.requireElf();
        } else {
            checked.requireText();
        }
    }

    private void requireFatbin() {
        requireWithin("the header", 0, FATBIN_HEADER);
        long header = Short.toUnsignedLong(bytes.getShort(6));
        requireWithin("what the header announces", header, bytes.getLong(8));
    }

    private void requireElf() {
        requireWithin("the header", 0, ELF_HEADER);
        table("segments", bytes.getLong(32), bytes.getShort(54), bytes.getShort(56), ELF_SEGMENT);
        long sections = bytes.getLong(40);
        int count = table("sections", sections, bytes.getShort(58), bytes.getShort(60), ELF_SECTION);
        for (int i = 0; i < count; i++) {
            int section = (int) sections + i * ELF_SECTION;
            if (bytes.getInt(section + 4) != NO_BITS) {
                requireWithin("section " + i, bytes.getLong(section + 24), bytes.getLong(section + 32));
            }
        }
    }

    private int table(String what, long offset, short entryBytes, short entries, int expected) {
        int count = Short.toUnsignedInt(entries);
        if (count > 0 && entryBytes != expected) {
            throw damaged("its table of " + what + " has entries of " + entryBytes + " bytes, expected " + expected);
        }
        requireWithin("the table of " + what, offset, (long) count * expected);
        return count;
    }

    private void requireText() {
        for (int i = 0; i < bytes.capacity(); i++) {
            int value = Byte.toUnsignedInt(bytes.get(i));
            boolean text = value >= ' ' && value < 0x7f || value >= '\t' && value <= '\r';
            if (!text && (value != 0 || i == 0)) { // a 0 ends the text
                throw damaged("it is neither a fat binary, a cubin nor PTX: byte " + i + " is " + value);
            }
            if (value == 0) {
                return;
            }
        }
        if (bytes.capacity() == 0) {
            throw damaged("it is empty");
        }
    }

    private void requireWithin(String what, long offset, long length) {
        if (offset < 0 || length < 0 || offset > bytes.capacity() || length > bytes.capacity() - offset) {
            throw damaged(what + " (" + length + " bytes at " + offset + ") passes the end of its " + bytes.capacity()
                    + " bytes: it is cut short or damaged");
        }
    }

    private DeviceException damaged(String how) {
        return new DeviceException(0, "the kernels of " + name + " cannot be loaded: " + how);
    }
}
