package io.zoetrope.cli;

import io.zoetrope.io.AtomicFiles;
import io.zoetrope.model.ActionCall;
import io.zoetrope.option.OptionException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Prints what comes of an action and writes its files. A file named - goes to standard output, and all words to
 * standard error.
 */
final class TerminalResults implements ActionCall.Results {
    private static final Path STANDARD_OUTPUT = Path.of("-");

    private final Surroundings surroundings;
    private boolean outputTaken;

    TerminalResults(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    @Override
    public void expect(Path file) throws IOException {
        if (!file.equals(STANDARD_OUTPUT)) {
            AtomicFiles.requireWritable(file);
            return;
        }
        if (outputTaken) {
            throw OptionException.of("only one file can go to standard output");
        }
        outputTaken = true;
    }

    @Override
    public void say(String text) {
        if (outputTaken) {
            surroundings.err().println(Printable.of(text.stripTrailing()));
        } else {
            surroundings.say(text);
        }
    }

    @Override
    public void write(Path file, ActionCall.Content content) throws IOException {
        if (!file.equals(STANDARD_OUTPUT)) {
            content.writeTo(file);
            return;
        }
        Path whole = Files.createTempFile("zoetrope-output-", "");
        try {
            content.writeTo(whole);
            Files.copy(whole, surroundings.bytes());
            surroundings.bytes().flush();
        } catch (IOException e) {
            throw new IOException("cannot write standard output: " + e.getMessage(), e);
        } finally {
            Files.deleteIfExists(whole);
        }
    }
}
