package io.zoetrope.cli;

import io.zoetrope.model.Action;
import picocli.CommandLine.Command;

/**
 * {@code zoetrope speed}: quality against time, by the steps that are taken, for models of any family that takes steps.
 */
@Command(name = "speed",
        description = "Measure what pictures are worth and what they cost, by sampler and number of steps: "
                + "a table, CSV, and a plot with the Pareto front.")
final class SpeedCommand extends ByModelCommand {
    SpeedCommand(Surroundings surroundings) {
        super(surroundings, Action.Kind.SPEED);
    }
}
