package io.zoetrope.model;

import io.zoetrope.io.Config;
import io.zoetrope.io.FileNames;
import io.zoetrope.io.ModelFolder;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** The models that ship with the library, as {@linkplain ModelFolder folders} of files on the class path. */
public final class PretrainedModels {
    /** The name of the default model. */
    public static final String FASHION_DDPM = "fashion-ddpm";
    private static final String ROOT = "/weights/";
    private static final List<String> NAMES = List.of(FASHION_DDPM, "fashion-cnn", "digits-cnn", "fashion-patches", "fashion-gan",
            "digits-wavegan");

    /** Reads a model from its folder. */
    @FunctionalInterface
    public interface Loader<T> {
        T load(Path folder) throws IOException;
    }

    private PretrainedModels() {
    }

    /** The names of the models that ship. */
    public static List<String> names() {
        return NAMES;
    }

    /** A folder if there is one of that name, else a shipped model; a name with a slash can only be a folder's. */
    public static <T> T open(String nameOrFolder, Loader<T> loader) throws IOException {
        Path folder = FileNames.path(nameOrFolder);
        return nameOrFolder.contains("/") || Files.isDirectory(folder) ? loader.load(folder) : load(nameOrFolder, loader);
    }

    /** Unpacks a shipped model into a folder of its own for as long as loading takes. */
    public static <T> T load(String name, Loader<T> loader) throws IOException {
        if (!NAMES.contains(name)) {
            throw new IllegalArgumentException("no model '" + name + "' ships with this library: expected one of " + NAMES
                    + ", or the folder of a model");
        }
        Path folder = Files.createTempDirectory("zoetrope-model-");
        try {
            if (!unpack(name, ModelFolder.INDEX, folder)) {
                throw new IOException("the model '" + name + "' is missing from this build (" + ROOT + name + "/"
                        + ModelFolder.INDEX + "): train one with 'train'");
            }
            String index = Files.readString(folder.resolve(ModelFolder.INDEX), StandardCharsets.UTF_8);
            for (String file : ModelFolder.files(Config.parse(index, name))) {
                unpack(name, file, folder);
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

    private static boolean unpack(String name, String file, Path folder) throws IOException {
        try (InputStream in = PretrainedModels.class.getResourceAsStream(ROOT + name + "/" + file)) {
            if (in == null) {
                return false;
            }
            Path target = folder.resolve(file);
            Files.createDirectories(target.getParent());
            Files.copy(in, target);
            return true;
        }
    }
}
