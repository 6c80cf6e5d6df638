package io.zoetrope.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code zoetrope evaluate}: a group of one command per kind of model. */
@Command(name = "evaluate", description = "Measure a model.", subcommands = {EvaluateDdpmCommand.class,
    EvaluateCnnCommand.class, EvaluatePicturesCommand.Gan.class, EvaluatePicturesCommand.Patches.class,
    EvaluateWaveGanCommand.class})
final class EvaluateCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "say what to evaluate: "
                + String.join(", ", spec.subcommands().keySet()));
    }
}
