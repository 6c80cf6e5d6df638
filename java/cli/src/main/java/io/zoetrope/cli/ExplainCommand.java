package io.zoetrope.cli;

import io.zoetrope.model.Action;
import picocli.CommandLine.Command;

/** {@code zoetrope explain}: a group of one command per way of looking into a model. */
@Command(name = "explain", description = "Show what a model sees.")
final class ExplainCommand extends ByNameCommand {
    ExplainCommand(Surroundings surroundings) {
        super(surroundings, Action.Kind.EXPLAIN);
    }
}
