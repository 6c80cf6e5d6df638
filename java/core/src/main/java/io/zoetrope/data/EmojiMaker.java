package io.zoetrope.data;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonParseException;
import io.zoetrope.io.AtomicFiles;
import io.zoetrope.io.BadFileException;
import io.zoetrope.io.Digests;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Makes {@link EmojiSet} of the packages that carry its pictures and its captions. */
final class EmojiMaker {
    static final PackageSource PICTURES = PackageSource.npm("emoji-datasource-google", "16.0.0", "img/google/64", 74);
    static final PackageSource CAPTIONS = PackageSource.npm("emojibase-data", "17.0.0", "", 7);
    static final int MEGABYTES = 81;
    private static final String STYLE = "flat";
    private static final Set<String> LEFT_OUT = Set.of("flags", "component");
    private static final Set<String> GENDERED = Set.of("man", "men", "woman", "women", "person", "people");
    private static final DataRemedy AGAIN = new DataRemedy(DataRemedy.Way.RENEW, EmojiSet.NAME, "Make the set again");

    /** What the caption package says of an emoji; Gson fills the fields. */
    private static final class Entry {
        String label;
        String hexcode;
        List<String> tags;
        Integer group;
        Integer subgroup;
        Integer gender;
        /** A number, or two for couples. */
        JsonElement tone;
        List<Entry> skins;
    }

    /** Names of groups by number; Gson fills the fields. */
    private static final class Groups {
        Map<Integer, String> groups;
        Map<Integer, String> subgroups;
    }

    private final DataImport.Fetcher fetcher;
    private final Consumer<String> say;

    EmojiMaker(DataImport.Fetcher fetcher, Consumer<String> say) {
        this.fetcher = fetcher;
        this.say = say;
    }

    void make(Path folder) throws IOException {
        Path scratch = Files.createTempDirectory("zoetrope-emoji");
        try {
            Path pictures = fetched(PICTURES, Files.createDirectory(scratch.resolve("pictures")));
            Path captions = fetched(CAPTIONS, Files.createDirectory(scratch.resolve("captions")));
            make(pictures, captions, folder);
        } finally {
            DataImport.deleteTree(scratch);
        }
    }

    private Path fetched(PackageSource source, Path folder) throws IOException {
        say.accept("fetching " + source + " (" + source.megabytes() + " MB)");
        try {
            fetcher.fetch(source, folder);
        } catch (IOException e) {
            throw BadFileException.of(EmojiSet.NAME, "was not fetched (" + e.getMessage() + ")", source.toString(),
                    AGAIN, e);
        }
        return folder.resolve(source.folder());
    }

    private static void make(Path pictures, Path captions, Path folder) throws IOException {
        Map<String, Path> files = pictureFiles(pictures);
        List<EmojiSet.Emoji> emoji = new ArrayList<>();
        List<byte[]> pixels = new ArrayList<>();
        Set<String> seen = new HashSet<>();
        for (EmojiSet.Emoji one : described(captions)) {
            Path file = files.get(plain(one.key));
            if (file != null) {
                Images picture = ImageFiles.read(file).toRgb();
                if (picture.height() != EmojiSet.SIDE || picture.width() != EmojiSet.SIDE) {
                    throw BadFileException.of(file, "is " + picture, EmojiSet.SIDE + " × " + EmojiSet.SIDE, AGAIN);
                }
                // Of the same picture again the caption says what is not to be seen, such as the tone of hidden skin.
                if (seen.add(Digests.sha256(picture.pixels()))) {
                    emoji.add(one);
                    pixels.add(picture.pixels());
                }
            }
        }
        if (emoji.isEmpty()) {
            throw BadFileException.of(pictures, "holds no picture that a caption belongs to",
                    "PNGs named by their code points", AGAIN);
        }
        EmojiSet.Index index = new EmojiSet.Index();
        index.emoji = emoji.toArray(EmojiSet.Emoji[]::new);
        byte[] all = joined(pixels);
        index.picturesSha256 = Digests.sha256(all);
        AtomicFiles.createFolders(folder);
        sheet(all, emoji.size()).writePng(folder.resolve(EmojiSet.PICTURES));
        AtomicFiles.writeText(folder.resolve(EmojiSet.CAPTIONS),
                new GsonBuilder().disableHtmlEscaping().create().toJson(index) + "\n");
    }

