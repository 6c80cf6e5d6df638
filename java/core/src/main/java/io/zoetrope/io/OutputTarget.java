package io.zoetrope.io;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where what a user calls an output really goes: links are followed to their end, which need not exist yet, and what is
 * found there decides how it is written.
 *
 * @param path       the end of the links, absolute
 * @param kind       what is there
 * @param descriptor 1 or 2 for this process's standard output or error, {@link #OPEN_ELSEWHERE} for another open file,
 *                   else {@link #NO_DESCRIPTOR}
 */
record OutputTarget(Path path, Kind kind, int descriptor) {
    static final int NO_DESCRIPTOR = -1;
    static final int OPEN_ELSEWHERE = -2;
    /** Linux follows as many; more are a loop. */
    private static final int MOST_LINKS = 40;
    /** Where /dev/stdout and /dev/fd/1 lead: to links whose text may be "pipe:[123]" and whose end is open already. */
    private static final Pattern DESCRIPTORS = Pattern.compile("/proc/(\\d+)/(?:task/\\d+/)?fd");
    private static final int ALL_WRITE_BITS = 0222;
    private static final String MODE = "unix:mode";

    enum Kind {
        /** Nothing yet. */
        NEW,
        /** A regular file, to be replaced. */
        FILE,
        /** A device, pipe or open file, to be written to as it is. */
        STREAM
    }

    /** @throws FileSystemException if it is a folder or a loop of links, or may not be written */
    static OutputTarget of(Path named) throws IOException {
        Path at = named.toAbsolutePath();
        for (int links = 0; Files.isSymbolicLink(at); links++) {
            if (links == MOST_LINKS) {
                throw new FileSystemException(named.toString(), null, "is a loop of links; give the name of a file");
            }
            Path folder = at.getParent().toRealPath(); // a link's text counts from where the link itself lies
            Matcher descriptors = DESCRIPTORS.matcher(folder.toString());
            if (descriptors.matches()) {
                String number = at.getFileName().toString();
                boolean standard = (number.equals("1") || number.equals("2"))
                        && descriptors.group(1).equals(Long.toString(ProcessHandle.current().pid()));
                return new OutputTarget(at, Kind.STREAM, standard ? Integer.parseInt(number) : OPEN_ELSEWHERE);
            }
            at = folder.resolve(Files.readSymbolicLink(at));
        }
        if (Files.isDirectory(at)) {
            throw new FileSystemException(named.toString(), null, "is a folder; give the name of a file");
        }
        if (!Files.exists(at)) {
            return new OutputTarget(at, Kind.NEW, NO_DESCRIPTOR);
        }
        if (!Files.isRegularFile(at)) {
            return new OutputTarget(at, Kind.STREAM, NO_DESCRIPTOR);
        }
        // Root may write everything; that a file is read-only is somebody's wish all the same.
        if (((Integer) Files.getAttribute(at, MODE) & ALL_WRITE_BITS) == 0) {
            throw new FileSystemException(at.toString(), null,
                    "is read-only; give another name, or allow writing (chmod u+w)");
        }
        if (!Files.isWritable(at)) {
            throw new AccessDeniedException(at.toString());
        }
        return new OutputTarget(at, Kind.FILE, NO_DESCRIPTOR);
    }

    Path folder() {
        return path.getParent();
    }

    /** Whether this is standard output or error, which others go on writing to. */
    boolean isStandard() {
        return descriptor > 0;
    }

    /** Opens a {@link Kind#STREAM}. What is open already is written to from where it is, and never emptied. */
    FileOutputStream stream() throws IOException {
        return switch (descriptor) {
            case 1 -> new FileOutputStream(FileDescriptor.out);
            case 2 -> new FileOutputStream(FileDescriptor.err);
            default -> new FileOutputStream(path.toFile(), descriptor == OPEN_ELSEWHERE);
        };
    }

    /** Gives {@code part} the mode, owner and group of the file it is to replace; false if that is not permitted. */
    boolean keepAttributes(Path part) throws IOException {
        Map<String, Object> old = Files.readAttributes(path, "unix:mode,uid,gid");
        Map<String, Object> now = Files.readAttributes(part, "unix:uid,gid");
        for (String name : new String[] {"uid", "gid"}) {
            if (!old.get(name).equals(now.get(name))) {
                try {
                    Files.setAttribute(part, "unix:" + name, old.get(name));
                } catch (FileSystemException e) {
                    return false;
                }
            }
        }
        Files.setAttribute(part, MODE, (Integer) old.get("mode") & 07777); // last: a new owner resets some of it
        return true;
    }

    /** How many other names (hard links) a {@link Kind#FILE} has. */
    int otherNames() throws IOException {
        return (Integer) Files.getAttribute(path, "unix:nlink") - 1;
    }

    /** Puts the content of {@code part} into a {@link Kind#FILE} as it lies there, and syncs it. */
    void overwrite(Path part) throws IOException {
        try (FileChannel from = FileChannel.open(part, StandardOpenOption.READ);
                FileChannel to = FileChannel.open(path, StandardOpenOption.WRITE)) {
            long size = from.size();
            for (long done = 0; done < size;) {
                done += from.transferTo(done, size - done, to);
            }
            to.truncate(size);
            to.force(true);
        }
    }
}
