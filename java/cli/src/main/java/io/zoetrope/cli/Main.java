package io.zoetrope.cli;

import io.zoetrope.cuda.Device;
import io.zoetrope.data.DataPlaces;
import io.zoetrope.io.AtomicFiles;
import io.zoetrope.io.FileNames;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintWriter;
import java.nio.channels.ClosedByInterruptException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine;

/** Entry point of the command line. Exit codes: 0 done, 1 failed with one line on standard error, 2 wrong usage. */
public final class Main {
    static final int FAILED = 1;

    private Main() {}

    public static void main(String[] arguments) {
        System.setProperty("java.awt.headless", "true"); // pictures are drawn, but never on a screen
        PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
        PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
        System.exit(run(arguments, new Surroundings(Device::open, DataPlaces.usual(), out, err,
                new FileOutputStream(FileDescriptor.out))));
    }

    /** Runs one command and returns its exit code; nothing is thrown. */
    static int run(String[] arguments, Surroundings surroundings) {
        Zoetrope zoetrope = new Zoetrope();
        CommandLine commandLine = Zoetrope.commandLine(zoetrope, surroundings, arguments);
        commandLine.setOut(surroundings.out()).setErr(surroundings.err());
        commandLine.setCaseInsensitiveEnumValuesAllowed(true);
        commandLine.registerConverter(Path.class, FileNames::path);
        commandLine.setParameterExceptionHandler((e, args) -> wrongUsage(e, surroundings));
        commandLine.setExecutionExceptionHandler((e, command, result) -> failed(e, zoetrope.debug, surroundings));
        commandLine.setExecutionStrategy(parsed -> {
            requireKnownCommands(parsed);
            return new CommandLine.RunLast().execute(parsed);
        });
        int code;
        try {
            code = commandLine.execute(arguments);
        } catch (OutOfMemoryError e) {
            code = failed(new RuntimeException("Java's heap is full (" + e.getMessage() + "): ask for less, or allow "
                    + "more with ZOETROPE_JAVA_OPTS=-Xmx8g", e), zoetrope.debug, surroundings);
        } catch (LinkageError | AssertionError | StackOverflowError e) {
            code = failed(e, zoetrope.debug, surroundings);
        }
        if (surroundings.out().checkError() && code == 0) {
            surroundings.complain("cannot write standard output: it is full or was closed");
            return FAILED;
        }
        return code;
    }

    /** Help is shown whatever else is said, but not of a command that does not exist. */
    private static void requireKnownCommands(CommandLine.ParseResult parsed) {
        for (CommandLine command : parsed.asCommandLineList()) {
            unknownCommand(command, command.getUnmatchedArguments()).ifPresent(message -> {
                throw new CommandLine.ParameterException(command, message);
            });
        }
    }

    private static Optional<String> unknownCommand(CommandLine command, List<String> unmatched) {
        return unmatched.stream().filter(argument -> !argument.startsWith("-")).findFirst()
                .filter(argument -> !command.getSubcommands().isEmpty()).map(argument -> "unknown command '" + argument
                        + "': expected one of " + String.join(", ", command.getSubcommands().keySet()));
    }

    private static int wrongUsage(CommandLine.ParameterException e, Surroundings surroundings) {
        CommandLine.Model.CommandSpec spec = e.getCommandLine().getCommandSpec();
        String message = e instanceof CommandLine.UnmatchedArgumentException unmatched
                ? unknownCommand(e.getCommandLine(), unmatched.getUnmatched()).orElse(oneLine(e)) : oneLine(e);
        surroundings.complain(message + " (see '" + spec.qualifiedName() + " --help')");
        return spec.exitCodeOnInvalidInput();
    }

    private static int failed(Throwable e, boolean debug, Surroundings surroundings) {
        surroundings.complain(oneLine(e));
        if (debug) {
            e.printStackTrace(surroundings.err());
        }
        return FAILED;
    }

    /** The message of {@code e}, or its name where it has none, and what to type against it, in one line. */
    static String oneLine(Throwable e) {
        String message = e instanceof FileSystemException f ? AtomicFiles.describe(f)
                : e instanceof ClosedByInterruptException ? "the work was interrupted: nothing of it was kept"
                        : e.getMessage();
        if (message == null || message.isBlank()) {
            message = "internal error, " + e + " (run with --debug for its origin)";
        }
        String line = message.strip().replaceAll("\\s*\\R\\s*", " ");
        return Remedies.command(e).map(command -> line + " " + command).orElse(line);
    }
}
