package io.zoetrope.io;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A trained model on disk, laid out as diffusers lays out its pipelines:
 *
 * <pre>
 *   model_index.json                            which components there are
 *   unet/config.json                            the network's settings
 *   unet/diffusion_pytorch_model.safetensors    its weights, names and layouts as in PyTorch
 *   scheduler/scheduler_config.json             the noise schedule's settings
 * </pre>
 *
 * <p>Read are also older folders, whose files lie beside the index, and those of a network alone, with no index.
 */
public final class ModelFolder {
    public static final String INDEX = "model_index.json";
    private static final Logger LOG = LoggerFactory.getLogger(ModelFolder.class);
    private static final Set<String> NOT_DIFFUSION = Set.of("text_encoder", "classifier");
    private static final String DIFFUSION_STEM = "diffusion_pytorch_model";
    private static final String OTHER_STEM = "model";
    private static final String CONFIG = "config.json";
    private static final String SCHEDULER = "scheduler";
    private static final String SCHEDULER_CONFIG = "scheduler_config.json";
    /** Networks that are a pipeline with a scheduler: what the pipeline calls them, and its class. */
    private static final Map<String, List<String>> ALONE = Map.of("UNet2DModel", List.of("unet", "DDPMPipeline"));
    private static final String USUAL_SCHEDULER = "DDPMScheduler";

