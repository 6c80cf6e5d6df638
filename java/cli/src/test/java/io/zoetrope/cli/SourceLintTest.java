package io.zoetrope.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the linters of languages other than Java say, where they are installed; the report says where they are not. */
class SourceLintTest {
    private static final Path ROOT = Path.of("").toAbsolutePath().getParent().getParent();
    /** Others format differently. */
    private static final String CLANG_FORMAT = "version 14.";
    private static final int COLUMNS = 120;

    private record Outcome(int code, String text) {
    }

    private static Outcome run(List<String> command) throws Exception {
        Process process = new ProcessBuilder(command).directory(ROOT.toFile()).redirectErrorStream(true).start();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Outcome(process.waitFor(), text);
    }

    private static void requireTool(String name) {
        boolean found = Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, name)));
        Assumptions.assumeTrue(found, "not checked: there is no " + name);
    }

    private static List<String> sources(String folder, String pattern) throws IOException {
        try (Stream<Path> files = Files.walk(ROOT.resolve(folder))) {
            return files.filter(Files::isRegularFile).map(file -> ROOT.relativize(file).toString())
                    .filter(file -> file.matches(pattern) && !file.contains("target/")).sorted().toList();
        }
    }

    @Test
    void shellScriptsAreClean() throws Exception {
        requireTool("shellcheck");
        List<String> scripts = new ArrayList<>(List.of("zoetrope", ".ci/run"));
        for (String folder : List.of("bench", "cuda", "native", "java")) {
            scripts.addAll(sources(folder, ".*\\.sh"));
        }
        assertThat(scripts).contains("cuda/build.sh", "native/build.sh");
        // SC2317 does not see functions called through others; SC2016 is about scripts within scripts, quoted on
        // purpose.
        List<String> command = new ArrayList<>(List.of("shellcheck", "--exclude=SC2317,SC2016"));
        command.addAll(scripts);
        Outcome outcome = run(command);
        assertThat(outcome.text()).isEmpty();
        assertThat(outcome.code()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"cuda", "native"})
    void deviceAndNativeCodeIsFormatted(String folder) throws Exception {
        requireTool("clang-format");
        String version = run(List.of("clang-format", "--version")).text().strip();
        Assumptions.assumeTrue(version.contains(CLANG_FORMAT),
                "not checked: this is " + version + ", not " + CLANG_FORMAT);
        List<String> files = sources(folder, ".*\\.(cu|cuh|h|c|cpp)");
        assertThat(files).hasSizeGreaterThan(50);
        List<String> command = new ArrayList<>(List.of("clang-format", "--dry-run", "-Werror"));
        command.addAll(files);
        Outcome outcome = run(command);
        assertThat(outcome.text()).isEmpty();
        assertThat(outcome.code()).isZero();
    }

    /** The formatter leaves comments as they are. */
    @Test
    void commentsOfJavaKeepTheColumns() throws IOException {
        List<String> files = new ArrayList<>(sources("java", ".*\\.java"));
        files.addAll(sources("bench", ".*\\.java"));
        List<String> tooLong = new ArrayList<>();
        for (String file : files) {
            List<String> lines = Files.readAllLines(ROOT.resolve(file));
            for (int i = 0; i < lines.size(); i++) {
                if (lines.get(i).length() > COLUMNS && lines.get(i).strip().matches("(/\\*\\*|\\* |//).*")) {
                    tooLong.add(file + ":" + (i + 1));
                }
            }
        }
        assertThat(tooLong).as("comments beyond column %d", COLUMNS).isEmpty();
    }
}
