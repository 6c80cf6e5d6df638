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
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whole files or none: content is written beside the target, synced, and renamed over it, and the directory is synced
 * too. A reader, a full disk or a kill at any moment sees the old file or the new one, never a part.
 *
 * <p>A link stays one: what it leads to is replaced. Mode, owner and group of the old file stay too, and a file that
 * nobody may write is refused, from root as well; other names (hard links) of the old file keep the old content, and a
 * warning says so.
 * Devices, pipes and standard output are written to as they are, and so, with a warning, is a file that can be written
 * but not replaced.
 */
public final class AtomicFiles {
    /**
     * Ends the name of a file being written: our own, the target's name and a number before it, so that it is nobody
     * else's.
     */
    private static final String PART_SUFFIX = ".zoetrope-part";
    /** In bytes, so that the part's own name stays within the 255 that file systems allow. */
    private static final int LONGEST_NAME = 200;
    private static final Set<PosixFilePermission> OWNER_ONLY = Set.of(PosixFilePermission.OWNER_READ,
            PosixFilePermission.OWNER_WRITE);
    private static final Logger LOG = LoggerFactory.getLogger(AtomicFiles.class);
    private static final Pattern PART = Pattern.compile("(.+)\\.[0-9a-f]{16}" + Pattern.quote(PART_SUFFIX));

    /** Parts being written; removed when the process is told to end (Ctrl-C), as finally blocks then do not run. */
    private static final Set<Path> PARTS = ConcurrentHashMap.newKeySet();

    static {
        Runtime.getRuntime().addShutdownHook(
                new Thread(() -> PARTS.forEach(part -> part.toFile().delete()), "zoetrope-remove-parts"));
    }

    private AtomicFiles() {}

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

    /**
     * Writes {@code target}, creating its folders. On any failure the old file, if any, is still there.
     *
     * @throws IOException if it cannot be written
     */
    public static void write(Path target, Body body) throws IOException {
        writeChannel(target, channel -> {
            OutputStream out = new BufferedOutputStream(new ChannelOutput(channel), 1 << 16);
            body.writeTo(out);
            out.flush();
        });
    }

    /**
     * Writes {@code text} in UTF-8.
     *
     * @throws IOException if it cannot be written
     */
    public static void writeText(Path target, String text) throws IOException {
        write(target, out -> out.write(text.getBytes(StandardCharsets.UTF_8)));
    }

    /**
     * As {@link #write}, for bodies that want a channel.
     *
     * @throws IOException if it cannot be written
     */
    public static void writeChannel(Path target, ChannelBody body) throws IOException {
        try {
            OutputTarget to = OutputTarget.of(target);
            if (to.kind() == OutputTarget.Kind.STREAM) {
                writeThrough(to, body);
                return;
            }
            createFolders(to.folder());
            replace(to, body);
        } catch (FileSystemException e) {
            throw cannotWrite(target, e);
        } catch (IOException e) {
            throw new IOException("cannot write " + target + ": " + e.getMessage(), e);
        }
    }

    /** What is wrong with the target itself is said without its name again. */
    private static IOException cannotWrite(Path target, FileSystemException e) {
        String reason = describe(e);
        String own = target + ": ";
        return new IOException("cannot write " + (reason.startsWith(own) ? reason : own + reason), e);
    }

    private static void writeThrough(OutputTarget target, ChannelBody body) throws IOException {
        FileOutputStream out = target.stream();
        try {
            body.writeTo(out.getChannel());
        } finally {
            if (!target.isStandard()) {
                out.close();
            }
        }
    }

    private static void replace(OutputTarget target, ChannelBody body) throws IOException {
        Optional<Path> beside = partBeside(target);
        Path part = beside.isPresent() ? beside.get() : Files.createTempFile("zoetrope", PART_SUFFIX);
        PARTS.add(part);
        try {
            boolean replaceable = beside.isPresent();
            int others = 0;
            try (FileChannel channel = FileChannel.open(part, StandardOpenOption.WRITE)) {
                body.writeTo(channel);
                if (replaceable && target.kind() == OutputTarget.Kind.FILE) {
                    replaceable = target.keepAttributes(part);
                    others = replaceable ? target.otherNames() : 0;
                }
                channel.force(true);
            }
            if (!replaceable || !renamed(part, target)) {
                LOG.warn(
                        "{} is written in place, as it cannot be replaced there: a kill meanwhile would leave a part of it",
                        target.path());
                target.overwrite(part);
            } else if (others > 0) {
                LOG.warn("{} had {} other name{} (hard links), which keep the old content", target.path(), others,
                        others == 1 ? "" : "s");
            }
        } finally {
            Files.deleteIfExists(part);
            PARTS.remove(part);
        }
    }

