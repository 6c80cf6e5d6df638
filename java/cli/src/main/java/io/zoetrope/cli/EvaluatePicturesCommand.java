package io.zoetrope.cli;

import io.zoetrope.data.DataSets;
import io.zoetrope.data.FashionMnist;
import io.zoetrope.model.gan.GanPipeline;
import io.zoetrope.model.patches.PatchesPipeline;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code zoetrope evaluate} for models that are judged by their pictures alone. */
abstract class EvaluatePicturesCommand implements Callable<Integer> {
    private final Surroundings surroundings;
    private final String usualModel;

    @Spec
    private CommandSpec spec;

    @Option(names = "--model", paramLabel = "NAME|DIR",
            description = "A model that ships with Zoetrope, or a model's folder. Default: the shipped one.")
    private Optional<String> model;

    @Option(names = "--data", paramLabel = "NAME|DIR", defaultValue = FashionMnist.NAME,
            description = "The real pictures: generated ones are compared with its test part. Default: ${DEFAULT-VALUE}.")
    private String data;

    @Mixin
    private PictureQualityOptions quality;

    @Mixin
    private DeviceOption deviceOption;

    EvaluatePicturesCommand(Surroundings surroundings, String usualModel) {
        this.surroundings = surroundings;
        this.usualModel = usualModel;
    }

    @Override
    public final Integer call() throws IOException {
        quality.check(spec);
        if (!quality.isWanted()) {
            throw new ParameterException(spec.commandLine(), "--pictures 0 leaves nothing to measure");
        }
        quality.report(surroundings, deviceOption, model.orElse(usualModel), DataSets.load(data, surroundings.places()));
        return 0;
    }

    /** {@code zoetrope evaluate gan}. */
    @Command(name = "gan", description = "Measure how near an adversarial model's pictures come to real ones.")
    static final class Gan extends EvaluatePicturesCommand {
        Gan(Surroundings surroundings) {
            super(surroundings, GanPipeline.FASHION_GAN);
        }
    }

    /** {@code zoetrope evaluate patches}. */
    @Command(name = "patches", description = "Measure how near the pictures of a transformer over patches come to real ones.")
    static final class Patches extends EvaluatePicturesCommand {
        Patches(Surroundings surroundings) {
            super(surroundings, PatchesPipeline.FASHION_PATCHES);
        }
    }
}
