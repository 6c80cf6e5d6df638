package io.zoetrope.model.wavegan;

import io.zoetrope.data.MelSpectrogram;
import io.zoetrope.io.BadFileException;
import io.zoetrope.io.Config;
import java.util.List;

/**
 * What an adversarial model of sounds is, apart from its weights.
 *
 * @param shape      of the networks
 * @param rate       samples a second
 * @param classNames what the classes mean, by number; empty where there are none
 */
public record WaveGanConfig(WaveGanShape shape, int rate, List<String> classNames) {
    public WaveGanConfig {
        classNames = List.copyOf(classNames);
        if (classNames.size() != shape.classes() || rate < 1) {
            throw new IllegalArgumentException(classNames.size() + " class names for a network of " + shape.classes()
                    + " classes, at " + rate + " samples a second: expected as many, and a rate of 1 or more");
        }
    }

    /** What a classifier of these sounds looks at. */
    public MelSpectrogram recognition() {
        return MelSpectrogram.RECOGNITION.at(rate);
    }

    Config settings() {
        return Config.empty().with("_class_name", "WaveGanGenerator").with("samples", shape.samples()).with("rate", rate)
                .with("width", shape.width()).with("levels", shape.levels()).with("kernel", shape.kernel())
                .with("stride", shape.stride()).with("shuffle", shape.shuffle()).with("latent", shape.latent())
                .with("class_features", shape.classFeatures()).with("class_names", classNames);
    }

    static WaveGanConfig of(Config settings) throws BadFileException {
        List<String> names = settings.texts("class_names");
        return new WaveGanConfig(new WaveGanShape(settings.integer("samples"), settings.integer("width"),
                settings.integer("levels"), settings.integer("kernel"), settings.integer("stride"), settings.integer("shuffle"),
                settings.integer("latent"), names.size(), settings.integer("class_features")), settings.integer("rate"), names);
    }
}