    /** False if the file there can be written but not replaced: it is mounted itself, or its folder protects it. */
    private static boolean renamed(Path part, OutputTarget target) throws IOException {
        try {
            Files.move(part, target.path(), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (FileSystemException e) {
            if (target.kind() == OutputTarget.Kind.FILE) {
                return false;
            }
            throw e;
        }
        syncFolder(target.folder());
        return true;
    }

    /** A new empty file beside {@code target}; empty if its folder takes none and the file itself can be written. */
    private static Optional<Path> partBeside(OutputTarget target) throws IOException {
        String name = target.path().getFileName().toString();
        if (name.getBytes(StandardCharsets.UTF_8).length > LONGEST_NAME) {
            name = "long-name";
        }
        Path part = target.path().resolveSibling(
                name + "." + HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong()) + PART_SUFFIX);
        try {
            if (target.kind() == OutputTarget.Kind.NEW) {
                return Optional.of(Files.createFile(part));
            }
            // What replaces a private file is private from the first byte.
            return Optional.of(Files.createFile(part, PosixFilePermissions.asFileAttribute(OWNER_ONLY)));
        } catch (FileSystemException e) {
            if (target.kind() == OutputTarget.Kind.FILE && !Files.isWritable(target.folder())) {
                return Optional.empty();
            }
            // Of the part the user knows nothing.
            throw e instanceof AccessDeniedException ? new AccessDeniedException(target.folder().toString()) : e;
        }
    }

    /**
     * Throws unless {@code target} could be written now. For work that takes minutes before there is anything to write;
     * creates the target's folders and leaves nothing else.
     *
     * @throws IOException if it cannot be, with the reason
     */
    public static void requireWritable(Path target) throws IOException {
        try {
            OutputTarget to = OutputTarget.of(target);
            if (to.kind() == OutputTarget.Kind.STREAM) {
                if (to.descriptor() == OutputTarget.NO_DESCRIPTOR && !Files.isWritable(to.path())) {
                    throw new AccessDeniedException(to.path().toString());
                }
                return;
            }
            createFolders(to.folder());
            Optional<Path> part = partBeside(to);
            if (part.isPresent()) {
                Files.delete(part.get());
            }
        } catch (FileSystemException e) {
            throw cannotWrite(target, e);
        }
    }

    /**
     * Makes {@code folder} and those it lies in where they are missing, so that they survive a power cut.
     *
     * @return those that were made, outermost first
     * @throws IOException if it cannot be written
     */
    public static List<Path> createFolders(Path folder) throws IOException {
        Deque<Path> missing = new ArrayDeque<>();
        for (Path at = folder.toAbsolutePath(); at != null && !Files.isDirectory(at); at = at.getParent()) {
            missing.push(at);
        }
        Files.createDirectories(folder);
        for (Path made : missing) {
            syncFolder(made.getParent());
        }
        return List.copyOf(missing);
    }

    /**
     * What a killed process left of the files it was writing: those in {@code folder} itself, links not followed, whose
     * target's name is one of {@code targets}. Nobody may be writing these targets now.
     *
     * @throws IOException if a file cannot be read, or is not what it should be
     */
    public static List<Path> leftovers(Path folder, Predicate<String> targets) throws IOException {
        if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> {
                Matcher part = PART.matcher(file.getFileName().toString());
                return part.matches() && targets.test(part.group(1))
                        && Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS);
            }).toList();
        }
    }

    /**
     * Deletes {@link #leftovers}.
     *
     * @throws IOException if one cannot be deleted
     */
    public static void removeLeftovers(Path folder, Predicate<String> targets) throws IOException {
        for (Path file : leftovers(folder, targets)) {
            Files.deleteIfExists(file);
        }
    }

    /** What went wrong, in words: the common kinds of this exception have only the file in their message. */
    public static String describe(FileSystemException e) {
        String reason = e instanceof AccessDeniedException ? "permission denied" : e instanceof NoSuchFileException
                ? "does not exist"
                : e instanceof FileAlreadyExistsException ? "a file is where a folder is needed" : e.getReason();
        return reason == null ? e.getMessage() : e.getFile() + ": " + reason;
    }

    /**
     * Makes renames and deletions in {@code folder} durable.
     *
     * @throws IOException if it cannot be written
     */
    public static void syncFolder(Path folder) throws IOException {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        } catch (AccessDeniedException e) {
            LOG.debug("{} lets nobody read it, so it cannot be synced", folder, e);
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
