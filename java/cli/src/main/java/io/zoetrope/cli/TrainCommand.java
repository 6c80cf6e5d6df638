package io.zoetrope.cli;

import io.zoetrope.model.ModelFamilies;
import io.zoetrope.model.ModelFamily;
import picocli.CommandLine.Model.CommandSpec;

/** {@code zoetrope train}: a group of one command per family. */
final class TrainCommand implements Command {
    private final Surroundings surroundings;

    TrainCommand(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    @Override
    public CommandSpec spec() {
        CommandSpec group = Specs.group("train", "Train a model.");
        for (ModelFamily family : ModelFamilies.installed().all()) {
            family.training().ifPresent(training -> group.addSubcommand(training.name(),
                    new TrainFamilyCommand(surroundings, family, training).spec()));
        }
        return group;
    }
}
