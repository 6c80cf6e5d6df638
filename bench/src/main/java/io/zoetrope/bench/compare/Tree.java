package io.zoetrope.bench.compare;

import java.io.File;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.ZipFile;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/**
 * A built commit: the jars of its command line. The rows are compiled against them; of the library's classes that the
 * rows import, the name alone counts, since packages were renamed: the commit's own package is looked up.
 */
final class Tree {
    private static final String ROWS = "io.zoetrope.bench.compare.rows.";
    private static final Pattern IMPORT = Pattern.compile("import (io\\.zoetrope\\.[\\w.]+)\\.(\\w+);");
    /** What every file of rows needs. */
    private static final List<String> BASE = List.of("Rows", "Worker");

    private final String name;
    private final List<Path> jars = new ArrayList<>();
    private final Map<String, String> packages = new HashMap<>();
    private final Set<String> known = new HashSet<>();
    private final List<String> rows = new ArrayList<>();
    private final List<String> leftOut = new ArrayList<>();
    private Path classes;

    /** @param folder a checkout in which {@code mvn package} has run */
    Tree(String name, Path folder) throws IOException {
        this.name = name;
        Path app = folder.toAbsolutePath().resolve("java/cli/target/app");
        if (!Files.isDirectory(app)) {
            throw new IOException(app + " is missing: expected a tree in which 'mvn package -DskipTests' has run");
        }
        try (DirectoryStream<Path> found = Files.newDirectoryStream(app, "*.jar")) {
            for (Path jar : found) {
                jars.add(jar);
                if (jar.getFileName().toString().startsWith("zoetrope-")) {
                    index(jar);
                }
            }
        }
    }

    private void index(Path jar) throws IOException {
        try (ZipFile zip = new ZipFile(jar.toFile())) {
            zip.stream().map(entry -> entry.getName())
                    .filter(entry -> entry.endsWith(".class") && entry.indexOf('$') < 0)
                    .map(entry -> entry.substring(0, entry.length() - ".class".length()).replace('/', '.'))
                    .forEach(entry -> {
                        known.add(entry);
                        packages.put(entry.substring(entry.lastIndexOf('.') + 1), entry);
                    });
        }
    }

    String name() {
        return name;
    }

    /** Files of rows that this commit cannot compile, each with the compiler's first complaint. */
    List<String> leftOut() {
        return leftOut;
    }

    /** @param sources the folder of the rows' sources */
    void compile(Path sources, Path work) throws IOException {
        Path own = Files.createDirectories(work.resolve("sources"));
        classes = Files.createDirectories(work.resolve("classes"));
        List<Path> base = new ArrayList<>();
        List<String> names = new ArrayList<>();
        try (Stream<Path> files = Files.list(sources)) {
            for (Path file : files.sorted().toList()) {
                String simple = file.getFileName().toString().replace(".java", "");
                if (!simple.equals("package-info")) {
                    Path adapted = own.resolve(file.getFileName().toString());
                    Files.writeString(adapted, adapted(Files.readString(file)));
                    if (BASE.contains(simple)) {
                        base.add(adapted);
                    } else {
                        names.add(simple);
                    }
                }
            }
        }
        String complaint = compile(base);
        if (!complaint.isEmpty()) {
            throw new IOException(name + " cannot run rows: " + complaint);
        }
        for (String simple : names) {
            String trouble = compile(List.of(own.resolve(simple + ".java")));
            if (trouble.isEmpty()) {
                rows.add(ROWS + simple);
            } else {
                leftOut.add(simple + ": " + trouble);
            }
        }
    }

    /** The source with each import of the library from where this commit has it. */
    private String adapted(String source) {
        return IMPORT.matcher(source).replaceAll(found -> {
            String asked = found.group(1) + "." + found.group(2);
            String here = known.contains(asked) ? asked : packages.getOrDefault(found.group(2), asked);
            return Matcher.quoteReplacement("import " + here + ";");
        });
    }

    /** The first complaint, empty when there is none. */
    private String compile(List<Path> files) throws IOException {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StringWriter output = new StringWriter();
        try (StandardJavaFileManager manager = compiler.getStandardFileManager(null, null, null)) {
            boolean done = compiler.getTask(output, manager, null,
                    List.of("-nowarn", "-proc:none", "-d", classes.toString(), "-cp", classPath()), null,
                    manager.getJavaFileObjectsFromPaths(files)).call();
            return done ? "" : output.toString().lines().filter(line -> line.contains("error:")).findFirst()
                    .orElse(output.toString()).replaceFirst(".*error: ", "").strip();
        }
    }

    private String classPath() {
        return jars.stream().map(Path::toString).collect(Collectors.joining(File.pathSeparator, "", File.pathSeparator))
                + classes;
    }

    Process start(Path log) throws IOException {
        List<String> command = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx1g",
                        "-Djava.awt.headless=true", "-cp", classPath(), ROWS + "Worker"));
        command.addAll(rows);
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(log.toFile());
        builder.environment().put("ZOETROPE_PROGRESS", "off");
        return builder.start();
    }
}
