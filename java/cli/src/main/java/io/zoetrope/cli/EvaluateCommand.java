package io.zoetrope.cli;

import io.zoetrope.model.Action;

/** {@code zoetrope evaluate}: a group of one command for each family that can be measured. */
final class EvaluateCommand extends ByNameCommand {
    EvaluateCommand(Surroundings surroundings) {
        super(surroundings, Action.Kind.EVALUATE, "Measure a model.");
    }
}
