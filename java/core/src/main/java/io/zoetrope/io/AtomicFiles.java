package io.zoetrope.io;

import java.io.BufferedOutputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Whole files or none: content is written beside the target, synced, and renamed over it, and the directory is synced
 * too. A reader, a full disk or a kill at any moment sees the old file or the new one, never a part.
 */
public final class AtomicFiles {
    /** Ends the name of a file being written: our own, the target's name and a number before it, so that it is nobody else's. */
    private static final String PART_SUFFIX = ".zoetrope-part";
    private static final Pattern PART = Pattern.compile("(.+)\\.[0-9a-f]{16}" + Pattern.quote(PART_SUFFIX));

    /** Parts being written; removed when the process is told to end (Ctrl-C), as finally blocks then do not run. */
    private static final Set<Path> PARTS = ConcurrentHashMap.newKeySet();

    static {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> PARTS.forEach(part -> part.toFile().delete()),
                "zoetrope-remove-parts"));
    }

    private AtomicFiles() { }

    /** Writes the content of a file. */
    @FunctionalInterface
    public interface Body {
        void writeTo(OutputStream out) throws IOException;
    }

    /** Writes the content of a file through a channel positioned at its start. */
    @FunctionalInterface
    public interface ChannelBody {
        void writeTo(FileChannel channel) throws IOException;
    }

    /** Writes {@code target}, creating its folders. On any failure the old file, if any, is still there. */
    public static void write(Path target, Body body) throws IOException {
        writeChannel(target, channel -> {
            OutputStream out = new BufferedOutputStream(new ChannelOutput(channel), 1 << 16);
            body.writeTo(out);
            out.flush();
        });
    }

    /** Writes {@code text} in UTF-8. */
    public static void writeText(Path target, String text) throws IOException {
        write(target, out -> out.write(text.getBytes(StandardCharsets.UTF_8)));
    }

    /** As {@link #write}, for bodies that want a channel. */
    public static void writeChannel(Path target, ChannelBody body) throws IOException {
        Path absolute = target.toAbsolutePath();
        if (Files.isDirectory(absolute)) {
            throw new FileSystemException(target.toString(), null, "is a folder; give the name of a file");
        }
        if (Files.exists(absolute) && !Files.isRegularFile(absolute)) {
            writeThrough(absolute, body); // a device or pipe, such as /dev/stdout: nothing to rename over
            return;
        }
        Path folder = absolute.getParent();
        Path part = null;
        try {
            Files.createDirectories(folder);
            part = partOf(absolute);
            PARTS.add(part);
            try (FileChannel channel = FileChannel.open(part, StandardOpenOption.CREATE_NEW,
                    StandardOpenOption.WRITE)) {
                body.writeTo(channel);
                channel.force(true);
            }
            Files.move(part, absolute, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            PARTS.remove(part);
            part = null;
            syncFolder(folder);
        } catch (FileSystemException e) {
            throw new IOException("cannot write " + target + ": " + describe(e), e);
        } catch (IOException e) {
            throw new IOException("cannot write " + target + ": " + e.getMessage(), e);
        } finally {
            if (part != null) {
                Files.deleteIfExists(part);
                PARTS.remove(part);
            }
        }
    }

    /**
     * Throws unless {@code target} could be written now. For work that takes minutes before there is anything to write;
     * creates the target's folders and leaves nothing else.
     */
    public static void requireWritable(Path target) throws IOException {
        Path absolute = target.toAbsolutePath();
        if (Files.isDirectory(absolute)) {
            throw new FileSystemException(target.toString(), null, "is a folder; give the name of a file");
        }
        if (Files.exists(absolute) && !Files.isRegularFile(absolute)) {
            return;
        }
        try {
            Files.createDirectories(absolute.getParent());
            Path part = partOf(absolute);
            Files.createFile(part);
            Files.delete(part);
        } catch (FileSystemException e) {
            throw new IOException("cannot write " + target + ": " + describe(e), e);
        }
    }

    private static Path partOf(Path absolute) {
        return absolute.resolveSibling(absolute.getFileName() + "."
                + HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong()) + PART_SUFFIX);
    }

    /**
     * What a killed process left of the files it was writing: those in {@code folder} itself, links not followed, whose target's
     * name is one of {@code targets}. Nobody may be writing these targets now.
     */
    public static List<Path> leftovers(Path folder, Predicate<String> targets) throws IOException {
        if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> {
                Matcher part = PART.matcher(file.getFileName().toString());
                return part.matches() && targets.test(part.group(1)) && Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS);
            }).toList();
        }
    }

    /** Deletes {@link #leftovers}. */
    public static void removeLeftovers(Path folder, Predicate<String> targets) throws IOException {
        for (Path file : leftovers(folder, targets)) {
            Files.deleteIfExists(file);
        }
    }

    /** What went wrong, in words: the common kinds of this exception have only the file in their message. */
    public static String describe(FileSystemException e) {
        String reason = e instanceof AccessDeniedException ? "permission denied"
                : e instanceof NoSuchFileException ? "does not exist"
                : e instanceof FileAlreadyExistsException ? "a file is where a folder is needed"
                : e.getReason();
        return reason == null ? e.getMessage() : e.getFile() + ": " + reason;
    }

    /** Makes renames and deletions in {@code folder} durable. */
    public static void syncFolder(Path folder) throws IOException {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    private static void writeThrough(Path target, ChannelBody body) throws IOException {
        try (FileOutputStream out = new FileOutputStream(target.toFile())) {
            body.writeTo(out.getChannel());
        } catch (IOException e) {
            throw new IOException("cannot write " + target + ": " + e.getMessage(), e);
        }
    }

    /** Unlike Channels.newOutputStream, keeps the channel open when closed, so that it can still be synced. */
    private static final class ChannelOutput extends OutputStream {
        private final FileChannel channel;

        ChannelOutput(FileChannel channel) {
            this.channel = channel;
        }

        @Override
        public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            ByteBuffer buffer = ByteBuffer.wrap(bytes, offset, length);
            while (buffer.hasRemaining()) {
                channel.write(buffer);
            }
        }
    }
}
