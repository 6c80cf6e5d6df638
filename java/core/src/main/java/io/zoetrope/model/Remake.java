package io.zoetrope.model;

import io.zoetrope.cuda.Device;
import io.zoetrope.io.BadFileException;
import io.zoetrope.io.Config;
import io.zoetrope.io.Digests;
import io.zoetrope.io.ModelFolder;
import io.zoetrope.option.Option;
import io.zoetrope.option.OptionException;
import io.zoetrope.provenance.Provenance;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;

/**
 * How to make a file again that one of this library's models made: the same bytes by the same version on the same kind
 * of device.
 *
 * @param family   whose model made it
 * @param action   what of the family did
 * @param settings as {@link Action#run} takes them, the model included, without files that are written
 * @param made     what the file says
 */
public record Remake(ModelFamily family, Action action, Config settings, Provenance made) {
    private static final String FILE = "a PNG, GIF or WAV that a model of this library made";

    /**
     * What {@code file} says made it.
     *
     * @param kind  what was done then
     * @param given what cannot be told from the file: where a model is that does not ship, files that were read
     * @throws BadFileException if the file does not say, or says what this version cannot do
     * @throws OptionException  naming what must be given, or is not what was used then
     */
    public static Remake of(Path file, Action.Kind kind, Config given) throws IOException {
        Provenance made = Provenance.of(file).orElseThrow(() -> BadFileException.of(file, "does not say what made it",
                FILE, "Use the file as it was made: many programs remove what it says"));
        String task = kind.name().toLowerCase(Locale.ROOT);
        Optional<ModelFamily> family = ModelFamilies.installed().having(kind).stream()
                .filter(each -> action(each, kind, made).isPresent()).findFirst();
        if (!made.task().equals(task) || family.isEmpty()) {
            throw BadFileException.of(file,
                    "was made by '" + made.task() + ' ' + made.family() + "' of version " + made.version(),
                    "one that this version (" + Provenance.libraryVersion() + ") made by '" + task + "'",
                    "Make it again with that version");
        }
        Action action = action(family.get(), kind, made).orElseThrow();
        Config settings = made.settings();
        for (Option<?> option : action.options()) {
            if (option.kind() == Option.Kind.INPUT_FILE && settings.has(option.name())) {
                settings = settings.with(option.name(), sameFile(file, option, settings, given));
            }
        }
        for (String name : settings.names()) {
            if (action.options().stream().noneMatch(option -> option.name().equals(name))) {
                throw BadFileException.of(file, "was made with '" + name + "' by version " + made.version(),
                        "options of this version (" + Provenance.libraryVersion() + ")",
                        "Make it again with that version");
            }
        }
        if (!made.output().equals(CommonOptions.OUT.name())) {
            if (!given.has(made.output())) {
                throw new OptionException(made.output(), "is missing: " + file + " was made as one");
            }
            settings = settings.with(given.only(made.output()));
        }
        return new Remake(family.get(), action, settings.with(CommonOptions.MODEL.name(), sameModel(file, made, given)),
                made);
    }

    private static Optional<Action> action(ModelFamily family, Action.Kind kind, Provenance made) {
        return family.actions(kind).stream().filter(action -> action.name().equals(made.family())).findFirst();
    }

    private static String sameFile(Path file, Option<?> option, Config settings, Config given) throws IOException {
        String wanted = settings.text(option.name());
        if (!given.has(option.name())) {
            throw new OptionException(option.name(), "is missing: " + file + " was made with one of SHA-256 " + wanted);
        }
        Path again = Path.of(given.text(option.name()));
        String found = Digests.sha256(Files.readAllBytes(again));
        if (!found.equals(wanted)) {
            throw new OptionException(option.name(),
                    "is " + again + " of SHA-256 " + found + ": " + file + " was made with one of " + wanted);
        }
        return again.toString();
    }

    private static String sameModel(Path file, Provenance made, Config given) throws IOException {
        String name = CommonOptions.MODEL.name();
        boolean ships = ModelFamilies.installed().shipping(made.model()).isPresent();
        if (!given.has(name) && !ships) {
            throw new OptionException(name, "is missing: " + file + " was made by a model in a folder called "
                    + made.model() + ", with SHA-256 " + made.sha256());
        }
        String model = given.text(name, made.model());
        String found = PretrainedModels.open(model, folder -> ModelFolder.open(folder).sha256());
        if (!found.equals(made.sha256())) {
            throw new OptionException(name,
                    "is " + model + " with SHA-256 " + found + ": " + file + " was made by one with " + made.sha256());
        }
        return model;
    }

    /** What keeps bytes from being the same, in a line for people; empty if nothing does. */
    public Optional<String> difference(Device device) {
        String here = Provenance.libraryVersion() + " on " + kindOf(device);
        String then = made.version() + " on " + made.device();
        return here.equals(then) ? Optional.empty()
                : Optional.of("made by version " + then + "; this is " + here + ": some bytes may differ");
    }

    /** Devices of the same kind compute the same bits; null: there is none. */
    static String kindOf(Device device) {
        return device == null ? "no device" : device.name() + ", compute capability " + device.capability();
    }
}
