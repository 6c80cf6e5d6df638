package io.zoetrope.cli;

import io.zoetrope.model.ddpm.DdpmFamily;
import java.nio.file.Path;
import picocli.CommandLine.Command;

/** {@code zoetrope train ddpm}: a diffusion model from pictures. */
@Command(name = "ddpm", description = "Train a diffusion model on pictures. A run can be stopped at any moment and goes "
        + "on with --resume as if it had not been.")
final class TrainDdpmCommand extends TrainFamilyCommand {
    TrainDdpmCommand(Surroundings surroundings) {
        super(surroundings, new DdpmFamily(), 10_000, 64);
    }

    @Override
    String use(Path model) {
        return "zoetrope generate --model " + model;
    }
}
