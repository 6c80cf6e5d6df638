package io.zoetrope.model.adversarial;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.cuda.Device;
import io.zoetrope.nn.AdamWOptimizer;
import io.zoetrope.nn.Optimizer;
import io.zoetrope.nn.ParameterBank;
import io.zoetrope.ops.pointwise.Pointwise;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** Both players of an adversarial game, their optimisers and the figures of their steps. */
public final class GamePlayers implements AutoCloseable {
    private final Device device;
    private final Scope scope;
    private final Optimizer generator;
    private final Optimizer discriminator;
    private final AdversarialGame game;
    private final int pairs;
    private final Tensor sums;

    /** @param pairs of a real and a made sample in each step */
    public GamePlayers(Device device, ParameterBank generator, ParameterBank discriminator, AdversarialGame.Critic critic, int pairs,
            GameSettings settings, long steps) {
        this.device = device;
        this.pairs = pairs;
        this.game = new AdversarialGame(device, critic, pairs, settings.penalty(steps));
        this.generator = new AdamWOptimizer(generator, settings.generator(steps));
        this.discriminator = new AdamWOptimizer(discriminator, settings.discriminator(steps));
        this.scope = Scope.open(device);
        this.sums = scope.zeros(DType.F32, game.row().size());
    }

    /**
     * Queues a step of both: the discriminator moves, then the generator against the moved one.
     *
     * @param make    makes samples on the tape it is given
     * @param samples [2·pairs, …], the real ones first; the second half receives the made ones
     * @param labels  I32 [2·pairs], the same for both halves, or null
     * @param state   I64[2] {seed, step}
     */
    public void step(Function<Tape, Variable> make, Tensor samples, Tensor labels, Tensor state) {
        try (Tape tape = Tape.forTraining(device)) {
            Variable made = make.apply(tape);
            Pointwise.copy(made.value(), samples.slice(pairs, 2L * pairs));
            game.discriminate(samples, labels, state);
            discriminator.step();
            game.generate(tape, made, samples.slice(0, pairs), labels == null ? null : labels.slice(0, pairs));
        }
        generator.step();
        Pointwise.add(sums, game.row(), sums);
    }

    /** The columns of {@link GameRecord#COLUMNS}, as means over so many steps where that makes sense. */
    public double[] takeRow(long steps) {
        float[] total = sums.toFloats();
        sums.zero();
        double[] row = new double[total.length + 3];
        for (int i = 0; i < total.length; i++) {
            row[i] = (double) total[i] / steps;
        }
        row[total.length] = discriminator.gradientNorm();
        row[total.length + 1] = generator.gradientNorm();
        row[total.length + 2] = generator.learningRate();
        return row;
    }

    public Optional<String> trouble() {
        return game.notFinite().toInts()[0] != 0 || discriminator.sawNonFinite() || generator.sawNonFinite()
                ? Optional.of("a player's loss or its gradient is no longer finite") : Optional.empty();
    }

    public Map<String, Tensor> state() {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        generator.state().forEach((name, tensor) -> tensors.put("generator." + name, tensor));
        discriminator.state().forEach((name, tensor) -> tensors.put("discriminator." + name, tensor));
        return tensors;
    }

    public void restored(long steps) {
        generator.restored(steps);
        discriminator.restored(steps);
    }

    /** The moving average of the generator's parameters. */
    public float[] averaged() {
        return generator.averaged();
    }

    @Override
    public void close() {
        scope.close();
        game.close();
        generator.close();
        discriminator.close();
    }
}
