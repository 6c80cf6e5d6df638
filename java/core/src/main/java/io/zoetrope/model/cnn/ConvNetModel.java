package io.zoetrope.model.cnn;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.cuda.Device;
import io.zoetrope.io.BadFileException;
import io.zoetrope.io.ModelFolder;
import io.zoetrope.io.WeightFiles;
import io.zoetrope.nn.ModelWeights;
import io.zoetrope.nn.NormStatistics;
import io.zoetrope.nn.ParameterBank;
import io.zoetrope.nn.Parameters;
import io.zoetrope.ops.random.Augmentation;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** A classifier on a device: the network, its parameters and the normalisation of what it sees. */
public final class ConvNetModel implements AutoCloseable {
    private static final String CLASSIFIER = "classifier";
    private static final int BATCH = 128;

    private final Scope scope;
    private final ClassifierConfig config;
    private final ConvNet network;
    private final ParameterBank bank;
    private final Augmentation.Normalisation normalisation;

    /**
     * A model with fresh parameters.
     *
     * @param compute type of activations and weights: BF16 or F32
     * @param seed    of the first parameter values
     */
    public ConvNetModel(Device device, ClassifierConfig config, DType compute, long seed) {
        this(device, config, new ConvNet(config.network(), Parameters.root()), compute, seed);
    }

    private ConvNetModel(Device device, ClassifierConfig config, ConvNet network, DType compute, long seed) {
        this.config = config;
        this.network = network;
        this.bank = new ParameterBank(device, network.parameters(), compute, seed);
        this.scope = Scope.open(device);
        int channels = config.network().channels();
        float[] mean = new float[channels];
        float[] factor = new float[channels];
        for (int c = 0; c < channels; c++) {
            mean[c] = config.mean().get(c).floatValue();
            factor[c] = (float) (1 / config.deviation().get(c));
        }
        this.normalisation = new Augmentation.Normalisation(scope.of(mean, channels), scope.of(factor, channels));
    }

    /** Loads a model's folder. @throws BadFileException naming what in it does not fit */
    public static ConvNetModel load(Device device, Path folder, DType compute) throws IOException {
        ModelFolder files = open(folder);
        ClassifierConfig config = config(files, folder);
        try {
            ConvNet network = new ConvNet(config.network(), Parameters.root());
            WeightFiles values = ModelWeights.read(network.parameters(), files.weights(CLASSIFIER));
            ConvNetModel model = new ConvNetModel(device, config, network, compute, 0);
            ModelWeights.into(model.bank, values);
            return model;
        } catch (IllegalArgumentException e) {
            throw badSettings(folder, e);
        }
    }

    /** What the classifier in a model's folder is, without its weights. */
    static ClassifierConfig config(Path folder) throws IOException {
        return config(open(folder), folder);
    }

    private static ModelFolder open(Path folder) throws IOException {
        ModelFolder files = ModelFolder.open(folder);
        if (!files.has(CLASSIFIER)) {
            throw BadFileException.of(folder, "is a " + files.pipelineClass(), "a classifier",
                    "Train one with 'train cnn', or name its folder");
        }
        return files;
    }

    private static ClassifierConfig config(ModelFolder files, Path folder) throws IOException {
        try {
            return ClassifierConfig.of(files.config(CLASSIFIER));
        } catch (IllegalArgumentException e) {
            throw badSettings(folder, e);
        }
    }

    private static BadFileException badSettings(Path folder, IllegalArgumentException e) {
        return BadFileException.of(folder, e.getMessage(), "settings this library can run", "Check the model's config.json");
    }

    /**
     * Writes the model's folder with these parameter values in BF16, statistics in F32.
     *
     * @param values   laid out as the bank
     * @param metadata goes into the header of the weights: where they come from
     */
    public void save(Path folder, float[] values, Map<String, String> metadata) throws IOException {
        ModelFolder.write(folder, "ConvNetPipeline", List.of(new ModelFolder.Component(CLASSIFIER, "zoetrope", "ConvNet",
                config.settings(), ModelWeights.stored(bank, values))), metadata);
    }

    /**
     * Sets the running statistics of batch norms to their plain mean over some training pictures, for weights they were not
     * gathered with, such as a moving average.
     *
     * @param pictures U8 [M,H,W,C]
     * @param most     pictures to look at, spread evenly
     */
    void settle(Tensor pictures, int most) {
        if (config.network().normGroups() > 0) {
            return;
        }
        int count = Math.toIntExact(pictures.dim(0));
        int batch = Math.min(BATCH, count);
        int batches = Math.max(1, Math.min(most, count) / batch);
        for (int n = 1; n <= batches; n++) {
            int[] indices = new int[batch];
            for (int i = 0; i < batch; i++) {
                indices[i] = (int) (((long) i * batches + n - 1) * count / ((long) batch * batches));
            }
            try (Scope inputs = Scope.open(device()); Tape tape = Tape.forInference(device())) {
                Tensor x = normalised(inputs, pictures, inputs.of(indices, batch));
                network.forward(tape, Variable.constant(x), NormStatistics.averaging(n));
            }
        }
    }

    /** Chosen pictures as the network takes them. @param pictures U8 [M,H,W,C]; @param indices I32 [N] */
    Tensor normalised(Scope owner, Tensor pictures, Tensor indices) {
        Tensor x = owner.empty(compute(), indices.size(), pictures.dim(1), pictures.dim(2), pictures.dim(3));
        Augmentation.NONE.batch(pictures, null, indices, normalisation, x, null, null);
        return x;
    }

    Augmentation.Normalisation normalisation() {
        return normalisation;
    }

    public Device device() {
        return scope.device();
    }

    public ClassifierConfig config() {
        return config;
    }

    public ConvNet network() {
        return network;
    }

    public ParameterBank bank() {
        return bank;
    }

    /** Type of activations and weights. */
    public DType compute() {
        return bank.compute();
    }

    @Override
    public void close() {
        bank.close();
        scope.close();
    }
}
