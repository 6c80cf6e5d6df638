package io.zoetrope.cli;

import io.zoetrope.data.AudioSets;
import io.zoetrope.data.Dataset;
import io.zoetrope.io.Config;
import io.zoetrope.model.wavegan.WaveGanFamily;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code zoetrope train wavegan}: generator and discriminator of sounds. */
@Command(name = "wavegan", description = "Train an adversarial model on sounds of a second: spoken-digits, or a folder of WAV "
        + "files.")
final class TrainWaveGanCommand extends TrainFamilyCommand {
    private final Surroundings surroundings;

    @Mixin
    private GameOptions game;

    TrainWaveGanCommand(Surroundings surroundings) {
        super(surroundings, new WaveGanFamily(), 6_000, 32);
        this.surroundings = surroundings;
    }

    @Override
    List<String> dataNames() {
        return AudioSets.names();
    }

    @Override
    Dataset load(String source) throws IOException {
        return AudioSets.load(source, surroundings.places());
    }

    @Override
    Config options() {
        return game.options();
    }

    @Override
    String use(Path model) {
        return "zoetrope generate --out sounds.wav --model " + model;
    }
}
