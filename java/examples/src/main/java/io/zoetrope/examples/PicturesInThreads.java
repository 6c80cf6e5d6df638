package io.zoetrope.examples;

import io.zoetrope.cuda.Device;
import io.zoetrope.data.Images;
import io.zoetrope.io.CancellationToken;
import io.zoetrope.io.Progress;
import io.zoetrope.model.ddpm.DdpmPipeline;
import io.zoetrope.model.ddpm.Sampling;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntConsumer;

/**
 * Jobs in a thread pool, each with its progress and a way to end it. Threads share the device, but a pipeline is one
 * thread's at a time: each job has its own.
 */
public final class PicturesInThreads {
    /** One request: who asked may look at its progress, wait for it, and cancel it. */
    static final class Job {
        private final CancellationToken token = new CancellationToken();
        private final Future<Images> result;

        Job(ExecutorService pool, Device device, Sampling request, IntConsumer percent) {
            result = pool.submit(() -> token.run(() -> generate(device, request, percent)));
        }

        void cancel() {
            token.cancel();
        }

        /** @throws CancellationException when it was cancelled */
        Images await() throws InterruptedException {
            try {
                return result.get();
            } catch (ExecutionException e) {
                if (e.getCause() instanceof CancellationException cancelled) {
                    throw cancelled;
                }
                throw new IllegalStateException("no pictures were made", e.getCause());
            }
        }
    }

    private static Images generate(Device device, Sampling request, IntConsumer percent) throws IOException {
        try (DdpmPipeline pipeline = DdpmPipeline.fromPretrained(device, "fashion-ddpm")) {
            return pipeline.generate(request, new Progress() {
                private long total;

                @Override
                public void begin(String stage, long units) {
                    total = units;
                }

                @Override
                public void advance(long done, String note) {
                    percent.accept((int) (100 * done / total));
                }

                @Override
                public void end() {}
            });
        }
    }

    public static void main(String[] args) throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(2);
        try (Device device = Device.open()) {
            List<Job> jobs = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                int number = i;
                jobs.add(new Job(pool, device, Sampling.count(1).steps(4).seed(i),
                        percent -> System.out.println("job " + number + ": " + percent + " %")));
            }
            jobs.get(2).cancel();
            for (Job job : jobs) {
                try {
                    System.out.println(job.await());
                } catch (CancellationException e) {
                    System.out.println(e.getMessage());
                }
            }
        } finally {
            pool.shutdown();
        }
    }
}
