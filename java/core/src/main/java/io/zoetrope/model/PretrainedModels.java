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
    private static final String ROOT = "/weights/";

    /** Reads a model from its folder. */
    @FunctionalInterface
    public interface Loader<T> {
        T load(Path folder) throws IOException;
    }

    private PretrainedModels() {
    }

    /** The names of the models that ship. */
    public static List<String> names() {
        return ModelFamilies.installed().shipped().stream().map(ShippedModel::name).toList();
    }

    /**
     * The bytes of all files of a model that ships.
     *
     * @throws IOException if a file cannot be read, or is not what it should be
     */
    public static long size(String name) throws IOException {
        long[] bytes = new long[1];
        load(name, folder -> {
            try (Stream<Path> files = Files.walk(folder)) {
                for (Path file : files.filter(Files::isRegularFile).toList()) {
                    bytes[0] += Files.size(file);
                }
            }
            return null;
        });
        return bytes[0];
    }

    /** Whether it names a folder: there is one of that name, or it has a slash, which no shipped model has. */
    static boolean isFolder(String nameOrFolder) {
        return nameOrFolder.contains("/") || Files.isDirectory(Path.of(nameOrFolder));
    }

    /**
     * A folder if there is one of that name, else a shipped model; a name with a slash can only be a folder's.
     *
     * @throws IOException if a file cannot be read, or is not what it should be
     */
    public static <T> T open(String nameOrFolder, Loader<T> loader) throws IOException {
        return isFolder(nameOrFolder) ? loader.load(FileNames.path(nameOrFolder)) : load(nameOrFolder, loader);
    }

    /**
     * Unpacks a shipped model into a folder of its own for as long as loading takes.
     *
     * @throws IOException if a file cannot be read, or is not what it should be
     */
    public static <T> T load(String name, Loader<T> loader) throws IOException {
        Class<?> family = ModelFamilies.installed().shipping(name)
                .orElseThrow(() -> new IllegalArgumentException("no model '" + name
                        + "' ships with this library: expected one of " + names() + ", or the folder of a model"))
                .getClass();
        Path folder = Files.createTempDirectory("zoetrope-model-");
        try {
            if (!unpack(family, name, ModelFolder.INDEX, folder)) {
                throw new IOException("the model '" + name + "' is missing from this build (" + ROOT + name + "/"
                        + ModelFolder.INDEX + "): train one with 'train'");
            }
            String index = Files.readString(folder.resolve(ModelFolder.INDEX), StandardCharsets.UTF_8);
            for (String file : ModelFolder.files(Config.parse(index, name))) {
                unpack(family, name, file, folder);
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

    private static boolean unpack(Class<?> family, String name, String file, Path folder) throws IOException {
        try (InputStream in = family.getResourceAsStream(ROOT + name + "/" + file)) {
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
