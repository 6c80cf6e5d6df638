package io.zoetrope.cli;

import io.zoetrope.data.DataRemedy;
import io.zoetrope.io.BadFileException;
import java.util.Optional;

/** What to type to do what the library advises: its own texts name no commands. */
final class Remedies {
    private Remedies() {}

    /** The sentence that goes after the message of {@code e}, if there is a command against it. */
    static Optional<String> command(Throwable e) {
        return e instanceof BadFileException bad && bad.remedy() instanceof DataRemedy remedy
                ? Optional.of(command(remedy.way(), remedy.set())) : Optional.empty();
    }

    /** The remedy and what to type, as sentences. */
    static String text(DataRemedy remedy) {
        return remedy.sentence() + ". " + command(remedy.way(), remedy.set());
    }

    /** What to type, as a sentence, to do it with {@code set}, or with any where that is empty. */
    static String command(DataRemedy.Way way, Optional<String> set) {
        String command = "'zoetrope data " + set.orElse("NAME");
        String it = set.isPresent() ? "it" : "a published set";
        return switch (way) {
            case BRING_IN -> command + "' brings " + it + " in; --data DIR names a folder.";
            case RENEW -> command + "' brings " + it + " in anew.";
            case TAKE_FROM_FOLDER -> command + " --from DIR' brings " + it + " in from a folder.";
        };
    }
}
