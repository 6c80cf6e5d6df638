package io.zoetrope.data;

import java.io.IOException;
import java.nio.file.Path;

/** How a published set's files lie in a folder: names, digests and layout. */
interface SetFiles {
    /** What a whole set consists of, for messages, such as "the four IDX files". */
    String describe();

    /** Whether {@code folder} holds all files, by name. */
    boolean isIn(Path folder);

    /** Whether {@code folder} holds some file, by name. */
    boolean isPartlyIn(Path folder);

    /**
     * Whether the files in {@code folder} are this set's and not another's of the same layout, as far as a look tells.
     */
    boolean isRecognised(Path folder) throws IOException;

    /** Throws unless every file in {@code folder} has the content that its authors published, by SHA-256. */
    void verify(KnownSet set, Path folder) throws IOException;

    /** Copies the files to {@code target}, each whole or not at all; they must have been verified. */
    void copy(KnownSet set, Path folder, Path target) throws IOException;

    /** Reads the set. Contents are checked for sense, not against digests: see {@link #verify}. */
    ImageDataset load(KnownSet set, Path folder) throws IOException;
}
