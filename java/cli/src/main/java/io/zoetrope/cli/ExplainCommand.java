package io.zoetrope.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code zoetrope explain}: a group of one command per way of looking into a model. */
@Command(name = "explain", description = "Show what a model sees.", subcommands = {ExplainCnnCommand.class,
    ExplainAttentionCommand.class})
final class ExplainCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "say what to explain: "
                + String.join(", ", spec.subcommands().keySet()));
    }
}
