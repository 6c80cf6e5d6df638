package io.zoetrope.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.Tuple.Tuple2;
import net.jqwik.api.lifecycle.AfterProperty;

/** Whatever is asked for and given back, in whatever order. */
class MemoryPoolPropertiesTest {
    private static final long GRAIN = 512;

    private final Device device = MemoryPoolTest.open(false);

    @AfterProperty
    void close() {
        device.close();
    }

    /** Of each step: the bytes to ask for, or none, and which block to give back then. */
    @Provide
    Arbitrary<List<Tuple2<Integer, Integer>>> programs() {
        Arbitrary<Integer> sizes = Arbitraries.frequencyOf(Tuple.of(3, Arbitraries.integers().between(1, 5000)),
                Tuple.of(2, Arbitraries.integers().between(5000, 3_000_000)), Tuple.of(4, Arbitraries.just(0)));
        return Arbitraries.integers().between(0, 1000).flatMap(any -> sizes.map(size -> Tuple.of(size, any))).list()
                .ofMaxSize(60);
    }

    /** Runs a program. @return the addresses in their order, and what is still lent */
    private static List<Long> run(MemoryPool pool, List<Tuple2<Integer, Integer>> program, List<DeviceMemory> lent) {
        List<Long> addresses = new ArrayList<>();
        for (Tuple2<Integer, Integer> step : program) {
            if (step.get1() > 0) {
                DeviceMemory memory = pool.allocate(step.get1());
                lent.add(memory);
                addresses.add(memory.address());
            } else if (!lent.isEmpty()) {
                lent.remove(step.get2() % lent.size()).close();
            }
        }
        return addresses;
    }

    private static long rounded(long bytes) {
        return (bytes + GRAIN - 1) / GRAIN * GRAIN;
    }

    @Property(tries = 100)
    void whatIsLentIsApartAndCounted(@ForAll("programs") List<Tuple2<Integer, Integer>> program) {
        MemoryPool pool = device.memory();
        List<DeviceMemory> lent = new ArrayList<>();
        run(pool, program, lent);
        TreeMap<Long, Long> ends = new TreeMap<>();
        long sum = 0;
        for (DeviceMemory memory : lent) {
            assertThat(memory.address() % 256).isZero();
            assertThat(ends.put(memory.address(), memory.address() + memory.bytes())).isNull();
            pool.requireInUse(memory.address(), memory.bytes(), "reading");
            sum += rounded(memory.bytes());
        }
        long end = 0;
        for (long address : ends.keySet()) {
            assertThat(address).isGreaterThanOrEqualTo(end);
            end = ends.get(address);
        }
        assertThat(pool.bytesInUse()).isEqualTo(sum);

        lent.forEach(DeviceMemory::close);
        long cached = pool.bytesCached();
        assertThat(pool.bytesInUse()).isZero();
        assertThat(pool.trim()).as("once all came back it is whole allocations again").isEqualTo(cached);
        assertThat(pool.bytesCached()).isZero();
    }

    /** So a step that repeats itself takes the same blocks every time, and needs no more of the driver's. */
    @Property(tries = 100)
    void theSameProgramHasTheSameAddressesAgain(@ForAll("programs") List<Tuple2<Integer, Integer>> program) {
        MemoryPool pool = device.memory();
        List<DeviceMemory> lent = new ArrayList<>();
        run(pool, program, lent);
        lent.forEach(DeviceMemory::close);
        lent.clear();
        long held = pool.bytesCached();
        List<Long> second = run(pool, program, lent);
        lent.forEach(DeviceMemory::close);
        lent.clear();
        assertThat(pool.bytesCached()).as("bytes held").isEqualTo(held);
        assertThat(run(pool, program, lent)).isEqualTo(second);
        lent.forEach(DeviceMemory::close);
        pool.trim();
    }
}
