package io.zoetrope.model.gan;

import io.zoetrope.io.BadFileException;
import io.zoetrope.io.Config;
import java.util.ArrayList;
import java.util.List;

/**
 * What an adversarial model is, apart from its weights.
 *
 * @param shape      of the networks
 * @param classNames what the classes mean, by number; empty where there are none
 */
public record GanConfig(GanShape shape, List<String> classNames) {
    public GanConfig {
        classNames = List.copyOf(classNames);
        if (classNames.size() != shape.classes()) {
            throw new IllegalArgumentException(classNames.size() + " class names for a network of " + shape.classes()
                    + " classes: expected as many");
        }
    }

    Config settings() {
        return Config.empty().with("_class_name", "GanGenerator").with("image_size", shape.imageSize())
                .with("channels", shape.channels()).with("patch", shape.patch()).with("widths", ints(shape.widths()))
                .with("blocks", ints(shape.blocks())).with("expansion", shape.expansion())
                .with("group_width", shape.groupWidth()).with("latent", shape.latent())
                .with("class_features", shape.classFeatures()).with("class_names", classNames);
    }

    private static int[] ints(List<Integer> values) {
        return values.stream().mapToInt(Integer::intValue).toArray();
    }

    static GanConfig of(Config settings) throws BadFileException {
        List<String> names = settings.texts("class_names");
        return new GanConfig(new GanShape(settings.integer("image_size"), settings.integer("channels"),
                settings.integer("patch"), list(settings.integers("widths")), list(settings.integers("blocks")),
                settings.integer("expansion"), settings.integer("group_width"), settings.integer("latent"), names.size(),
                settings.integer("class_features")), names);
    }

    private static List<Integer> list(int[] values) {
        List<Integer> list = new ArrayList<>();
        for (int value : values) {
            list.add(value);
        }
        return list;
    }
}