    private static Map<String, Path> pictureFiles(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(".png")).collect(Collectors.toMap(
                    file -> plain(file.getFileName().toString().replace(".png", "")), file -> file, (a, b) -> a));
        }
    }

    /** Code points without the variation selector, which some write and some leave out. */
    private static String plain(String hexcode) {
        return hexcode.toLowerCase(Locale.ROOT).replace("-fe0f", "");
    }

    /** All emoji that are not left out, in the order of the package. */
    private static List<EmojiSet.Emoji> described(Path captions) throws IOException {
        Groups groups = read(captions.resolve("meta/groups.json"), Groups.class);
        Map<String, Entry> korean = new HashMap<>();
        for (Entry entry : read(captions.resolve("ko/data.json"), Entry[].class)) {
            korean.put(entry.hexcode, entry);
            skins(entry).forEach(skin -> korean.put(skin.hexcode, skin));
        }
        List<EmojiSet.Emoji> all = new ArrayList<>();
        for (Entry base : read(captions.resolve("en/data.json"), Entry[].class)) {
            if (base.group == null || base.subgroup == null || LEFT_OUT.contains(groups.groups.get(base.group))) {
                continue;
            }
            Entry baseKorean = korean.get(base.hexcode);
            for (Entry variant : Stream.concat(Stream.of(base), skins(base)).toList()) {
                Optional<Integer> tone = tone(variant);
                Entry there = korean.get(variant.hexcode);
                if (tone.isPresent() && there != null && baseKorean != null) {
                    EmojiSet.Emoji one = new EmojiSet.Emoji();
                    one.key = variant.hexcode.toLowerCase(Locale.ROOT);
                    one.style = STYLE;
                    one.english = variant.label;
                    one.englishTags = tags(base);
                    one.korean = there.label;
                    one.koreanTags = tags(baseKorean);
                    one.group = groups.groups.get(base.group);
                    one.subgroup = groups.subgroups.get(base.subgroup);
                    one.concept = concept(base.label);
                    one.base = base.label;
                    one.tone = tone.get();
                    one.gender = base.gender == null ? EmojiSet.NONE
                            : base.gender == 0 ? EmojiSet.FEMALE : EmojiSet.MALE;
                    all.add(one);
                }
            }
        }
        return all;
    }

    private static <T> T read(Path file, Class<T> type) throws IOException {
        try (Reader reader = Files.newBufferedReader(file)) {
            return new Gson().fromJson(reader, type);
        } catch (JsonParseException | IOException e) {
            throw BadFileException.of(file.toString(), "cannot be read (" + e.getMessage() + ")",
                    "a list of " + CAPTIONS, AGAIN, e);
        }
    }

    private static Stream<Entry> skins(Entry entry) {
        return entry.skins == null ? Stream.empty() : entry.skins.stream();
    }

    private static List<String> tags(Entry entry) {
        return entry.tags == null ? List.of() : entry.tags;
    }

    /** The skin tone, {@link EmojiSet#NONE} without one; empty for a couple of two. */
    private static Optional<Integer> tone(Entry entry) {
        if (entry.tone == null || entry.tone.isJsonNull()) {
            return Optional.of(EmojiSet.NONE);
        }
        if (entry.tone.isJsonPrimitive()) {
            return Optional.of(entry.tone.getAsInt());
        }
        Set<Integer> both = entry.tone.getAsJsonArray().asList().stream().map(JsonElement::getAsInt)
                .collect(Collectors.toSet());
        return both.size() == 1 ? Optional.of(both.iterator().next()) : Optional.empty();
    }

    /** A label without the words that tell a gender. */
    private static String concept(String label) {
        String rest = Arrays.stream(label.split("[\\s:,]+")).filter(word -> !GENDERED.contains(word))
                .collect(Collectors.joining(" "));
        return rest.isEmpty() ? "person" : rest;
    }

    private static byte[] joined(List<byte[]> pictures) {
        byte[] all = new byte[pictures.size() * pictures.get(0).length];
        for (int i = 0; i < pictures.size(); i++) {
            System.arraycopy(pictures.get(i), 0, all, i * pictures.get(i).length, pictures.get(i).length);
        }
        return all;
    }

    /** The pictures side by side, {@link EmojiSet#COLUMNS} to a row, white where there is none. */
    private static Images sheet(byte[] pixels, int count) {
        int side = EmojiSet.SIDE;
        int rows = (count + EmojiSet.COLUMNS - 1) / EmojiSet.COLUMNS;
        int line = side * 3;
        byte[] sheet = new byte[rows * side * EmojiSet.COLUMNS * line];
        Arrays.fill(sheet, (byte) 0xff);
        for (int i = 0; i < count; i++) {
            for (int y = 0; y < side; y++) {
                System.arraycopy(pixels, (i * side + y) * line, sheet,
                        ((i / EmojiSet.COLUMNS * side + y) * EmojiSet.COLUMNS + i % EmojiSet.COLUMNS) * line, line);
            }
        }
        return new Images(1, rows * side, EmojiSet.COLUMNS * side, 3, sheet);
    }
}
