package io.zoetrope.cli;

import io.zoetrope.model.Action;
import java.io.IOException;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

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

    /** A command that needs another one after it. */
    static CommandSpec group(String name, String description) {
        return command(name, description, spec -> {
            throw new ParameterException(spec.commandLine(),
                    "say what to " + name + ": " + String.join(", ", spec.subcommands().keySet()));
        });
    }
}
