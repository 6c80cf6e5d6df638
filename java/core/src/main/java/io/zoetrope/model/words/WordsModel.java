package io.zoetrope.model.words;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.cuda.Device;
import io.zoetrope.io.BadFileException;
import io.zoetrope.model.NetworkModel;
import io.zoetrope.model.text.TextEncoder;
import io.zoetrope.model.unet.TextUNet;
import io.zoetrope.nn.ParameterPlan;
import io.zoetrope.nn.Parameters;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Path;

/** A model of pictures from words on a device: the network and its parameters. */
public final class WordsModel extends NetworkModel<WordsConfig, WordsModel.Network> {
    static final String PIPELINE = "WordsPipeline";
    static final String COMPONENT = "network";
    private static final Format<WordsConfig, Network> FORMAT = new Format<>(PIPELINE, COMPONENT, "zoetrope",
            "WordsNetwork", WordsConfig::of, WordsConfig::settings, Network::new);

    /** Says what clean pictures noisy ones come from, given captions: the text encoder and the UNet. */
    public static final class Network {
        /** Times are told to the network as 0 to this. */
        static final float TIME_SCALE = 1000;

        private final TextEncoder text;
        private final TextUNet unet;

        Network(WordsConfig config, Parameters p) {
            text = new TextEncoder(config.text(), p.at("text"));
            unet = new TextUNet(config.unet(), p.at("unet"));
        }

        /**
         * @param x     noisy pictures of variance about 1, [N, places, places, patch · patch · 3] in the compute type
         * @param times F32 [N]: 0 for noise to {@link #TIME_SCALE} for pictures
         * @param ids   captions, I32 [N · words · grams]
         * @return the clean pictures, as {@code x}
         */
        Variable forward(Tape tape, Variable x, Tensor times, Tensor ids) {
            return unet.forward(tape, x, times, text.forward(tape, ids));
        }
    }

    /**
     * A model with fresh parameters, all to be trained.
     *
     * @param seed of the first values
     */
    public WordsModel(Device device, WordsConfig config, DType compute, long seed) {
        this(device, config, compute, ParameterPlan.training());
        store().initialise(seed);
    }

    /** A model to be given values; see {@link NetworkModel#NetworkModel}. */
    public WordsModel(Device device, WordsConfig config, DType compute, ParameterPlan plan) {
        super(FORMAT, device, config, compute, plan);
    }

    /**
     * Loads a model's folder to be used, not trained.
     *
     * @throws BadFileException naming what in it does not fit
     * @throws IOException if a file cannot be read, or is not what it should be
     */
    public static WordsModel load(Device device, Path folder, DType compute) throws IOException {
        return FORMAT.load(device, folder, compute, ParameterPlan.inference(), WordsModel::new);
    }
}
