package io.zoetrope.data;

import io.zoetrope.io.Remedy;
import java.util.Optional;

/**
 * How to come by a data set, for programs that have a way of their own to do it.
 *
 * @param way      what is to be done
 * @param set      the set's name, as {@link DataImport} takes it; empty where any of the known ones would do
 * @param sentence the same for a user of any program
 */
public record DataRemedy(Way way, Optional<String> set, String sentence) implements Remedy {
    /** What is to be done to have a set. */
    public enum Way {
        /** It is not on this machine: bring it in, or load a folder that holds it. */
        BRING_IN,
        /** What is on this machine is damaged: bring the set in anew. */
        RENEW,
        /** It is to be had by hand alone: bring it in from the folder it was put in. */
        TAKE_FROM_FOLDER
    }

    DataRemedy(Way way, String set, String sentence) {
        this(way, Optional.of(set), sentence);
    }
}
