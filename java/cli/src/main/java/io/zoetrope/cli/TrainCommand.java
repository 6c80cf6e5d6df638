package io.zoetrope.cli;

import io.zoetrope.model.ModelFamilies;
import io.zoetrope.model.ModelFamily;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;

/** {@code zoetrope train}: a group of one command per family. */
@Command(name = "train", description = "Train a model.")
final class TrainCommand implements io.zoetrope.cli.Command {
    private final Surroundings surroundings;

    TrainCommand(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    @Override
    public CommandSpec spec() {
        CommandSpec group = Specs.group(getClass());
        for (ModelFamily family : ModelFamilies.installed().all()) {
            family.training().ifPresent(training -> group.addSubcommand(training.name(),
                    new TrainFamilyCommand(surroundings, family, training).spec()));
        }
        return group;
    }
}
