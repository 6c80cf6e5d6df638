package io.zoetrope.data;

import com.google.gson.Gson;
import com.google.gson.JsonParseException;
import io.zoetrope.io.BadFileException;
import io.zoetrope.io.Digests;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Emoji with captions in English and Korean: pictures of 64 × 64 pixels on white, made here of two npm packages. Flags
 * are left out, as are couples of two skin tones and pictures that are the same as another. Parts are held out for a
 * skin tone, a gender or a whole concept not seen. The set is two files: a PNG with all pictures side by side, to look
 * at with any viewer, and a JSON that says what each is.
 */
public final class EmojiSet {
    /** The set's name, also of its folder. */
    public static final String NAME = "emoji";
    /** How many pictures there are, for messages. */
    public static final String CONTENTS = "some 3,200 emoji with captions in English and Korean, 64 × 64 RGB";
    /** What may be done with it, and whose it is. */
    public static final String LICENCE = "pictures: Noto Emoji by Google, Apache 2.0; captions: Unicode CLDR through "
            + "emojibase by Miles Johnson, MIT";

    /** Height and width of the pictures. */
    public static final int SIDE = 64;
    static final String PICTURES = "pictures.png";
    static final String CAPTIONS = "captions.json";
    static final int FORMAT = 1;
    /** Pictures in a row of the sheet. */
    static final int COLUMNS = 64;
    static final int NONE = 0;
    static final int FEMALE = 1;
    static final int MALE = 2;
    private static final DataRemedy ANEW = new DataRemedy(DataRemedy.Way.RENEW, NAME, "Make the set anew");

    /** One picture; Gson fills the fields. */
    static final class Emoji {
        String key;
        String style;
        String english;
        List<String> englishTags;
        String korean;
        List<String> koreanTags;
        String group;
        String subgroup;
        /** Without gender and tone. */
        String concept;
        /** Without tone: the English label of the emoji that the tones belong to. */
        String base;
        /** {@link #NONE}, or 1 to 5 from light to dark. */
        int tone;
        /** {@link #NONE}, {@link #FEMALE} or {@link #MALE}. */
        int gender;

        private boolean isWhole() {
            return key != null && style != null && english != null && englishTags != null && korean != null
                    && koreanTags != null && group != null && subgroup != null && concept != null && base != null;
        }

        private Description description() {
            return new Description(key + '/' + style, concept, List.of(style, group, subgroup), List
                    .of(new Description.Wording(english, englishTags), new Description.Wording(korean, koreanTags)));
        }
    }

    /** What the list of captions holds; Gson fills the fields. */
    static final class Index {
        int format = FORMAT;
        String licence = LICENCE;
        String picturesSha256;
        Emoji[] emoji;
    }

    private EmojiSet() {
    }

    /** The folder that holds the set, if it was made on this machine. */
    public static Optional<Path> find(DataPlaces places) {
        Path folder = places.cache().resolve(NAME);
        return isIn(folder) ? Optional.of(folder) : Optional.empty();
    }

    static boolean isIn(Path folder) {
        return Files.isRegularFile(folder.resolve(PICTURES)) && Files.isRegularFile(folder.resolve(CAPTIONS));
    }

    /** How to get the set. */
    public static DataRemedy howToGet() {
        return new DataRemedy(DataRemedy.Way.BRING_IN, NAME, "Make it on this machine of " + EmojiMaker.PICTURES
                + " and " + EmojiMaker.CAPTIONS + " (" + EmojiMaker.MEGABYTES + " MB)");
    }

    /**
     * Makes the set of its packages, unless a good copy is on this machine; returns the folder it is in.
     *
     * @throws IOException if it cannot be had or written, with the reason
     */
    public static Path bringIn(DataPlaces places, Consumer<String> say) throws IOException {
        return bringIn(places, new PackageFetcher(), say);
    }

    static Path bringIn(DataPlaces places, DataImport.Fetcher fetcher, Consumer<String> say) throws IOException {
        Path folder = places.cache().resolve(NAME);
        boolean here = isIn(folder);
        Optional<String> damage = here ? damage(folder) : Optional.empty();
        damage.ifPresent(say);
        if (!here || damage.isPresent()) {
            new EmojiMaker(fetcher, say).make(folder);
        }
        CaptionedDataset set = load(folder);
        say.accept(String.format(Locale.ROOT, "Emoji: %,d captioned pictures to learn from, in %s",
                set.trainingExamples(), folder));
        set.held().forEach((reason, part) -> say
                .accept(String.format(Locale.ROOT, "%,d held out: %s", part.images().count(), reason)));
        say.accept("Licence: " + LICENCE);
        return folder;
    }

