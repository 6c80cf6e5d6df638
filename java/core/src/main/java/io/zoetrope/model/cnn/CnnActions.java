package io.zoetrope.model.cnn;

import io.zoetrope.cuda.Device;
import io.zoetrope.data.Dataset;
import io.zoetrope.data.FashionMnist;
import io.zoetrope.data.ImageDataset;
import io.zoetrope.data.ImageFiles;
import io.zoetrope.data.Media;
import io.zoetrope.data.Preparation;
import io.zoetrope.figures.ClassifierExplanation;
import io.zoetrope.figures.ExplanationSheet;
import io.zoetrope.metric.ClassificationPlots;
import io.zoetrope.metric.ClassificationReport;
import io.zoetrope.model.Action;
import io.zoetrope.model.ActionCall;
import io.zoetrope.model.CommonOptions;
import io.zoetrope.model.ModelFamilies;
import io.zoetrope.option.Option;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** What users do with classifiers, beside classifying: measure them, and see what they see. */
final class CnnActions {
    private static final Option<Path> CONFUSION = Option.output("confusion", "FILE.png")
            .help("Also draw what is taken for what.");
    private static final Option<Path> PLOT = Option.output("plot", "FILE.png")
            .help("Also draw accuracy over confidence.");

    private static final Option<Path> PICTURE_OR_SOUND = CommonOptions.IMAGE
            .help("A picture of any size: PNG, JPEG, GIF or BMP; a WAV where the model listens to sounds.");

    private CnnActions() {
    }

    static Action evaluation(CnnFamily family) {
        String usual = CnnPipeline.FASHION_CNN + ", " + CnnPipeline.DIGITS_CNN + " for sounds";
        List<Option<?>> options = List.of(CommonOptions.MODEL.defaultDepends(usual),
                CommonOptions.DATA.defaultsTo(FashionMnist.NAME).help("Whose test part to measure on."),
                CommonOptions.JSON, CONFUSION, PLOT);
        return new Action(Action.Kind.EVALUATE, family.name(), "Measure a classifier on pictures or sounds it was not "
                + "trained on: accuracy, precision and recall of each class, what is taken for what, and whether its "
                + "confidence can be trusted.", options, CnnActions::evaluate);
    }

    private static void evaluate(ActionCall call) throws IOException {
        Dataset data = Media.ANY.load(call.get(CommonOptions.DATA), call.places());
        String model = call.find(CommonOptions.MODEL)
                .orElseGet(() -> ModelFamilies.installed().usualClassifier(Media.of(data)));
        ClassificationReport report;
        try (Device device = call.openDevice(); CnnPipeline pipeline = CnnPipeline.fromPretrained(device, model)) {
            ImageDataset.Part test = pipeline.seenTest(data);
            report = ClassificationReport.of(pipeline.classNames(), pipeline.classify(test.images(), call.progress()),
                    test.labels());
        }
        call.say(report.table());
        call.writeIfAsked(CommonOptions.JSON, report::writeJson);
        call.writeIfAsked(CONFUSION, file -> ClassificationPlots.confusion(report, file));
        call.writeIfAsked(PLOT, file -> ClassificationPlots.reliability(report, file));
    }

    static Action explanation(CnnFamily family) {
        List<Option<?>> options = List.of(PICTURE_OR_SOUND, CommonOptions.model(family.shipped()),
                CommonOptions.out("explain.png", Media.PICTURES).help("Where the sheet goes; - for standard output."));
        return new Action(Action.Kind.EXPLAIN, family.name(), "Show what a classifier sees in a picture: its filters, "
                + "its feature maps from low to high, what pooling keeps when the picture moves, and what its decision "
                + "rests on.", options, CnnActions::explain);
    }

    private static void explain(ActionCall call) throws IOException {
        Path image = call.get(CommonOptions.IMAGE);
        Preparation.Prepared picture;
        ClassifierExplanation explanation;
        try (Device device = call.openDevice();
                CnnPipeline pipeline = CnnPipeline.fromPretrained(device, call.model())) {
            picture = pipeline.preparation().read(image);
            explanation = ClassifierExplanation.of(pipeline, picture.image());
        }
        int best = explanation.ranking().get(0);
        String decision = String.format(Locale.ROOT, "%s, %.1f %%", explanation.classNames().get(best),
                100 * explanation.probabilities()[best]);
        Path out = call.get(CommonOptions.OUT);
        call.write(out, file -> ImageFiles.writePng(file,
                ExplanationSheet.draw(explanation, image.getFileName() + ": " + decision)));
        call.say(image + ": " + picture.describe());
        call.say(out + ": " + decision);
    }
}
