package io.zoetrope.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The data sets this library knows by name, and folders of a user's own. */
public final class DataSets {
    private DataSets() { }

    /** Names that {@link #load} and {@link DataImport} take. */
    public static List<String> names() {
        return List.of(FashionMnist.NAME);
    }

    /**
     * Loads a set.
     *
     * @param nameOrFolder a name of {@link #names()}, or a folder with that set's files or with PNGs
     */
    public static ImageDataset load(String nameOrFolder, DataPlaces places) throws IOException {
        if (nameOrFolder.equals(FashionMnist.NAME)) {
            Path folder = FashionMnist.find(places).orElseThrow(() -> BadFileException.of(FashionMnist.NAME,
                    "this data set is not on this machine (looked in " + places.cache().resolve(FashionMnist.NAME)
                            + " and " + places.system() + ")", "its four IDX files", FashionMnist.howToGet()));
            return FashionMnist.load(folder);
        }
        Path folder = Path.of(nameOrFolder);
        if (!Files.isDirectory(folder)) {
            throw BadFileException.of(nameOrFolder, "is neither a data set's name nor a folder",
                    "one of " + names() + " or a folder", FashionMnist.howToGet());
        }
        if (FashionMnist.MEMBERS.stream().anyMatch(member -> member.in(folder).isPresent())) {
            return FashionMnist.load(folder);
        }
        if (ImageFolder.isIn(folder)) {
            return ImageFolder.load(folder);
        }
        throw BadFileException.of(folder, "holds neither PNGs nor the IDX files of " + FashionMnist.NAME,
                "one or the other", FashionMnist.howToGet());
    }
}
