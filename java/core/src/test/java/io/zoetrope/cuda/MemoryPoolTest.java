package io.zoetrope.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zoetrope.testkit.Devices;
import java.util.List;
import org.junit.jupiter.api.Test;

class MemoryPoolTest {
    private static final long PAGE = 1 << 21;
    private static final long LARGE = 1L << 29;
    private final Device device = Devices.shared();
    private final MemoryPool pool = device.memory();

    @Test
    void aBlockGivenBackIsHandedOutAgain() {
        DeviceMemory first = pool.allocate(1000);
        long address = first.address();
        first.close();
        try (DeviceMemory second = pool.allocate(1001)) {
            assertThat(second.address()).isEqualTo(address);
            assertThat(second.bytes()).isEqualTo(1001);
        }
    }

    @Test
    void blocksInUseDoNotOverlapAndAreAligned() {
        try (DeviceMemory a = pool.allocate(3); DeviceMemory b = pool.allocate(700);
                DeviceMemory c = pool.allocate(3)) {
            assertThat(a.address() % 256).isZero();
            assertThat(b.address() % 256).isZero();
            assertThat(a.address() + 3 <= c.address() || c.address() + 3 <= a.address()).isTrue();
            assertThat(a.address() + 3 <= b.address() || b.address() + 700 <= a.address()).isTrue();
        }
    }

    @Test
    void useAfterGivingBackFails() {
        DeviceMemory memory = pool.allocate(64);
        memory.close();
        assertThatThrownBy(memory::address).isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("given back");
    }

    @Test
    void anAbsurdSizeIsRefusedAndTheDeviceStaysUsable() {
        assertThatThrownBy(() -> pool.allocate(1L << 60)).isInstanceOf(DeviceOutOfMemoryException.class)
                .hasMessageContaining("asked for").hasMessageContaining("free on the device");
        assertThatThrownBy(() -> pool.allocate(Long.MAX_VALUE)).isInstanceOf(DeviceOutOfMemoryException.class);
        try (DeviceMemory memory = pool.allocate(1 << 16)) {
            assertThat(memory.address()).isPositive();
            device.synchronize();
        }
    }

    @Test
    void accountsForWhatIsInUse() {
        long before = pool.bytesInUse();
        pool.trim();
        long cached = pool.bytesCached();
        DeviceMemory memory = pool.allocate(LARGE);
        assertThat(pool.bytesInUse() - before).isEqualTo(LARGE);
        memory.close();
        assertThat(pool.bytesInUse()).isEqualTo(before);
        assertThat(pool.bytesCached()).isGreaterThanOrEqualTo(LARGE);
        assertThat(pool.trim()).isGreaterThanOrEqualTo(LARGE);
        assertThat(pool.bytesCached()).isEqualTo(cached);
    }

    /** Another opening of the device, with a pool of its own. */
    static Device open(boolean whole) {
        String before = System.setProperty("zoetrope.memory.whole", Boolean.toString(whole));
        try {
            return Device.open(DeviceChoice.parse(System.getProperty("zoetrope.test.device", "auto")));
        } finally {
            if (before == null) {
                System.clearProperty("zoetrope.memory.whole");
            } else {
                System.setProperty("zoetrope.memory.whole", before);
            }
        }
    }

    /** Three blocks that fill an allocation of the driver's, of which two neighbours come back as one. */
    @Test
    void freeNeighboursBecomeOneBlock() {
        Device own = open(false);
        MemoryPool cutting = own.memory();
        DeviceMemory a = cutting.allocate(PAGE / 4);
        DeviceMemory b = cutting.allocate(PAGE / 4);
        DeviceMemory c = cutting.allocate(PAGE / 2);
        long begin = a.address();
        assertThat(List.of(b.address(), c.address())).containsExactly(begin + PAGE / 4, begin + PAGE / 2);
        assertThat(cutting.bytesCached()).isZero();
        a.close();
        b.close();
        try (DeviceMemory both = cutting.allocate(PAGE / 2)) {
            assertThat(both.address()).isEqualTo(begin);
            assertThat(cutting.trim()).as("an allocation that is partly in use stays").isZero();
        }
        c.close();
        assertThat(cutting.trim()).isEqualTo(PAGE);
        assertThat(cutting.bytesCached()).isZero();
        own.close();
    }

    @Test
    void whereBlocksAreNotCutEachIsAnAllocationThatMayBeALittleTooLarge() {
        Device own = open(true);
        MemoryPool whole = own.memory();
        DeviceMemory memory = whole.allocate(PAGE);
        long address = memory.address();
        memory.close();
        DeviceMemory half = whole.allocate(PAGE / 2);
        assertThat(half.address()).as("half of a free block is not taken").isNotEqualTo(address);
        DeviceMemory most = whole.allocate(PAGE / 8 * 7);
        assertThat(most.address()).isEqualTo(address);
        half.close();
        most.close();
        assertThat(whole.trim()).isEqualTo(PAGE + PAGE / 2);
        own.close();
    }
}
