package io.zoetrope.nn;

import io.zoetrope.io.BadFileException;
import io.zoetrope.io.Config;
import io.zoetrope.io.Safetensors;
import io.zoetrope.io.StoredTensor;
import io.zoetrope.io.WeightFiles;
import io.zoetrope.tensor.Scope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Low-rank adapters in a file, under the names that PEFT or diffusers give them. */
public final class LoraFile {
    private static final Logger LOG = LoggerFactory.getLogger(LoraFile.class);
    private static final String PEFT_CONFIG = "adapter_config.json";
    private static final String ALPHA = ".alpha";
    private static final String REMEDY = "Check that these adapters belong to this model";

    /** Whose names. */
    public enum Naming {
        /**
         * {@code adapter_model.safetensors}, {@code base_model.model.LAYER.lora_A.weight}; alpha in
         * adapter_config.json.
         */
        PEFT("adapter_model.safetensors", ".lora_A.weight", ".lora_B.weight"),
        /** {@code pytorch_lora_weights.safetensors}, {@code COMPONENT.LAYER.lora.down.weight}; B holds alpha / rank. */
        DIFFUSERS("pytorch_lora_weights.safetensors", ".lora.down.weight", ".lora.up.weight");

        private static final String PEFT_PREFIX = "base_model.model.";
        private final String file;
        private final String down;
        private final String up;

        Naming(String file, String down, String up) {
            this.file = file;
            this.down = down;
            this.up = up;
        }

        private String prefix(String component) {
            return this == PEFT ? PEFT_PREFIX : component + ".";
        }
    }

    /** The keys of one layer's matrices; null where there is none. */
    private record Layer(String down, String up, String alpha) {
        private Layer and(Layer other) {
            return new Layer(down == null ? other.down : down, up == null ? other.up : up,
                    alpha == null ? other.alpha : alpha);
        }
    }

    private final Path path;
    private final WeightFiles weights;
    private final Map<String, Layer> layers;
    private final float factor;

    private LoraFile(Path path, WeightFiles weights, Map<String, Layer> layers, float factor) {
        this.path = path;
        this.weights = weights;
        this.layers = layers;
        this.factor = factor;
    }

    /** Writes a store's adapters with the values they have, in F32. */
    public static void write(Path folder, ParameterStore store, Naming naming, String component) throws IOException {
        write(folder, store, store.current(), naming, component);
    }

    /**
     * Writes a store's adapters in F32.
     *
     * @param values of the store's parameters, such as their moving average
     * @param folder    made if need be
     * @param component what diffusers calls the network in a pipeline, such as unet; PEFT does not name it
     * @throws IOException if it cannot be written
     */
    public static void write(Path folder, ParameterStore store, ParameterValues values, Naming naming, String component)
            throws IOException {
        Lora lora = adapters(store);
        float factor = naming == Naming.PEFT ? 1 : lora.scale();
        Map<Parameter, ParameterStore.Segment> places = places(store);
        Map<String, StoredTensor> tensors = new LinkedHashMap<>();
        List<String> targets = new ArrayList<>();
        for (Adapter adapter : store.adapters()) {
            for (Adapter.Part part : adapter.parts()) {
                String name = naming.prefix(component) + part.layer();
                targets.add(part.layer());
                tensors.put(name + naming.down, stored(values, places.get(part.down()), 1));
                tensors.put(name + naming.up, stored(values, places.get(part.up()), factor));
            }
        }
        Files.createDirectories(folder);
        Safetensors.write(folder.resolve(naming.file), tensors, Map.of("format", "pt"));
        if (naming == Naming.PEFT) {
            Config.empty().with("peft_type", "LORA").with("r", lora.rank()).with("lora_alpha", lora.alpha())
                    .with("target_modules", targets).with("bias", "none").with("lora_dropout", 0.0)
                    .with("fan_in_fan_out", false).with("inference_mode", true).write(folder.resolve(PEFT_CONFIG));
        }
    }

