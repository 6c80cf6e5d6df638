package io.zoetrope.cli;

import io.zoetrope.io.Progress;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/**
 * A bar with the time left, on standard error, for work that takes over two seconds. Silent when nobody watches: when
 * not on a terminal, or with ZOETROPE_PROGRESS=off.
 */
final class TerminalProgress implements Progress {
    private static final long PATIENCE_NANOS = 2_000_000_000L;
    private static final String SWITCH = "ZOETROPE_PROGRESS";

    private String stage = "";
    private long total;
    private long start;
    private ProgressBar bar;

    private TerminalProgress() {}

    /** Work that takes a while. */
    @FunctionalInterface
    interface Task<T> {
        T run(Progress progress) throws IOException;
    }

    /** Does the work, behind a bar if somebody watches. The bar ends with the work, however it ends. */
    static <T> T during(Task<T> task) throws IOException {
        boolean watched = isWatched(System.getenv(), System.console() != null);
        Progress progress = watched ? new TerminalProgress() : Progress.none();
        try {
            return task.run(progress);
        } finally {
            progress.end();
        }
    }

    static boolean isWatched(Map<String, String> environment, boolean terminal) {
        return terminal && !"off".equalsIgnoreCase(environment.get(SWITCH)) && !"dumb".equals(environment.get("TERM"));
    }

    @Override
    public void begin(String newStage, long newTotal) {
        end();
        stage = newStage;
        total = newTotal;
        start = System.nanoTime();
    }

    @Override
    public void advance(long done, String note) {
        long elapsed = System.nanoTime() - start;
        if (bar == null && elapsed > PATIENCE_NANOS && done < total) {
            bar = new ProgressBarBuilder().setTaskName(stage).setInitialMax(total)
                    .setStyle(ProgressBarStyle.UNICODE_BLOCK).setUpdateIntervalMillis(200)
                    .startsFrom(done, Duration.ofNanos(elapsed)).build();
        }
        if (bar != null) {
            bar.stepTo(done);
            bar.setExtraMessage(note);
        }
    }

    @Override
    public void end() {
        if (bar != null) {
            bar.close();
            bar = null;
        }
    }
}
