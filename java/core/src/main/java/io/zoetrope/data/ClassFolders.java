package io.zoetrope.data;

import io.zoetrope.io.BadFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * A user's folder of files as classes: files directly inside form one; sub-folders, if there are any, are classes named
 * after them. Files are in order of name, and every tenth of a class is kept for testing, so that the same folder always
 * splits the same way.
 *
 * @param folder  the folder
 * @param classes those with files, in order; the files directly inside come first
 */
record ClassFolders(Path folder, List<Group> classes) {
    static final int TEST_EVERY = 10;

    /** One class. */
    record Group(String name, List<Path> files) {
        /** Whether file {@code index} is for testing. */
        static boolean isForTest(int index) {
            return index % TEST_EVERY == TEST_EVERY - 1;
        }
    }

    /** The classes of files whose names end in {@code suffix}, in any case. */
    static ClassFolders of(Path folder, String suffix) throws IOException {
        List<Group> classes = new ArrayList<>();
        List<Path> direct = files(folder, suffix);
        if (!direct.isEmpty()) {
            classes.add(new Group(String.valueOf(folder.toAbsolutePath().normalize().getFileName()), direct));
        }
        List<Path> subfolders;
        try (Stream<Path> all = Files.list(folder)) {
            subfolders = all.filter(Files::isDirectory).sorted().toList();
        }
        for (Path sub : subfolders) {
            List<Path> files = files(sub, suffix);
            if (!files.isEmpty()) {
                classes.add(new Group(sub.getFileName().toString(), files));
            }
        }
        return new ClassFolders(folder, List.copyOf(classes));
    }

    boolean isEmpty() {
        return classes.isEmpty();
    }

    List<String> names() {
        return classes.stream().map(Group::name).toList();
    }

    int count() {
        return classes.stream().mapToInt(group -> group.files().size()).sum();
    }

    /** Throws unless some file is kept for testing. */
    void requireTestFiles(String kind) throws IOException {
        if (classes.stream().noneMatch(group -> group.files().size() >= TEST_EVERY)) {
            throw BadFileException.of(folder, "holds " + count() + " " + kind,
                    "at least " + TEST_EVERY + " in a class, as every tenth is kept for testing", "Add some");
        }
    }

    private static List<Path> files(Path folder, String suffix) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.getFileName().toString().toLowerCase(Locale.ROOT).endsWith(suffix))
                    .filter(Files::isRegularFile).sorted().toList();
        }
    }
}
