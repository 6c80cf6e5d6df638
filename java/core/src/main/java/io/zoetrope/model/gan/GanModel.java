package io.zoetrope.model.gan;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.cuda.Device;
import io.zoetrope.data.Images;
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

/** The generator of an adversarial model on a device: what is left of the game once it is played. */
public final class GanModel implements AutoCloseable {
    private static final String GENERATOR = "generator";

    private final Device device;
    private final GanConfig config;
    private final GanGenerator generator;
    private final ParameterBank bank;

    /**
     * A model with fresh parameters.
     *
     * @param compute type of activations and weights: BF16 or F32
     * @param seed    of the first parameter values
     */
    public GanModel(Device device, GanConfig config, DType compute, long seed) {
        Parameters parameters = Parameters.root();
        this.device = device;
        this.config = config;
        this.generator = new GanGenerator(config.shape(), parameters);
        this.bank = new ParameterBank(device, parameters, compute, seed);
    }

    /** Loads a model's folder. @throws BadFileException naming what in it does not fit */
    public static GanModel load(Device device, Path folder, DType compute) throws IOException {
        ModelFolder files = ModelFolder.open(folder);
        GanConfig config;
        try {
            config = GanConfig.of(files.config(GENERATOR));
        } catch (IllegalArgumentException e) {
            throw BadFileException.of(folder, e.getMessage(), "settings this library can run", "Check its config.json");
        }
        Parameters parameters = Parameters.root();
        new GanGenerator(config.shape(), parameters);
        WeightFiles values = ModelWeights.read(parameters, files.weights(GENERATOR));
        GanModel model = new GanModel(device, config, compute, 0);
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
        ModelFolder.write(folder, "GanPipeline", List.of(new ModelFolder.Component(GENERATOR, "zoetrope", "GanGenerator",
                config.settings(), ModelWeights.stored(bank, values))), metadata);
    }

    /**
     * The pictures of these vectors.
     *
     * @param latents one vector a picture, end to end
     * @param labels  a class for each, or null where the model has none
     */
    Images pictures(float[] latents, int[] labels) {
        GanShape shape = config.shape();
        int count = latents.length / shape.latent();
        try (Scope scope = Scope.open(device); Tape tape = Tape.forInference(device)) {
            Tensor noise = scope.of(bank.compute(), latents, count, shape.latent());
            Variable made = generator.forward(tape, Variable.constant(noise), labels == null ? null : scope.of(labels, count));
            Tensor floats = made.value();
            if (floats.dtype() != DType.F32) {
                floats = scope.empty(DType.F32, made.shape());
                Pointwise.cast(made.value(), floats);
            }
            return Images.fromFloats(floats.toFloats(), count, shape.imageSize(), shape.imageSize(), shape.channels());
        }
    }

    public Device device() {
        return device;
    }

    public GanConfig config() {
        return config;
    }

    public GanGenerator generator() {
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
