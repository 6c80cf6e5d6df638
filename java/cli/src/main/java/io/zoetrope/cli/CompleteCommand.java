package io.zoetrope.cli;

import io.zoetrope.data.Images;
import io.zoetrope.io.AtomicFiles;
import io.zoetrope.model.Action;
import io.zoetrope.data.PatchSelection;
import io.zoetrope.model.tokens.TokenSampling;
import io.zoetrope.model.tokens.TokenSampling.Decode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code zoetrope complete}: a part of a picture is kept, the rest is made anew. */
final class CompleteCommand extends ByModelCommand {
    CompleteCommand(Surroundings surroundings) {
        super(surroundings, Action.Kind.COMPLETE, "Keep a part of a picture and make the rest anew, several times: a "
                + "row of pictures as PNG, the given one first.");
    }
}
