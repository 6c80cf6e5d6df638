package io.zoetrope.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zoetrope.testkit.Devices;
import java.util.function.LongConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever passes the end of an array, of a block or of 64 bits is refused before the driver sees it. */
class TransferTest {
    private static final int BYTES = 64;
    private final Device device = Devices.shared();

    private void withBlock(LongConsumer body) {
        try (DeviceMemory block = device.memory().allocate(BYTES)) {
            Transfer.fillBytes(device, block.address(), (byte) 7, BYTES);
            body.accept(block.address());
            byte[] bytes = new byte[BYTES];
            Transfer.toHost(device, block.address(), bytes, BYTES, 1);
            assertThat(bytes).containsOnly(7);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {3, 1 << 22, Integer.MAX_VALUE + 1L, Long.MAX_VALUE, -1, Long.MIN_VALUE})
    void elementsBeyondTheArrayAreRefused(long elements) {
        withBlock(address -> {
            assertThatThrownBy(() -> Transfer.toHost(device, address, new float[2], elements, 4))
                    .isInstanceOf(IllegalArgumentException.class).hasMessageContaining(elements + " elements")
                    .hasMessageContaining("float[2]").hasMessageContaining("0 to 2");
            assertThatThrownBy(() -> Transfer.toDevice(device, new float[2], elements, 4, address))
                    .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("float[2]");
        });
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 8, -4, Integer.MAX_VALUE})
    void elementBytesThatAreNotTheArraysAreRefused(int elementBytes) {
        withBlock(address -> {
            assertThatThrownBy(() -> Transfer.toHost(device, address, new float[2], 2, elementBytes))
                    .isInstanceOf(IllegalArgumentException.class).hasMessageContaining(elementBytes + "-byte elements")
                    .hasMessageContaining("float[2]").hasMessageContaining("4 bytes");
            assertThatThrownBy(() -> Transfer.toDevice(device, new int[2], 2, elementBytes, address))
                    .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("int[2]");
        });
    }

    @Test
    void arraysOfEveryPrimitiveTypePassAndOthersAreNamed() {
        withBlock(address -> {
            for (Object array : new Object[] {new byte[8], new short[4], new int[2], new float[2], new long[1],
                    new double[1]}) {
                int width = HostArray.elementBytes(array);
                Transfer.toHost(device, address, array, 8 / width, width);
                Transfer.toDevice(device, array, 8 / width, width, address);
            }
            assertThatThrownBy(() -> Transfer.toHost(device, address, new char[4], 4, 2))
                    .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("char[]");
            assertThatThrownBy(() -> Transfer.toHost(device, address, null, 4, 2)).hasMessageContaining("null");
        });
    }

    @Test
    void deviceMemoryBeyondTheBlockIsRefused() {
        withBlock(address -> {
            assertThatThrownBy(() -> Transfer.toHost(device, address, new float[17], 17, 4))
                    .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("68 bytes")
                    .hasMessageContaining("block of 64 bytes").hasMessageContaining("64 are left");
            assertThatThrownBy(() -> Transfer.toDevice(device, new float[1], 1, 4, address + 61))
                    .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("3 are left");
            assertThatThrownBy(() -> Transfer.fillBytes(device, address, (byte) 0, BYTES + 1))
                    .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("filling 65 bytes");
            assertThatThrownBy(() -> Transfer.fillBytes(device, address + 1, (byte) 0, Long.MAX_VALUE))
                    .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("63 are left");
            assertThatThrownBy(() -> Transfer.fillBytes(device, address, (byte) 0, -1))
                    .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("-1 bytes");
        });
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 16, -1, Long.MIN_VALUE, Long.MAX_VALUE, 0x7fff_ffff_f000L})
    void addressesOutsideEveryBlockAreRefused(long address) {
        assertThatThrownBy(() -> Transfer.toHost(device, address, new float[1], 1, 4))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining(Long.toHexString(address))
                .hasMessageContaining(device + " has no memory there");
        assertThatThrownBy(() -> Transfer.fillBytes(device, address, (byte) 0, 8))
                .isInstanceOf(IllegalArgumentException.class);
        withBlock(good -> {
            assertThatThrownBy(() -> Transfer.withinDevice(device, good, address, 8))
                    .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("copying to");
            assertThatThrownBy(() -> Transfer.withinDevice(device, address, good, 8))
                    .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("copying from");
        });
    }

    @Test
    void memoryThatWasGivenBackIsRefused() {
        DeviceMemory block = device.memory().allocate(BYTES);
        long address = block.address();
        block.close();
        assertThatThrownBy(() -> Transfer.toHost(device, address, new float[1], 1, 4))
                .isInstanceOf(IllegalStateException.class).hasMessageContaining("given back");
        assertThatThrownBy(() -> Transfer.fillBytes(device, address, (byte) 0, 4))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void overlappingCopiesAreRefused() {
        withBlock(address -> {
            assertThatThrownBy(() -> Transfer.withinDevice(device, address, address + 8, 16))
                    .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("overlap");
            assertThatThrownBy(() -> Transfer.withinDevice(device, address + 8, address, 16))
                    .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("overlap");
            assertThatCode(() -> Transfer.withinDevice(device, address, address + 16, 16)).doesNotThrowAnyException();
            assertThatCode(() -> Transfer.withinDevice(device, address, address, 16)).doesNotThrowAnyException();
        });
    }

    @Test
    void nothingIsCopiedToOrFromAClosedDevice() {
        try (Device other = Device.open(DeviceChoice.parse(System.getProperty("zoetrope.test.device", "auto")))) {
            DeviceMemory block = other.memory().allocate(BYTES);
            long address = block.address();
            other.close();
            assertThatThrownBy(() -> Transfer.toHost(other, address, new float[1], 1, 4))
                    .isInstanceOf(IllegalStateException.class).hasMessageContaining("closed");
            assertThatThrownBy(() -> Transfer.fillBytes(other, address, (byte) 0, 4))
                    .isInstanceOf(IllegalStateException.class).hasMessageContaining("closed");
            assertThatThrownBy(block::address).isInstanceOf(IllegalStateException.class).hasMessageContaining("closed");
        }
    }
}
