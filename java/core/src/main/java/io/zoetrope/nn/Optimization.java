package io.zoetrope.nn;

import io.zoetrope.io.Config;
import io.zoetrope.ops.optim.AdamW;
import io.zoetrope.ops.optim.Hyper;
import io.zoetrope.ops.optim.LearningRate;
import io.zoetrope.ops.optim.Sgd;
import java.util.Optional;

/**
 * How parameters are optimised, put together from parts: an update rule, the learning rate of each step, weight decay,
 * clipping of gradients, a moving average of the weights, and accumulation over micro-batches. Start from
 * {@link #adamW} or {@link #sgd} and add what is wanted.
 *
 * <p>Rule and average keep tensors in checkpoints ({@link Optimizer#state}); learning rate and the average's warm-up
 * depend on the number of steps alone, which every checkpoint has; decay and clipping have no state, and accumulation
 * none between two steps.
 *
 * @param rule         how a gradient moves a weight
 * @param learningRate of each step
 * @param weightDecay  of matrices, not of biases and norms; AdamW takes rate·weightDecay of the weight, SGD adds
 *                     weightDecay·weight to the clipped gradient
 * @param maxNorm      gradients of a larger global norm are scaled down to it; 0: never
 * @param ema          the moving average of the weights, which models are saved with; none: they are saved as they are
 * @param accumulation micro-batches whose mean gradient makes a step
 */
public record Optimization(Rule rule, LearningRate learningRate, float weightDecay, float maxNorm, Optional<Ema> ema,
        int accumulation) {
    /** How a gradient moves a weight. */
    public sealed interface Rule {
        /** Loshchilov and Hutter 2019; keeps two moments. */
        record AdamWRule(double beta1, double beta2, double epsilon) implements Rule {}

        /**
         * Gradient descent with Nesterov momentum, which it keeps.
         *
         * @param momentum 0 to below 1
         */
        record SgdRule(double momentum) implements Rule {}
    }

    /**
     * An exponential moving average of the weights.
     *
     * @param decay  0 to 1
     * @param warmUp w: at step t the decay is min(decay, (1+t)/(w+t)); 10 by custom, 0: none
     */
    public record Ema(float decay, float warmUp) {}

    public Optimization {
        if (accumulation < 1) {
            throw new IllegalArgumentException(
                    "accumulation of " + accumulation + " micro-batches: expected 1 or more");
        }
        hyper(rule, learningRate, weightDecay, maxNorm, ema, accumulation); // checks the rest
    }

    /** AdamW with β 0.9 and 0.999 and ε 1e-8, and nothing else. */
    public static Optimization adamW(LearningRate learningRate) {
        return new Optimization(new Rule.AdamWRule(0.9, 0.999, 1e-8), learningRate, 0, 0, Optional.empty(), 1);
    }

    /** AdamW at a constant rate. */
    public static Optimization adamW(float learningRate) {
        return adamW(LearningRate.constant(learningRate));
    }

    /** Gradient descent with Nesterov momentum, and nothing else. */
    public static Optimization sgd(LearningRate learningRate, double momentum) {
        return new Optimization(new Rule.SgdRule(momentum), learningRate, 0, 0, Optional.empty(), 1);
    }

    /**
     * With other β.
     *
     * @throws IllegalStateException for a rule that has none
     */
    public Optimization withBetas(double beta1, double beta2) {
        if (rule instanceof Rule.AdamWRule adamW) {
            return new Optimization(new Rule.AdamWRule(beta1, beta2, adamW.epsilon), learningRate, weightDecay, maxNorm,
                    ema, accumulation);
        }
        throw new IllegalStateException(rule + " has no β: start from adamW, or give sgd its momentum");
    }

    public Optimization withWeightDecay(float decay) {
        return new Optimization(rule, learningRate, decay, maxNorm, ema, accumulation);
    }

    /** With gradients scaled down to this global norm. */
    public Optimization withClipping(float norm) {
        return new Optimization(rule, learningRate, weightDecay, norm, ema, accumulation);
    }

    /** With a moving average of the weights; see {@link Ema}. */
    public Optimization withEma(float decay, float warmUp) {
        return new Optimization(rule, learningRate, weightDecay, maxNorm, Optional.of(new Ema(decay, warmUp)),
                accumulation);
    }

    /** With steps from the mean gradient of so many micro-batches. */
    public Optimization withAccumulation(int batches) {
        return new Optimization(rule, learningRate, weightDecay, maxNorm, ema, batches);
    }

    /** An optimiser of a store, at step 0. The caller closes it. */
    public Optimizer of(ParameterStore store) {
        return rule instanceof Rule.AdamWRule ? new AdamWOptimizer(store, this) : new SgdOptimizer(store, this);
    }

    /** As the kernels read it. */
    Hyper hyper() {
        return hyper(rule, learningRate, weightDecay, maxNorm, ema, accumulation);
    }

    private static Hyper hyper(Rule rule, LearningRate rate, float weightDecay, float maxNorm, Optional<Ema> ema,
            int accumulation) {
        Hyper of = rule instanceof Rule.AdamWRule adamW
                ? Hyper.of(rate).withBetas(adamW.beta1, adamW.beta2).withEpsilon(adamW.epsilon)
                : Sgd.hyper(rate, ((Rule.SgdRule) rule).momentum);
        return of.withWeightDecay(weightDecay).withMaxNorm(maxNorm).withGradientScale(1f / accumulation)
                .withEma(ema.map(Ema::decay).orElse(0f), ema.map(Ema::warmUp).orElse(0f));
    }

    /** As a run's settings keep it, so that it goes on as it was started. */
    public Config toConfig() {
        Config config = rule instanceof Rule.AdamWRule adamW
                ? Config.empty().with("rule", "adamw").with("beta1", adamW.beta1).with("beta2", adamW.beta2)
                        .with("epsilon", adamW.epsilon)
                : Config.empty().with("rule", "sgd").with("momentum", ((Rule.SgdRule) rule).momentum);
        Config rate = Config.empty().with("schedule", learningRate.schedule().name()).with("peak", learningRate.peak())
                .with("warm_up", learningRate.warmUpSteps()).with("total", learningRate.totalSteps())
                .with("last", learningRate.last()).with("drop_period", learningRate.dropPeriod())
                .with("drop_factor", learningRate.dropFactor());
        Config rest = config.with("learning_rate", rate).with("weight_decay", weightDecay).with("max_norm", maxNorm)
                .with("accumulation", accumulation);
        return ema.isEmpty() ? rest : rest.with("ema_decay", ema.get().decay).with("ema_warm_up", ema.get().warmUp);
    }
}
