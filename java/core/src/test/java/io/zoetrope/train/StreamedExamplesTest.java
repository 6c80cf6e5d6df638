package io.zoetrope.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zoetrope.cuda.Device;
import io.zoetrope.data.ExampleStream;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Shape;
import io.zoetrope.testkit.Devices;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StreamedExamplesTest {
    private static final int SIZE = 4;
    private final Device device = Devices.shared();

    private static ExampleStream numbers(int count) {
        return new ExampleStream("numbers", "1", count, DType.I32, Shape.of(2), (index, target) -> {
            target.putInt(index).putInt(index * index);
            return index % 3;
        });
    }

    private int[] batches(long seed, long from, long to) {
        try (Scope scope = Scope.open(device);
                StreamedExamples source = new StreamedExamples(scope, numbers(10), SIZE, seed)) {
            int[] seen = new int[0];
            for (long batch = from; batch < to; batch++) {
                source.upload(batch);
                source.queue();
                int[] examples = source.batch().examples().toInts();
                int[] labels = source.batch().labels().toInts();
                int at = seen.length;
                seen = Arrays.copyOf(seen, at + SIZE);
                for (int i = 0; i < SIZE; i++) {
                    int index = examples[2 * i];
                    assertThat(examples[2 * i + 1]).isEqualTo(index * index);
                    assertThat(labels[i]).isEqualTo(index % 3);
                    seen[at + i] = index;
                }
            }
            assertThat(source.batch().indices().toInts()).containsExactly(0, 1, 2, 3);
            return seen;
        }
    }

    @Test
    void theSeedAloneDecidesTheOrder() {
        int[] all = batches(7, 0, 15);
        assertThat(batches(7, 0, 15)).isEqualTo(all);
        assertThat(batches(8, 0, 15)).isNotEqualTo(all);
        assertThat(batches(7, 9, 15)).as("from the middle").isEqualTo(Arrays.copyOfRange(all, 9 * SIZE, 15 * SIZE));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 16, 17, 1000})
    void everyEpochHasEveryExampleInAnOrderOfItsOwn(int count) {
        ShuffledOrder order = new ShuffledOrder(3, count);
        int[][] epochs = new int[2][];
        for (int epoch = 0; epoch < 2; epoch++) {
            long begin = (long) epoch * count;
            epochs[epoch] = IntStream.range(0, count).map(i -> order.at(begin + i)).toArray();
            assertThat(epochs[epoch].clone()).containsExactlyInAnyOrder(IntStream.range(0, count).toArray());
        }
        if (count > 5) {
            assertThat(epochs[0]).isNotEqualTo(epochs[1]).isNotEqualTo(IntStream.range(0, count).toArray());
        }
    }

    /** Each position has each index about as often as any other. */
    @Test
    void ordersAreEven() {
        int[][] seen = new int[5][5];
        for (int epoch = 0; epoch < 5000; epoch++) {
            ShuffledOrder order = new ShuffledOrder(epoch, 5);
            for (int place = 0; place < 5; place++) {
                seen[place][order.at(place)]++;
            }
        }
        for (int[] row : seen) {
            assertThat(Arrays.stream(row).boxed()).allMatch(times -> times > 850 && times < 1150); // 5 deviations
        }
    }

    @Test
    void batchesAheadAreDecodedBesideTheStep() throws InterruptedException {
        Set<String> threads = ConcurrentHashMap.newKeySet();
        CountDownLatch ahead = new CountDownLatch(3 * SIZE);
        ExampleStream data = new ExampleStream("watched", "1", 100, DType.F32, Shape.of(1), (index, target) -> {
            threads.add(Thread.currentThread().getName());
            ahead.countDown();
            return 0;
        });
        try (Scope scope = Scope.open(device); StreamedExamples source = new StreamedExamples(scope, data, SIZE, 1)) {
            source.upload(0);
            assertThat(ahead.await(1, TimeUnit.MINUTES)).as("two batches ahead without being asked for").isTrue();
        }
        assertThat(threads).doesNotContain(Thread.currentThread().getName());
    }

    @Test
    void anExampleThatCannotBeDecodedIsNamed() {
        ExampleStream data = new ExampleStream("broken", "1", 1, DType.F32, Shape.of(1), (index, target) -> {
            throw new IOException("no such file");
        });
        try (Scope scope = Scope.open(device); StreamedExamples source = new StreamedExamples(scope, data, SIZE, 1)) {
            assertThatThrownBy(() -> source.upload(0)).isInstanceOf(UncheckedIOException.class)
                    .hasMessageContaining("broken: cannot decode example 0: no such file");
        }
    }
}
