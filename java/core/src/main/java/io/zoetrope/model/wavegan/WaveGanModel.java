package io.zoetrope.model.wavegan;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.cuda.Device;
import io.zoetrope.io.BadFileException;
import io.zoetrope.io.ModelFolder;
import io.zoetrope.io.WeightFiles;
import io.zoetrope.nn.ModelWeights;
import io.zoetrope.nn.ParameterBank;
import io.zoetrope.nn.Parameters;
import io.zoetrope.ops.pointwise.Pointwise;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** The generator of an adversarial model of sounds on a device. */
public final class WaveGanModel implements AutoCloseable {
    private static final String GENERATOR = "generator";

    private final Device device;
    private final WaveGanConfig config;
    private final WaveGanGenerator generator;
    private final ParameterBank bank;

    /**
     * A model with fresh parameters.
     *
     * @param compute type of activations and weights: BF16 or F32
     * @param seed    of the first parameter values
     */
    public WaveGanModel(Device device, WaveGanConfig config, DType compute, long seed) {
        Parameters parameters = Parameters.root();
        this.device = device;
        this.config = config;
        this.generator = new WaveGanGenerator(config.shape(), parameters);
        this.bank = new ParameterBank(device, parameters, compute, seed);
    }

    /** Loads a model's folder. @throws BadFileException naming what in it does not fit */
    public static WaveGanModel load(Device device, Path folder, DType compute) throws IOException {
        ModelFolder files = ModelFolder.open(folder);
        WaveGanConfig config;
        try {
            config = WaveGanConfig.of(files.config(GENERATOR));
        } catch (IllegalArgumentException e) {
            throw BadFileException.of(folder, e.getMessage(), "settings this library can run", "Check its config.json");
        }
        Parameters parameters = Parameters.root();
        new WaveGanGenerator(config.shape(), parameters);
        WeightFiles values = ModelWeights.read(parameters, files.weights(GENERATOR));
        WaveGanModel model = new WaveGanModel(device, config, compute, 0);
        try {
            ModelWeights.into(model.bank, values);
            return model;
        } catch (IOException | RuntimeException e) {
            model.close();
            throw e;
        }
    }

    /**
     * Writes the model's folder with these parameter values in BF16.
     *
     * @param values   laid out as the bank, such as its masters or their moving average
     * @param metadata goes into the header of the weights: where they come from
     */
    public void save(Path folder, float[] values, Map<String, String> metadata) throws IOException {
        ModelFolder.write(folder, "WaveGanPipeline", List.of(new ModelFolder.Component(GENERATOR, "zoetrope",
                "WaveGanGenerator", config.settings(), ModelWeights.stored(bank, values))), metadata);
    }

    /**
     * The sounds of these vectors.
     *
     * @param latents one vector a sound, end to end
     * @param labels  a class for each, or null where the model has none
     */
    float[] sounds(float[] latents, int[] labels) {
        WaveGanShape shape = config.shape();
        int count = latents.length / shape.latent();
        try (Scope scope = Scope.open(device); Tape tape = Tape.forInference(device)) {
            Tensor noise = scope.of(bank.compute(), latents, count, shape.latent());
            Variable made = generator.forward(tape, Variable.constant(noise), labels == null ? null : scope.of(labels, count));
            Tensor floats = made.value();
            if (floats.dtype() != DType.F32) {
                floats = scope.empty(DType.F32, made.shape());
                Pointwise.cast(made.value(), floats);
            }
            return floats.toFloats();
        }
    }

    public Device device() {
        return device;
    }

    public WaveGanConfig config() {
        return config;
    }

    public WaveGanGenerator generator() {
        return generator;
    }

    public ParameterBank bank() {
        return bank;
    }

    @Override
    public void close() {
        bank.close();
    }
}
