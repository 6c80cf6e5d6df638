package io.zoetrope.metric;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonParseException;
import io.zoetrope.io.AtomicFiles;
import io.zoetrope.io.BadFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Where a {@link SpeedReport} grows: speed.json holds every cell that was ever measured under a setting, so that
 * measuring goes on where it ended; speed.csv and speed.png show those asked for last.
 */
public final class SpeedFolder {
    private static final Gson GSON = new GsonBuilder().setPrettyPrinting().create();
    private static final String MEASURED = "speed.json";

    private final Path folder;

    /** A folder that need not exist. */
    public SpeedFolder(Path folder) {
        this.folder = folder;
    }

    /**
     * What was measured here under this very setting; nothing where it was another, which the next {@link #save}
     * replaces.
     *
     * @throws BadFileException when the file is something else's, or damaged
     */
    public Optional<SpeedReport> measured(SpeedReport.Setting setting) throws IOException {
        Path file = folder.resolve(MEASURED);
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        SpeedReport report;
        try {
            report = GSON.fromJson(Files.readString(file), SpeedReport.class);
            if (report == null || report.setting() == null) {
                throw new JsonParseException("no setting");
            }
        } catch (RuntimeException e) { // Gson's own, and what a record says of values that it cannot have
            throw BadFileException.of(file, "is no record of a speed dial", "what this command has written",
                    "Move it away, or name another folder", e);
        }
        return Optional.of(report).filter(old -> old.setting().equals(setting));
    }

    /** @throws IOException where nothing could be kept, which is better known before the work */
    public void requireWritable() throws IOException {
        AtomicFiles.requireWritable(folder.resolve(MEASURED));
    }

    /**
     * Keeps what is measured so far.
     *
     * @throws IOException if it cannot be written
     */
    public void save(SpeedReport report) throws IOException {
        AtomicFiles.createFolders(folder);
        AtomicFiles.writeText(folder.resolve(MEASURED), GSON.toJson(report) + "\n");
    }

    /**
     * Writes the table and the plot of what was asked for.
     *
     * @return what was written, for people
     * @throws IOException if a file cannot be read, or is not what it should be
     */
    public String show(SpeedReport report) throws IOException {
        Path csv = folder.resolve("speed.csv");
        Path plot = folder.resolve("speed.png");
        report.writeCsv(csv);
        SpeedPlot.write(plot, report);
        return csv + ", " + plot;
    }
}
