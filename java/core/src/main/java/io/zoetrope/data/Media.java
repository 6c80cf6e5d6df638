package io.zoetrope.data;

import java.io.IOException;
import java.util.List;

/** What a model makes, knows or learns from. */
public enum Media {
    PICTURES("pictures", ".png") {
        @Override
        public List<String> dataNames() {
            return DataSets.names();
        }

        @Override
        public Dataset load(String nameOrFolder, DataPlaces places) throws IOException {
            return DataSets.load(nameOrFolder, places);
        }
    },
    SOUNDS("sounds", ".wav") {
        @Override
        public List<String> dataNames() {
            return AudioSets.names();
        }

        @Override
        public Dataset load(String nameOrFolder, DataPlaces places) throws IOException {
            return AudioSets.load(nameOrFolder, places);
        }
    },
    CAPTIONED("captioned pictures", ".png") {
        @Override
        public List<String> dataNames() {
            return CaptionedSets.names();
        }

        @Override
        public Dataset load(String nameOrFolder, DataPlaces places) throws IOException {
            return CaptionedSets.load(nameOrFolder, places);
        }
    },
    /** Pictures or sounds: the data decide. */
    ANY("pictures or sounds", "") {
        @Override
        public List<String> dataNames() {
            return DataSets.allNames();
        }

        @Override
        public Dataset load(String nameOrFolder, DataPlaces places) throws IOException {
            return DataSets.loadAny(nameOrFolder, places);
        }
    };

    private final String text;
    private final String suffix;

    Media(String text, String suffix) {
        this.text = text;
        this.suffix = suffix;
    }

    /** What this data set holds. */
    public static Media of(Dataset data) {
        return data instanceof AudioDataset ? SOUNDS : data instanceof CaptionedDataset ? CAPTIONED : PICTURES;
    }

    /** How the names of files that hold it end; empty for {@link #ANY}. */
    public String suffix() {
        return suffix;
    }

    /** The data sets that are known by name. */
    public abstract List<String> dataNames();

    /** Loads a known set, or a folder. @see DataSets @see AudioSets */
    public abstract Dataset load(String nameOrFolder, DataPlaces places) throws IOException;

    /** In words, plural. */
    @Override
    public String toString() {
        return text;
    }
}
