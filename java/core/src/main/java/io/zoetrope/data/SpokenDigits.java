package io.zoetrope.data;

import com.google.gson.Gson;
import com.google.gson.JsonParseException;
import io.zoetrope.io.BadFileException;
import io.zoetrope.io.Digests;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Spoken digits, made on this machine by the speech program espeak-ng: the words zero to nine by some seventy speakers
 * in eight accents of English, each at a speed and pitch of its own, a second at 16 kHz. The test part has other
 * speakers than the training part. The set is three files: two WAVs with all clips of a part one after the other, to
 * listen to with any player, and clips.json, which says what each clip is.
 */
public final class SpokenDigits {
    /** The set's name, also of its folder. */
    public static final String NAME = "spoken-digits";
    /** Samples per second. */
    public static final int RATE = 16_000;
    /** Samples per clip: a little over a second, and a power of two. */
    public static final int SAMPLES = 16_384;
    /** What the labels mean. */
    public static final List<String> CLASS_NAMES = List.of("zero", "one", "two", "three", "four", "five", "six",
            "seven", "eight", "nine");
    /** How many clips there are, for messages. */
    public static final String CONTENTS = "some 5,000 training and 640 test clips, a second of speech at 16 kHz";

    static final String TRAIN = "train.wav";
    static final String TEST = "test.wav";
    static final String CLIPS = "clips.json";
    static final int FORMAT = 1;
    private static final long SEED = 7;
    /** Times each speaker says each digit, in one accent each. */
    private static final int TAKES = 8;
    private static final DataRemedy ANEW = new DataRemedy(DataRemedy.Way.RENEW, NAME, "Make the set anew");

    /**
     * A clip: what was said, by whom and how.
     *
     * @param digit 0 to 9
     * @param voice accent and speaker, as espeak-ng takes them: en-us+f3
     * @param speed words a minute
     * @param pitch 0 to 99, of which 50 is the speaker's own
     */
    record Clip(int digit, String voice, int speed, int pitch) {}

    /** What clips.json holds; Gson fills the fields. */
    static final class Index {
        int format = FORMAT;
        String program;
        long seed;
        int rate = RATE;
        int samples = SAMPLES;
        String trainSha256;
        String testSha256;
        Clip[] train;
        Clip[] test;
    }

    private SpokenDigits() {}

    /** The folder that holds the set, if it was made on this machine. */
    public static Optional<Path> find(DataPlaces places) {
        Path folder = places.cache().resolve(NAME);
        return Files.isRegularFile(folder.resolve(TRAIN)) && Files.isRegularFile(folder.resolve(TEST))
                && Files.isRegularFile(folder.resolve(CLIPS)) ? Optional.of(folder) : Optional.empty();
    }

    /** How to get the set. */
    public static DataRemedy howToGet() {
        return new DataRemedy(DataRemedy.Way.BRING_IN, NAME, "Make it on this machine, which takes a few minutes"
                + (Espeak.isHere() ? "" : " and the program espeak-ng. " + Espeak.REMEDY));
    }

    /**
     * Makes the set with espeak-ng, unless a good copy is on this machine; returns the folder it is in.
     *
     * @throws IOException if it cannot be had or written, with the reason
     */
    public static Path bringIn(DataPlaces places, Consumer<String> say) throws IOException {
        Path folder = places.cache().resolve(NAME);
        boolean here = find(places).isPresent();
        Optional<String> damage = here ? damage(folder) : Optional.empty();
        damage.ifPresent(say);
        if (!here || damage.isPresent()) {
            Path scratch = Files.createTempDirectory("zoetrope-speech");
            try {
                Speech speech = new Espeak(scratch);
                say.accept("speaking with " + speech.version());
                new SpokenDigitsMaker(speech, TAKES, SEED, say).make(folder);
            } finally {
                DataImport.deleteTree(scratch);
            }
        }
        AudioDataset set = load(folder);
        say.accept(String.format(Locale.ROOT,
                "Spoken digits: %,d training and %,d test clips, %,d samples at %,d Hz, in %s",
                set.train().sounds().count(), set.test().sounds().count(), SAMPLES, RATE, folder));
        say.accept("Licence: speech that espeak-ng made here; the program is under the GNU GPL 3, and none of it is in "
                + "the set");
        return folder;
    }

    /**
     * Why the set in {@code folder} has not the sounds it was made with; empty if it has.
     *
     * @throws IOException if a file cannot be read, or is not what it should be
     */
    public static Optional<String> damage(Path folder) throws IOException {
        try {
            verify(folder, index(folder));
            return Optional.empty();
        } catch (BadFileException e) {
            return Optional.of(e.getMessage());
        }
    }

    private static void verify(Path folder, Index index) throws IOException {
        requireDigest(folder.resolve(TRAIN), index.trainSha256);
        requireDigest(folder.resolve(TEST), index.testSha256);
    }

    private static void requireDigest(Path file, String expected) throws IOException {
        String found = Digests.sha256(Files.readAllBytes(file));
        if (!found.equals(expected)) {
            throw BadFileException.of(file, "has SHA-256 " + found, expected + ", as when it was made", ANEW);
        }
    }

    /**
     * Reads the set from {@code folder}.
     *
     * @throws BadFileException if a file there is not as it was made
     * @throws IOException if a file cannot be read, or is not what it should be
     */
    public static AudioDataset load(Path folder) throws IOException {
        Index index = index(folder);
        AudioDataset set = new AudioDataset(NAME, CLASS_NAMES, part(folder.resolve(TRAIN), index.train),
                part(folder.resolve(TEST), index.test));
        verify(folder, index); // last: what makes no sense is named better than by a digest
        return set;
    }

    private static AudioDataset.Part part(Path file, Clip[] clips) throws IOException {
        Sounds all = WavFiles.readPlain(file);
        if (all.rate() != RATE || all.samples() != (long) clips.length * SAMPLES) {
            throw BadFileException.of(file, "is " + all,
                    clips.length + " clips of " + SAMPLES + " samples at " + RATE + " Hz, as " + CLIPS + " says", ANEW);
        }
        int[] labels = new int[clips.length];
        for (int i = 0; i < labels.length; i++) {
            labels[i] = clips[i].digit();
        }
        return new AudioDataset.Part(new Sounds(clips.length, SAMPLES, RATE, all.values()), labels);
    }

    private static Index index(Path folder) throws IOException {
        Path file = folder.resolve(CLIPS);
        Index index;
        try {
            index = new Gson().fromJson(new String(Files.readAllBytes(file), StandardCharsets.UTF_8), Index.class);
        } catch (JsonParseException e) {
            throw BadFileException.of(file.toString(),
                    "cannot be read as JSON (" + e.getMessage().lines().findFirst().orElse("") + ")",
                    "the list of clips", ANEW, e);
        }
        boolean whole = index != null && index.format == FORMAT && index.rate == RATE && index.samples == SAMPLES
                && index.trainSha256 != null && index.testSha256 != null && isWhole(index.train) && isWhole(index.test);
        if (!whole) {
            throw BadFileException.of(file, "is of another form", "format " + FORMAT + ": clips of " + SAMPLES
                    + " samples at " + RATE + " Hz, training and test, each with its digit", ANEW);
        }
        return index;
    }

    private static boolean isWhole(Clip[] clips) {
        if (clips == null || clips.length == 0) {
            return false;
        }
        for (Clip clip : clips) {
            if (clip == null || clip.digit() < 0 || clip.digit() >= CLASS_NAMES.size()) {
                return false;
            }
        }
        return true;
    }
}
