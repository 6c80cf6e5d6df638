package io.zoetrope.cli;

import io.zoetrope.io.Config;
import io.zoetrope.model.patches.PatchesFamily;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code zoetrope train patches}: a transformer over the patches of pictures. */
@Command(name = "patches", description = "Train a transformer on the patches of pictures: to generate and complete them, or "
        + "(--purpose classify) to tell their classes.")
final class TrainPatchesCommand extends TrainFamilyCommand {
    @Option(names = "--purpose", paramLabel = "generate|classify", description = "What for. Default: generate.")
    private Optional<String> purpose = Optional.empty();

    @Option(names = "--patch-size", description = "Height and width of a patch in pixels. Default: 4.")
    private Optional<Integer> patchSize = Optional.empty();

    @Option(names = "--palette", description = "Patches that pictures are made of. Default: 512.")
    private Optional<Integer> palette = Optional.empty();

    @Option(names = "--width", description = "Channels of a token. Default: 128.")
    private Optional<Integer> width = Optional.empty();

    @Option(names = "--layers", description = "Transformer blocks. Default: 4.")
    private Optional<Integer> layers = Optional.empty();

    @Option(names = "--heads", description = "Attention heads of a block. Default: 4.")
    private Optional<Integer> heads = Optional.empty();

    TrainPatchesCommand(Surroundings surroundings) {
        super(surroundings, new PatchesFamily(), 2_600, 32);
    }

    @Override
    Config options() {
        Config options = Config.empty();
        if (purpose.isPresent()) {
            options = options.with("purpose", purpose.get());
        }
        options = with(options, "patch_size", patchSize);
        options = with(options, "palette", palette);
        options = with(options, "model_width", width);
        options = with(options, "layers", layers);
        return with(options, "heads", heads);
    }

    private static Config with(Config options, String name, Optional<Integer> value) {
        return value.isPresent() ? options.with(name, value.get()) : options;
    }

    @Override
    String use(Path model) {
        return purpose.orElse("generate").equals("classify")
                ? "zoetrope explain attention IMAGE --patch 3,3 --model " + model : "zoetrope generate --model " + model;
    }
}
