package io.zoetrope.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The script that starts the command line, in a checkout that looks built, with a java that says how it was called. */
class LauncherTest {
    private static final Path SCRIPT = Path.of("../../zoetrope");

    @TempDir
    private Path folder;
    private Path home;
    private Path jdk;

    private record Outcome(int code, List<String> out, String err) {}

    @BeforeEach
    void lookBuilt() throws IOException {
        jdk = folder.resolve("jdk");
        script(jdk.resolve("bin/java"), "#!/usr/bin/env bash\nprintf '[%s]\\n' \"$@\"\necho \"LC_ALL=${LC_ALL:-}\"\n");
        home = checkout("home");
    }

    private Path checkout(String name) throws IOException {
        Path made = Files.createDirectories(folder.resolve(name));
        script(made.resolve("zoetrope"), Files.readString(SCRIPT));
        for (String part : new String[] {"cuda", "native", "java/cli/target/app"}) {
            Files.createDirectories(made.resolve(part));
        }
        Files.writeString(made.resolve("pom.xml"), "<project/>");
        Files.writeString(made.resolve("java/cli/target/app/zoetrope-cli-1.jar"), "");
        Path stamp = Files.writeString(made.resolve("java/cli/target/app/.built"), "");
        Files.setLastModifiedTime(stamp, FileTime.fromMillis(System.currentTimeMillis() + 10_000));
        return made;
    }

    private static void script(Path file, String text) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private Outcome run(Path from, Map<String, String> environment, String... arguments)
            throws IOException, InterruptedException {
        Path out = folder.resolve("out");
        Path err = folder.resolve("err");
        ProcessBuilder builder = new ProcessBuilder(from.resolve("zoetrope").toString());
        builder.command().addAll(List.of(arguments));
        builder.environment().keySet().removeAll(List.of("TMPDIR", "ZOETROPE_JAVA_OPTS", "LC_ALL", "LC_CTYPE", "LANG"));
        builder.environment().put("JAVA_HOME", jdk.toString());
        builder.environment().putAll(environment);
        Process process = builder.redirectOutput(out.toFile()).redirectError(err.toFile()).start();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        return new Outcome(process.exitValue(), Files.readAllLines(out), Files.readString(err));
    }

    @Test
    void argumentsArePassedAsTheyAre() throws IOException, InterruptedException {
        Outcome outcome = run(home, Map.of("LC_ALL", "C.UTF-8"), "generate", "--out", "a b*.png", "$HOME", "");
        assertThat(outcome.err).isEmpty();
        assertThat(outcome.out).containsExactly("[-cp]", "[" + home + "/java/cli/target/app/*]",
                "[io.zoetrope.cli.Main]", "[generate]", "[--out]", "[a b*.png]", "[$HOME]", "[]", "LC_ALL=C.UTF-8");
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', quoteCharacter = '~',
            value = {"-Xmx8g -ea;[-Xmx8g] [-ea]", "-Da=\"one two\" '-Db=three  four';[-Da=one two] [-Db=three  four]",
                    "-Da=one\\ two;[-Da=one two]",
                    "~-Da=$HOME -Db=* -Dc=`id` -Dd=$(id)~;[-Da=$HOME] [-Db=*] [-Dc=`id`] [-Dd=$(id)]", "~   ~;~~"})
    void optionsForJavaMayBeQuoted(String options, String expected) throws IOException, InterruptedException {
        Outcome outcome = run(home, Map.of("ZOETROPE_JAVA_OPTS", options));
        assertThat(outcome.code).isZero();
        assertThat(String.join(" ", outcome.out)).startsWith((expected + " [-cp]").strip());
    }

    @Test
    void aQuoteThatIsNotClosedIsSaid() throws IOException, InterruptedException {
        Outcome outcome = run(home, Map.of("ZOETROPE_JAVA_OPTS", "-Da='one two"));
        assertThat(outcome.code).isEqualTo(1);
        assertThat(outcome.err).contains("ZOETROPE_JAVA_OPTS is -Da='one two").contains("not closed").hasLineCount(1);
    }

    @Test
    void temporaryFilesGoWhereTheUserSays() throws IOException, InterruptedException {
        Path mine = Files.createDirectories(folder.resolve("my temporary"));
        Outcome outcome = run(home, Map.of("TMPDIR", mine.toString(), "ZOETROPE_JAVA_OPTS", "-ea"));
        assertThat(outcome.out).startsWith("[-Djava.io.tmpdir=" + mine + "]", "[-ea]");
        outcome = run(home, Map.of("TMPDIR", folder.resolve("none").toString()));
        assertThat(outcome.code).isEqualTo(1);
        assertThat(outcome.err).contains("TMPDIR is " + folder.resolve("none")).hasLineCount(1);
    }

    @ParameterizedTest
    @CsvSource({"C, C.UTF-8", "POSIX, C.UTF-8", "xx_YY.UTF-8, C.UTF-8", "C.UTF-8, C.UTF-8"})
    void namesOfFilesAreInUtf8(String locale, String expected) throws IOException, InterruptedException {
        assertThat(run(home, Map.of("LC_ALL", locale)).out).endsWith("LC_ALL=" + expected);
        assertThat(run(home, Map.of("LANG", locale)).out)
                .endsWith("LC_ALL=" + (locale.equals(expected) ? "" : expected));
    }

