package io.zoetrope.cli;

import io.zoetrope.model.Action;

/** {@code zoetrope complete}: a part of a picture is kept, the rest is made anew. */
final class CompleteCommand extends ByModelCommand {
    CompleteCommand(Surroundings surroundings) {
        super(surroundings, Action.Kind.COMPLETE, "Keep a part of a picture and make the rest anew, several times: a "
                + "row of pictures as PNG, the given one first.");
    }
}
