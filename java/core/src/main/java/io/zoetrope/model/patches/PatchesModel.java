package io.zoetrope.model.patches;

import io.zoetrope.cuda.Device;
import io.zoetrope.io.BadFileException;
import io.zoetrope.io.Config;
import io.zoetrope.io.ModelFolder;
import io.zoetrope.io.WeightFiles;
import io.zoetrope.io.StoredTensor;
import io.zoetrope.model.patches.PatchTransformerConfig.Purpose;
import io.zoetrope.nn.ModelWeights;
import io.zoetrope.nn.ParameterBank;
import io.zoetrope.nn.Parameters;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A model of patches on a device: the transformer, its parameters, and the palette of a generator. */
public final class PatchesModel implements AutoCloseable {
    private static final String TRANSFORMER = "transformer";
    private static final String PALETTE = "palette";
    private static final String PATCHES = "patches";
    private static final String LIBRARY = "zoetrope";

    private final Scope scope;
    private final PatchesConfig config;
    private final PatchTransformer network;
    private final ParameterBank bank;
    private final PatchTransformer.Places places;
    private final PatchPalette palette;

    /**
     * A model with fresh parameters and an empty palette.
     *
     * @param compute type of activations and weights: BF16 or F32
     * @param seed    of the first parameter values
     */
    public PatchesModel(Device device, PatchesConfig config, DType compute, long seed) {
        this.config = config;
        this.network = new PatchTransformer(config.network(), Parameters.root());
        this.bank = new ParameterBank(device, network.parameters(), compute, seed);
        this.scope = Scope.open(device);
        this.places = network.places(scope);
        this.palette = !generates() ? null
                : new PatchPalette(scope.zeros(DType.F32, config.network().palette(), config.network().patch()), config);
    }

    /** Loads a model's folder. @throws BadFileException naming what in it does not fit */
    public static PatchesModel load(Device device, Path folder, DType compute) throws IOException {
        ModelFolder files = ModelFolder.open(folder);
        PatchesConfig config;
        try {
            config = PatchesConfig.of(files.config(TRANSFORMER));
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw BadFileException.of(folder, e.getMessage(), "settings this library can run", "Check the model's config.json");
        }
        WeightFiles values = ModelWeights.read(
                new PatchTransformer(config.network(), Parameters.root()).parameters(), files.weights(TRANSFORMER));
        float[] patches = config.network().purpose() != Purpose.GENERATE ? null
                : files.weights(PALETTE).floats(PATCHES, config.network().palette(), config.network().patch());
        PatchesModel model = new PatchesModel(device, config, compute, 0);
        try {
            ModelWeights.into(model.bank, values);
            if (patches != null) {
                model.palette.patches().copyFrom(patches);
            }
            return model;
        } catch (IOException | RuntimeException e) {
            model.close();
            throw e;
        }
    }

    /**
     * Writes the model's folder with these parameter values in BF16, and the palette in F32.
     *
     * @param values   laid out as the bank, such as its masters or their moving average
     * @param metadata goes into the header of the weights: where they come from
     */
    public void save(Path folder, float[] values, Map<String, String> metadata) throws IOException {
        List<ModelFolder.Component> components = new ArrayList<>();
        components.add(new ModelFolder.Component(TRANSFORMER, LIBRARY, "PatchTransformer", config.settings(),
                ModelWeights.stored(bank, values)));
        if (generates()) {
            components.add(new ModelFolder.Component(PALETTE, LIBRARY, "PatchPalette",
                    Config.empty().with("_class_name", "PatchPalette").with("num_patches", config.network().palette())
                            .with("patch_size", config.size()),
                    Map.of(PATCHES, StoredTensor.of(palette.patches()))));
        }
        ModelFolder.write(folder, "PatchesPipeline", components, metadata);
    }

    private boolean generates() {
        return config.network().purpose() == Purpose.GENERATE;
    }

    public Device device() {
        return scope.device();
    }

    public PatchesConfig config() {
        return config;
    }

    public PatchTransformer network() {
        return network;
    }

    public ParameterBank bank() {
        return bank;
    }

    /** The fixed tables of the places. */
    public PatchTransformer.Places places() {
        return places;
    }

    /** The patches a generator chooses from. @throws IllegalStateException for a classifier, which has none */
    public PatchPalette palette() {
        if (palette == null) {
            throw new IllegalStateException("this model classifies pictures; only one that generates has a palette");
        }
        return palette;
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
