package io.zoetrope.data;

import io.zoetrope.io.BadFileException;
import io.zoetrope.io.FileNames;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** The sets of captioned pictures this library knows by name. */
public final class CaptionedSets {
    private CaptionedSets() {
    }

    /** Names that {@link #load} takes. */
    public static List<String> names() {
        return List.of(EmojiSet.NAME);
    }

    /** What may be done with the set of that name, and whose it is; empty for sets that are not known. */
    public static Optional<String> licence(String name) {
        return name.equals(EmojiSet.NAME) ? Optional.of(EmojiSet.LICENCE) : Optional.empty();
    }

    /**
     * Loads a set of captioned pictures.
     *
     * @param nameOrFolder a name of {@link #names()}, or a folder with the files of such a set, or with pictures and
     *                     their captions: a CSV or JSON Lines file that names them, or a text file beside each
     * @throws IOException if a file cannot be read, or is not what it should be
     */
    public static CaptionedDataset load(String nameOrFolder, DataPlaces places) throws IOException {
        if (nameOrFolder.equals(EmojiSet.NAME)) {
            return EmojiSet.load(EmojiSet.find(places)
                    .orElseThrow(() -> BadFileException.of(
                            EmojiSet.NAME, "this data set is not on this machine (looked in "
                                    + places.cache().resolve(EmojiSet.NAME) + ")",
                            EmojiSet.PICTURES + " and " + EmojiSet.CAPTIONS, EmojiSet.howToGet())));
        }
        Path folder = FileNames.path(nameOrFolder);
        if (!Files.isDirectory(folder)) {
            throw BadFileException.of(nameOrFolder, "is neither a set of captioned pictures nor a folder",
                    EmojiSet.NAME + " or a folder", EmojiSet.howToGet());
        }
        if (EmojiSet.isIn(folder)) {
            return EmojiSet.load(folder);
        }
        if (CaptionedFolder.isIn(folder)) {
            return CaptionedFolder.load(folder, EmojiSet.SIDE);
        }
        throw BadFileException.of(folder, "holds no pictures with captions",
                "pictures with a CSV or JSON Lines file of their captions, or a text file beside each",
                EmojiSet.howToGet());
    }
}
