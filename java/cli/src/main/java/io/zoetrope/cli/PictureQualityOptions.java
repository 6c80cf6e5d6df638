package io.zoetrope.cli;

import io.zoetrope.data.ImageDataset;
import io.zoetrope.io.AtomicFiles;
import io.zoetrope.model.cnn.CnnPipeline;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** How {@code zoetrope evaluate} judges what a model generates: in the features of a classifier, beside real pictures. */
final class PictureQualityOptions {
    /** A class counts as made when it has at least this part of an even share. */
    private static final double PART_OF_EVEN_SHARE = 0.1;
    /** Nearest neighbours are looked at, so there must be more pictures than those. */
    static final int FEWEST = 6;

    @Option(names = "--pictures", paramLabel = "COUNT", defaultValue = "256",
            description = "Also generate so many and measure how near they come to the test pictures: C-FD, precision, recall, "
                    + "density, coverage, KID, and the classes made. 0 for none. Default: ${DEFAULT-VALUE}.")
    private int pictures;

    @Option(names = "--seed", defaultValue = "7", description = "Of the pictures. Default: ${DEFAULT-VALUE}.")
    private long seed;

    @Option(names = "--encoder", paramLabel = "NAME|DIR", defaultValue = CnnPipeline.FASHION_CNN,
            description = "The classifier in whose features pictures are compared. Default: ${DEFAULT-VALUE}.")
    private String encoder;

    @Option(names = "--pictures-json", paramLabel = "FILE", description = "Also write the figures of the pictures as JSON.")
    private Optional<Path> json = Optional.empty();

    void check(CommandSpec spec) throws IOException {
        if (pictures != 0 && pictures < FEWEST) {
            throw new ParameterException(spec.commandLine(), "--pictures must be 0 or at least " + FEWEST + ", not " + pictures);
        }
        if (json.isPresent()) {
            AtomicFiles.requireWritable(json.get());
        }
    }

    boolean isWanted() {
        return pictures > 0;
    }

    /** Generates, measures, prints, and writes what was asked for. */
    void report(Surroundings surroundings, DeviceOption device, String model, ImageDataset data) throws IOException {
        Work.PictureQuality quality = TerminalProgress.during(progress ->
                surroundings.work().evaluatePictures(device.device, model, encoder, data, pictures, seed, progress));
        PrintWriter out = surroundings.out();
        out.print(quality.features().table());
        out.println("the encoder sees " + quality.labels().describe(PART_OF_EVEN_SHARE) + " in them");
        out.flush();
        if (json.isPresent()) {
            quality.features().writeJson(json.get());
        }
    }
}
