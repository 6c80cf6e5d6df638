package io.zoetrope.data;

import io.zoetrope.io.BadFileException;
import io.zoetrope.io.FileNames;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The sets of sounds this library knows by name, and folders of a user's own. */
public final class AudioSets {
    private AudioSets() {}

    /** Names that {@link #load} takes. */
    public static List<String> names() {
        return List.of(SpokenDigits.NAME);
    }

    /**
     * Whether {@link #load} takes it for sounds: a name of {@link #names()}, or a folder with the files of such a set
     * or with WAVs and no pictures.
     *
     * @throws IOException if a file cannot be read, or is not what it should be
     */
    public static boolean holds(String nameOrFolder) throws IOException {
        if (names().contains(nameOrFolder)) {
            return true;
        }
        Path folder = FileNames.path(nameOrFolder);
        return Files.isRegularFile(folder.resolve(SpokenDigits.CLIPS))
                || Files.isDirectory(folder) && SoundFolder.isIn(folder) && !ImageFolder.isIn(folder);
    }

    /**
     * Loads a set of clips of {@link SpokenDigits#SAMPLES} samples at {@link SpokenDigits#RATE} Hz.
     *
     * @param nameOrFolder a name of {@link #names()}, or a folder with the files of such a set or with WAVs (see
     *                     {@link SoundFolder})
     * @throws IOException if a file cannot be read, or is not what it should be
     */
    public static AudioDataset load(String nameOrFolder, DataPlaces places) throws IOException {
        if (nameOrFolder.equals(SpokenDigits.NAME)) {
            return SpokenDigits.load(SpokenDigits.find(places)
                    .orElseThrow(() -> BadFileException.of(SpokenDigits.NAME,
                            "this data set is not on this machine (looked in "
                                    + places.cache().resolve(SpokenDigits.NAME) + ")",
                            "its two WAVs and " + SpokenDigits.CLIPS, SpokenDigits.howToGet())));
        }
        Path folder = FileNames.path(nameOrFolder);
        if (!Files.isDirectory(folder)) {
            throw BadFileException.of(nameOrFolder, "is neither a set of sounds nor a folder",
                    SpokenDigits.NAME + " or a folder of WAV files", SpokenDigits.howToGet());
        }
        if (Files.isRegularFile(folder.resolve(SpokenDigits.CLIPS))) {
            return SpokenDigits.load(folder);
        }
        if (SoundFolder.isIn(folder)) {
            return SoundFolder.load(folder, SpokenDigits.RATE, SpokenDigits.SAMPLES);
        }
        throw BadFileException.of(folder, "holds no WAV files", "WAV files, of which sub-folders are classes",
                "Convert the sounds to WAV, or take " + SpokenDigits.NAME);
    }
}
