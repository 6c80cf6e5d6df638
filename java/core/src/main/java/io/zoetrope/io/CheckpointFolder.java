package io.zoetrope.io;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The checkpoints of one run. The last two are kept: while a new one is being written the older two are still whole,
 * and should the newest turn out damaged the one before it serves.
 */
public final class CheckpointFolder {
    private static final Logger LOG = LoggerFactory.getLogger(CheckpointFolder.class);
    private static final int KEPT = 2;
    private static final Pattern NAME = Pattern.compile("step-(\\d{1,18})\\.safetensors");

    private final Path folder;

    /**
     * One file.
     *
     * @param step from its name
     * @param path where it is
     */
    private record Saved(long step, Path path) {}

    public CheckpointFolder(Path folder) {
        this.folder = folder;
    }

    /**
     * Deletes what a killed process left of a checkpoint it was writing. Nobody may be writing one now.
     *
     * @throws IOException if one cannot be deleted
     */
    public void removeLeftovers() throws IOException {
        AtomicFiles.removeLeftovers(folder, NAME.asMatchPredicate());
    }

    /**
     * Writes {@code checkpoint}, then removes all but the last two up to its step. Anything beyond its step is from an
     * abandoned or damaged future of this run and goes too.
     *
     * @throws IOException if it cannot be written
     */
    public Path save(Checkpoint checkpoint) throws IOException {
        Path file = folder.resolve(String.format(Locale.ROOT, "step-%09d.safetensors", checkpoint.step()));
        checkpoint.write(file);
        int kept = 0;
        for (Saved saved : newestFirst()) {
            if (saved.step() > checkpoint.step() || ++kept > KEPT) {
                Files.deleteIfExists(saved.path());
            }
        }
        removeLeftovers();
        AtomicFiles.syncFolder(folder);
        return file;
    }

    /**
     * The newest checkpoint that is whole; damaged ones are skipped with a warning.
     *
     * @return empty if there is no checkpoint at all
     * @throws BadFileException if there are some, but all are damaged
     */
    public Optional<Checkpoint> latest() throws IOException {
        BadFileException newest = null;
        for (Saved saved : newestFirst()) {
            try {
                Checkpoint checkpoint = Checkpoint.read(saved.path());
                if (checkpoint.step() == saved.step()) {
                    return Optional.of(checkpoint);
                }
                throw BadFileException.of(saved.path(), "holds step " + checkpoint.step(), "the step of its name",
                        "Do not rename checkpoints");
            } catch (BadFileException e) {
                LOG.warn("skipping a damaged checkpoint: {}", e.getMessage());
                newest = newest == null ? e : newest;
            }
        }
        if (newest != null) {
            throw newest;
        }
        return Optional.empty();
    }

    private List<Saved> newestFirst() throws IOException {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        List<Saved> saved = new ArrayList<>();
        try (Stream<Path> files = Files.list(folder)) {
            files.forEach(file -> {
                Matcher name = NAME.matcher(file.getFileName().toString());
                if (name.matches()) {
                    saved.add(new Saved(Long.parseLong(name.group(1)), file));
                }
            });
        }
        saved.sort(Comparator.comparingLong(Saved::step).reversed());
        return saved;
    }
}
