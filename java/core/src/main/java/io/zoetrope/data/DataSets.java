package io.zoetrope.data;

import io.zoetrope.io.BadFileException;
import io.zoetrope.io.FileNames;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The data sets this library knows by name, and folders of a user's own. */
public final class DataSets {
    private static final List<KnownSet> ALL = List.of(FashionMnist.SET, Mnist.SET, Cifar10.SET);

    private DataSets() {}

    /** Every set of pictures that is known by name. */
    public static List<KnownSet> all() {
        return ALL;
    }

    /** Names that {@link #load} and {@link DataImport} take. */
    public static List<String> names() {
        return ALL.stream().map(KnownSet::name).toList();
    }

    /** The set called {@code name}, if one is. */
    public static Optional<KnownSet> find(String name) {
        return ALL.stream().filter(set -> set.name().equals(name)).findFirst();
    }

    /** As {@link #find}; an unknown name is an {@link IllegalArgumentException} that lists the known ones. */
    public static KnownSet named(String name) {
        return find(name).orElseThrow(() -> new IllegalArgumentException(
                "unknown data set '" + name + "'; known are " + String.join(", ", names())));
    }

    /**
     * Loads a set.
     *
     * @param nameOrFolder a name of {@link #names()}, or a folder with the files of such a set, with four IDX files
     *                     named as theirs, or with pictures (see {@link ImageFolder})
     * @throws IOException if a file cannot be read, or is not what it should be
     */
    public static ImageDataset load(String nameOrFolder, DataPlaces places) throws IOException {
        Optional<KnownSet> known = find(nameOrFolder);
        if (known.isPresent()) {
            KnownSet set = known.get();
            Path folder = set.find(places)
                    .orElseThrow(() -> BadFileException.of(set.name(),
                            "this data set is not on this machine (looked in "
                                    + String.join(", ", set.candidates(places).map(Path::toString).toList()) + ")",
                            set.files().describe(), set.howToGet()));
            return set.load(folder);
        }
        if (AudioSets.names().contains(nameOrFolder)) {
            throw sounds(nameOrFolder);
        }
        if (CaptionedSets.names().contains(nameOrFolder)) {
            throw BadFileException.of(nameOrFolder, "is a set of captioned pictures",
                    "one of pictures in classes: " + String.join(", ", names()),
                    "Name another set, or train a model of pictures from words with it");
        }
        Path folder = FileNames.path(nameOrFolder);
        if (!Files.isDirectory(folder)) {
            throw BadFileException.of(nameOrFolder, "is neither a data set's name nor a folder",
                    "one of " + String.join(", ", names()) + " or a folder",
                    new DataRemedy(DataRemedy.Way.BRING_IN, Optional.empty(), "Check the name"));
        }
        return loadFolder(folder);
    }

    /**
     * Loads a set of pictures or of sounds, as its name or what the folder holds decides. @see AudioSets
     *
     * @throws IOException if a file cannot be read, or is not what it should be
     */
    public static Dataset loadAny(String nameOrFolder, DataPlaces places) throws IOException {
        return AudioSets.holds(nameOrFolder) ? AudioSets.load(nameOrFolder, places) : load(nameOrFolder, places);
    }

    /** Names that {@link #loadAny} takes: of pictures, then of sounds. */
    public static List<String> allNames() {
        return Stream.concat(names().stream(), AudioSets.names().stream()).toList();
    }

    /** What {@link #loadAny} finds from any working folder: a folder's absolute path; a known name as it is. */
    public static String fromAnywhere(String nameOrFolder) {
        return allNames().contains(nameOrFolder) ? nameOrFolder : FileNames.fromAnywhere(nameOrFolder);
    }

    private static BadFileException sounds(String nameOrFolder) {
        return BadFileException.of(nameOrFolder, "is a set of sounds", "one of pictures: " + String.join(", ", names()),
                "Name another set, or train a model of sounds with it");
    }

    private static ImageDataset loadFolder(Path folder) throws IOException {
        for (KnownSet set : ALL) {
            if (set.files().isRecognised(folder)) {
                return set.load(folder);
            }
        }
        if (FashionMnist.SET.files().isPartlyIn(folder)) {
            return ((IdxSet) FashionMnist.SET.files()).loadUnknown(folder);
        }
        if (Cifar10.SET.files().isPartlyIn(folder)) {
            return Cifar10.SET.load(folder); // says which files are missing
        }
        if (ImageFolder.isIn(folder)) {
            return ImageFolder.load(folder);
        }
        if (AudioSets.holds(folder.toString())) {
            throw sounds(folder.toString());
        }
        throw BadFileException.of(folder, "holds neither pictures nor the files of a known data set",
                FileKind.PICTURE.readable() + " files (sub-folders are classes), four IDX files, or the batches of "
                        + Cifar10.NAME,
                new DataRemedy(DataRemedy.Way.BRING_IN, Optional.empty(),
                        "Known sets are " + String.join(", ", names())));
    }
}
