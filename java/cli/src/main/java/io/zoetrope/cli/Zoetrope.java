package io.zoetrope.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import io.zoetrope.io.PackageClasses;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;
import picocli.CommandLine;

/** The command itself: holds what all commands share. */
@Command(name = "zoetrope",
        description = "Trains and runs models that make pictures and sounds, on an NVIDIA GPU or, "
                + "without one, on the CPU.",
        mixinStandardHelpOptions = true, versionProvider = Zoetrope.Version.class, scope = ScopeType.INHERIT,
        sortOptions = false, usageHelpAutoWidth = true, footer = {"", "Exit codes: 0 done, 1 failed, 2 wrong usage."})
final class Zoetrope implements Runnable {
    private static final String DEBUG = "--debug";

    @Spec
    private CommandSpec spec;

    /** Whether failures show where they came from. */
    boolean debug;

    @Option(names = DEBUG, scope = ScopeType.INHERIT, description = "Show details, and where a failure came from.")
    void setDebug(boolean value) {
        debug = value;
        if (value && LoggerFactory.getLogger("io.zoetrope") instanceof Logger logger) {
            logger.setLevel(Level.DEBUG);
        }
    }

    /**
     * The command line for {@code arguments}, with the commands of this package that they may speak of. What a command
     * takes is declared only where it matters: to declare it for all takes longer than what most of them do.
     */
    static CommandLine commandLine(Zoetrope zoetrope, Surroundings surroundings, String... arguments) {
        List<Class<? extends io.zoetrope.cli.Command>> asked = asked(arguments);
        boolean namesNone = Stream.of(arguments).allMatch(word -> word.startsWith("-"));
        return commandLine(zoetrope, asked.isEmpty() ? PackageClasses.of(io.zoetrope.cli.Command.class) : asked,
                namesNone ? Zoetrope::listed : type -> declared(type, surroundings));
    }

    /** The command line with all that there is, declared in full. */
    static CommandLine whole(Zoetrope zoetrope, Surroundings surroundings) {
        return commandLine(zoetrope, PackageClasses.of(io.zoetrope.cli.Command.class),
                type -> declared(type, surroundings));
    }

    private static CommandLine commandLine(Zoetrope zoetrope, List<Class<? extends io.zoetrope.cli.Command>> types,
            Function<Class<? extends io.zoetrope.cli.Command>, CommandSpec> spec) {
        CommandLine commandLine = new CommandLine(zoetrope);
        types.stream().map(spec).forEach(command -> commandLine.addSubcommand(command.name(), command));
        return commandLine;
    }

    private static CommandSpec declared(Class<? extends io.zoetrope.cli.Command> type, Surroundings surroundings) {
        try {
            return type.getDeclaredConstructor(Surroundings.class).newInstance(surroundings).spec();
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(
                    type + " needs a constructor that takes " + Surroundings.class.getSimpleName(), e);
        }
    }

    private static CommandSpec listed(Class<? extends io.zoetrope.cli.Command> type) {
        return Specs.command(type, spec -> 0);
    }

    /** The one command, or none. Before it only details may be asked for: help that comes first is of them all. */
    private static List<Class<? extends io.zoetrope.cli.Command>> asked(String... arguments) {
        return Stream.of(arguments).dropWhile(DEBUG::equals).limit(1).filter(word -> word.matches("[a-z]+"))
                .flatMap(word -> PackageClasses.named(io.zoetrope.cli.Command.class, classOf(word)).stream()).toList();
    }

    /** What the class of a command is called. */
    private static String classOf(String command) {
        return Character.toUpperCase(command.charAt(0)) + command.substring(1) + "Command";
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(),
                "say what to do: " + String.join(", ", spec.subcommands().keySet()));
    }

    /** The version from the jar's manifest. */
    static final class Version implements CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() {
            String version = Zoetrope.class.getPackage().getImplementationVersion();
            return new String[] {"zoetrope " + (version == null ? "(not packaged)" : version)};
        }
    }
}
