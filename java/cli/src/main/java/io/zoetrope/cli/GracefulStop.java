package io.zoetrope.cli;

import io.zoetrope.train.TrainingInterruptedException;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets SIGINT, SIGTERM and SIGHUP interrupt a training rather than end the process under it: the step at hand is
 * finished and saved, and only then is the process gone, with the signal's exit code (128 and its number).
 */
final class GracefulStop {
    private static final Logger LOG = LoggerFactory.getLogger(GracefulStop.class);

    private GracefulStop() {}

    /** Work that an interrupt ends at a good moment. */
    @FunctionalInterface
    interface Work<T> {
        T run() throws IOException;
    }

    /** Does {@code work} on this thread; empty when it was stopped, which the user has then been told. */
    static <T> Optional<T> during(Surroundings surroundings, Work<T> work, String howToGoOn) throws IOException {
        Thread worker = Thread.currentThread();
        CountDownLatch told = new CountDownLatch(1);
        Thread stopping = new Thread(() -> {
            surroundings.complain("stopping after the step at hand, which is saved first");
            worker.interrupt();
            awaitUninterruptibly(told);
        }, "graceful-stop");
        Runtime.getRuntime().addShutdownHook(stopping);
        try {
            return Optional.of(work.run());
        } catch (TrainingInterruptedException e) {
            surroundings.complain(e.getMessage() + (e.step() > 0 ? ": " + howToGoOn : ""));
            return Optional.empty();
        } finally {
            told.countDown();
            forget(stopping);
        }
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        while (latch.getCount() > 0) {
            try {
                latch.await();
            } catch (InterruptedException e) {
                LOG.debug("the process ends when training has saved, not before", e);
            }
        }
    }

    private static void forget(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            LOG.debug("the process ends already, by this hook", e);
        }
    }
}
