package io.zoetrope.data;

import io.zoetrope.io.BadFileException;
import io.zoetrope.io.RegularFiles;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A user's folder of files as classes, as torchvision's ImageFolder takes it: sub-folders are classes named after them,
 * and the folders in those are searched; where no sub-folder holds any, the files directly inside form one class. Links
 * are followed. Hidden entries are passed over, and so are files of other kinds and files beside class folders, of
 * which {@link #notices} tell.
 *
 * <p>Classes and files are in order of name, by code unit. Every tenth file of a class is kept for testing, of a class
 * of fewer than ten its last, so that the same folder always splits the same way and every class is tested.
 *
 * @param folder  the folder
 * @param kind    of the files
 * @param classes those with files, in order
 * @param notices what was passed over, a clause each
 */
record ClassFolders(Path folder, FileKind kind, List<Group> classes, List<String> notices) {
    private static final int TEST_EVERY = 10;
    private static final int SHOWN = 3;
    /** What systems leave in folders beside names that begin with a dot: macOS in ZIPs, Synology, Windows. */
    private static final Set<String> LEFT_BY_SYSTEMS = Set.of("__MACOSX", "@eaDir", "Thumbs.db", "desktop.ini");
    private static final Set<String> TRAINING_PARTS = Set.of("train", "training");
    private static final Set<String> PARTS = Set.of("train", "training", "test", "testing", "val", "valid",
            "validation");

    /** One class. */
    record Group(String name, List<Path> files) {
        /** Whether file {@code index} is for testing. */
        boolean isForTest(int index) {
            return files.size() < TEST_EVERY ? index == files.size() - 1 : index % TEST_EVERY == TEST_EVERY - 1;
        }
    }

    /**
     * Finds the files.
     *
     * @throws BadFileException naming what would be misunderstood: an unread format, a link to nothing, names that
     * differ in case
     *                          alone, parts of a set in place of classes
     */
    static ClassFolders of(Path folder, FileKind kind) throws IOException {
        return new Search(kind, folder).run();
    }

    /** Whether {@code folder} holds files of this kind, read or not; stops at the first. */
    static boolean holds(Path folder, FileKind kind) throws IOException {
        return holds(folder, kind, Set.of());
    }

    private static boolean holds(Path folder, FileKind kind, Set<Path> above) throws IOException {
        Set<Path> line = with(above, folder.toRealPath());
        for (Path entry : entries(folder)) {
            if (Files.isDirectory(entry)) {
                if (!line.contains(entry.toRealPath()) && holds(entry, kind, line)) {
                    return true;
                }
            } else if (kind.reads(entry) || kind.unreadFormat(entry).isPresent()) {
                return true;
            }
        }
        return false;
    }

    List<String> names() {
        return classes.stream().map(Group::name).toList();
    }

    /** Throws unless there are classes, each with files to learn from and to test with. */
    void requireBothParts() throws IOException {
        if (classes.isEmpty()) {
            throw BadFileException.of(folder, "holds no " + kind.one() + "s",
                    kind.readable() + " files, of which sub-folders are classes", "Add some");
        }
        for (Group group : classes) {
            if (group.files().size() < 2) {
                throw BadFileException.of(folder,
                        "class '" + group.name() + "' holds " + kind.counted(group.files().size()) + ", "
                                + group.files().get(0).getFileName(),
                        "at least 2, as some of each class are kept for testing", "Add some, or remove the class");
            }
        }
    }

    /** Entries that are not hidden, in order of name. */
    private static List<Path> entries(Path folder) throws IOException {
        try (Stream<Path> all = Files.list(folder)) {
            return all.filter(entry -> {
                String name = entry.getFileName().toString();
                return !name.startsWith(".") && !LEFT_BY_SYSTEMS.contains(name);
            }).sorted(Comparator.comparing(entry -> entry.getFileName().toString())).toList();
        } catch (AccessDeniedException e) {
            throw BadFileException.of(folder, "cannot be opened: permission denied", "a folder that can be read",
                    "Allow reading (chmod u+rx) or move it away", e);
        }
    }

    private static Set<Path> with(Set<Path> above, Path real) {
        Set<Path> line = new HashSet<>(above);
        line.add(real);
        return line;
    }

    /** One walk through a folder. */
    private static final class Search {
        private final FileKind kind;
        private final Path root;
        private final List<String> notices = new ArrayList<>();
        private final Map<String, Integer> others = new TreeMap<>();

        Search(FileKind kind, Path root) {
            this.kind = kind;
            this.root = root;
        }

        ClassFolders run() throws IOException {
            Set<Path> line = Set.of(root.toRealPath());
            List<Path> beside = new ArrayList<>();
            List<Group> classes = new ArrayList<>();
            List<String> empty = new ArrayList<>();
            for (Path entry : entries(root)) {
                if (!Files.isDirectory(entry)) {
                    if (isOfKind(entry)) {
                        beside.add(entry);
                    }
                    continue;
                }
                List<Path> found = new ArrayList<>();
                enter(entry, line, found);
                if (found.isEmpty()) {
                    empty.add(entry.getFileName().toString());
                } else {
                    classes.add(new Group(className(entry), List.copyOf(found)));
                }
            }
            requireDistinct(classes);
            requireClassesNotParts(classes);
            if (classes.isEmpty() && !beside.isEmpty()) {
                for (Path file : beside) {
                    requireRead(file);
                }
                classes.add(new Group(className(root.toAbsolutePath().normalize()), List.copyOf(beside)));
            } else if (!beside.isEmpty()) {
                notices.add("passed over " + kind.counted(beside.size()) + " beside the class folders: "
                        + shown(beside.stream().map(file -> file.getFileName().toString()).toList()));
            }
            if (!empty.isEmpty()) {
                notices.add("passed over folders without " + kind.one() + "s: " + shown(empty));
            }
            if (!others.isEmpty()) {
                notices.add("passed over other files: " + others.entrySet().stream()
                        .map(entry -> entry.getValue() + " "
                                + (entry.getKey().isEmpty() ? "without an ending" : "." + entry.getKey()))
                        .collect(Collectors.joining(", ")));
            }
            if (classes.size() == 1) {
                List<String> inner = innerFolders(classes.get(0));
                if (inner.size() > 1) {
                    notices.add("one class, '" + classes.get(0).name()
                            + "': the folders in it are searched, but are no classes (" + shown(inner) + ")");
                }
            }
            return new ClassFolders(root, kind, List.copyOf(classes), List.copyOf(notices));
        }

        private void enter(Path folder, Set<Path> above, List<Path> found) throws IOException {
            Path real = folder.toRealPath();
            if (above.contains(real)) {
                notices.add("passed over " + folder + ", a link to a folder it lies in");
                return;
            }
            Set<Path> line = with(above, real);
            for (Path entry : entries(folder)) {
                if (Files.isDirectory(entry)) {
                    enter(entry, line, found);
                } else if (isOfKind(entry)) {
                    requireRead(entry);
                    found.add(entry);
                }
            }
        }

        /** Whether a file is of this kind, read or not; others are counted. */
        private boolean isOfKind(Path file) {
            boolean is = kind.reads(file) || kind.unreadFormat(file).isPresent();
            if (!is) {
                others.merge(FileKind.ending(file), 1, Integer::sum);
            }
            return is;
        }

        private void requireRead(Path file) throws IOException {
            if (kind.unreadFormat(file).isPresent()) {
                throw BadFileException.of(file, "is a " + kind.one() + " in the format " + kind.unreadFormat(file).get()
                        + ", which is not read", kind.readable(), "Convert it or move it away");
            }
            RegularFiles.require(file, "a " + kind.one());
        }

        private static String className(Path folder) throws IOException {
            String name = String.valueOf(folder.getFileName());
            if (name.indexOf('\ufffd') >= 0) {
                throw BadFileException.of(folder,
                        "has a name that is no text in this process's encoding of file names, "
                                + System.getProperty("sun.jnu.encoding"),
                        "a name that can be kept with the model",
                        "Start again with LC_ALL=C.UTF-8, or rename the folder");
            }
            if (name.codePoints().anyMatch(Character::isISOControl)) {
                throw BadFileException.of(folder, "has a control character in its name", "a name that can be shown",
                        "Rename the folder");
            }
            return name;
        }

        /** On a disk that takes both, Cats and cats are a slip; so are é as one character and as two. */
        private void requireDistinct(List<Group> classes) throws IOException {
            Map<String, String> seen = new HashMap<>();
            for (Group group : classes) {
                String plain = Normalizer.normalize(group.name(), Normalizer.Form.NFC).toLowerCase(Locale.ROOT);
                String other = seen.put(plain, group.name());
                if (other != null) {
                    throw BadFileException.of(root,
                            "has the class folders '" + other + "' and '" + group.name()
                                    + "', which read the same but for case or accents",
                            "a folder for each class", "Bring them together in one, or rename one");
                }
            }
        }

        private void requireClassesNotParts(List<Group> classes) throws IOException {
            List<String> names = classes.stream().map(group -> group.name().toLowerCase(Locale.ROOT)).toList();
            boolean parts = names.size() > 1 && PARTS.containsAll(names)
                    && names.stream().anyMatch(TRAINING_PARTS::contains);
            if (parts && classes.stream().allMatch(group -> !innerFolders(group).isEmpty())) {
                Group training = classes
                        .get(names.indexOf(names.stream().filter(TRAINING_PARTS::contains).findFirst().orElseThrow()));
                throw BadFileException.of(root,
                        "holds the parts of a set, " + String.join(" and ", classes.stream().map(Group::name).toList())
                                + ", with the classes one folder further down (such as " + innerFolders(training).get(0)
                                + ")",
                        "the class folders themselves",
                        "Give one part, such as " + root.resolve(training.name()) + ": what tests is taken from it");
            }
        }

        /** Folders directly in a class in which some of its files lie. */
        private List<String> innerFolders(Group group) {
            Path base = root.resolve(group.name());
            return group.files().stream().filter(file -> file.startsWith(base)).map(base::relativize)
                    .filter(inside -> inside.getNameCount() > 1).map(inside -> inside.getName(0).toString()).distinct()
                    .toList();
        }

        private static String shown(List<String> names) {
            return String.join(", ", names.subList(0, Math.min(SHOWN, names.size())))
                    + (names.size() > SHOWN ? ", …" : "");
        }
    }
}
