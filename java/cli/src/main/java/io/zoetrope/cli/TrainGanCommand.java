package io.zoetrope.cli;

import io.zoetrope.io.Config;
import io.zoetrope.model.gan.GanFamily;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code zoetrope train gan}: generator and discriminator of pictures. */
@Command(name = "gan", description = "Train an adversarial model on pictures: a generator against a discriminator. The run's "
        + "game.png shows how the game goes, variety.csv what the generator covers.")
final class TrainGanCommand extends TrainFamilyCommand {
    @Mixin
    private GameOptions game;

    TrainGanCommand(Surroundings surroundings) {
        super(surroundings, new GanFamily(), 3_600, 32);
    }

    @Override
    Config options() {
        return game.options();
    }

    @Override
    String use(Path model) {
        return "zoetrope generate --model " + model;
    }
}
