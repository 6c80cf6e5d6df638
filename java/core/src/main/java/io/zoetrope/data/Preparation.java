package io.zoetrope.data;

import io.zoetrope.io.BadFileException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * Makes users' files such as a model was trained on, and says what it did, so that a user can judge the model's answer.
 */
public interface Preparation {
    /**
     * A file as a model takes it.
     *
     * @param image a batch of one, of the size and colours asked for: a picture, or a sound's spectrogram
     * @param done what was done to it, in order: clauses in the past tense, such as "inverted it"; empty if nothing was
     */
    record Prepared(Images image, List<String> done) {
        public Prepared {
            done = List.copyOf(done);
        }

        /** One sentence, for users. */
        public String describe() {
            if (done.isEmpty()) {
                return "Taken as it is.";
            }
            String text = String.join("; ", done);
            return Character.toUpperCase(text.charAt(0)) + text.substring(1) + ".";
        }
    }

    /**
     * Reads a file and prepares it.
     *
     * @throws BadFileException if the file is missing, damaged, or of a kind that the model does not take
     */
    Prepared read(Path file) throws IOException;
}
