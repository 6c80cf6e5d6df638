package io.zoetrope.cli;

import io.zoetrope.io.Config;
import java.util.Optional;
import picocli.CommandLine.Option;

/** How an adversarial game is played, whatever it is about; defaults are the family's own. */
final class GameOptions {
    @Option(names = "--rate", description = "Learning rate at the start.")
    private Optional<Double> rate = Optional.empty();

    @Option(names = "--final-rate", description = "Learning rate at the end; it falls as a cosine.")
    private Optional<Double> finalRate = Optional.empty();

    @Option(names = "--gamma", description = "Weight of the gradient penalties at the start.")
    private Optional<Double> gamma = Optional.empty();

    @Option(names = "--final-gamma", description = "Weight of the gradient penalties at the end; it falls as a cosine.")
    private Optional<Double> finalGamma = Optional.empty();

    @Option(names = "--ema", description = "Decay of the moving average of the generator's weights.")
    private Optional<Double> ema = Optional.empty();

    @Option(names = "--base-width", paramLabel = "CHANNELS", description = "Channels next to the picture or sound.")
    private Optional<Integer> baseWidth = Optional.empty();

    Config options() {
        Config options = Config.empty();
        options = with(options, "rate", rate);
        options = with(options, "final_rate", finalRate);
        options = with(options, "gamma", gamma);
        options = with(options, "final_gamma", finalGamma);
        options = with(options, "ema", ema);
        return with(options, "base_width", baseWidth);
    }

    private static Config with(Config options, String name, Optional<? extends Number> value) {
        return value.isPresent() ? options.with(name, value.get()) : options;
    }
}