    private static StoredTensor stored(ParameterValues values, ParameterStore.Segment segment, float factor) {
        try (Scope scratch = Scope.open(values.device())) {
            float[] matrix = FileLayout.toFile(segment.parameter(), values.of(segment, scratch).toFloats());
            for (int i = 0; i < matrix.length; i++) {
                matrix[i] *= factor;
            }
            return StoredTensor.ofF32(matrix, FileLayout.fileShape(segment.parameter()).dims());
        }
    }

    private static Map<Parameter, ParameterStore.Segment> places(ParameterStore store) {
        Map<Parameter, ParameterStore.Segment> places = new LinkedHashMap<>();
        store.segments().forEach(segment -> places.put(segment.parameter(), segment));
        return places;
    }

    private static Lora adapters(ParameterStore store) {
        if (store.lora() == null) {
            throw new IllegalStateException(
                    "this store has no adapters: make or load the model with ParameterPlan.adapting");
        }
        return store.lora();
    }

    /**
     * Opens a file of adapters, or the folder that PEFT or diffusers writes one in.
     *
     * @param component of whose layers; a file for a whole pipeline has others' too, which are left out
     * @throws BadFileException naming a key that is not understood or has no counterpart
     */
    public static LoraFile open(Path path, String component) throws IOException {
        Path file = path;
        for (Naming naming : Naming.values()) {
            file = Files.isRegularFile(path.resolve(naming.file)) ? path.resolve(naming.file) : file;
        }
        WeightFiles weights = WeightFiles.of(Safetensors.open(file));
        String own = component + ".";
        boolean ofPipeline = weights.names().stream().anyMatch(name -> name.startsWith(own));
        String prefix = ofPipeline ? own
                : weights.names().stream().anyMatch(name -> name.startsWith(Naming.PEFT_PREFIX)) ? Naming.PEFT_PREFIX
                        : "";
        Map<String, Layer> layers = new LinkedHashMap<>();
        List<String> others = new ArrayList<>();
        for (String key : weights.names()) {
            if (key.startsWith(prefix)) {
                sort(file, key, key.substring(prefix.length()), layers);
            } else {
                others.add(key);
            }
        }
        if (!others.isEmpty()) {
            LOG.info("{} holds {} tensors beside those of {}, such as {}", file, others.size(), component,
                    others.get(0));
        }
        for (Map.Entry<String, Layer> entry : layers.entrySet()) {
            if (entry.getValue().down == null || entry.getValue().up == null) {
                throw BadFileException.of(file,
                        "layer '" + entry.getKey() + "' has only "
                                + (entry.getValue().down == null ? entry.getValue().up : entry.getValue().down),
                        "two matrices for each layer", "Get or write the file anew");
            }
        }
        return new LoraFile(file, weights, layers, factor(file.resolveSibling(PEFT_CONFIG), prefix));
    }

    private static void sort(Path file, String key, String name, Map<String, Layer> layers) throws BadFileException {
        for (Naming naming : Naming.values()) {
            if (name.endsWith(naming.down)) {
                put(layers, name, naming.down, new Layer(key, null, null));
                return;
            }
            if (name.endsWith(naming.up)) {
                put(layers, name, naming.up, new Layer(null, key, null));
                return;
            }
        }
        if (!name.endsWith(ALPHA)) {
            throw BadFileException.of(file,
                    "tensor '" + key + "' is no part of an adapter as PEFT or diffusers name it",
                    "LAYER.lora_A.weight and .lora_B.weight, or LAYER.lora.down.weight and .lora.up.weight",
                    "Convert the file with diffusers");
        }
        put(layers, name, ALPHA, new Layer(null, null, key));
    }

    private static void put(Map<String, Layer> layers, String name, String suffix, Layer layer) {
        layers.merge(name.substring(0, name.length() - suffix.length()), layer, Layer::and);
    }

