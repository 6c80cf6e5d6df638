package io.zoetrope.model;

import io.zoetrope.data.Film;
import io.zoetrope.data.Images;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** Shows made pictures: small ones side by side, large enough to look at. */
public final class Gallery {
    private static final int MILLIS_PER_FRAME = 80;
    private static final int MILLIS_LAST_FRAME = 2000;
    /** Small pictures are enlarged so that the grid is about this wide. */
    private static final int PLEASANT_WIDTH = 480;
    private static final int MOST_ENLARGED = 8;

    private Gallery() {
    }

    /** A square-ish grid. */
    public static Images grid(Images images) {
        Images grid = images.grid((int) Math.ceil(Math.sqrt(images.count())));
        return grid.enlarged(Math.max(1, Math.min(MOST_ENLARGED, PLEASANT_WIDTH / grid.width())));
    }

    /**
     * Writes frames, each a {@link #grid}, as a film, and says so.
     *
     * @throws IOException if it cannot be written
     */
    public static void film(ActionCall call, Path file, List<Images> frames) throws IOException {
        call.writeMade(file, to -> Film.writeGif(to, frames, MILLIS_PER_FRAME, MILLIS_LAST_FRAME));
        call.say(file + ": " + frames.size() + " frames");
    }

    /**
     * Writes pictures where {@link CommonOptions#OUT} says, and says so.
     *
     * @param how   they were made, in a few words
     * @param nanos how long that took
     * @throws IOException if it cannot be written
     */
    public static void pictures(ActionCall call, Images images, String how, long nanos) throws IOException {
        Path out = call.get(CommonOptions.OUT);
        call.writeMade(out, grid(images)::writePng);
        call.say(String.format(Locale.ROOT, "%s: %d pictures, %s, seed %d, %.1f s", out, images.count(), how,
                call.get(CommonOptions.SEED), nanos / 1e9));
    }
}
