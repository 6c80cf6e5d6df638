package io.zoetrope.io;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/** Inputs that users name. Only regular files are opened: a pipe would make the reader wait, perhaps for ever. */
public final class RegularFiles {
    private RegularFiles() {}

    /**
     * Opens {@code file}.
     *
     * @throws BadFileException as {@link #require}
     * @throws IOException if a file cannot be read, or is not what it should be
     */
    public static InputStream open(Path file, String expected) throws IOException {
        require(file, expected);
        return Files.newInputStream(file);
    }

    /**
     * Throws unless {@code file} is a regular file that can be read, or a link to one.
     *
     * @param expected what it should be, as a noun phrase
     * @throws IOException if a file cannot be read, or is not what it should be
     */
    public static void require(Path file, String expected) throws IOException {
        if (Files.isRegularFile(file)) {
            if (!Files.isReadable(file)) {
                throw BadFileException.of(file, "cannot be opened: permission denied", expected,
                        "Allow reading (chmod u+r)", new AccessDeniedException(file.toString()));
            }
            return;
        }
        if (Files.isDirectory(file)) {
            throw BadFileException.of(file, "is a folder", expected, "Name a file in it");
        }
        if (Files.exists(file)) {
            throw BadFileException.of(file, "is a pipe or a device", expected, "Write its content to a file first");
        }
        if (Files.isSymbolicLink(file)) {
            throw BadFileException.of(file, "is a link to " + Files.readSymbolicLink(file) + ", which does not exist",
                    expected, "Remove the link or bring its target back");
        }
        if (Files.notExists(file, LinkOption.NOFOLLOW_LINKS)) {
            throw BadFileException.of(file, "does not exist", expected, "Check the name");
        }
        throw BadFileException.of(file, "cannot be looked at", expected, "Check the permissions of its folder");
    }
}
