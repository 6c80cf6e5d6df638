package io.zoetrope.cli;

import io.zoetrope.model.Action;
import picocli.CommandLine.Command;

/** {@code zoetrope complete}: a part of a picture is kept, the rest is made anew. */
@Command(name = "complete", description = "Keep a part of a picture and make the rest anew, several times: "
        + "a row of pictures as PNG, the given one first.")
final class CompleteCommand extends ByModelCommand {
    CompleteCommand(Surroundings surroundings) {
        super(surroundings, Action.Kind.COMPLETE);
    }
}
