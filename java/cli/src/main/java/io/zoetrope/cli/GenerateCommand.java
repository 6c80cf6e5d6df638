package io.zoetrope.cli;

import io.zoetrope.model.Action;
import picocli.CommandLine.Command;

/** {@code zoetrope generate}: pictures or sounds from noise, by a model of any family. */
@Command(name = "generate", description = "Make pictures, a grid as PNG, or sounds, one after the other as WAV. "
        + "What else can be said depends on the kind of model.")
final class GenerateCommand extends ByModelCommand {
    GenerateCommand(Surroundings surroundings) {
        super(surroundings, Action.Kind.GENERATE);
    }
}
