package io.zoetrope.data;

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
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Whole files or none: content is written beside the target, synced, and renamed over it, and the directory is synced
 * too. A reader, a full disk or a kill at any moment sees the old file or the new one, never a part.
 */
public final class AtomicFiles {
    /** Ends the names of files being written; whoever finds one left over may delete it. */
    public static final String PART_SUFFIX = ".part";

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
                + Long.toHexString(ThreadLocalRandom.current().nextLong()) + PART_SUFFIX);
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
