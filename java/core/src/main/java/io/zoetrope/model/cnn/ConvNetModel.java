package io.zoetrope.model.cnn;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.cuda.Device;
import io.zoetrope.io.BadFileException;
import io.zoetrope.model.NetworkModel;
import io.zoetrope.nn.NormStatistics;
import io.zoetrope.nn.ParameterPlan;
import io.zoetrope.nn.ParameterValues;
import io.zoetrope.ops.random.Augmentation;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.train.ClassificationObjective;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/** A classifier on a device: the network, its parameters and the normalisation of what it sees. */
public final class ConvNetModel extends NetworkModel<ClassifierConfig, ConvNet> {
    static final String PIPELINE = "ConvNetPipeline";
    static final String COMPONENT = "classifier";
    private static final Format<ClassifierConfig, ConvNet> FORMAT = new Format<>(PIPELINE, COMPONENT, "zoetrope",
            "ConvNet", ClassifierConfig::of, ClassifierConfig::settings,
            (config, parameters) -> new ConvNet(config.network(), parameters));
    private static final int BATCH = 128;
    /** Pictures that the statistics of the saved model are gathered from. */
    private static final int SETTLING = 4096;

    private final Augmentation.Normalisation normalisation;

    /**
     * A model with fresh parameters, all to be trained.
     *
     * @param seed of the first values
     */
    public ConvNetModel(Device device, ClassifierConfig config, DType compute, long seed) {
        this(device, config, compute, ParameterPlan.training());
        store().initialise(seed);
    }

    /** A model to be given values; see {@link NetworkModel#NetworkModel}. */
    public ConvNetModel(Device device, ClassifierConfig config, DType compute, ParameterPlan plan) {
        super(FORMAT, device, config, compute, plan);
        int channels = config.network().channels();
        float[] mean = new float[channels];
        float[] factor = new float[channels];
        for (int c = 0; c < channels; c++) {
            mean[c] = config.mean().get(c).floatValue();
            factor[c] = (float) (1 / config.deviation().get(c));
        }
        this.normalisation = new Augmentation.Normalisation(scope().of(mean, channels), scope().of(factor, channels));
    }

    /**
     * Loads a model's folder to be used, not trained.
     *
     * @throws BadFileException naming what in it does not fit
     * @throws IOException if a file cannot be read, or is not what it should be
     */
    public static ConvNetModel load(Device device, Path folder, DType compute) throws IOException {
        return load(device, folder, compute, ParameterPlan.inference());
    }

    /**
     * Loads a model's folder.
     *
     * @throws BadFileException naming what in it does not fit
     * @throws IOException if a file cannot be read, or is not what it should be
     */
    public static ConvNetModel load(Device device, Path folder, DType compute, ParameterPlan plan) throws IOException {
        return FORMAT.load(device, folder, compute, plan, ConvNetModel::new);
    }

    /** What the classifier in a model's folder is, without its weights. */
    static ClassifierConfig config(Path folder) throws IOException {
        return FORMAT.config(folder);
    }

    /** As it is trained: by the statistics of each batch. */
    ClassificationObjective.Classifier trained() {
        return new ClassificationObjective.Classifier() {
            @Override
            public DType compute() {
                return ConvNetModel.this.compute();
            }

            @Override
            public Augmentation.Normalisation normalisation() {
                return normalisation;
            }

            @Override
            public Variable logits(Tape tape, Tensor x) {
                return network().forward(tape, Variable.constant(x), NormStatistics.TRAINING).logits();
            }

            /** The averaged weights need running statistics of their own. */
            @Override
            public void save(Path folder, ParameterValues averaged, Tensor pictures, Map<String, String> metadata)
                    throws IOException {
                try (ConvNetModel settled = new ConvNetModel(device(), config(), compute(),
                        ParameterPlan.inference())) {
                    settled.store().take(averaged);
                    settled.settle(pictures, SETTLING);
                    settled.save(folder, metadata);
                    saveAdapters(folder, averaged);
                }
            }
        };
    }

    /**
     * Sets the running statistics of batch norms to their plain mean over some training pictures, for weights they were
     * not gathered with, such as a moving average.
     *
     * @param pictures U8 [M,H,W,C]
     * @param most     pictures to look at, spread evenly
     */
    void settle(Tensor pictures, int most) {
        if (config().network().normGroups() > 0) {
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
                network().forward(tape, Variable.constant(x), NormStatistics.averaging(n));
            }
        }
    }

    /**
     * Chosen pictures as the network takes them.
     *
     * @param pictures U8 [M,H,W,C];
     * @param indices I32 [N]
     */
    Tensor normalised(Scope owner, Tensor pictures, Tensor indices) {
        Tensor x = owner.empty(compute(), indices.size(), pictures.dim(1), pictures.dim(2), pictures.dim(3));
        Augmentation.NONE.batch(pictures, null, indices, normalisation, x, null, null);
        return x;
    }
}
