package io.zoetrope.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zoetrope.testkit.Devices;
import org.junit.jupiter.api.Test;

class MemoryPoolTest {
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
        DeviceMemory memory = pool.allocate(1 << 20);
        assertThat(pool.bytesInUse() - before).isGreaterThanOrEqualTo(1 << 20);
        memory.close();
        assertThat(pool.bytesInUse()).isEqualTo(before);
        assertThat(pool.trim()).isGreaterThanOrEqualTo(1 << 20);
        assertThat(pool.bytesCached()).isZero();
    }
}
