package io.zoetrope.model.adversarial;

import io.zoetrope.io.BadFileException;
import io.zoetrope.io.Config;
import io.zoetrope.nn.Optimization;
import io.zoetrope.ops.loss.GanLoss;
import io.zoetrope.ops.optim.LearningRate;
import io.zoetrope.option.Option;
import io.zoetrope.option.Values;
import java.util.List;

/**
 * How an adversarial game is played, whatever it is about: learning rate and weight of the gradient penalties, each
 * falling as a cosine over the run, and the decay of the generator's moving average.
 */
public record GameSettings(double rate, double finalRate, double gamma, double finalGamma, double ema) {
    /** Channels of the networks. */
    public static final Option<Integer> BASE_WIDTH = Option.integer("base_width").label("CHANNELS")
            .help("Channels next to the picture or sound.");
    private static final Option<Double> RATE = positive("rate").help("Learning rate at the start.");
    private static final Option<Double> FINAL_RATE = positive("final_rate")
            .help("Learning rate at the end; it falls as a cosine.");
    private static final Option<Double> GAMMA = positive("gamma")
            .help("Weight of the gradient penalties at the start.");
    private static final Option<Double> FINAL_GAMMA = positive("final_gamma")
            .help("Weight of the gradient penalties at the end; it falls as a cosine.");
    private static final Option<Double> EMA = Option.number("ema")
            .mustBe(decay -> decay >= 0 && decay < 1, "0 or more and less than 1")
            .help("Decay of the moving average of the generator's weights.");
    private static final double BETA2 = 0.99;
    private static final float EMA_WARM_UP = 10;

    private static Option<Double> positive(String name) {
        return Option.number(name).mustBe(value -> value > 0 && Double.isFinite(value.floatValue()), "more than 0");
    }

    /** These as the defaults of what a user may decide. */
    public List<Option<?>> options(int baseWidth) {
        return List.of(RATE.defaultsTo(rate), FINAL_RATE.defaultsTo(finalRate), GAMMA.defaultsTo(gamma),
                FINAL_GAMMA.defaultsTo(finalGamma), EMA.defaultsTo(ema), BASE_WIDTH.defaultsTo(baseWidth));
    }

    /** As a user decided. */
    public static GameSettings of(Values values) {
        return new GameSettings(values.get(RATE), values.get(FINAL_RATE), values.get(GAMMA), values.get(FINAL_GAMMA),
                values.get(EMA));
    }

    /** As a run keeps them: not as "rate", which is the data's where they are sounds. */
    public Config toConfig() {
        return Config.empty().with("learning_rate", rate).with("final_learning_rate", finalRate).with("gamma", gamma)
                .with("final_gamma", finalGamma).with("ema", ema);
    }

    /**
     * Of a run.
     *
     * @throws BadFileException if the file says otherwise, or nothing, of it
     */
    public static GameSettings of(Config run) throws BadFileException {
        return new GameSettings(run.number("learning_rate"), run.number("final_learning_rate"), run.number("gamma"),
                run.number("final_gamma"), run.number("ema"));
    }

    /** β1 is 0: the other player moves on between two steps, so that old gradients point nowhere. */
    Optimization discriminator(long steps) {
        return Optimization.adamW(LearningRate.cosine((float) rate, steps, (float) finalRate)).withBetas(0, BETA2);
    }

    Optimization generator(long steps) {
        return discriminator(steps).withEma((float) ema, EMA_WARM_UP);
    }

    GanLoss.PenaltyWeight penalty(long steps) {
        return new GanLoss.PenaltyWeight((float) gamma, (float) finalGamma, steps);
    }
}
