package io.zoetrope.data;

import com.google.gson.GsonBuilder;
import io.zoetrope.data.SpokenDigits.Clip;
import io.zoetrope.io.AtomicFiles;
import io.zoetrope.io.Digests;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;

/**
 * Has the digits spoken and writes {@link SpokenDigits}. What is said, by whom and how is drawn from the seed before
 * anything is spoken, so that the same seed and the same version of the program give the same files.
 */
final class SpokenDigitsMaker {
    /** Accents of English, from those that espeak-ng brings itself. */
    static final List<String> ACCENTS = List.of("en-us", "en-gb", "en-gb-scotland", "en-gb-x-rp", "en-029",
            "en-gb-x-gbclan", "en-gb-x-gbcwmd", "en-us-nyc");
    /** espeak-ng's variants that sound like people; robots, whispers, echoes and doubles of others are left out. */
    static final List<String> TRAIN_SPEAKERS = List.of("Alex", "Andrea", "Andy", "Annie", "Diogo", "Gene", "Gene2",
            "Henrique", "Hugo", "Lee", "Marco", "Mario", "Mike", "Nguyen", "anika", "antonio", "aunty", "boris", "ed",
            "edward", "edward2", "f1", "f2", "f3", "f5", "grandma", "grandpa", "gustave", "iven", "iven2", "iven3",
            "iven4", "john", "kaukovalta", "linda", "m1", "m2", "m4", "m5", "m6", "m7", "m8", "marcelo", "max",
            "michel", "miguel", "norbert", "paul", "pedro", "quincy", "rob", "robert", "sandro", "shelby", "steph",
            "steph2", "steph3", "travis", "victor", "zac");
    /** Heard in the test part alone. */
    static final List<String> TEST_SPEAKERS = List.of("Alicia", "Denis", "Jacky", "Michael", "belinda", "f4", "m3",
            "pablo");
    private static final int SLOWEST = 120;
    private static final int FASTEST = 200;
    private static final int LOWEST = 25;
    private static final int HIGHEST = 75;
    /** Quieter than this part of the loudest sample counts as silence at the ends. */
    private static final int SILENCE = 100;
    /** Kept round the word, 20 ms, so that its first and last sounds fade as they were spoken. */
    private static final int MARGIN = SpokenDigits.RATE / 50;
    private static final float LOUDEST = 0.9f;
    private static final int TELL_EVERY = 500;

    private final Speech speech;
    private final int takes;
    private final long seed;
    private final Consumer<String> say;

    /**
     * @param takes times each speaker says each digit
     * @param say   takes progress, a line at a time
     */
    SpokenDigitsMaker(Speech speech, int takes, long seed, Consumer<String> say) {
        this.speech = speech;
        this.takes = takes;
        this.seed = seed;
        this.say = say;
    }

    /** Writes the set into {@code folder}; the list of clips, without which there is no set, comes last. */
    void make(Path folder) throws IOException {
        Set<String> speakersHere = speech.speakers();
        Set<String> accentsHere = speech.accents();
        List<String> accents = ACCENTS.stream().filter(accentsHere::contains).toList();
        List<String> forTrain = TRAIN_SPEAKERS.stream().filter(speakersHere::contains).toList();
        List<String> forTest = TEST_SPEAKERS.stream().filter(speakersHere::contains).toList();
        if (accents.isEmpty() || forTrain.isEmpty() || forTest.isEmpty()) {
            throw new IOException(speech.version() + " has " + accents.size() + " of the accents " + ACCENTS + ", "
                    + forTrain.size() + " of " + TRAIN_SPEAKERS.size() + " training and " + forTest.size() + " of "
                    + TEST_SPEAKERS.size() + " test speakers (variants); at least one of each is needed. "
                    + "Install all of its voices, or version 1.50 or newer");
        }
        say.accept(String.format(Locale.ROOT, "%d training and %d test speakers in %d accents, %,d clips",
                forTrain.size(), forTest.size(), accents.size(),
                (forTrain.size() + forTest.size()) * takes * SpokenDigits.CLASS_NAMES.size()));
        Random random = new Random(seed);
        List<Clip> train = plan(forTrain, accents, random);
        List<Clip> test = plan(forTest, accents, random);

        SpokenDigits.Index index = new SpokenDigits.Index();
        index.program = speech.version();
        index.seed = seed;
        index.train = train.toArray(Clip[]::new);
        index.test = test.toArray(Clip[]::new);
        Path list = folder.resolve(SpokenDigits.CLIPS);
        Files.deleteIfExists(list); // an old list must not describe new sounds, even if this is stopped half-way
        index.trainSha256 = write(folder.resolve(SpokenDigits.TRAIN), train);
        index.testSha256 = write(folder.resolve(SpokenDigits.TEST), test);
        AtomicFiles.writeText(list, new GsonBuilder().setPrettyPrinting().create().toJson(index) + "\n");
    }

