package io.zoetrope.io;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Modifier;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * Finds the classes that lie in one package of one jar or folder, so that what belongs to a closed set, such as the
 * samplers, needs no list of it: a new member is its file alone. What others may add from their own jars is a service
 * instead.
 */
public final class PackageClasses {
    private static final String SUFFIX = ".class";

    private PackageClasses() {
    }

    /**
     * The concrete top-level classes beside {@code type}, in its package and code source, that are a {@code type}; by
     * name.
     */
    public static <T> List<Class<? extends T>> of(Class<T> type) {
        return beside(type, type);
    }

    /** As {@link #of}, beside another class. */
    public static <T> List<Class<? extends T>> beside(Class<?> anchor, Class<T> type) {
        return names(anchor).stream()
                .flatMap(name -> concrete(type,
                        load(anchor, name).orElseThrow(
                                () -> new IllegalStateException("a class that is there cannot be loaded: " + name)))
                        .stream())
                .toList();
    }

    /** The one of {@link #of} that has this simple name, without a look at the others. */
    public static <T> Optional<Class<? extends T>> named(Class<T> type, String simpleName) {
        return load(type, simpleName).flatMap(found -> concrete(type, found));
    }

    private static <T> Optional<Class<? extends T>> concrete(Class<T> type, Class<?> found) {
        return type.isAssignableFrom(found) && !found.isInterface() && !Modifier.isAbstract(found.getModifiers())
                ? Optional.of(found.asSubclass(type)) : Optional.empty();
    }

    private static Optional<Class<?>> load(Class<?> anchor, String simpleName) {
        try {
            return Optional
                    .of(Class.forName(anchor.getPackageName() + "." + simpleName, false, anchor.getClassLoader()));
        } catch (ClassNotFoundException e) {
            return Optional.empty();
        }
    }

    /** Jars are read as zip files, not as file systems: those are channels, which close under an interrupt. */
    private static List<String> names(Class<?> anchor) {
        String folder = anchor.getPackageName().replace('.', '/') + "/";
        try {
            Path source = Path.of(anchor.getProtectionDomain().getCodeSource().getLocation().toURI());
            if (Files.isDirectory(source)) {
                try (Stream<Path> files = Files.list(source.resolve(folder))) {
                    return classes(files.map(file -> file.getFileName().toString()));
                }
            }
            try (ZipFile jar = new ZipFile(source.toFile())) {
                return classes(jar.stream().map(ZipEntry::getName).filter(name -> name.startsWith(folder))
                        .map(name -> name.substring(folder.length())));
            }
        } catch (URISyntaxException e) {
            throw new IllegalStateException(anchor + " lies neither in a folder nor in a jar", e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<String> classes(Stream<String> files) {
        return files
                .filter(name -> name.endsWith(SUFFIX) && !name.contains("/") && !name.contains("$")
                        && !name.contains("-"))
                .map(name -> name.substring(0, name.length() - SUFFIX.length())).sorted().toList();
    }
}
