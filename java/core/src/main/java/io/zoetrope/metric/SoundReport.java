package io.zoetrope.metric;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
import io.zoetrope.io.AtomicFiles;
import java.io.IOException;
import java.nio.file.Path;

/**
 * What generated sounds are worth.
 *
 * @param recognition what a classifier hears in them
 * @param features    how near they come to real ones in its features
 */
public record SoundReport(RecognitionReport recognition, FeatureReport features) {
    private static final Gson GSON = new GsonBuilder().setPrettyPrinting().serializeNulls().create();

    /** Tables for people. */
    public String table() {
        return recognition.table() + features.table();
    }

    /**
     * Writes the figures of the features, and "recognition" among them, as JSON; figures that do not exist are null.
     *
     * @throws IOException if it cannot be written
     */
    public void writeJson(Path file) throws IOException {
        JsonObject json = features.json();
        json.add("recognition", recognition.json());
        AtomicFiles.writeText(file, GSON.toJson(json) + "\n");
    }
}
