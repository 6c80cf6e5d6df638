package io.zoetrope.model.tagger;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.data.SceneCaptions;
import io.zoetrope.nn.Optimization;
import io.zoetrope.nn.Optimizer;
import io.zoetrope.ops.array.Layouts;
import io.zoetrope.ops.loss.CrossEntropy;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.train.Objective;
import io.zoetrope.train.TrainingContext;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Learns what words say: the cross-entropies of each word's tag and, of those that speak of a slot, of their value and
 * of negation, added up, the last with a larger share.
 */
final class TaggerObjective implements Objective {
    private static final int TASKS = 3;
    /** Few words are negated: without a larger share that is learned long after the rest. */
    private static final float NEGATION_SHARE = 3;

    private final TrainingContext context;
    private final TaggerModel model;
    private final Optimizer optimizer;
    private final TaggerBatches batches;
    private final Tensor losses;

    /** @param size captions in a step */
    TaggerObjective(TrainingContext context, SceneCaptions captions, int size, TaggerConfig config,
            Optimization optimization) {
        this.context = context;
        this.model = context.own(new TaggerModel(context.device(), config, DType.BF16, context.seed()));
        this.optimizer = context.optimizer(optimization.of(model.store()));
        this.batches = new TaggerBatches(context, captions, config, size);
        context.batches(batches);
        this.losses = context.report(context.scope().zeros(DType.F32, TASKS));
    }

    @Override
    public List<String> columns() {
        return List.of("loss", "tags", "values", "negation", "rate", "gradient_norm");
    }

    @Override
    public double[] row(double[] means, long steps) {
        return new double[] {means[0] + means[1] + NEGATION_SHARE * means[2], means[0], means[1], means[2],
                optimizer.learningRate(), optimizer.gradientNorm()};
    }

    @Override
    public void queue() {
        TaggerConfig config = model.config();
        try (Tape tape = context.tape()) {
            Variable scores = model.network().scores(tape, model.network().words(tape, batches.ids()));
            Tensor gradient = tape.empty(scores.value().dtype(), scores.shape());
            task(tape, 0, scores, 0, config.tags(), batches.tags(), batches.isWord(), gradient, 1);
            task(tape, 1, scores, config.tags(), config.values(), batches.values(), batches.isMention(), gradient, 1);
            task(tape, 2, scores, config.tags() + config.values(), 2, batches.negated(), batches.isMention(), gradient,
                    NEGATION_SHARE);
            tape.backward(scores, gradient);
        }
        context.update(optimizer);
    }

    /** The loss of {@code count} columns of the scores from {@code first} on, and {@code share} times its gradient. */
    private void task(Tape tape, int number, Variable scores, int first, int count, Tensor labels, Tensor weights,
            Tensor gradient, float share) {
        Tensor own = tape.empty(scores.value().dtype(), scores.value().dim(0), count);
        long[] from = {0, first};
        long[] steps = {1, 1};
        Layouts.slice(scores.value(), own, from, steps);
        CrossEntropy.run(own, labels, losses.slice(number, number + 1),
                CrossEntropy.Outputs.NONE.weight(weights).gradient(own, share).notFinite(context.notFinite()));
        Layouts.place(own, gradient, from, steps);
    }

    @Override
    public void save(Path folder, Map<String, String> metadata) throws IOException {
        model.save(folder, optimizer.averaged(), metadata);
    }
}
