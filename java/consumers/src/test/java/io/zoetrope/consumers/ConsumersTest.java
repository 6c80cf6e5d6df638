package io.zoetrope.consumers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Programs that were built against the installed library run, and it says nothing of its own on their streams. */
class ConsumersTest {
    private static final Path BUILT = Path.of("target/it/consumers").toAbsolutePath();
    private static final Path JDKS = Path.of("/usr/lib/jvm");
    private static final String PICTURE = "1 pictures of 28 × 28, grey from ";
    private static final String UNNAMED = PICTURE + "unnamed module @[0-9a-f]+\n";

    @TempDir
    private Path folder;

    @ParameterizedTest(name = "JDK {0}")
    @ValueSource(ints = {17, 25})
    void classPath(int version) throws Exception {
        assertThat(run(version, "--enable-native-access=ALL-UNNAMED", "-cp", programAndLibraries(), "consumer.Program"))
                .matches(UNNAMED);
    }

    @ParameterizedTest(name = "JDK {0}")
    @ValueSource(ints = {17, 25})
    void modulePath(int version) throws Exception {
        String path = libraries() + File.pathSeparator + BUILT.resolve("module-path/target/module-path-1.jar");
        assertThat(
                run(version, "--enable-native-access=io.zoetrope,jcuda", "-p", path, "-m", "modular/modular.Program"))
                .isEqualTo(PICTURE + "module modular\n");
    }

    @ParameterizedTest(name = "JDK {0}")
    @ValueSource(ints = {17, 25})
    void shaded(int version) throws Exception {
        assertThat(run(version, "-jar", BUILT.resolve("shaded/target/shaded-1.jar").toString())).matches(UNNAMED);
    }

    /** Twice in one process, each time with natives of its own. */
    @ParameterizedTest(name = "JDK {0}")
    @ValueSource(ints = {17, 25})
    void childClassLoaders(int version) throws Exception {
        assertThat(run(version, "--enable-native-access=ALL-UNNAMED", "-cp",
                BUILT.resolve("child-loader/target/child-loader-1.jar").toString(), "consumer.Container",
                programAndLibraries(), "2")).matches(UNNAMED + UNNAMED);
    }

    private static String libraries() {
        return BUILT.resolve("program/target/lib").toString();
    }

    private static String programAndLibraries() throws IOException {
        List<String> path = new ArrayList<>();
        path.add(BUILT.resolve("program/target/program-1.jar").toString());
        try (Stream<Path> jars = Files.list(Path.of(libraries()))) {
            jars.map(Path::toString).sorted().forEach(path::add);
        }
        return String.join(File.pathSeparator, path);
    }

    /** What it writes to standard output; nothing may come on the other stream. */
    private String run(int version, String... arguments) throws Exception {
        Optional<Path> java = java(version);
        assumeTrue(java.isPresent(), "there is no JDK " + version + " in " + JDKS);
        List<String> command = new ArrayList<>(
                List.of(java.get().toString(), "-Dfile.encoding=UTF-8", "-Dstdout.encoding=UTF-8", "-Xmx512m"));
        Collections.addAll(command, arguments);
        Path errors = folder.resolve("errors");
        Process process = new ProcessBuilder(command).redirectError(errors.toFile()).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(Files.readString(errors)).isZero();
        assertThat(errors).isEmptyFile();
        return output;
    }

    private static Optional<Path> java(int version) throws IOException {
        if (Runtime.version().feature() == version) {
            return Optional.of(Path.of(System.getProperty("java.home"), "bin", "java"));
        }
        if (!Files.isDirectory(JDKS)) {
            return Optional.empty();
        }
        try (Stream<Path> homes = Files.list(JDKS)) {
            for (Path home : homes.sorted().toList()) {
                Path release = home.resolve("release");
                if (Files.exists(release) && Files.readString(release).contains("JAVA_VERSION=\"" + version)) {
                    return Optional.of(home.resolve("bin/java"));
                }
            }
        }
        return Optional.empty();
    }
}
