package io.zoetrope.cli;

import io.zoetrope.cuda.Device;
import io.zoetrope.cuda.DeviceChoice;
import io.zoetrope.data.Images;
import io.zoetrope.io.Progress;
import io.zoetrope.model.PretrainedModels;
import io.zoetrope.model.gan.GanModel;
import io.zoetrope.model.gan.GanPipeline;
import io.zoetrope.tensor.DType;
import java.io.IOException;
import java.util.Optional;

/** Does with adversarial models of pictures what {@link Work} says. */
final class GanWork {
    Images generate(DeviceChoice choice, String model, Work.Order order, Optional<Work.Walk> walk, Progress progress)
            throws IOException {
        try (Device device = Device.open(choice); GanPipeline pipeline = open(device, model)) {
            int[] labels = order.labels(pipeline.classNames());
            progress.begin("generating", 1);
            Images images = pipeline.generate(order.seed(), labels);
            if (walk.isPresent()) {
                pipeline.interpolate(walk.get().frames(), order.seed(), labels).forEach(walk.get().sink());
            }
            progress.end();
            return images;
        }
    }

    GanPipeline open(Device device, String model) throws IOException {
        return new GanPipeline(PretrainedModels.open(model, folder -> GanModel.load(device, folder, DType.BF16)));
    }
}
