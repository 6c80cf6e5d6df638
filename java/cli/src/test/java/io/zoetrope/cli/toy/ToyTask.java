package io.zoetrope.cli.toy;

import io.zoetrope.io.Config;
import io.zoetrope.io.ModelFolder;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.train.TrainingTask;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Learns nothing: the shade is the one it was told. */
record ToyTask(int shade) implements TrainingTask {
    @Override
    public List<String> columns() {
        return List.of("loss");
    }

    @Override
    public void step() {
    }

    @Override
    public double[] takeRow(long steps) {
        return new double[] {1};
    }

    @Override
    public Optional<String> trouble() {
        return Optional.empty();
    }

    @Override
    public Map<String, Tensor> state() {
        return Map.of();
    }

    @Override
    public void restored(long steps) {
    }

    @Override
    public void save(Path folder, Map<String, String> metadata) throws IOException {
        ModelFolder.write(folder, "ToyPipeline",
                List.of(new ModelFolder.Component("toy", "toys", "Toy", Config.empty().with("shade", shade), Map.of())),
                metadata);
    }

    @Override
    public void close() {
    }
}
