package io.zoetrope.cli;

import io.zoetrope.model.Action;
import java.io.IOException;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine;

/** Makes commands that are not written down as annotated classes. */
final class Specs {
    private Specs() {
    }

    /** What a command does. */
    @FunctionalInterface
    interface Body {
        /**
         * The exit code.
         *
         * @param spec the command's, parsed
         */
        int run(CommandSpec spec) throws IOException;
    }

    /** What the command for actions of a kind is called. */
    static String nameOf(Action.Kind kind) {
        return kind.name().toLowerCase(Locale.ROOT);
    }

    /** A command without arguments as yet. */
    static CommandSpec command(String name, String description, Body body) {
        CommandSpec[] self = new CommandSpec[1];
        Callable<Integer> work = () -> body.run(self[0]);
        self[0] = CommandSpec.wrapWithoutInspection(work).name(name);
        self[0].usageMessage().description(DeclaredOptions.shown(description).replace("%", "%%"));
        return self[0];
    }

    /** A command of this package without arguments as yet, as its annotation says. */
    static CommandSpec command(Class<? extends Command> type, Body body) {
        CommandLine.Command about = type.getAnnotation(CommandLine.Command.class);
        CommandSpec spec = command(about.name(), "", body);
        spec.usageMessage().description(about.description());
        return spec;
    }

    /** A command that needs another one after it. */
    static CommandSpec group(Class<? extends Command> type) {
        return command(type, spec -> {
            throw new ParameterException(spec.commandLine(),
                    "say what to " + spec.name() + ": " + String.join(", ", spec.subcommands().keySet()));
        });
    }
}
