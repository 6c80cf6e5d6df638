package io.zoetrope.model;

import io.zoetrope.cuda.Device;
import io.zoetrope.io.BadFileException;
import io.zoetrope.io.Config;
import io.zoetrope.io.ModelFolder;
import io.zoetrope.io.WeightFiles;
import io.zoetrope.nn.LoraFile;
import io.zoetrope.nn.ModelWeights;
import io.zoetrope.nn.ParameterPlan;
import io.zoetrope.nn.ParameterStore;
import io.zoetrope.nn.ParameterValues;
import io.zoetrope.nn.Parameters;
import io.zoetrope.nn.WeightTransfer;
import io.zoetrope.tensor.DType;
import io.zoetrope.option.OptionException;
import io.zoetrope.tensor.Scope;
import io.zoetrope.train.TrainingContext;
import io.zoetrope.train.Tuning;
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

        private void requireKind(ModelFolder files) throws IOException {
            if (!files.has(component)) {
                throw BadFileException.of(files.path(), "is a " + files.pipelineClass() + " without " + component,
                        "a " + pipeline, "Name the folder of such a model");
            }
            if (!files.className(component).equals(network)) {
                throw BadFileException.of(files.path().resolve(ModelFolder.INDEX),
                        "setting '" + component + "' is of class " + files.className(component), network,
                        "Use a model made of what is supported");
            }
        }

        private C config(ModelFolder files) throws IOException {
            requireKind(files);
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

    /** Where a model's folder has the adapters that it was made with, as PEFT lays them out. */
    public static final String ADAPTERS = "adapters";

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
        return transfer.into(store, weights(ModelFolder.open(folder)), seed);
    }

    /** The network's weights in a folder, by today's names. */
    private WeightFiles weights(ModelFolder files) throws IOException {
        Parameters parameters = Parameters.root();
        format.builder().apply(config, parameters);
        return files.weights(format.component()).renamed(parameters.formerNames());
    }

    /**
     * A model as a training begins it: with random values or those of another model of the same kind, and with memory
     * for the training of what the {@link TrainingContext#tuning} names. It is closed with the training.
     *
     * @throws IllegalArgumentException when a pattern of the tuning matches nothing
     * @throws BadFileException         naming what of the other model does not fit
     */
    public static <C, M extends NetworkModel<C, ?>> M begin(TrainingContext context, C config, DType compute,
            Maker<C, M> maker) throws IOException {
        Tuning tuning = context.tuning();
        M model = context.own(OptionException
                .asked(() -> maker.make(context.device(), config, compute, tuning.plan(context.seed()))));
        if (tuning.from().isEmpty()) {
            context.begin(model.store());
            return model;
        }
        return PretrainedModels.open(tuning.from().get(), folder -> {
            ModelFolder files = ModelFolder.open(folder);
            NetworkModel<C, ?> begun = model;
            begun.format.requireKind(files);
            context.begin(model.store(), begun.weights(files));
            model.loadRest(files);
            return model;
        });
    }

    /**
     * Writes the model's folder with these parameter values in BF16, statistics in F32.
     *
     * <p>Adapters that are trained are in the weights, and also written by themselves to the folder {@value #ADAPTERS}.
     *
     * @param values   of the store's parameters, such as their moving average
     * @param metadata goes into the header of the weights: where they come from
     * @throws IOException if it cannot be written
     */
    public final void save(Path folder, ParameterValues values, Map<String, String> metadata) throws IOException {
        List<ModelFolder.Component> components = new ArrayList<>();
        components.add(new ModelFolder.Component(format.component(), format.library(), format.network(),
                format.writer().apply(config), ModelWeights.stored(values)));
        components.addAll(rest());
        ModelFolder.write(folder, format.pipeline(), components, metadata);
        saveAdapters(folder, values);
    }

    /** Writes the model's folder with the values it has; see {@link #save(Path, ParameterValues, Map)}. */
    public final void save(Path folder, Map<String, String> metadata) throws IOException {
        save(folder, store.current(), metadata);
    }

    /** Writes the adapters that are trained, if there are any, below a model's folder. */
    protected final void saveAdapters(Path folder, ParameterValues values) throws IOException {
        if (store.lora() != null && !store.trainable().isEmpty()) {
            LoraFile.write(folder.resolve(ADAPTERS), store, values, LoraFile.Naming.PEFT, format.component());
        }
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
