package io.zoetrope.model.adversarial;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.nn.Optimizer;
import io.zoetrope.nn.ParameterStore;
import io.zoetrope.nn.ParameterValues;
import io.zoetrope.ops.pointwise.Pointwise;
import io.zoetrope.ops.random.Random;
import io.zoetrope.ops.rows.Rows;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.train.BatchSource;
import io.zoetrope.train.Objective;
import io.zoetrope.train.ShuffledExamples;
import io.zoetrope.train.TrainingContext;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * An adversarial game, whatever it is about. A step draws real samples and noise, makes as many samples, moves the
 * discriminator and then, against the moved one, the generator.
 */
public abstract class AdversarialObjective implements Objective {
    /** Why adversarial trainings take no {@link io.zoetrope.train.Tuning}. */
    public static final String UNTUNABLE = "its two networks learn from each other, both of them, from the start";

    private static final long REAL = 1;
    private static final long NOISE = 2;

    /**
     * Both players; they are closed with the training.
     *
     * @param generator     and its parameters
     * @param latent        length of its noise vector
     * @param critic        the discriminator
     * @param discriminator its parameters
     */
    public record Players(GeneratorModel<?, ?> generator, int latent, AdversarialGame.Critic critic,
            ParameterStore discriminator) {
    }

    private final TrainingContext context;
    private final Players players;
    private final AdversarialGame game;
    private final Optimizer generator;
    private final Optimizer discriminator;
    private final BatchSource.Batch batch;
    private final int pairs;
    private final Tensor noise;
    private final Tensor samples;
    private final Tensor labels;

    /**
     * @param examples      real ones, [M, …]
     * @param exampleLabels I32 [M], or null
     * @param samples       BF16 [2·pairs, …]: where the samples of a step go, the real ones first
     * @param steps         of the whole run, which the schedules of {@code settings} follow
     */
    protected AdversarialObjective(TrainingContext context, Players players, Tensor examples, Tensor exampleLabels,
            Tensor samples, GameSettings settings, long steps) {
        Scope scope = context.scope();
        this.context = context;
        this.players = players;
        this.samples = samples;
        this.pairs = Math.toIntExact(samples.dim(0) / 2);
        context.own(players.generator());
        context.own(players.discriminator());
        this.game = context
                .own(new AdversarialGame(context.device(), players.critic(), pairs, settings.penalty(steps)));
        context.watch(game.notFinite());
        context.report(game.row());
        this.generator = context.optimizer("generator.", settings.generator(steps).of(players.generator().store()));
        this.discriminator = context.optimizer("discriminator.",
                settings.discriminator(steps).of(players.discriminator()));
        this.batch = context.batches(new ShuffledExamples(scope, examples, exampleLabels, pairs, context.key(REAL)));
        this.noise = scope.empty(DType.BF16, pairs, players.latent());
        this.labels = exampleLabels == null ? null : scope.empty(DType.I32, 2L * pairs);
    }

    /** Queues what brings the batch's examples into {@code real}, as the networks know them. */
    protected abstract void load(BatchSource.Batch chosen, Tensor real);

    @Override
    public final void queue() {
        Tensor real = samples.slice(0, pairs);
        Tensor made = samples.slice(pairs, 2L * pairs);
        load(batch, real);
        Tensor wanted = labels == null ? null : labels.slice(0, pairs);
        if (labels != null) {
            Rows.gather(batch.labels(), batch.indices(), wanted);
            Pointwise.copy(wanted, labels.slice(pairs, 2L * pairs));
        }
        Random.normal(noise, context.key(NOISE));
        try (Tape tape = Tape.forTraining(context.device())) {
            Variable fresh = players.generator().network().forward(tape, Variable.constant(noise), wanted);
            Pointwise.copy(fresh.value(), made);
            game.discriminate(samples, labels, context.random());
            context.update(discriminator);
            game.generate(tape, fresh, real, wanted);
        }
        context.update(generator);
    }

    @Override
    public final List<String> columns() {
        return GameRecord.COLUMNS;
    }

    @Override
    public final double[] row(double[] means, long batches) {
        double[] row = Arrays.copyOf(means, means.length + 3);
        row[means.length] = discriminator.gradientNorm();
        row[means.length + 1] = generator.gradientNorm();
        row[means.length + 2] = generator.learningRate();
        return row;
    }

    /** The moving average of the generator's parameters. */
    protected final ParameterValues averaged() {
        return generator.averaged();
    }

    @Override
    public final void save(Path folder, Map<String, String> metadata) throws IOException {
        players.generator().save(folder, averaged(), metadata);
    }
}
