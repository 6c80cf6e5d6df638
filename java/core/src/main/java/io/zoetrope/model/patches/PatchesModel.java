package io.zoetrope.model.patches;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.cuda.Device;
import io.zoetrope.data.PatchPalette;
import io.zoetrope.io.BadFileException;
import io.zoetrope.io.ModelFolder;
import io.zoetrope.io.StoredTensor;
import io.zoetrope.io.WeightFiles;
import io.zoetrope.model.NetworkModel;
import io.zoetrope.model.patches.PatchesConfig.Purpose;
import io.zoetrope.model.tokens.TokenPredictor;
import io.zoetrope.nn.KeyValueCache;
import io.zoetrope.nn.ParameterPlan;
import io.zoetrope.nn.ParameterValues;
import io.zoetrope.ops.embed.Patches;
import io.zoetrope.ops.pointwise.Pointwise;
import io.zoetrope.ops.random.Augmentation;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.train.ClassificationObjective;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** A model of patches on a device: the transformer, its parameters, and the palette of a generator. */
public final class PatchesModel extends NetworkModel<PatchesConfig, PatchTransformer> implements TokenPredictor {
    static final String PIPELINE = "PatchesPipeline";
    static final String COMPONENT = "transformer";
    static final String PALETTE = "palette";
    private static final String PATCHES = "patches";
    private static final Format<PatchesConfig, PatchTransformer> FORMAT = new Format<>(PIPELINE, COMPONENT, "zoetrope",
            "PatchTransformer", PatchesConfig::of, PatchesConfig::settings, PatchTransformer::new);

    private final PatchTransformer.Positions positions;
    private final PatchPalette palette;

    /**
     * A model with fresh parameters, all to be trained, and an empty palette.
     *
     * @param seed of the first values
     */
    public PatchesModel(Device device, PatchesConfig config, DType compute, long seed) {
        this(device, config, compute, ParameterPlan.training());
        store().initialise(seed);
    }

    /** A model to be given values; see {@link NetworkModel#NetworkModel}. */
    public PatchesModel(Device device, PatchesConfig config, DType compute, ParameterPlan plan) {
        super(FORMAT, device, config, compute, plan);
        this.positions = network().positions(scope());
        this.palette = !generates() ? null
                : new PatchPalette(scope().zeros(DType.F32, config.palette(), config.patch()), config.grid());
    }

    /**
     * Loads a model's folder to be used, not trained.
     *
     * @throws BadFileException naming what in it does not fit
     * @throws IOException if a file cannot be read, or is not what it should be
     */
    public static PatchesModel load(Device device, Path folder, DType compute) throws IOException {
        return load(device, folder, compute, ParameterPlan.inference());
    }

    /**
     * Loads a model's folder.
     *
     * @throws BadFileException naming what in it does not fit
     * @throws IOException if a file cannot be read, or is not what it should be
     */
    public static PatchesModel load(Device device, Path folder, DType compute, ParameterPlan plan) throws IOException {
        return FORMAT.load(device, folder, compute, plan, PatchesModel::new);
    }

    private boolean generates() {
        return config().purpose() == Purpose.GENERATE;
    }

    /** The palette, in F32. */
    @Override
    protected List<ModelFolder.Component> rest() {
        return !generates() ? List.of() : List.of(new ModelFolder.Component(PALETTE, "zoetrope", "PatchPalette",
                config().paletteSettings(), Map.of(PATCHES, StoredTensor.of(palette.patches()))));
    }

    @Override
    protected void loadRest(ModelFolder files) throws IOException {
        if (generates()) {
            WeightFiles weights = files.weights(PALETTE);
            weights.require(Map.of(PATCHES, palette.patches().shape().dims()));
            weights.requireFinite();
            palette.patches().copyFrom(weights.floats(PATCHES, palette.patches().shape().dims()));
        }
    }

    /** The fixed tables of the positions. */
    public PatchTransformer.Positions positions() {
        return positions;
    }

    /**
     * The patches a generator chooses from.
     *
     * @throws IllegalStateException for a classifier, which has none
     */
    public PatchPalette palette() {
        if (palette == null) {
            throw new IllegalStateException("this model classifies pictures; only one that generates has a palette");
        }
        return palette;
    }

    @Override
    public int length() {
        return config().positions();
    }

    @Override
    public int mask() {
        return config().mask();
    }

    @Override
    public int start() {
        return config().start();
    }

    @Override
    public int anyClass() {
        return config().anyClass();
    }

    @Override
    public Batch batch(Scope scope, int samples, boolean inOrder) {
        return new Reading(scope, samples, inOrder);
    }

    /** A batch whose modulations are computed once and then kept. */
    private final class Reading implements Batch {
        private final Tensor modes;
        private final PatchTransformer.Modulations modulations;
        private final KeyValueCache cache;

        Reading(Scope scope, int samples, boolean inOrder) {
            modes = scope.empty(DType.I32, samples);
            Pointwise.fill(modes, inOrder ? PatchTransformer.IN_ORDER : PatchTransformer.MASKED);
            List<Variable> blocks = new ArrayList<>();
            for (int layer = 0; layer < config().layers(); layer++) {
                blocks.add(Variable.constant(scope.empty(compute(), samples, 6L * config().modelWidth())));
            }
            modulations = new PatchTransformer.Modulations(blocks,
                    Variable.constant(scope.empty(compute(), samples, 2L * config().modelWidth())));
            cache = inOrder ? network().cache(scope, compute(), samples) : null;
        }

        @Override
        public void condition(Tensor classes) {
            try (Tape tape = Tape.forInference(device())) {
                PatchTransformer.Modulations fresh = network().modulations(tape, classes, modes);
                for (int layer = 0; layer < config().layers(); layer++) {
                    modulations.blocks().get(layer).value().copyFrom(fresh.blocks().get(layer).value());
                }
                modulations.last().value().copyFrom(fresh.last().value());
            }
        }

        @Override
        public KeyValueCache cache() {
            return cache;
        }

        @Override
        public Tensor next(Tape tape, Tensor previous) {
            return network().decode(tape, positions, previous, modulations, cache).value();
        }

        @Override
        public Tensor all(Tape tape, Tensor tokens) {
            return network().logits(tape, positions, tokens, modulations, 0, null).value();
        }
    }

    /** A classifier as it is trained. Its memory lives as long as {@code scope}. */
    ClassificationObjective.Classifier trained(Scope scope) {
        // Bytes to [−1, 1], as pictures are given to the trained model.
        Augmentation.Normalisation range = new Augmentation.Normalisation(same(scope, 127.5f), same(scope, 1 / 127.5f));
        return new ClassificationObjective.Classifier() {
            @Override
            public DType compute() {
                return PatchesModel.this.compute();
            }

            @Override
            public Augmentation.Normalisation normalisation() {
                return range;
            }

            @Override
            public Variable logits(Tape tape, Tensor x) {
                Tensor patches = tape.empty(compute(), x.dim(0), config().positions(), config().patch());
                Patches.patchify(x, patches, config().size(), config().size());
                return network().classify(tape, positions, Variable.constant(patches), null);
            }

            @Override
            public void save(Path folder, ParameterValues averaged, Tensor pictures, Map<String, String> metadata)
                    throws IOException {
                PatchesModel.this.save(folder, averaged, metadata);
            }
        };
    }

    private Tensor same(Scope scope, float value) {
        float[] values = new float[config().channels()];
        Arrays.fill(values, value);
        return scope.of(values, values.length);
    }
}
