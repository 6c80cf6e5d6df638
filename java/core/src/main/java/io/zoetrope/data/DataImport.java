package io.zoetrope.data;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;

/** Brings data sets onto this machine and checks that they are what their authors published. */
public final class DataImport {
    private static final int FETCH_MINUTES = 10;

    private final DataPlaces places;
    private final Fetcher fetcher;
    private final Consumer<String> say;

    /** Puts the content of a Debian package under {@code folder}. */
    @FunctionalInterface
    interface Fetcher {
        void fetch(String debianPackage, Path folder) throws IOException;
    }

    /**
     * @param places where sets are looked for and put
     * @param say    takes progress, a line at a time
     */
    public DataImport(DataPlaces places, Consumer<String> say) {
        this(places, DataImport::fetchWithApt, say);
    }

    DataImport(DataPlaces places, Fetcher fetcher, Consumer<String> say) {
        this.places = places;
        this.fetcher = fetcher;
        this.say = say;
    }

    /**
     * Brings {@code name} in, unless a good copy is on this machine already.
     *
     * @param from a folder that holds the set's files; if empty, the Debian package is fetched
     * @return the folder the set is in
     */
    public Path bringIn(String name, Optional<Path> from) throws IOException {
        if (!name.equals(FashionMnist.NAME)) {
            throw new IllegalArgumentException("unknown data set '" + name + "'; known are " + DataSets.names());
        }
        Path target = places.cache().resolve(name);
        if (from.isPresent()) {
            verify(from.get());
            copy(from.get(), target);
        } else {
            Optional<Path> present = FashionMnist.find(places);
            if (present.isPresent() && isGood(present.get())) {
                target = present.get();
            } else {
                fetchInto(target);
            }
        }
        say.accept(name + ": 60,000 training and 10,000 test pictures, 28 × 28 grey, in " + target);
        say.accept("SHA-256 of all " + FashionMnist.MEMBERS.size() + " files checked");
        say.accept("Licence: " + FashionMnist.LICENCE);
        return target;
    }

    private boolean isGood(Path folder) throws IOException {
        try {
            verify(folder);
            return true;
        } catch (BadFileException e) {
            say.accept(e.getMessage());
            return false;
        }
    }

    private void fetchInto(Path target) throws IOException {
        Path scratch = Files.createTempDirectory("zoetrope-data");
        try {
            say.accept("fetching the Debian package " + FashionMnist.DEBIAN_PACKAGE + " (30 MB)");
            fetcher.fetch(FashionMnist.DEBIAN_PACKAGE, scratch);
            Path unpacked = scratch.resolve("usr/share/datasets").resolve(FashionMnist.NAME);
            verify(unpacked);
            copy(unpacked, target);
        } finally {
            deleteTree(scratch);
        }
    }

    /** Checks the SHA-256 of every file of the set in {@code folder}. */
    static Map<String, Path> verify(Path folder) throws IOException {
        Map<String, Path> files = new LinkedHashMap<>();
        for (FashionMnist.Member member : FashionMnist.MEMBERS) {
            Path file = member.in(folder).orElseThrow(() -> BadFileException.of(folder.resolve(member.name()),
                    "neither it nor its .gz exists", "the four files of " + FashionMnist.NAME,
                    FashionMnist.howToGet()));
            String found = sha256OfContent(file);
            if (!found.equals(member.sha256())) {
                throw BadFileException.of(file, "its content has SHA-256 " + found, member.sha256(),
                        "The file is damaged or is another data set: get it anew");
            }
            files.put(member.name(), file);
        }
        return files;
    }

    private static void copy(Path from, Path target) throws IOException {
        for (Path file : verify(from).values()) {
            Path to = target.resolve(file.getFileName());
            if (!Files.exists(to) || !Files.isSameFile(file, to)) {
                AtomicFiles.write(to, out -> Files.copy(file, out));
            }
        }
    }

    private static String sha256OfContent(Path file) throws IOException {
        MessageDigest digest;
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java runtime has SHA-256", e);
        }
        try (InputStream raw = new BufferedInputStream(Files.newInputStream(file), 1 << 16);
                InputStream in = file.toString().endsWith(".gz") ? new GZIPInputStream(raw, 1 << 16) : raw) {
            byte[] buffer = new byte[1 << 16];
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                digest.update(buffer, 0, n);
            }
        } catch (java.util.zip.ZipException | java.io.EOFException e) {
            throw BadFileException.of(file, "its gzip data is damaged (" + e.getMessage() + ")", "a whole file",
                    "Get it anew", e);
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private static void fetchWithApt(String debianPackage, Path folder) throws IOException {
        if (!isOnPath("apt-get") || !isOnPath("dpkg-deb")) {
            throw new IOException("this machine has no apt-get and dpkg-deb to fetch the package " + debianPackage
                    + " with. Download that package from Debian 12's main archive on another machine, unpack it here,"
                    + " and run 'zoetrope data " + FashionMnist.NAME + " --from DIR'");
        }
        run(folder, List.of("apt-get", "download", debianPackage),
                "Run 'sudo apt-get update' first, or give a folder with --from DIR");
        Path deb;
        try (Stream<Path> files = Files.list(folder)) {
            deb = files.filter(file -> file.toString().endsWith(".deb")).findFirst()
                    .orElseThrow(() -> new IOException("apt-get download left no package in " + folder));
        }
        run(folder, List.of("dpkg-deb", "--extract", deb.toString(), folder.toString()),
                "The package may be damaged: try again");
    }

    private static void run(Path folder, List<String> command, String remedy) throws IOException {
        Path log = folder.resolve("log");
        Process process = new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true)
                .redirectOutput(log.toFile()).start();
        try {
            if (!process.waitFor(FETCH_MINUTES, TimeUnit.MINUTES)) {
                throw new IOException("'" + String.join(" ", command) + "' took over " + FETCH_MINUTES + " minutes");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while running '" + String.join(" ", command) + "'", e);
        } finally {
            process.destroy();
        }
        if (process.exitValue() != 0) {
            throw new IOException("'" + String.join(" ", command) + "' failed: " + lastLine(log) + ". " + remedy);
        }
    }

    private static String lastLine(Path log) throws IOException {
        List<String> lines = new ArrayList<>(new String(Files.readAllBytes(log), StandardCharsets.UTF_8).lines()
                .filter(line -> !line.isBlank()).toList());
        return lines.isEmpty() ? "no output" : lines.get(lines.size() - 1).strip();
    }

    private static boolean isOnPath(String program) {
        String path = System.getenv().getOrDefault("PATH", "");
        return Stream.of(path.split(":")).filter(entry -> !entry.isEmpty())
                .anyMatch(entry -> Files.isExecutable(Path.of(entry, program)));
    }

    private static void deleteTree(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            files.sorted(Comparator.reverseOrder()).forEach(file -> {
                try {
                    Files.delete(file);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }
    }
}
