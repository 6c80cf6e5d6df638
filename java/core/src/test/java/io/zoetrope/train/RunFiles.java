package io.zoetrope.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/** All that a run has left behind. */
public final class RunFiles {
    private RunFiles() {
    }

    /** The same files, each with the same bytes: settings, losses, plots, samples, checkpoints, model. */
    public static void assertSame(Path run, Path expected) throws IOException {
        assertThat(names(run)).isEqualTo(names(expected));
        for (String name : names(expected)) {
            assertThat(Files.mismatch(run.resolve(name), expected.resolve(name)))
                    .as("the first byte that differs in %s", name).isEqualTo(-1);
        }
    }

    /** The bytes of the checkpoint at a step. */
    public static byte[] checkpoint(Path run, long step) throws IOException {
        return Files.readAllBytes(
                run.resolve("checkpoints").resolve(String.format(Locale.ROOT, "step-%09d.safetensors", step)));
    }

    private static Set<String> names(Path run) throws IOException {
        try (Stream<Path> files = Files.walk(run)) {
            Set<String> names = new TreeSet<>();
            files.filter(Files::isRegularFile).forEach(file -> names.add(run.relativize(file).toString()));
            return names;
        }
    }
}