    /** Only this one runs Java itself. */
    @ParameterizedTest
    @ValueSource(strings = {"plain", "with:colon", ":", "with space:and colon", "trailing*"})
    void anyPathWillDo(String name) throws IOException, InterruptedException {
        Path there = checkout(name + "/home");
        compileMain(there.resolve("java/cli/target/app/zoetrope-cli-1.jar"));
        jdk = Path.of(System.getProperty("java.home"));
        Outcome outcome = run(there, Map.of(), "a:b");
        assertThat(outcome.err).isEmpty();
        assertThat(outcome.out).containsExactly("started with a:b");
    }

    @Test
    void classesComeFromTheArchiveThatABuildMakes() throws IOException, InterruptedException {
        Path app = home.resolve("java/cli/target/app");
        Path archive = app.resolve("classes.jsa");
        compileMain(app.resolve("zoetrope-cli-1.jar"));
        jdk = Path.of(System.getProperty("java.home"));
        build();
        assertThat(archive).exists();
        Path loaded = folder.resolve("loaded");
        Map<String, String> watched = Map.of("ZOETROPE_JAVA_OPTS", "-Xlog:class+load:file=" + loaded);
        assertThat(run(home, watched, "so").out).containsExactly("started with so");
        assertThat(Files.readAllLines(loaded)).filteredOn(line -> line.contains("io.zoetrope.cli.Main "))
                .singleElement().asString().contains("shared objects file");
        for (byte[] damaged : new byte[][] {{}, new byte[100_000]}) {
            Files.deleteIfExists(archive);
            Files.write(archive, damaged);
            assertThat(run(home, Map.of(), "so")).isEqualTo(new Outcome(0, List.of("started with so"), ""));
        }
        build();
        compileMain(app.resolve("zoetrope-cli-0.jar"));
        assertThat(run(home, Map.of("ZOETROPE_JAVA_OPTS", "-XX:+UseSerialGC -XX:-UseCompressedClassPointers"), "so"))
                .as("other jars").isEqualTo(new Outcome(0, List.of("started with so"), ""));
    }

    @Test
    void aJavaThatCannotKeepClassesRunsWithout() throws IOException, InterruptedException {
        build();
        assertThat(home.resolve("java/cli/target/app")).isDirectoryNotContaining("glob:**.jsa*");
        assertThat(run(home, Map.of(), "models").out).startsWith("[-cp]");
    }

    /** Lets the script build by a Maven that has nothing to do. */
    private void build() throws IOException, InterruptedException {
        script(folder.resolve("maven/mvn"), "#!/usr/bin/env bash\n");
        Files.deleteIfExists(home.resolve("java/cli/target/app/.built"));
        Outcome outcome = run(home, Map.of("PATH", folder.resolve("maven") + ":" + System.getenv("PATH")), "built");
        assertThat(outcome.code).as(outcome.err).isZero();
    }

    private void compileMain(Path jar) throws IOException {
        Path classes = Files.createDirectories(folder.resolve("classes"));
        var compiler = ToolProvider.getSystemJavaCompiler();
        var source = new SimpleJavaFileObject(URI.create("string:///Main.java"),
                javax.tools.JavaFileObject.Kind.SOURCE) {
            @Override
            public CharSequence getCharContent(boolean ignore) {
                return "package io.zoetrope.cli; class Main { public static void main(String[] a) {"
                        + " System.out.println(\"started with \" + a[0]); } }";
            }
        };
        assertThat(compiler.getTask(null, null, null, List.of("-d", classes.toString()), null, List.of(source)).call())
                .isTrue();
        try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar))) {
            out.putNextEntry(new JarEntry("io/zoetrope/cli/Main.class"));
            Files.copy(classes.resolve("io/zoetrope/cli/Main.class"), out);
        }
    }

    /** A path with a colon stands for a checkout that cannot be written, as root can write everywhere. */
    @Test
    void whatIsBuiltRunsWhereNothingCanBeBuilt() throws IOException, InterruptedException {
        Path there = checkout("no:build");
        Files.setLastModifiedTime(there.resolve("java/cli/target/app/.built"), FileTime.fromMillis(0));
        Outcome outcome = run(there, Map.of());
        assertThat(outcome.code).isZero();
        assertThat(outcome.out).contains("[io.zoetrope.cli.Main]");
        assertThat(outcome.err).contains("running as it was built").contains("has a ':' in it").hasLineCount(1);
        Files.delete(there.resolve("java/cli/target/app/zoetrope-cli-1.jar"));
        outcome = run(there, Map.of());
        assertThat(outcome.code).isEqualTo(1);
        assertThat(outcome.err).contains("is not built, and cannot be").hasLineCount(1);
    }

    @Test
    void aReadOnlyCheckoutThatIsBuiltRuns() throws IOException, InterruptedException {
        try {
            chmod(home, "a-w");
            Outcome outcome = run(home, Map.of());
            assertThat(outcome.code).isZero();
            assertThat(outcome.err).isEmpty();
        } finally {
            chmod(home, "u+w");
        }
    }

    private static void chmod(Path tree, String mode) throws IOException, InterruptedException {
        assertThat(new ProcessBuilder("chmod", "-R", mode, tree.toString()).start().waitFor()).isZero();
    }

    @Test
    void theScriptIsCleanByShellcheck() throws IOException, InterruptedException {
        assumeThat(Stream.of(System.getenv("PATH").split(":")).map(place -> Path.of(place, "shellcheck")))
                .as("where shellcheck is installed").anyMatch(Files::isExecutable);
        Process check = new ProcessBuilder("shellcheck", SCRIPT.toString()).redirectErrorStream(true).start();
        String said = new String(check.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(check.waitFor()).as(said).isZero();
    }
}
