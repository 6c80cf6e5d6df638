package io.zoetrope.train;

import io.zoetrope.cuda.Device;
import io.zoetrope.cuda.Event;
import io.zoetrope.cuda.HostMemory;
import io.zoetrope.data.ExampleStream;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/**
 * Examples that background threads decode while earlier steps run, in an order that the seed shuffles anew each time
 * all were seen. The order depends on the seed and the number of the batch alone, not on the threads, so that a resumed
 * run sees what an uninterrupted one would have.
 *
 * <p>The batches ahead lie in pinned memory, from where they are copied to the device without waiting.
 */
public final class StreamedExamples implements BatchSource, AutoCloseable {
    /** Batches being decoded or waiting. */
    private static final int AHEAD = 3;
    private static final int MOST_THREADS = 4;

    /** Memory for one batch, examples first, then labels. */
    private static final class Slot {
        private final HostMemory memory;
        private final Event copied;
        private long number;
        private Future<?> decoded;

        private Slot(Device device, int bytes) {
            this.memory = HostMemory.allocate(device, bytes);
            this.copied = new Event(device);
        }
    }

    private final ExampleStream data;
    private final ShuffledOrder order;
    private final int size;
    private final Batch batch;
    private final List<Slot> slots = new ArrayList<>();
    private final ExecutorService threads;
    private long next = -1;

    /**
     * @param scope where the batch lives, whose device must outlive this
     * @param size  examples in a batch
     * @param seed  of the order
     */
    public StreamedExamples(Scope scope, ExampleStream data, int size, long seed) {
        long[] dims = new long[data.shape().rank() + 1];
        dims[0] = size;
        System.arraycopy(data.shape().dims(), 0, dims, 1, dims.length - 1);
        this.data = data;
        this.order = new ShuffledOrder(seed, data.count());
        this.size = size;
        this.batch = new Batch(scope.zeros(data.type(), dims), scope.zeros(DType.I32, size),
                scope.of(IntStream.range(0, size).toArray(), size));
        int bytes = Math.toIntExact(batch.examples().bytes() + batch.labels().bytes());
        for (int i = 0; i <= AHEAD; i++) {
            slots.add(new Slot(scope.device(), bytes));
        }
        this.threads = Executors.newFixedThreadPool(Math.min(MOST_THREADS, Runtime.getRuntime().availableProcessors()),
                work -> {
                    Thread thread = new Thread(work, "zoetrope-decode");
                    thread.setDaemon(true);
                    return thread;
                });
    }

    @Override
    public Batch batch() {
        return batch;
    }

    @Override
    public void upload(long before) {
        if (before != next) { // the first, or that of a resumed run
            for (long number = before; number < before + AHEAD; number++) {
                decodeLater(number);
            }
        }
        next = before + 1;
        Slot slot = slot(before);
        await(slot);
        batch.examples().copyFromLater(slot.memory, 0);
        batch.labels().copyFromLater(slot.memory, batch.examples().bytes());
        slot.copied.record();
        decodeLater(before + AHEAD);
    }

    /** Nothing: the batch is there once {@link #upload} has queued its copy. */
    @Override
    public void queue() {
    }

    private Slot slot(long number) {
        return slots.get((int) (number % slots.size()));
    }

    private void decodeLater(long number) {
        Slot slot = slot(number);
        if (slot.decoded != null) {
            await(slot);
        }
        slot.copied.synchronize(); // queued by an earlier step: done, or about to be
        slot.number = number;
        slot.decoded = threads.submit(() -> decode(slot));
    }

    private Void decode(Slot slot) throws IOException {
        int bytes = data.exampleBytes();
        ByteBuffer memory = slot.memory.buffer();
        for (int i = 0; i < size; i++) {
            int index = order.at(slot.number * size + i);
            ByteBuffer target = memory.slice(i * bytes, bytes).order(ByteOrder.nativeOrder());
            try {
                memory.putInt(size * bytes + i * Integer.BYTES, data.decoder().decode(index, target));
            } catch (IOException | RuntimeException e) {
                throw new IOException(data.name() + ": cannot decode example " + index + ": " + e.getMessage(), e);
            }
        }
        return null;
    }

    /** Waits for a batch; an interrupt is kept for who asks for it. */
    private static void await(Slot slot) {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    slot.decoded.get();
                    return;
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException cause) {
                throw new UncheckedIOException(cause);
            }
            throw new IllegalStateException(e.getCause());
        } catch (CancellationException e) {
            throw new IllegalStateException("this source of examples is closed", e);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Stops the threads, once what they are decoding is decoded, and frees the memory of the batches ahead. */
    @Override
    public void close() {
        threads.shutdownNow();
        for (Slot slot : slots) {
            slot.copied.close();
        }
        boolean interrupted = false;
        while (!threads.isTerminated()) {
            try {
                threads.awaitTermination(Long.MAX_VALUE, TimeUnit.NANOSECONDS);
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        slots.forEach(slot -> slot.memory.close());
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
