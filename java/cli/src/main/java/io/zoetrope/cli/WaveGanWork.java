package io.zoetrope.cli;

import io.zoetrope.cuda.Device;
import io.zoetrope.cuda.DeviceChoice;
import io.zoetrope.data.AudioDataset;
import io.zoetrope.data.Sounds;
import io.zoetrope.io.ModelFolder;
import io.zoetrope.io.Progress;
import io.zoetrope.metric.SoundReport;
import io.zoetrope.model.PretrainedModels;
import io.zoetrope.model.cnn.CnnPipeline;
import io.zoetrope.model.cnn.measure.SoundEvaluation;
import io.zoetrope.model.wavegan.WaveGanModel;
import io.zoetrope.model.wavegan.WaveGanPipeline;
import io.zoetrope.tensor.DType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;

/** Does with adversarial models of sounds what {@link Work} says. */
final class WaveGanWork {
    private final CnnWork cnn;

    WaveGanWork(CnnWork cnn) {
        this.cnn = cnn;
    }

    Sounds generate(DeviceChoice choice, String model, Work.Order order, Progress progress) throws IOException {
        try (Device device = Device.open(choice); WaveGanPipeline pipeline = open(device, model)) {
            return generate(pipeline, order.seed(), order.labels(pipeline.classNames()), progress);
        }
    }

    private static Sounds generate(WaveGanPipeline pipeline, long seed, int[] labels, Progress progress) {
        progress.begin("generating", 1);
        Sounds sounds = pipeline.generate(seed, labels);
        progress.end();
        return sounds;
    }

    SoundReport evaluate(DeviceChoice choice, String model, String encoder, AudioDataset data, int count, long seed,
            Progress progress) throws IOException {
        try (Device device = Device.open(choice); CnnPipeline ears = cnn.open(device, encoder)) {
            ears.model().config().requireKnown(data);
            try (WaveGanPipeline pipeline = open(device, model)) {
                List<String> names = pipeline.classNames();
                int[] labels = new Work.Order(count, seed, any -> OptionalInt.empty()).labels(names);
                return SoundEvaluation.measure(device, ears, encoder, generate(pipeline, seed, labels,
                        progress), names, labels, data, LibraryWork.EVALUATION_SEED, progress);
            }
        }
    }

    private static WaveGanPipeline open(Device device, String model) throws IOException {
        return new WaveGanPipeline(PretrainedModels.open(model, folder -> load(device, model, folder)));
    }

    private static WaveGanModel load(Device device, String model, Path folder) throws IOException {
        String found = ModelFolder.open(folder).pipelineClass();
        if (ModelKind.of(found).filter(kind -> kind == ModelKind.SOUNDS).isEmpty()) {
            throw new IllegalArgumentException(model + " is a " + found + ", which makes no sounds: expected "
                    + ModelKind.SOUNDS.description());
        }
        return WaveGanModel.load(device, folder, DType.BF16);
    }
}
