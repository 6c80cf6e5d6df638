package io.zoetrope.data;

import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Other programs of this machine. */
final class Programs {
    private Programs() {}

    static boolean isOnPath(String program) {
        String path = System.getenv().getOrDefault("PATH", "");
        return Stream.of(path.split(":")).filter(entry -> !entry.isEmpty()).map(entry -> new File(entry, program))
                .anyMatch(file -> file.isFile() && file.canExecute());
    }

    /**
     * Runs {@code command} in {@code folder} with its output, both kinds, in {@code log}; returns its exit status. It
     * gets no input, so that it cannot wait for an answer.
     */
    static int run(List<String> command, Path folder, Path log, long time, TimeUnit unit) throws IOException {
        Process process = new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true)
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile())).redirectOutput(log.toFile())
                .start();
        try {
            if (!process.waitFor(time, unit)) {
                throw new IOException("'" + String.join(" ", command) + "' took over " + time + " "
                        + unit.name().toLowerCase(Locale.ROOT));
            }
            return process.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while running '" + String.join(" ", command) + "'", e);
        } finally {
            process.destroy();
        }
    }
}
