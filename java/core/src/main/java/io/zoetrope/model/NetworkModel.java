package io.zoetrope.model;

import io.zoetrope.cuda.Device;
import io.zoetrope.io.BadFileException;
import io.zoetrope.io.Config;
import io.zoetrope.io.ModelFolder;
import io.zoetrope.io.WeightFiles;
import io.zoetrope.nn.ModelWeights;
import io.zoetrope.nn.ParameterPlan;
import io.zoetrope.nn.ParameterStore;
import io.zoetrope.nn.Parameters;
import io.zoetrope.nn.WeightTransfer;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * A network and its parameters on a device, fresh or from a folder: what the models of all families are. Closing it
 * frees the memory of both. Not for several threads at a time.
 *
 * @param <C> what the model is, apart from its weights
 * @param <N> the network
 */
public abstract class NetworkModel<C, N> implements AutoCloseable {
    /**
     * How the models of a family lie in folders, and how their network is built.
     *
     * @param pipeline  class of the whole, such as DDPMPipeline
     * @param component folder of the network, such as unet
     * @param library   where the network's class is found: diffusers, or zoetrope
     * @param network   the network's class there
     * @param reader    what a folder's settings say the model is
     * @param writer    the network's settings as its folder keeps them
     * @param builder   declares the network's parameters
     */
    public record Format<C, N>(String pipeline, String component, String library, String network, Reader<C> reader,
            Function<C, Config> writer, BiFunction<C, Parameters, N> builder) {

        /**
         * What the model in a folder is, without its weights.
         *
         * @throws BadFileException naming the file and the setting that does not fit
         */
        public C config(Path folder) throws IOException {
            return config(ModelFolder.open(folder));
        }

        private C config(ModelFolder files) throws IOException {
            if (!files.has(component)) {
                throw BadFileException.of(files.path(), "is a " + files.pipelineClass() + " without " + component,
                        "a " + pipeline, "Name the folder of such a model");
            }
            if (!files.className(component).equals(network)) {
                throw BadFileException.of(files.path().resolve(ModelFolder.INDEX),
                        "setting '" + component + "' is of class " + files.className(component), network,
                        "Use a model made of what is supported");
            }
            try {
                return reader.read(files);
            } catch (IllegalArgumentException | ArithmeticException e) {
                throw BadFileException.of(files.path(), e.getMessage(), "settings this library can run",
                        "Check the config.json of its parts", e);
            }
        }

        /**
         * Loads a model's folder. Nothing is allocated on the device for one whose weights do not fit.
         *
         * @param plan what shall be trained; {@link ParameterPlan#inference} takes the least memory
         * @throws BadFileException naming what in the folder does not fit
         */
        public <M extends NetworkModel<C, N>> M load(Device device, Path folder, DType compute, ParameterPlan plan,
                Maker<C, M> maker) throws IOException {
            ModelFolder files = ModelFolder.open(folder);
            C config = config(files);
            Parameters parameters = Parameters.root();
            builder.apply(config, parameters);
            WeightFiles values = ModelWeights.read(parameters, files.weights(component));
            M model = maker.make(device, config, compute, plan);
            try {
                ModelWeights.into(model.store(), values);
                model.loadRest(files);
                return model;
            } catch (IOException | RuntimeException e) {
                model.close();
                throw e;
            }
        }
    }

    /** Reads what a model is from its folder's settings. */
    @FunctionalInterface
    public interface Reader<C> {
        /**
         * @throws IllegalArgumentException saying why there can be no such model
         * @throws IOException if a file cannot be read, or is not what it should be
         */
        C read(ModelFolder files) throws IOException;
    }

    /** Makes a model whose parameters have memory as planned, and no values yet. */
    @FunctionalInterface
    public interface Maker<C, M> {
        M make(Device device, C config, DType compute, ParameterPlan plan);
    }

    private final Format<C, N> format;
    private final C config;
    private final N network;
    private final ParameterStore store;
    private final Scope scope;

    /**
     * A model whose parameters are undefined, to be given values.
     *
     * @param compute type of activations and weights: BF16 or F32
     * @param plan    which parameters are trained
     */
    protected NetworkModel(Format<C, N> format, Device device, C config, DType compute, ParameterPlan plan) {
        Parameters parameters = Parameters.root();
        this.format = format;
        this.config = config;
        this.network = format.builder().apply(config, parameters);
        this.store = new ParameterStore(device, parameters, compute, plan);
        this.scope = Scope.open(device);
    }

    /**
     * Begins with the weights of another model's folder, of the same family or with a network of the same kind.
     *
     * @param seed of what is made anew
     * @throws IllegalArgumentException when a pattern of the transfer matches nothing
     * @throws BadFileException         naming what does not fit
     */
    public final WeightTransfer.Report transfer(Path folder, WeightTransfer transfer, long seed) throws IOException {
        Parameters parameters = Parameters.root();
        format.builder().apply(config, parameters);
        WeightFiles weights = ModelFolder.open(folder).weights(format.component());
        return transfer.into(store, weights.renamed(parameters.formerNames()), seed);
    }

    /**
     * Writes the model's folder with these parameter values in BF16, statistics in F32.
     *
     * @param values   laid out as the store, such as {@link ParameterStore#values} or their moving average
     * @param metadata goes into the header of the weights: where they come from
     * @throws IOException if it cannot be written
     */
    public final void save(Path folder, float[] values, Map<String, String> metadata) throws IOException {
        List<ModelFolder.Component> components = new ArrayList<>();
        components.add(new ModelFolder.Component(format.component(), format.library(), format.network(),
                format.writer().apply(config), ModelWeights.stored(store, values)));
        components.addAll(rest());
        ModelFolder.write(folder, format.pipeline(), components, metadata);
    }

    /** Parts of the model beside the network. */
    protected List<ModelFolder.Component> rest() {
        return List.of();
    }

    /**
     * Reads the weights of what {@link #rest} writes.
     *
     * @throws IOException if a file cannot be read, or is not what it should be
     */
    protected void loadRest(ModelFolder files) throws IOException {
    }

    public final Device device() {
        return scope.device();
    }

    /** What the model is, apart from its weights. */
    public final C config() {
        return config;
    }

    public final N network() {
        return network;
    }

    /** The memory of the network's parameters. */
    public final ParameterStore store() {
        return store;
    }

    /** Type of activations and weights. */
    public final DType compute() {
        return store.compute();
    }

    /** Memory that lives as long as the model. */
    protected final Scope scope() {
        return scope;
    }

    @Override
    public final void close() {
        store.close();
        scope.close();
    }
}
