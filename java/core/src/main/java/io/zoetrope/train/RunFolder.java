package io.zoetrope.train;

import io.zoetrope.data.Images;
import io.zoetrope.figures.LossPlot;
import io.zoetrope.io.AtomicFiles;
import io.zoetrope.io.BadFileException;
import io.zoetrope.io.CheckpointFolder;
import io.zoetrope.io.Config;
import io.zoetrope.io.ModelFolder;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a training run leaves behind as it goes:
 *
 * <pre>
 *   config.json      the settings it was started with
 *   loss.csv         a row per step
 *   loss.png         the curve so far
 *   samples/         a grid of pictures now and then
 *   checkpoints/     the last two, to go on from
 *   model/           the result, as a folder that pipelines load
 *   run.lock         held while a process works here
 * </pre>
 */
public final class RunFolder implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RunFolder.class);
    private static final String CONFIG = "config.json";
    private static final String LOSSES = "loss.csv";
    private static final String LOCK = "run.lock";
    private static final String SAMPLES = "samples";
    private static final String CHECKPOINTS = "checkpoints";
    private static final String MODEL = "model";
    /** What lies in the run's folder itself. */
    private static final Set<String> OWN = Set.of(CONFIG, LOSSES, "loss.png", "variety.csv", "game.png",
            "noise_prediction.csv", "noise_prediction.png");
    /** What a run has made before its first step. */
    private static final Set<String> OF_A_START = Set.of(CONFIG, LOSSES, LOCK);
    private static final Pattern SAMPLE = Pattern.compile("step-\\d{9,}\\.(png|wav)");

    private final Path folder;
    private final Config config;
    private final FileChannel lockFile;
    /** The folders that this run has made, outermost first. */
    private final List<Path> made;
    private final boolean isNew;

    private RunFolder(Path folder, Config config, FileChannel lockFile, boolean isNew, List<Path> made) {
        this.folder = folder;
        this.config = config;
        this.lockFile = lockFile;
        this.isNew = isNew;
        this.made = made;
    }

    /**
     * Starts a run in {@code folder}, which must be new or empty: anything else in it is somebody's and stays as it is,
     * and then nothing is made there.
     *
     * @throws IOException if it cannot be written
     */
    public static RunFolder create(Path folder, Config config) throws IOException {
        requireEmpty(folder);
        List<Path> made = AtomicFiles.createFolders(folder);
        FileChannel lockFile = lock(folder);
        RunFolder run = new RunFolder(folder, config, lockFile, true, made);
        try {
            requireEmpty(folder);
        } catch (IOException | RuntimeException e) {
            run.close();
            throw e;
        }
        try {
            AtomicFiles.removeLeftovers(folder, CONFIG::equals);
            config.write(folder.resolve(CONFIG));
        } catch (IOException | RuntimeException e) {
            run.abandon();
            run.close();
            throw e;
        }
        return run;
    }

    /** Empty but for what a process leaves that is killed while it starts a run. */
    private static void requireEmpty(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        List<Path> left = AtomicFiles.leftovers(folder, CONFIG::equals);
        try (Stream<Path> files = Files.list(folder)) {
            if (!files.allMatch(file -> file.getFileName().toString().equals(LOCK) || left.contains(file))) {
                boolean run = Files.exists(folder.resolve(CONFIG));
                throw BadFileException.of(folder, run ? "already holds a training run" : "is not empty",
                        "a new or empty folder",
                        run ? "Resume that run, or choose another folder" : "Choose another folder");
            }
        }
    }

    /**
     * Goes on with the run in {@code folder}.
     *
     * @throws IOException if a file cannot be read, or is not what it should be
     */
    public static RunFolder resume(Path folder) throws IOException {
        Config config = settings(folder);
        FileChannel lockFile = lock(folder);
        try {
            removeLeftovers(folder);
        } catch (IOException | RuntimeException e) {
            lockFile.close();
            throw e;
        }
        return new RunFolder(folder, config, lockFile, false, List.of());
    }

    private static Config settings(Path folder) throws IOException {
        boolean there = Files.isRegularFile(folder.resolve(CONFIG));
        Config config = there ? Config.read(folder.resolve(CONFIG)) : Config.empty();
        if (!config.has("data") || !config.has("seed")) {
            throw BadFileException.of(
                    folder, "holds no training run ("
                            + (there ? "its " + CONFIG + " is something else's" : "no " + CONFIG) + ")",
                    "a run to resume", "Check the folder's name, or start a new run");
        }
        return config;
    }

    private static FileChannel lock(Path folder) throws IOException {
        FileChannel channel = FileChannel.open(folder.resolve(LOCK), StandardOpenOption.CREATE,
                StandardOpenOption.WRITE);
        FileLock lock = null;
        try {
            lock = channel.tryLock();
        } catch (OverlappingFileLockException e) {
            LOG.debug("this process holds the lock already", e);
        } finally {
            if (lock == null) {
                channel.close();
            }
        }
        if (lock == null) {
            throw BadFileException.of(folder, "another process is training here", "a run that nobody works on",
                    "Wait for it or stop it, or choose another folder");
        }
        return channel;
    }

    /**
     * A kill leaves the file that was being written. Only what a run writes goes, each in its own folder: a run's
     * folder may hold what its user put there, and what others are writing.
     */
    private static void removeLeftovers(Path folder) throws IOException {
        AtomicFiles.removeLeftovers(folder, OWN::contains);
        AtomicFiles.removeLeftovers(folder.resolve(SAMPLES), SAMPLE.asMatchPredicate());
        new CheckpointFolder(folder.resolve(CHECKPOINTS)).removeLeftovers();
        ModelFolder.removeLeftovers(folder.resolve(MODEL));
    }

    public Path path() {
        return folder;
    }

    /** The settings that the run was started with. */
    public Config config() {
        return config;
    }

    public CheckpointFolder checkpoints() {
        return new CheckpointFolder(folder.resolve(CHECKPOINTS));
    }

    /** Where the trained model goes. */
    public Path model() {
        return folder.resolve(MODEL);
    }

    /**
     * Opens loss.csv to append after {@code lastStep}; see {@link LossCsv#open}.
     *
     * @throws IOException if a file cannot be read, or is not what it should be
     */
    public LossCsv losses(List<String> columns, long lastStep) throws IOException {
        return LossCsv.open(folder.resolve(LOSSES), columns, lastStep);
    }

    /**
     * Draws loss.png from {@code column} of loss.csv. A machine that cannot draw goes on without, with a warning.
     *
     * @throws IOException if it cannot be written
     */
    public void plotLosses(String column) throws IOException {
        double[][] series = LossCsv.read(folder.resolve(LOSSES), column);
        try {
            LossPlot.write(folder.resolve("loss.png"), series[0], series[1]);
        } catch (LinkageError | InternalError e) {
            // A headless Java runtime without fonts or libfreetype fails so; training must not.
            LOG.warn("cannot draw {} on this machine ({}): install fontconfig and a font", folder.resolve("loss.png"),
                    e.toString());
        }
    }

    /**
     * Writes a grid of {@code images} that shows what the model makes at {@code step}.
     *
     * @throws IOException if it cannot be written
     */
    public Path saveSamples(long step, Images images, int columns) throws IOException {
        Path file = folder.resolve(SAMPLES).resolve(String.format(Locale.ROOT, "step-%09d.png", step));
        images.grid(columns).writePng(file);
        return file;
    }

    /**
     * Leaves no trace of a run that failed before anything came of it. One that was resumed, has written a row of
     * losses, or holds anything else stays as it is.
     */
    public void abandon() {
        try {
            if (isNew && hasOnlyBegun()) {
                for (String name : OF_A_START) {
                    Files.deleteIfExists(folder.resolve(name));
                }
                for (int i = made.size() - 1; i >= 0; i--) {
                    Files.delete(made.get(i));
                }
            }
        } catch (DirectoryNotEmptyException e) {
            LOG.debug("others work there as well", e);
        } catch (IOException e) {
            LOG.warn("cannot remove the run that failed, {}: {}", folder, e.toString()); // why it failed, its own exception tells
        }
    }

    private boolean hasOnlyBegun() throws IOException {
        Path losses = folder.resolve(LOSSES);
        try (Stream<Path> files = Files.list(folder)) {
            return files.allMatch(file -> OF_A_START.contains(file.getFileName().toString()))
                    && (!Files.exists(losses) || Files.readAllLines(losses).size() <= 1);
        }
    }

    /** Lets other processes work here. */
    @Override
    public void close() throws IOException {
        lockFile.close();
    }
}