    private final Path folder;
    private final Config index;
    private final boolean alone;

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
            Map<String, ? extends TensorContent> weights) {}

    private ModelFolder(Path folder, Config index, boolean alone) {
        this.folder = folder;
        this.index = index;
        this.alone = alone;
    }

    /**
     * Opens a folder and reads which components it has.
     *
     * @throws IOException if a file cannot be read, or is not what it should be
     */
    public static ModelFolder open(Path folder) throws IOException {
        if (Files.isRegularFile(folder.resolve(INDEX))) {
            return new ModelFolder(folder, Config.read(folder.resolve(INDEX)), false);
        }
        if (!Files.isRegularFile(folder.resolve(CONFIG))) {
            throw BadFileException.of(folder, Files.isDirectory(folder) ? "holds no " + INDEX : "is no folder",
                    "a model's folder", "Check the name of the model");
        }
        String network = Config.read(folder.resolve(CONFIG)).className();
        if (!ALONE.containsKey(network)) {
            throw BadFileException.of(folder, "holds no " + INDEX + ", and its " + CONFIG + " is of class " + network,
                    "a model's folder, or the network of class " + String.join(" or ", ALONE.keySet()),
                    "Check the name of the model");
        }
        String component = ALONE.get(network).get(0);
        return new ModelFolder(folder, Config.empty().with(Config.CLASS_NAME, ALONE.get(network).get(1))
                .with(component, List.of("diffusers", network)).with(SCHEDULER, List.of("diffusers", USUAL_SCHEDULER)),
                true);
    }

    /**
     * Writes a model. Each file is whole or absent, and the index comes last, so a folder with an index has all of it.
     * Newer weights of the same architecture replace the older ones in one step.
     *
     * @param pipelineClass diffusers' class for the whole, such as DDPMPipeline
     * @param metadata      goes into the weights' header
     * @throws IOException if it cannot be written
     */
    public static void write(Path folder, String pipelineClass, List<Component> components,
            Map<String, String> metadata) throws IOException {
        Config index = Config.empty().with(Config.CLASS_NAME, pipelineClass);
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

    /**
     * Deletes what a killed process left of a model it was writing into {@code folder}. Nobody may be writing one there
     * now.
     *
     * @throws IOException if one cannot be deleted
     */
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

    /** Of all its settings and weights, with their names: models with the same one are the same. */
    public String sha256() throws IOException {
        MessageDigest digest = Digests.sha256();
        try (Stream<Path> files = Files.walk(folder, 2)) {
            for (Path file : files.filter(ModelFolder::isOfModel).sorted().toList()) {
                digest.update(
                        (folder.relativize(file) + "\0" + Files.size(file) + "\0").getBytes(StandardCharsets.UTF_8));
                try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
                    in.transferTo(OutputStream.nullOutputStream());
                }
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private static boolean isOfModel(Path file) {
        String name = file.getFileName().toString();
        return Files.isRegularFile(file) && (name.endsWith(".json") || name.endsWith(".safetensors"));
    }

    /** The files a folder with this index may hold, relative to it; a component has settings, weights, or both. */
    public static List<String> files(Config index) {
        return index.names().stream().filter(name -> !name.startsWith("_"))
                .flatMap(name -> Stream.of(name + "/" + configName(name), name + "/" + weightsName(name))).toList();
    }

    /**
     * diffusers' class for the whole, such as DDPMPipeline.
     *
     * @throws BadFileException if the file says otherwise, or nothing, of it
     */
    public String pipelineClass() throws BadFileException {
        return index.className();
    }

    /**
     * Its components, each with its class: "unet (UNet2DModel)".
     *
     * @throws BadFileException if the file says otherwise, or nothing, of it
     */
    public List<String> componentsWithClasses() throws BadFileException {
        List<String> described = new ArrayList<>();
        for (String name : components()) {
            described.add(name + " (" + className(name) + ")");
        }
        return described;
    }

    /** Whether there is a component called {@code name}. */
    public boolean has(String name) {
        return components().contains(name);
    }

    /** The components' names; those that the index says are left out are not among them. */
    public Set<String> components() {
        return index.names().stream().filter(name -> !name.startsWith("_") && !index.holdsNothing(name))
                .collect(Collectors.toCollection(LinkedHashSet::new));
    }

    /**
     * Throws unless the folder is a pipeline of one of these classes and has exactly these components: another one
     * would do with their output what is not done here.
     *
     * @throws BadFileException if the file says otherwise, or nothing, of it
     */
    public void require(Set<String> pipelines, Set<String> components) throws BadFileException {
        Path file = folder.resolve(INDEX);
        if (!pipelines.contains(pipelineClass())) {
            throw BadFileException.of(file, "is of class " + pipelineClass(),
                    String.join(" or ", pipelines.stream().sorted().toList()), "Check the name of the model");
        }
        ConfigReader reader = index.reader(pipelineClass());
        // Components, null or not, are compared below; what else the index says must be known.
        index.names().stream().filter(name -> !name.startsWith("_")).forEach(reader::withoutEffect);
        reader.done();
        if (!components().equals(components)) {
            throw BadFileException.of(file, "has the components " + components(),
                    "exactly " + components.stream().sorted().toList(), "Use a model made of what is supported");
        }
    }

    /**
     * The class of component {@code name}, without its library.
     *
     * @throws BadFileException if the file says otherwise, or nothing, of it
     */
    public String className(String name) throws BadFileException {
        List<String> value = index.texts(name);
        return value.isEmpty() ? "" : value.get(value.size() - 1);
    }

    /**
     * The settings of component {@code name}.
     *
     * @throws IOException if a file cannot be read, or is not what it should be
     */
    public Config config(String name) throws IOException {
        if (alone && name.equals(SCHEDULER)) {
            return schedulerOfNetworkAlone();
        }
        return Config.read(part(name).resolve(configName(name)));
    }

    /**
     * The weights of component {@code name}.
     *
     * @throws IOException if a file cannot be read, or is not what it should be
     */
    public WeightFiles weights(String name) throws IOException {
        return WeightFiles.find(part(name), NOT_DIFFUSION.contains(name) ? List.of(OTHER_STEM, DIFFUSION_STEM)
                : List.of(DIFFUSION_STEM, OTHER_STEM));
    }

    /** A component's own folder; the model's, where the first versions of diffusers put its files. */
    private Path part(String name) {
        Path own = folder.resolve(name);
        return alone || !Files.isDirectory(own) && Files.isRegularFile(folder.resolve(configName(name))) ? folder : own;
    }

    /**
     * A scheduler's file beside the network's, or that of the pipeline whose part the folder is, or diffusers'
     * defaults.
     */
    private Config schedulerOfNetworkAlone() throws IOException {
        Path pipeline = folder.toAbsolutePath().normalize().getParent();
        if (Files.isRegularFile(folder.resolve(SCHEDULER_CONFIG))) {
            return Config.read(folder.resolve(SCHEDULER_CONFIG));
        }
        if (pipeline != null && Files.isRegularFile(pipeline.resolve(INDEX))
                && Files.isRegularFile(pipeline.resolve(SCHEDULER).resolve(SCHEDULER_CONFIG))) {
            return Config.read(pipeline.resolve(SCHEDULER).resolve(SCHEDULER_CONFIG));
        }
        LOG.warn(
                "{} holds a network without a scheduler: taken to predict noise on the linear schedule, diffusers' default",
                folder);
        return Config.empty().with(Config.CLASS_NAME, USUAL_SCHEDULER);
    }

    private static String configName(String component) {
        return component.equals(SCHEDULER) ? SCHEDULER_CONFIG : CONFIG;
    }

    private static String weightsName(String component) {
        return (NOT_DIFFUSION.contains(component) ? OTHER_STEM : DIFFUSION_STEM) + ".safetensors";
    }
}
