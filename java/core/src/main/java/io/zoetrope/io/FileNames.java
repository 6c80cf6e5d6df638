package io.zoetrope.io;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/** Names that users give, as paths. */
public final class FileNames {
    private FileNames() {}

    /** What is found from any working folder: a folder's absolute path; any other name as it is. */
    public static String fromAnywhere(String nameOrFolder) {
        try {
            Path folder = path(nameOrFolder);
            return Files.isDirectory(folder) ? folder.toAbsolutePath().normalize().toString() : nameOrFolder;
        } catch (IllegalArgumentException e) {
            return nameOrFolder; // no file's name, but perhaps that of something made in Java
        }
    }

    /**
     * The path called {@code name}. Java takes names in the encoding of the locale it was started in; one without an
     * encoding (LC_ALL=C) leaves it ASCII alone.
     *
     * @throws IllegalArgumentException saying what about the name cannot be, and what to do
     */
    public static Path path(String name) {
        try {
            return Path.of(name);
        } catch (InvalidPathException e) {
            if (name.indexOf('\0') >= 0) {
                throw new IllegalArgumentException(
                        "'" + name.replace('\0', '?') + "' holds a character 0: no file is called so", e);
            }
            throw new IllegalArgumentException("'" + name
                    + "' cannot be the name of a file in the encoding that this process was" + " started with, "
                    + System.getProperty("sun.jnu.encoding") + ": start it with LC_ALL=C.UTF-8", e);
        }
    }
}
