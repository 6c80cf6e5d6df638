package io.zoetrope.data;

import io.zoetrope.io.BadFileException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A published data set of labelled pictures: what it is, how to get it, what may be done with it, and how to read it.
 */
public final class KnownSet {
    private final String name;
    private final String title;
    private final String contents;
    private final List<String> classNames;
    private final String licence;
    private final String page;
    private final PackageSource source;
    private final SetFiles files;

    /**
     * @param name       what users call it, also its folder
     * @param title      its proper name
     * @param contents   how many pictures of what kind
     * @param classNames what its labels mean
     * @param licence    what may be done with it, and whose it is
     * @param page       where its authors, or who keeps it now, offer it
     * @param source     a package that carries it
     * @param files      the layout of its files
     */
    KnownSet(String name, String title, String contents, List<String> classNames, String licence, String page,
            PackageSource source, SetFiles files) {
        this.name = name;
        this.title = title;
        this.contents = contents;
        this.classNames = List.copyOf(classNames);
        this.licence = licence;
        this.page = page;
        this.source = source;
        this.files = files;
    }

    public String name() {
        return name;
    }

    public String title() {
        return title;
    }

    /** How many pictures of what kind. */
    public String contents() {
        return contents;
    }

    public List<String> classNames() {
        return classNames;
    }

    /** What may be done with it, and whose it is. */
    public String licence() {
        return licence;
    }

    /** Where it is offered officially. */
    public String page() {
        return page;
    }

    public PackageSource source() {
        return source;
    }

    SetFiles files() {
        return files;
    }

    /** Where it may lie: this user's cache, then where packages put it. */
    Stream<Path> candidates(DataPlaces places) {
        return Stream.concat(Stream.of(places.cache()), places.system().stream()).map(place -> place.resolve(name));
    }

    /** The folder that holds the set, if it is on this machine: all its files are there, by name. */
    public Optional<Path> find(DataPlaces places) {
        return candidates(places).filter(files::isIn).findFirst();
    }

    /** All ways to get the set. */
    public DataRemedy howToGet() {
        String whole = source.manager() == PackageSource.Manager.DEBIAN
                ? " or, for the whole machine, run 'sudo apt-get install " + source.name() + "'" : "";
        return new DataRemedy(DataRemedy.Way.BRING_IN, name,
                "Bring it into your own cache" + whole + "; or load a folder that holds " + files.describe());
    }

    /** What to do where the package cannot be fetched. */
    DataRemedy howToGetByHand() {
        return new DataRemedy(DataRemedy.Way.TAKE_FROM_FOLDER, name,
                "Download " + title + " from " + page + " and bring it in from the folder it is in");
    }

    /**
     * Why the files in {@code folder} are not as their authors published them, by SHA-256; empty if they are.
     *
     * @throws IOException if a file cannot be read, or is not what it should be
     */
    public Optional<String> damage(Path folder) throws IOException {
        try {
            files.verify(this, folder);
            return Optional.empty();
        } catch (BadFileException e) {
            return Optional.of(e.getMessage());
        }
    }

    /**
     * Reads the set from {@code folder}.
     *
     * @throws BadFileException if a file there is not as its authors published it
     */
    public ImageDataset load(Path folder) throws IOException {
        ImageDataset set = files.load(this, folder); // first: what makes no sense it names better than a digest does
        files.verify(this, folder);
        return set;
    }

    @Override
    public String toString() {
        return name;
    }
}
