package io.zoetrope.data;

import java.io.IOException;
import java.util.Set;

/** A program that speaks. */
interface Speech {
    /** Its name and version, for records: another version may sound otherwise. */
    String version() throws IOException;

    /** The accents of English it has, by the names that {@link #say} takes. */
    Set<String> accents() throws IOException;

    /** The speakers it has, by the names that {@link #say} takes. */
    Set<String> speakers() throws IOException;

    /**
     * Speaks a word; the same arguments give the same samples. May be called by many threads at a time.
     *
     * @param speed words a minute
     * @param pitch 0 to 99, of which 50 is the speaker's own
     */
    Sounds say(String word, String accent, String speaker, int speed, int pitch) throws IOException;
}
