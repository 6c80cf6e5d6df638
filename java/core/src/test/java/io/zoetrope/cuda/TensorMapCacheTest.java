package io.zoetrope.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.zoetrope.testkit.Devices;
import java.lang.management.ManagementFactory;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TensorMapCacheTest {
    private static final int WARM = 200;

    private final TensorMapCache cache = new TensorMapCache(TensorMapLayout.of(TensorMapType.BF16, 64, 8).tiled(64, 8));

    @BeforeEach
    void withADriver() {
        assumeTrue(Devices.shared().capability().major() >= 9, "the device has no tensor maps");
    }

    @Test
    void mapsAreThoseOfTheAddressAndMadeOnce() {
        long[] addresses = new Random(1).longs(500, 1, 1L << 40).map(each -> each * 16).toArray();
        TensorMap[] maps = new TensorMap[addresses.length];
        for (int i = 0; i < maps.length; i++) {
            maps[i] = cache.at(addresses[i]);
            assertThat(maps[i].address()).isEqualTo(addresses[i]);
        }
        for (int i = 0; i < maps.length; i++) {
            assertThat(cache.at(addresses[i])).isSameAs(maps[i]);
        }
    }

    @Test
    void aFullCacheStartsOver() {
        TensorMap first = cache.at(16);
        for (int i = 2; i <= TensorMapCache.CAPACITY; i++) {
            cache.at(16L * i);
        }
        assertThat(cache.at(16)).isSameAs(first);
        cache.at(16L * TensorMapCache.CAPACITY + 16);
        assertThat(cache.at(16)).isNotSameAs(first);
        assertThat(cache.at(16).address()).isEqualTo(16);
    }

    @Test
    void askingAgainAllocatesNothing() {
        var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        long thread = Thread.currentThread().getId();
        long before = 0;
        for (int i = 0; i < 2 * WARM; i++) {
            before = i == WARM ? threads.getThreadAllocatedBytes(thread) : before;
            for (long address = 16; address <= 1600; address += 16) {
                cache.at(address);
            }
        }
        assertThat(threads.getThreadAllocatedBytes(thread) - before).isZero();
    }
}
