package io.zoetrope.model.adversarial;

import io.zoetrope.io.BadFileException;
import io.zoetrope.io.Config;
import io.zoetrope.ops.loss.GanLoss;
import io.zoetrope.ops.optim.AdamW;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * How an adversarial game is played, whatever it is about: learning rate and weight of the gradient penalties, each falling
 * as a cosine over the run, and the decay of the generator's moving average.
 */
public record GameSettings(double rate, double finalRate, double gamma, double finalGamma, double ema) {
    private static final List<String> NAMES = List.of("rate", "final_rate", "gamma", "final_gamma", "ema", "base_width");
    private static final float BETA2 = 0.99f;
    private static final float EMA_WARM_UP = 10;

    public GameSettings {
        positive("rate", rate);
        positive("final_rate", finalRate);
        positive("gamma", gamma);
        positive("final_gamma", finalGamma);
        if (!(ema >= 0 && ema < 1)) {
            throw new IllegalArgumentException("ema must be 0 or more and less than 1, not " + ema);
        }
    }

    private static void positive(String name, double value) {
        if (!(value > 0) || !Double.isFinite((float) value)) {
            throw new IllegalArgumentException(name + " must be more than 0, not " + value);
        }
    }

    /** Those of {@code options}, where given, instead of these. @param family for messages */
    public GameSettings with(String family, Config options) throws BadFileException {
        Set<String> unknown = new TreeSet<>(options.names());
        unknown.removeAll(NAMES);
        if (!unknown.isEmpty()) {
            throw new IllegalArgumentException(family + " has no option " + unknown + ": expected one of "
                    + new ArrayList<>(NAMES));
        }
        return new GameSettings(options.number("rate", rate), options.number("final_rate", finalRate),
                options.number("gamma", gamma), options.number("final_gamma", finalGamma), options.number("ema", ema));
    }

    /** As a run keeps them: not as "rate", which is the data's where they are sounds. */
    public Config toConfig() {
        return Config.empty().with("learning_rate", rate).with("final_learning_rate", finalRate).with("gamma", gamma)
                .with("final_gamma", finalGamma).with("ema", ema);
    }

    /** Of a run. */
    public static GameSettings of(Config run) throws BadFileException {
        return new GameSettings(run.number("learning_rate"), run.number("final_learning_rate"), run.number("gamma"),
                run.number("final_gamma"), run.number("ema"));
    }

    /** β1 is 0: the other player moves on between two steps, so that old gradients point nowhere. */
    AdamW.Hyper discriminator(long steps) {
        return AdamW.Hyper.of((float) rate).withBetas(0, BETA2).withSchedule(0, steps, (float) finalRate).withEma(0, 0);
    }

    AdamW.Hyper generator(long steps) {
        return discriminator(steps).withEma((float) ema, EMA_WARM_UP);
    }

    GanLoss.PenaltyWeight penalty(long steps) {
        return new GanLoss.PenaltyWeight((float) gamma, (float) finalGamma, steps);
    }
}
