package io.zoetrope.cli;

import io.zoetrope.cuda.Device;
import io.zoetrope.cuda.DeviceChoice;
import io.zoetrope.data.Dataset;
import io.zoetrope.data.ImageDataset;
import io.zoetrope.data.Preparation;
import io.zoetrope.io.Progress;
import io.zoetrope.metric.ClassificationReport;
import io.zoetrope.model.PretrainedModels;
import io.zoetrope.model.cnn.CnnPipeline;
import io.zoetrope.model.cnn.ConvNetModel;
import io.zoetrope.model.cnn.explain.CnnExplanation;
import io.zoetrope.tensor.DType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Does with classifiers what {@link Work} says. */
final class CnnWork {
    List<Work.Recognised> classify(DeviceChoice choice, String model, List<Path> files) throws IOException {
        try (Device device = Device.open(choice); CnnPipeline pipeline = open(device, model)) {
            List<Work.Recognised> answers = new ArrayList<>();
            for (Path file : files) {
                Preparation.Prepared prepared = pipeline.preparation().read(file);
                answers.add(new Work.Recognised(prepared.describe(), pipeline.classNames(),
                        pipeline.classify(prepared.image())[0]));
            }
            return answers;
        }
    }

    Work.Explained explain(DeviceChoice choice, String model, Path file) throws IOException {
        try (Device device = Device.open(choice); CnnPipeline pipeline = open(device, model)) {
            Preparation.Prepared prepared = pipeline.preparation().read(file);
            return new Work.Explained(prepared.describe(), CnnExplanation.of(pipeline, prepared.image()));
        }
    }

    ClassificationReport evaluate(DeviceChoice choice, String model, Dataset data, Progress progress) throws IOException {
        try (Device device = Device.open(choice); CnnPipeline pipeline = open(device, model)) {
            ImageDataset.Part test = pipeline.model().config().seenTest(data);
            return ClassificationReport.of(pipeline.classNames(), pipeline.classify(test.images(), progress), test.labels());
        }
    }

    CnnPipeline open(Device device, String model) throws IOException {
        return new CnnPipeline(PretrainedModels.open(model, folder -> ConvNetModel.load(device, folder, DType.BF16)));
    }
}