    /**
     * Why the set in {@code folder} has not the pictures it was made with; empty if it has.
     *
     * @throws IOException if a file cannot be read, or is not what it should be
     */
    public static Optional<String> damage(Path folder) throws IOException {
        try {
            load(folder);
            return Optional.empty();
        } catch (BadFileException e) {
            return Optional.of(e.getMessage());
        }
    }

    /**
     * Reads the set from {@code folder}.
     *
     * @throws BadFileException if a file there is not as it was made
     * @throws IOException if a file cannot be read, or is not what it should be
     */
    public static CaptionedDataset load(Path folder) throws IOException {
        Index index = index(folder);
        Path file = folder.resolve(PICTURES);
        byte[] pixels = tiles(file, index.emoji.length);
        String found = Digests.sha256(pixels);
        if (!found.equals(index.picturesSha256)) {
            throw BadFileException.of(file, "its pictures have SHA-256 " + found,
                    index.picturesSha256 + ", as when they were made", ANEW);
        }
        EmojiSplits splits = new EmojiSplits(Arrays.asList(index.emoji));
        Map<String, List<Integer>> members = new LinkedHashMap<>();
        for (int i = 0; i < index.emoji.length; i++) {
            members.computeIfAbsent(splits.of(index.emoji[i]), split -> new ArrayList<>()).add(i);
        }
        Map<String, CaptionedDataset.Part> held = new LinkedHashMap<>();
        EmojiSplits.HELD.stream().filter(members::containsKey)
                .forEach(reason -> held.put(reason, part(index, pixels, members.get(reason))));
        if (!members.containsKey(EmojiSplits.TRAIN)) {
            throw BadFileException.of(folder, "holds no emoji to learn from", "some thousands", ANEW);
        }
        return new CaptionedDataset(NAME, part(index, pixels, members.get(EmojiSplits.TRAIN)), held);
    }

    private static CaptionedDataset.Part part(Index index, byte[] pixels, List<Integer> members) {
        int stride = SIDE * SIDE * 3;
        byte[] own = new byte[members.size() * stride];
        for (int i = 0; i < members.size(); i++) {
            System.arraycopy(pixels, members.get(i) * stride, own, i * stride, stride);
        }
        return new CaptionedDataset.Part(new Images(members.size(), SIDE, SIDE, 3, own),
                members.stream().map(i -> index.emoji[i].description()).toList());
    }

    /** Cuts the sheet: {@link #COLUMNS} pictures to a row, without gaps. */
    private static byte[] tiles(Path file, int count) throws IOException {
        Images sheet = ImageFiles.read(file).toRgb();
        int rows = (count + COLUMNS - 1) / COLUMNS;
        if (sheet.width() != COLUMNS * SIDE || sheet.height() != rows * SIDE) {
            throw BadFileException.of(file, "is " + sheet,
                    "a sheet of " + count + " pictures of " + SIDE + " × " + SIDE, ANEW);
        }
        byte[] pixels = new byte[count * SIDE * SIDE * 3];
        int line = SIDE * 3;
        for (int i = 0; i < count; i++) {
            for (int y = 0; y < SIDE; y++) {
                System.arraycopy(sheet.pixels(), ((i / COLUMNS * SIDE + y) * COLUMNS + i % COLUMNS) * line, pixels,
                        (i * SIDE + y) * line, line);
            }
        }
        return pixels;
    }

    private static Index index(Path folder) throws IOException {
        Path file = folder.resolve(CAPTIONS);
        Index index;
        try {
            index = new Gson().fromJson(Files.readString(file, StandardCharsets.UTF_8), Index.class);
        } catch (JsonParseException e) {
            throw BadFileException.of(file.toString(),
                    "cannot be read as JSON (" + e.getMessage().lines().findFirst().orElse("") + ")",
                    "the list of captions", ANEW, e);
        }
        boolean whole = index != null && index.format == FORMAT && index.picturesSha256 != null && index.emoji != null
                && index.emoji.length > 0
                && Arrays.stream(index.emoji).allMatch(emoji -> emoji != null && emoji.isWhole());
        if (!whole) {
            throw BadFileException.of(file, "is of another form", "format " + FORMAT + ": emoji with their captions",
                    ANEW);
        }
        return index;
    }
}
