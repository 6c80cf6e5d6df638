package io.zoetrope.model.patches;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.cuda.Device;
import io.zoetrope.io.BadFileException;
import io.zoetrope.io.Config;
import io.zoetrope.io.ModelFolder;
import io.zoetrope.io.WeightFiles;
import io.zoetrope.io.StoredTensor;
import io.zoetrope.model.NetworkModel;
import io.zoetrope.model.patches.PatchesConfig.Purpose;
import io.zoetrope.ops.embed.Patches;
import io.zoetrope.ops.random.Augmentation;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.train.ClassificationObjective;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** A model of patches on a device: the transformer, its parameters, and the palette of a generator. */
public final class PatchesModel extends NetworkModel<PatchesConfig, PatchTransformer> {
    private static final String TRANSFORMER = "transformer";
    private static final String PALETTE = "palette";
    private static final String PATCHES = "patches";
    private static final Format<PatchesConfig, PatchTransformer> FORMAT = new Format<>("PatchesPipeline", TRANSFORMER,
            "zoetrope", "PatchTransformer", files -> PatchesConfig.of(files.config(TRANSFORMER)), PatchesConfig::settings,
            PatchTransformer::new);

    private final PatchTransformer.Positions positions;
    private final PatchPalette palette;

    /** A model with fresh parameters and an empty palette; see {@link NetworkModel#NetworkModel}. */
    public PatchesModel(Device device, PatchesConfig config, DType compute, long seed) {
        super(FORMAT, device, config, compute, seed);
        this.positions = network().positions(scope());
        this.palette = !generates() ? null
                : new PatchPalette(scope().zeros(DType.F32, config.palette(), config.patch()), config);
    }

    /** Loads a model's folder. @throws BadFileException naming what in it does not fit */
    public static PatchesModel load(Device device, Path folder, DType compute) throws IOException {
        return FORMAT.load(device, folder, compute, PatchesModel::new);
    }

    private boolean generates() {
        return config().purpose() == Purpose.GENERATE;
    }

    /** The palette, in F32. */
    @Override
    protected List<ModelFolder.Component> rest() {
        return !generates() ? List.of() : List.of(new ModelFolder.Component(PALETTE, "zoetrope", "PatchPalette",
                Config.empty().with("_class_name", "PatchPalette").with("num_patches", config().palette())
                        .with("patch_size", config().size()),
                Map.of(PATCHES, StoredTensor.of(palette.patches()))));
    }

    @Override
    protected void loadRest(ModelFolder files) throws IOException {
        if (generates()) {
            palette.patches().copyFrom(files.weights(PALETTE).floats(PATCHES, config().palette(), config().patch()));
        }
    }

    /** The fixed tables of the positions. */
    public PatchTransformer.Positions positions() {
        return positions;
    }

    /** The patches a generator chooses from. @throws IllegalStateException for a classifier, which has none */
    public PatchPalette palette() {
        if (palette == null) {
            throw new IllegalStateException("this model classifies pictures; only one that generates has a palette");
        }
        return palette;
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
            public void save(Path folder, float[] averaged, Tensor pictures, Map<String, String> metadata) throws IOException {
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
