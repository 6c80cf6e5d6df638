package io.zoetrope.data;

import java.io.IOException;
import java.util.List;
import java.util.function.Supplier;

/** What a model makes, knows or learns from. */
public enum Media {
    PICTURES("pictures", ".png", DataSets::names, DataSets::load), SOUNDS("sounds", ".wav", AudioSets::names,
            AudioSets::load), CAPTIONED("captioned pictures", ".png", CaptionedSets::names, CaptionedSets::load),
    /** Captions alone, with what their words say. */
    LABELLED_CAPTIONS("labelled captions", ".txt", () -> List.of(SceneCaptions.NAME), SceneCaptions::load),
    /** Pictures or sounds: the data decide. */
    ANY("pictures or sounds", "", DataSets::allNames, DataSets::loadAny);

    @FunctionalInterface
    private interface Loader {
        Dataset load(String nameOrFolder, DataPlaces places) throws IOException;
    }

    private final String text;
    private final String suffix;
    private final Supplier<List<String>> names;
    private final Loader loader;

    Media(String text, String suffix, Supplier<List<String>> names, Loader loader) {
        this.text = text;
        this.suffix = suffix;
        this.names = names;
        this.loader = loader;
    }

    /** What this data set holds. @throws IllegalArgumentException for examples of one's own, which may be anything */
    public static Media of(Dataset data) {
        if (data instanceof ImageDataset) {
            return PICTURES;
        }
        if (data instanceof AudioDataset) {
            return SOUNDS;
        }
        if (data instanceof CaptionedDataset) {
            return CAPTIONED;
        }
        if (data instanceof SceneCaptions) {
            return LABELLED_CAPTIONS;
        }
        throw new IllegalArgumentException(
                data.name() + " holds " + data.examples() + ": expected pictures, sounds or captioned pictures");
    }

    /** How the names of files that hold it end; empty for {@link #ANY}. */
    public String suffix() {
        return suffix;
    }

    /** The data sets that are known by name. */
    public List<String> dataNames() {
        return names.get();
    }

    /**
     * Loads a known set, or a folder. @see DataSets @see AudioSets
     *
     * @throws IOException if a file cannot be read, or is not what it should be
     */
    public Dataset load(String nameOrFolder, DataPlaces places) throws IOException {
        return loader.load(nameOrFolder, places);
    }

    /** In words, plural. */
    @Override
    public String toString() {
        return text;
    }
}
