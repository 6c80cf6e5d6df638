package io.zoetrope.pipeline;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** The models that ship with the library, as folders of files on the class path. */
public final class PretrainedModels {
    private static final String ROOT = "/weights/";
    private static final List<String> DDPM_FILES = List.of("model_index.json", "unet/config.json",
            "unet/diffusion_pytorch_model.safetensors", "scheduler/scheduler_config.json");
    /** The name of the default model. */
    public static final String FASHION_DDPM = "fashion-ddpm";

    /** Reads a model from its folder. */
    @FunctionalInterface
    interface Loader<T> {
        T load(Path folder) throws IOException;
    }

    private PretrainedModels() {
    }

    /** The names of the models that ship. */
    public static List<String> names() {
        return List.of(FASHION_DDPM);
    }

    /** Unpacks a shipped model into a folder of its own for as long as loading takes. */
    static <T> T load(String name, Loader<T> loader) throws IOException {
        if (!names().contains(name)) {
            throw new IllegalArgumentException("no model '" + name + "' ships with this library: expected one of " + names()
                    + ", or the folder of a model");
        }
        Path folder = Files.createTempDirectory("zoetrope-model-");
        try {
            for (String file : DDPM_FILES) {
                Path target = folder.resolve(file);
                Files.createDirectories(target.getParent());
                try (InputStream in = PretrainedModels.class.getResourceAsStream(ROOT + name + "/" + file)) {
                    if (in == null) {
                        throw new IOException("the model '" + name + "' is missing from this build (" + ROOT + name + "/" + file
                                + "): train one with 'train ddpm'");
                    }
                    Files.copy(in, target);
                }
            }
            return loader.load(folder);
        } finally {
            try (Stream<Path> files = Files.walk(folder)) {
                for (Path path : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.deleteIfExists(path);
                }
            }
        }
    }
}
