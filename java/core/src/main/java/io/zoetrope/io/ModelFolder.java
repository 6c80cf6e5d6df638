package io.zoetrope.io;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * A trained model on disk, laid out as diffusers lays out its pipelines:
 *
 * <pre>
 *   model_index.json                            which components there are
 *   unet/config.json                            the network's settings
 *   unet/diffusion_pytorch_model.safetensors    its weights, names and layouts as in PyTorch
 *   scheduler/scheduler_config.json             the noise schedule's settings
 * </pre>
 */
public final class ModelFolder {
    public static final String INDEX = "model_index.json";
    private static final String CLASS_NAME = "_class_name";
    private static final Set<String> NOT_DIFFUSION = Set.of("text_encoder", "classifier");

    private final Path folder;
    private final Config index;

    /**
     * A part of a model.
     *
     * @param name      its folder, such as unet
     * @param library   where diffusers finds its class
     * @param className its class in that library
     * @param config    its settings
     * @param weights   its tensors, empty if it has none
     */
    public record Component(String name, String library, String className, Config config,
            Map<String, StoredTensor> weights) { }

    private ModelFolder(Path folder, Config index) {
        this.folder = folder;
        this.index = index;
    }

    /** Opens a folder and reads which components it has. */
    public static ModelFolder open(Path folder) throws IOException {
        if (!Files.isRegularFile(folder.resolve(INDEX))) {
            throw BadFileException.of(folder, Files.isDirectory(folder) ? "holds no " + INDEX : "is no folder",
                    "a model's folder", "Check the name of the model");
        }
        return new ModelFolder(folder, Config.read(folder.resolve(INDEX)));
    }

    /**
     * Writes a model. Each file is whole or absent, and the index comes last, so a folder with an index has all of it.
     * Newer weights of the same architecture replace the older ones in one step.
     *
     * @param pipelineClass diffusers' class for the whole, such as DDPMPipeline
     * @param metadata      goes into the weights' header
     */
    public static void write(Path folder, String pipelineClass, List<Component> components,
            Map<String, String> metadata) throws IOException {
        Config index = Config.empty().with(CLASS_NAME, pipelineClass);
        Files.createDirectories(folder);
        if (!hasSameConfigs(folder, components)) {
            Files.deleteIfExists(folder.resolve(INDEX));
        }
        for (Component component : components) {
            Path part = folder.resolve(component.name());
            component.config().write(part.resolve(configName(component.name())));
            if (!component.weights().isEmpty()) {
                Safetensors.write(part.resolve(weightsName(component.name())), component.weights(), metadata);
            }
            index = index.with(component.name(), List.of(component.library(), component.className()));
        }
        index.write(folder.resolve(INDEX));
    }

    /** Deletes what a killed process left of a model it was writing into {@code folder}. Nobody may be writing one there now. */
    public static void removeLeftovers(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return;
        }
        AtomicFiles.removeLeftovers(folder, INDEX::equals);
        try (Stream<Path> parts = Files.list(folder)) {
            for (Path part : parts.toList()) {
                String component = part.getFileName().toString();
        AtomicFiles.removeLeftovers(part, Set.of(configName(component), weightsName(component))::contains);
            }
        }
    }

    private static boolean hasSameConfigs(Path folder, List<Component> components) throws IOException {
        for (Component component : components) {
            Path config = folder.resolve(component.name()).resolve(configName(component.name()));
            if (!Files.isRegularFile(config) || !Files.readString(config).equals(component.config() + "\n")) {
                return false;
            }
        }
        return true;
    }

    public Path path() {
        return folder;
    }

    /** The files a folder with this index may hold, relative to it; a component has settings, weights, or both. */
    public static List<String> files(Config index) {
        return index.names().stream().filter(name -> !name.startsWith("_"))
                .flatMap(name -> Stream.of(name + "/" + configName(name), name + "/" + weightsName(name))).toList();
    }

    /** diffusers' class for the whole, such as DDPMPipeline. */
    public String pipelineClass() throws BadFileException {
        return index.text(CLASS_NAME);
    }

    /** Its components, each with its class: "unet (UNet2DModel)". */
    public List<String> components() throws BadFileException {
        List<String> components = new ArrayList<>();
        for (String name : index.names()) {
            if (!name.startsWith("_") && index.has(name)) {
                components.add(name + " (" + className(name) + ")");
            }
        }
        return components;
    }

    /** Whether there is a component called {@code name}. */
    public boolean has(String name) {
        return index.has(name);
    }

    /** The class of component {@code name}, without its library. */
    public String className(String name) throws BadFileException {
        List<String> value = index.texts(name);
        return value.isEmpty() ? "" : value.get(value.size() - 1);
    }

    /** The settings of component {@code name}. */
    public Config config(String name) throws IOException {
        return Config.read(folder.resolve(name).resolve(configName(name)));
    }

    /** The weights of component {@code name}. */
    public Safetensors weights(String name) throws IOException {
        return Safetensors.open(folder.resolve(name).resolve(weightsName(name)));
    }

    private static String configName(String component) {
        return component.equals("scheduler") ? "scheduler_config.json" : "config.json";
    }

    private static String weightsName(String component) {
        return NOT_DIFFUSION.contains(component) ? "model.safetensors" : "diffusion_pytorch_model.safetensors";
    }
}
