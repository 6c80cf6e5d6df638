package io.zoetrope.cli;

import io.zoetrope.model.Action;

/**
 * {@code zoetrope speed}: quality against time, by the steps that are taken, for models of any family that takes steps.
 */
final class SpeedCommand extends ByModelCommand {
    SpeedCommand(Surroundings surroundings) {
        super(surroundings, Action.Kind.SPEED,
                "Measure what pictures are worth and what they cost, by sampler and number "
                        + "of steps: a table, CSV, and a plot with the Pareto front.");
    }
}
