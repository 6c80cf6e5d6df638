package io.zoetrope.cli;

import io.zoetrope.model.Action;

/** {@code zoetrope explain}: a group of one command per way of looking into a model. */
final class ExplainCommand extends ByNameCommand {
    ExplainCommand(Surroundings surroundings) {
        super(surroundings, Action.Kind.EXPLAIN, "Show what a model sees.");
    }
}
