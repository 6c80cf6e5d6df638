package io.zoetrope.cli;

import io.zoetrope.cuda.Device;
import io.zoetrope.cuda.DeviceChoice;
import io.zoetrope.data.ImageDataset;
import io.zoetrope.data.Images;
import io.zoetrope.io.Progress;
import io.zoetrope.metric.NoisePredictionReport;
import io.zoetrope.model.PretrainedModels;
import io.zoetrope.model.ddpm.DdpmModel;
import io.zoetrope.model.ddpm.DdpmPipeline;
import io.zoetrope.model.ddpm.NoiseEvaluation;
import io.zoetrope.model.ddpm.Sampling;
import io.zoetrope.tensor.DType;
import java.io.IOException;
import java.util.Optional;

/** Does with diffusion models what {@link Work} says. */
final class DiffusionWork {
    private static final int EVALUATION_BINS = 20;

    Images generate(DeviceChoice choice, String model, Sampling sampling, Optional<Work.Film> film, Progress progress)
            throws IOException {
        try (Device device = Device.open(choice); DdpmPipeline pipeline = open(device, model)) {
            DdpmPipeline.Viewer viewer = film.<DdpmPipeline.Viewer>map(shown -> (step, images) -> {
                if (step % shown.every() == 0 || step == sampling.steps()) {
                    shown.sink().accept(images);
                }
            }).orElse(null);
            return pipeline.generate(sampling, progress, viewer);
        }
    }

    NoisePredictionReport evaluate(DeviceChoice choice, Optional<String> model, ImageDataset data, int perBin,
            Progress progress) throws IOException {
        try (Device device = Device.open(choice); DdpmPipeline pipeline = open(device,
                model.orElse(PretrainedModels.FASHION_DDPM))) {
            return NoiseEvaluation.measure(pipeline.model(), data.test().images(), EVALUATION_BINS, perBin,
                    LibraryWork.EVALUATION_SEED, progress);
        }
    }

    DdpmPipeline open(Device device, String model) throws IOException {
        return new DdpmPipeline(PretrainedModels.open(model, folder -> DdpmModel.load(device, folder, DType.BF16)));
    }
}
