package io.zoetrope.cli;

import io.zoetrope.cuda.Device;
import io.zoetrope.cuda.DeviceChoice;
import io.zoetrope.data.Images;
import io.zoetrope.data.Preparation;
import io.zoetrope.io.Progress;
import io.zoetrope.model.PretrainedModels;
import io.zoetrope.model.patches.PatchesConfig;
import io.zoetrope.model.patches.PatchesModel;
import io.zoetrope.model.patches.PatchesPipeline;
import io.zoetrope.model.patches.decode.PatchSelection;
import io.zoetrope.model.patches.decode.PatchesSampling;
import io.zoetrope.tensor.DType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;

/** Does with transformers over patches what {@link Work} says. */
final class PatchesWork {
    Images generate(DeviceChoice choice, String model, Function<List<String>, PatchesSampling> request, Progress progress)
            throws IOException {
        try (Device device = Device.open(choice); PatchesPipeline pipeline = open(device, model)) {
            return pipeline.generate(request.apply(pipeline.model().config().classNames()), progress);
        }
    }

    Work.Completed complete(DeviceChoice choice, String model, Work.Completion completion, Progress progress)
            throws IOException {
        try (Device device = Device.open(choice); PatchesPipeline pipeline = open(device, model)) {
            PatchesConfig config = pipeline.model().config();
            PatchesSampling request = completion.request().apply(config.classNames());
            Preparation.Prepared picture = pipeline.preparation().read(completion.image());
            PatchSelection kept = completion.half().isPresent() ? PatchSelection.half(completion.half().get(), config)
                    : PatchSelection.mask(Images.read(completion.mask().orElseThrow()), config);
            return new Work.Completed(picture.image(), picture.describe(), kept.count(), config.positions(),
                    pipeline.complete(picture.image(), kept, request, progress));
        }
    }

    Work.Attention attention(DeviceChoice choice, String model, Path image) throws IOException {
        try (Device device = Device.open(choice); PatchesPipeline pipeline = open(device, model)) {
            Preparation.Prepared picture = pipeline.preparation().read(image);
            return new Work.Attention(picture.image(), picture.describe(), pipeline.attention(picture.image()));
        }
    }

    PatchesPipeline open(Device device, String model) throws IOException {
        return new PatchesPipeline(PretrainedModels.open(model, folder -> PatchesModel.load(device, folder, DType.BF16)));
    }
}
