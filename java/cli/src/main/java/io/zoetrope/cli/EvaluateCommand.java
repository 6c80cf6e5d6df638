package io.zoetrope.cli;

import io.zoetrope.model.Action;
import picocli.CommandLine.Command;

/** {@code zoetrope evaluate}: a group of one command for each family that can be measured. */
@Command(name = "evaluate", description = "Measure a model.")
final class EvaluateCommand extends ByNameCommand {
    EvaluateCommand(Surroundings surroundings) {
        super(surroundings, Action.Kind.EVALUATE);
    }
}
