package io.zoetrope.model.tagger;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.cuda.Device;
import io.zoetrope.io.BadFileException;
import io.zoetrope.model.NetworkModel;
import io.zoetrope.model.text.TextEncoder;
import io.zoetrope.nn.Linear;
import io.zoetrope.nn.ParameterPlan;
import io.zoetrope.nn.Parameters;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Path;

/** A tagger on a device: the network and its parameters. */
public final class TaggerModel extends NetworkModel<TaggerConfig, TaggerModel.Network> {
    static final String PIPELINE = "TaggerPipeline";
    static final String COMPONENT = "network";
    private static final Format<TaggerConfig, Network> FORMAT = new Format<>(PIPELINE, COMPONENT, "zoetrope",
            "TaggerNetwork", TaggerConfig::of, TaggerConfig::settings, Network::new);

    /** The text encoder, and scores of each word. */
    public static final class Network {
        private final TextEncoder text;
        private final Linear scores;
        private final int outputs;

        Network(TaggerConfig config, Parameters p) {
            text = new TextEncoder(config.text(), p.at("text"));
            outputs = config.outputs();
            scores = Linear.of(p.at("scores"), config.text().width(), outputs);
        }

        /** The words of prompts in view of each other, [N, words, width]; @param ids I32 [N · words · grams] */
        Variable words(Tape tape, Tensor ids) {
            return text.forward(tape, ids);
        }

        /** [N · words, outputs], see {@link TaggerConfig}; @param words of {@link #words} */
        Variable scores(Tape tape, Variable words) {
            return tape.reshape(scores.forward(tape, words), words.value().dim(0) * words.value().dim(1), outputs);
        }
    }

    /** A model with fresh parameters, all to be trained. @param seed of the first values */
    public TaggerModel(Device device, TaggerConfig config, DType compute, long seed) {
        this(device, config, compute, ParameterPlan.training());
        store().initialise(seed);
    }

    /** A model to be given values; see {@link NetworkModel#NetworkModel}. */
    public TaggerModel(Device device, TaggerConfig config, DType compute, ParameterPlan plan) {
        super(FORMAT, device, config, compute, plan);
    }

    /** Loads a model's folder to be used, not trained. @throws BadFileException naming what in it does not fit */
    public static TaggerModel load(Device device, Path folder, DType compute) throws IOException {
        return FORMAT.load(device, folder, compute, ParameterPlan.inference(), TaggerModel::new);
    }
}
