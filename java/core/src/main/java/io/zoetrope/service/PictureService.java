package io.zoetrope.service;

import io.zoetrope.cuda.Device;
import io.zoetrope.cuda.DeviceChoice;
import io.zoetrope.cuda.DeviceException;
import io.zoetrope.cuda.DeviceOutOfMemoryException;
import io.zoetrope.data.Images;
import io.zoetrope.io.BadFileException;
import io.zoetrope.io.Interruption;
import io.zoetrope.io.Progress;
import io.zoetrope.model.text.Prompt;
import io.zoetrope.model.words.WordsPipeline;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Makes pictures of words for any number of threads. Requests are painted one after another, in the order they came and
 * each in the thread that asks, so that an interrupt or a {@link io.zoetrope.io.CancellationToken} of that thread ends
 * its own request, waiting or painting, and no other's.
 */
public final class PictureService implements AutoCloseable {
    /** How soon a request that waits for its turn hears that it was cancelled. */
    private static final long LOOK_MILLIS = 50;

    private final Device device;
    private final String model;
    private final WordsPipeline pipeline;
    private final ReentrantLock turn = new ReentrantLock(true);
    private boolean closed;

    private PictureService(Device device, String model, WordsPipeline pipeline) {
        this.device = device;
        this.model = model;
        this.pipeline = pipeline;
    }

    /**
     * Opens a device and loads a model on it.
     *
     * @param choice       where to paint
     * @param nameOrFolder the model's folder, or the name of one that ships
     * @return what paints until it is closed
     * @throws BadFileException if the folder's files are not those of a model that makes pictures of words
     * @throws IOException if they cannot be read
     * @throws DeviceException if the device cannot be had, or lacks the memory
     */
    public static PictureService open(DeviceChoice choice, String nameOrFolder) throws IOException {
        Device device = Device.open(choice);
        try {
            return new PictureService(device, nameOrFolder, WordsPipeline.fromPretrained(device, nameOrFolder));
        } catch (IOException | RuntimeException | Error e) {
            device.close();
            throw e;
        }
    }

    /**
     * What paints.
     *
     * @return the name or the folder that this was opened with
     */
    public String model() {
        return model;
    }

    /**
     * Height and width of the pictures, in pixels.
     *
     * @return the model's own size, the only one
     */
    public int imageSize() {
        return pipeline.model().config().imageSize();
    }

    /**
     * Paints.
     *
     * @param request  its prompts have words each
     * @param progress is told of the steps, in the calling thread
     * @return a picture for each prompt, RGB
     * @throws IllegalArgumentException if a prompt is empty, too long or without words, saying which
     * @throws CancellationException if the thread is interrupted or its token cancelled
     * @throws DeviceOutOfMemoryException if so many pictures do not fit; fewer may
     */
    public Images paint(WordsPipeline.Request request, Progress progress) {
        request.prompts().forEach(text -> requireWords("prompt", text));
        if (!request.negative().isEmpty()) {
            requireWords("negative prompt", request.negative());
        }
        awaitTurn();
        try {
            if (closed) {
                throw new IllegalStateException("this service is closed: open another one");
            }
            return pipeline.generate(request, progress);
        } finally {
            turn.unlock();
        }
    }

    private static void requireWords(String what, String text) {
        try {
            Prompt.of(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("the " + what + " " + e.getMessage(), e);
        }
    }

    private void awaitTurn() {
        try {
            do {
                Interruption.check("waiting to paint");
            } while (!turn.tryLock(LOOK_MILLIS, TimeUnit.MILLISECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            Interruption.check("waiting to paint");
        }
    }

    /** Waits for the request that is being painted, then frees model and device. Those that still wait are refused. */
    @Override
    public void close() {
        turn.lock();
        try {
            if (!closed) {
                closed = true;
                pipeline.close();
                device.close();
            }
        } finally {
            turn.unlock();
        }
    }
}
