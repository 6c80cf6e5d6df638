package io.zoetrope.model;

import io.zoetrope.cuda.Device;
import io.zoetrope.data.DataPlaces;
import io.zoetrope.io.AtomicFiles;
import io.zoetrope.io.FileNames;
import io.zoetrope.io.ModelFolder;
import io.zoetrope.io.Progress;
import io.zoetrope.option.Option;
import io.zoetrope.option.Values;
import io.zoetrope.provenance.Provenance;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;

/** What an {@link Action} is done with, by one thread. */
public final class ActionCall {
    private final Action action;
    private final Setting setting;
    private final Values values;
    private String device = "";
    private String modelSha256;

    /**
     * @param setting what surrounds the action
     * @param values  what its user decided
     */
    ActionCall(Action action, Setting setting, Values values) {
        this.action = action;
        this.setting = setting;
        this.values = values;
    }

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
        Device opened = setting.device().get();
        device = Remake.kindOf(opened);
        return opened;
    }

    /** What the user decided. */
    public Values values() {
        return values;
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
     * As {@link #write}, a picture, a film or a sound that the model made on the device that was opened: the file says
     * so, and how, see {@link Provenance}.
     *
     * @throws IOException if it cannot be written, or the model's files cannot be read
     */
    public void writeMade(Path file, Content content) throws IOException {
        String model = model();
        Provenance made = new Provenance(Provenance.libraryVersion(), action.kind().name().toLowerCase(Locale.ROOT),
                action.name(), FileNames.path(model).toAbsolutePath().normalize().getFileName().toString(),
                modelSha256(), values.outputName(file), device, values.settings().without(CommonOptions.MODEL.name()));
        write(file, to -> {
            Path plain = Files.createTempFile("zoetrope-made-", "");
            try {
                content.writeTo(plain);
                byte[] marked = made.markedInto(Files.readAllBytes(plain));
                AtomicFiles.write(to, out -> out.write(marked));
            } finally {
                Files.deleteIfExists(plain);
            }
        });
    }

    /** Of all that the model is; read once, as it may be large and a call may write several files. */
    private String modelSha256() throws IOException {
        if (modelSha256 == null) {
            modelSha256 = PretrainedModels.open(model(), folder -> ModelFolder.open(folder).sha256());
        }
        return modelSha256;
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
