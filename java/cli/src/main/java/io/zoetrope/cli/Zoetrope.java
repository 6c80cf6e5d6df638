package io.zoetrope.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import io.zoetrope.io.PackageClasses;
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
    @Spec
    private CommandSpec spec;

    /** Whether failures show where they came from. */
    boolean debug;

    @Option(names = "--debug", scope = ScopeType.INHERIT, description = "Show details, and where a failure came from.")
    void setDebug(boolean value) {
        debug = value;
        if (value && LoggerFactory.getLogger("io.zoetrope") instanceof Logger logger) {
            logger.setLevel(Level.DEBUG);
        }
    }

    /** The command line with every command of this package. */
    static CommandLine commandLine(Zoetrope zoetrope, Surroundings surroundings) {
        CommandLine commandLine = new CommandLine(zoetrope);
        for (Class<? extends io.zoetrope.cli.Command> type : PackageClasses.of(io.zoetrope.cli.Command.class)) {
            try {
                CommandSpec command = type.getDeclaredConstructor(Surroundings.class).newInstance(surroundings).spec();
                commandLine.addSubcommand(command.name(), command);
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException(
                        type + " needs a constructor that takes " + Surroundings.class.getSimpleName(), e);
            }
        }
        return commandLine;
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
