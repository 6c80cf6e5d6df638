package io.zoetrope.train;

import io.zoetrope.autograd.Tape;
import io.zoetrope.io.Config;
import io.zoetrope.io.FileNames;
import io.zoetrope.io.ModelFolder;
import io.zoetrope.nn.ModelWeights;
import io.zoetrope.nn.Optimization;
import io.zoetrope.nn.Optimizer;
import io.zoetrope.nn.ParameterStore;
import io.zoetrope.nn.Parameters;
import io.zoetrope.nn.Precision;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A network of one's own that makes one loss small. Models are saved as a folder with one component, {@value #NETWORK},
 * from which {@link ModelFolder#weights} and {@link ModelWeights} load them again.
 */
public final class LossObjective implements Objective {
    /** What the network is called in the folders of models. */
    public static final String NETWORK = "network";
    private static final String PIPELINE = "OwnPipeline";

    /** What a micro-batch computes. */
    @FunctionalInterface
    public interface Pass {
        /**
         * Queues the forward pass, the loss, and {@link Tape#backward} on the tape.
         *
         * @param loss F32[1] that receives the loss
         */
        void queue(Tape tape, Tensor loss);
    }

    private final TrainingContext context;
    private final ParameterStore store;
    private final Optimizer optimizer;
    private final Pass pass;
    private final Tensor loss;

    /**
     * @param parameters what the layers have declared; they get memory, and first values by the training's seed or from
     *                   the folder that its {@link TrainingContext#tuning} names
     * @param precision  the layers compute in
     */
    public LossObjective(TrainingContext context, Parameters parameters, Precision precision, Optimization optimization,
            Pass pass) throws IOException {
        this.context = context;
        this.store = context.own(new ParameterStore(context.device(), parameters, context.precision(precision),
                context.tuning().plan(context.seed())));
        if (context.tuning().from().isEmpty()) {
            context.begin(store);
        } else {
            context.begin(store, ModelFolder.open(FileNames.path(context.tuning().from().get())).weights(NETWORK));
        }
        this.optimizer = context.optimizer(optimization.of(store));
        this.pass = pass;
        this.loss = context.report(context.scope().zeros(DType.F32, 1));
    }

    @Override
    public List<String> columns() {
        return List.of("loss", "rate", "gradient_norm");
    }

    @Override
    public double[] row(double[] means, long batches) {
        return new double[] {means[0], optimizer.learningRate(), optimizer.gradientNorm()};
    }

    @Override
    public void queue() {
        try (Tape tape = context.tape()) {
            pass.queue(tape, loss);
        }
        context.update(optimizer);
    }

    @Override
    public void save(Path folder, Map<String, String> metadata) throws IOException {
        ModelFolder.write(folder, PIPELINE, List.of(new ModelFolder.Component(NETWORK, "zoetrope", "OwnNetwork",
                Config.empty(), ModelWeights.stored(optimizer.averaged()))), metadata);
    }
}
