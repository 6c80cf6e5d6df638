package io.zoetrope.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code zoetrope train}: a group of one command per kind of model. */
@Command(name = "train", description = "Train a model.", subcommands = {TrainCnnCommand.class, TrainGanCommand.class,
    TrainPatchesCommand.class, TrainDdpmCommand.class, TrainWaveGanCommand.class})
final class TrainCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "say what to train: "
                + String.join(", ", spec.subcommands().keySet()));
    }
}
