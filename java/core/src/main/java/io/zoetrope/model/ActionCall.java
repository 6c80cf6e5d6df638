package io.zoetrope.model;

import io.zoetrope.cuda.Device;
import io.zoetrope.data.DataPlaces;
import io.zoetrope.io.Progress;
import io.zoetrope.option.Option;
import io.zoetrope.option.Values;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * What an {@link Action} is done with.
 *
 * @param setting what surrounds it
 * @param values  what its user decided
 */
public record ActionCall(Setting setting, Values values) {
    /**
     * What surrounds an action.
     *
     * @param device   opens the device it runs on; the action closes it
     * @param places   where data sets are
     * @param progress told how long it goes on
     * @param results  takes what comes of it
     */
    public record Setting(Supplier<Device> device, DataPlaces places, Progress progress, Results results) {}

    /** Takes what comes of an action, in order. */
    public interface Results {
        /**
         * Called before the work for each file that {@link #write} may be called with.
         * @throws IOException if that
         * would fail
         */
        void expect(Path file) throws IOException;

        /** A line, or several, for people. */
        void say(String text);

        /**
         * A file that an option named.
         *
         * @throws IOException if it cannot be written
         */
        void write(Path file, Content content) throws IOException;
    }

    /** Writes a file, whole or not at all. */
    @FunctionalInterface
    public interface Content {
        void writeTo(Path file) throws IOException;
    }

    public Device openDevice() {
        return setting.device().get();
    }

    public DataPlaces places() {
        return setting.places();
    }

    public Progress progress() {
        return setting.progress();
    }

    public <T> T get(Option<T> option) {
        return values.get(option);
    }

    public <T> Optional<T> find(Option<T> option) {
        return values.find(option);
    }

    /** The shipped model's name, or the folder, that the action is done with. */
    public String model() {
        return values.get(CommonOptions.MODEL);
    }

    public void say(String text) {
        setting.results().say(text);
    }

    public void write(Path file, Content content) throws IOException {
        setting.results().write(file, content);
    }

    /**
     * Writes the file that {@code option} names, if it does.
     *
     * @throws IOException if it cannot be written
     */
    public void writeIfAsked(Option<Path> option, Content content) throws IOException {
        Optional<Path> file = values.find(option);
        if (file.isPresent()) {
            write(file.get(), content);
        }
    }
}