    /** Every speaker says every digit {@code takes} times, each time in the next accent of an order of its own. */
    private List<Clip> plan(List<String> speakers, List<String> accents, Random random) {
        List<Clip> clips = new ArrayList<>();
        for (String speaker : speakers) {
            for (int digit = 0; digit < SpokenDigits.CLASS_NAMES.size(); digit++) {
                List<String> order = new ArrayList<>(accents);
                Collections.shuffle(order, random);
                for (int take = 0; take < takes; take++) {
                    clips.add(new Clip(digit, order.get(take % order.size()) + "+" + speaker,
                            SLOWEST + random.nextInt(FASTEST - SLOWEST + 1),
                            LOWEST + random.nextInt(HIGHEST - LOWEST + 1)));
                }
            }
        }
        Collections.shuffle(clips, random); // so that any stretch of the file is a fair sample
        return clips;
    }

    /** Speaks {@code clips} into one WAV and returns its SHA-256. */
    private String write(Path file, List<Clip> clips) throws IOException {
        AtomicFiles.requireWritable(file);
        short[] all = new short[Math.multiplyExact(clips.size(), SpokenDigits.SAMPLES)];
        // A process for each clip: two for each processor keep them busy.
        ExecutorService pool = Executors.newFixedThreadPool(2 * Runtime.getRuntime().availableProcessors());
        try {
            List<Future<?>> spoken = new ArrayList<>();
            for (int i = 0; i < clips.size(); i++) {
                int at = i * SpokenDigits.SAMPLES;
                Clip clip = clips.get(i);
                spoken.add(pool.submit(() -> {
                    System.arraycopy(speak(clip), 0, all, at, SpokenDigits.SAMPLES);
                    return null; // a Callable, which may throw
                }));
            }
            for (int i = 0; i < spoken.size(); i++) {
                spoken.get(i).get();
                if ((i + 1) % TELL_EVERY == 0) {
                    say.accept(String.format(Locale.ROOT, "%s: %,d of %,d clips", file.getFileName(), i + 1,
                            clips.size()));
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while speaking", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException failed) {
                throw failed;
            }
            throw new IllegalStateException("speaking failed", e.getCause());
        } finally {
            pool.shutdownNow();
        }
        WavFiles.write(file, new Sounds(1, all.length, SpokenDigits.RATE, all));
        return Digests.sha256(Files.readAllBytes(file));
    }

    /** A clip of the word alone, in the middle, as loud as all others; a word too long for it is spoken faster. */
    private short[] speak(Clip clip) throws IOException {
        int accent = clip.voice().indexOf('+');
        float[] word = new float[0];
        for (int speed = clip.speed(); speed <= 2 * FASTEST; speed = speed * 5 / 4) {
            Sounds said = speech.say(SpokenDigits.CLASS_NAMES.get(clip.digit()), clip.voice().substring(0, accent),
                    clip.voice().substring(accent + 1), speed, clip.pitch());
            word = trimmed(Resampler.of(said.rate(), SpokenDigits.RATE).apply(said.toFloats(0, 1)));
            if (word.length == 0) {
                throw new IOException(
                        speech.version() + " said nothing for '" + SpokenDigits.CLASS_NAMES.get(clip.digit())
                                + "' with the voice " + clip.voice() + ". Install it anew");
            }
            if (word.length <= SpokenDigits.SAMPLES) {
                break;
            }
        }
        float peak = peak(word);
        short[] samples = new short[SpokenDigits.SAMPLES];
        int margin = (samples.length - word.length) / 2;
        for (int i = Math.max(0, -margin); i < word.length && margin + i < samples.length; i++) {
            samples[margin + i] = Sounds.toShort(word[i] / peak * LOUDEST);
        }
        return samples;
    }

    /** Without the silence before and after; empty if there is nothing else. */
    private static float[] trimmed(float[] sound) {
        float threshold = peak(sound) / SILENCE;
        int first = 0;
        while (first < sound.length && Math.abs(sound[first]) <= threshold) {
            first++;
        }
        int last = sound.length;
        while (last > first && Math.abs(sound[last - 1]) <= threshold) {
            last--;
        }
        return first == last ? new float[0]
                : Arrays.copyOfRange(sound, Math.max(0, first - MARGIN), Math.min(sound.length, last + MARGIN));
    }

    private static float peak(float[] sound) {
        float peak = 0;
        for (float value : sound) {
            peak = Math.max(peak, Math.abs(value));
        }
        return peak;
    }
}