    /** alpha / rank of PEFT's settings beside its file; else 1. */
    private static float factor(Path config, String prefix) throws IOException {
        if (!prefix.equals(Naming.PEFT_PREFIX) || !Files.isRegularFile(config)) {
            return 1;
        }
        Config settings = Config.read(config);
        for (String unsupported : List.of("use_rslora", "use_dora", "fan_in_fan_out")) {
            if (settings.flag(unsupported, false)) {
                throw BadFileException.of(config, unsupported + " is true", "false",
                        "Use adapters of the plain kind, of Hu et al. 2021");
            }
        }
        return (float) (settings.number("lora_alpha") / settings.number("r"));
    }

    /** The layers that have adapters. */
    public Set<String> layers() {
        return Collections.unmodifiableSet(layers.keySet());
    }

    /**
     * Adapters as the file has them, to load a model with.
     *
     * @throws BadFileException when layers have adapters of different ranks
     */
    public Lora lora() throws IOException {
        Map<Long, String> ranks = new LinkedHashMap<>();
        for (Map.Entry<String, Layer> entry : layers.entrySet()) {
            ranks.putIfAbsent(rank(entry.getValue()), entry.getKey());
        }
        if (ranks.size() != 1) {
            throw BadFileException.of(path, "has adapters of the ranks " + ranks, "one rank for all layers", REMEDY);
        }
        int rank = Math.toIntExact(ranks.keySet().iterator().next());
        return Lora.of(rank, factor * rank, layers.keySet().toArray(String[]::new));
    }

    private long rank(Layer layer) throws IOException {
        return weights.mapped(layer.down).shape()[0];
    }

    /**
     * Gives a store's adapters the file's values.
     *
     * @throws BadFileException when the file is for other layers or of another rank, or a value is not finite
     */
    public void into(ParameterStore store) throws IOException {
        Lora lora = adapters(store);
        Map<String, Adapter.Part> parts = new LinkedHashMap<>();
        store.adapters().forEach(adapter -> adapter.parts().forEach(part -> parts.put(part.layer(), part)));
        requireSameLayers(parts.keySet());
        Map<Parameter, ParameterStore.Segment> places = places(store);
        for (Adapter.Part part : parts.values()) {
            Layer layer = layers.get(part.layer());
            if (rank(layer) != lora.rank()) {
                throw BadFileException.of(path, "layer '" + part.layer() + "' has an adapter of rank " + rank(layer),
                        "rank " + lora.rank() + ", as the model was given",
                        "Load the model with the file's own lora()");
            }
            fill(store, places.get(part.down()), layer.down, 1);
            fill(store, places.get(part.up()), layer.up, factor(layer, lora.rank()) / lora.scale());
        }
        store.refreshCopy();
    }

    private float factor(Layer layer, int rank) throws IOException {
        return layer.alpha == null ? factor : weights.tensor(layer.alpha).toFloats()[0] / rank;
    }

    private void requireSameLayers(Set<String> expected) throws BadFileException {
        Set<String> missing = new LinkedHashSet<>(expected);
        missing.removeAll(layers.keySet());
        Set<String> unknown = new LinkedHashSet<>(layers.keySet());
        unknown.removeAll(expected);
        if (!missing.isEmpty() || !unknown.isEmpty()) {
            throw BadFileException.of(path, "lacks adapters for " + missing + " and has some for " + unknown,
                    "adapters for the " + expected.size() + " layers that the model was given targets for", REMEDY);
        }
    }

    private void fill(ParameterStore store, ParameterStore.Segment segment, String key, float by) throws IOException {
        Parameter parameter = segment.parameter();
        long[] shape = FileLayout.fileShape(parameter).dims();
        StoredTensor tensor = weights.tensor(key);
        if (!Arrays.equals(tensor.shape(), shape)) {
            throw BadFileException.of(path, "tensor '" + key + "' has shape " + Arrays.toString(tensor.shape()),
                    Arrays.toString(shape), REMEDY);
        }
        weights.mapped(key).requireFinite(tensor, 0);
        float[] values = FileLayout.fromFile(parameter, weights.floats(key, shape));
        for (int i = 0; i < values.length; i++) {
            values[i] *= by;
        }
        store.held(segment).copyFrom(values);
    }
}
