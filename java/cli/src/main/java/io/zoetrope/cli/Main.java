package io.zoetrope.cli;

import io.zoetrope.data.DataPlaces;
import io.zoetrope.io.AtomicFiles;
import io.zoetrope.io.FileNames;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import picocli.CommandLine;

/** Entry point of the command line. Exit codes: 0 done, 1 failed with one line on standard error, 2 wrong usage. */
public final class Main {
    static final int FAILED = 1;

    private Main() { }

    public static void main(String[] arguments) {
        System.setProperty("java.awt.headless", "true"); // pictures are drawn, but never on a screen
        PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
        PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
        System.exit(run(arguments, new Surroundings(new LibraryWork(), DataPlaces.usual(), out, err)));
    }

    /** Runs one command and returns its exit code; nothing is thrown. */
    static int run(String[] arguments, Surroundings surroundings) {
        Zoetrope zoetrope = new Zoetrope();
        CommandLine commandLine = new CommandLine(zoetrope, new Commands(surroundings));
        commandLine.setOut(surroundings.out()).setErr(surroundings.err());
        commandLine.setCaseInsensitiveEnumValuesAllowed(true);
        commandLine.registerConverter(Path.class, FileNames::path);
        commandLine.setParameterExceptionHandler((e, args) -> wrongUsage(e, surroundings.err()));
        commandLine.setExecutionExceptionHandler((e, command, result) -> failed(e, zoetrope.debug, surroundings.err()));
        try {
            return commandLine.execute(arguments);
        } catch (OutOfMemoryError e) {
            return failed(new RuntimeException("Java's heap is full (" + e.getMessage() + "): ask for less, or allow "
                    + "more with ZOETROPE_JAVA_OPTS=-Xmx8g", e), zoetrope.debug, surroundings.err());
        } catch (LinkageError | AssertionError | StackOverflowError e) {
            return failed(e, zoetrope.debug, surroundings.err());
        }
    }

    private static int wrongUsage(CommandLine.ParameterException e, PrintWriter err) {
        String command = e.getCommandLine().getCommandSpec().qualifiedName();
        err.println("zoetrope: " + oneLine(e) + " (see '" + command + " --help')");
        return e.getCommandLine().getCommandSpec().exitCodeOnInvalidInput();
    }

    private static int failed(Throwable e, boolean debug, PrintWriter err) {
        err.println("zoetrope: " + oneLine(e));
        if (debug) {
            e.printStackTrace(err);
        }
        return FAILED;
    }

    /** The message of {@code e} without line breaks; an exception without a message is named instead. */
    private static String oneLine(Throwable e) {
        String message = e instanceof FileSystemException f ? AtomicFiles.describe(f) : e.getMessage();
        if (message == null || message.isBlank()) {
            message = "internal error, " + e + " (run with --debug for its origin)";
        }
        return message.strip().replaceAll("\\s*\\R\\s*", " ");
    }
}
