package io.zoetrope.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.zoetrope.io.BadFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SpokenDigitsTest {
    @TempDir
    private Path folder;

    /** Says every word as a tone: its pitch tells the word, and its length the speed. */
    private static final class Tones implements Speech {
        private final Set<String> speakers = new HashSet<>(Set.of("f1", "m1", "zac", "f4", "unheard-of"));
        private String mute = "";
        private int lengthAt100 = 11_025;

        @Override
        public String version() {
            return "tones 1";
        }

        @Override
        public Set<String> accents() {
            return Set.of("en-us", "en-gb", "en-martian");
        }

        @Override
        public Set<String> speakers() {
            return speakers;
        }

        @Override
        public Sounds say(String word, String accent, String speaker, int speed, int pitch) {
            int length = lengthAt100 * 100 / speed;
            float[] values = new float[3000 + length + 5000]; // silence, the word, silence
            double hertz = 200 * (1 + SpokenDigits.CLASS_NAMES.indexOf(word));
            for (int i = 0; i < length && !speaker.equals(mute); i++) {
                values[3000 + i] = (float) (0.1 * Math.sin(2 * Math.PI * hertz * i / 22_050));
            }
            return Sounds.fromFloats(values, 1, values.length, 22_050);
        }
    }

    private AudioDataset make(Speech speech, long seed) throws IOException {
        new SpokenDigitsMaker(speech, 2, seed, line -> {}).make(folder);
        return SpokenDigits.load(folder);
    }

    private static int crossings(float[] sound, int from, int to) {
        int crossings = 0;
        for (int i = from + 1; i <= to; i++) {
            crossings += sound[i - 1] < 0 != sound[i] < 0 ? 1 : 0;
        }
        return crossings;
    }

    @Test
    void everySpeakerSaysEveryDigitAndNoneIsInBothParts() throws IOException {
        AudioDataset set = make(new Tones(), 7);
        assertThat(set.train().sounds().count()).isEqualTo(3 * 10 * 2);
        assertThat(set.test().sounds().count()).isEqualTo(10 * 2);
        assertThat(set.samples()).isEqualTo(16_384);
        assertThat(set.rate()).isEqualTo(16_000);
        int[] perDigit = new int[10];
        for (int label : set.train().labels()) {
            perDigit[label]++;
        }
        assertThat(perDigit).containsOnly(6);
        String list = Files.readString(folder.resolve("clips.json"));
        String train = list.substring(list.indexOf("\"train\":"), list.indexOf("\"test\":"));
        assertThat(train).contains("+f1\"", "+m1\"", "+zac\"", "en-us+", "en-gb+").doesNotContain("+f4\"", "martian");
        assertThat(list.substring(list.indexOf("\"test\":"))).contains("+f4\"").doesNotContain("+f1\"", "unheard");
        assertThat(SpokenDigitsMaker.TEST_SPEAKERS).doesNotContainAnyElementsOf(SpokenDigitsMaker.TRAIN_SPEAKERS);
        assertThat(SpokenDigitsMaker.ACCENTS.size() * SpokenDigitsMaker.TRAIN_SPEAKERS.size()).isGreaterThan(200);
    }

    @Test
    void clipsHoldTheWordOfTheirLabelInTheMiddleAndEquallyLoud() throws IOException {
        AudioDataset.Part train = make(new Tones(), 7).train();
        for (int clip = 0; clip < train.labels().length; clip++) {
            float[] sound = train.sounds().toFloats(clip, clip + 1);
            int first = 0;
            while (Math.abs(sound[first]) < 0.05) {
                first++;
            }
            int last = sound.length - 1;
            float peak = 0;
            while (Math.abs(sound[last]) < 0.05) {
                last--;
            }
            for (float value : sound) {
                peak = Math.max(peak, Math.abs(value));
            }
            assertThat((first + last) / 2).as("middle of clip %d", clip).isBetween(8192 - 60, 8192 + 60);
            assertThat(peak).isBetween(0.89f, 0.91f);
            double hertz = crossings(sound, first, last) / 2.0 / (last - first) * 16_000;
            assertThat(Math.round(hertz / 200) - 1).as("digit of clip %d", clip).isEqualTo(train.labels()[clip]);
        }
    }

    @Test
    void theSeedDecidesEverything() throws IOException {
        make(new Tones(), 7);
        byte[] sound = Files.readAllBytes(folder.resolve("train.wav"));
        byte[] list = Files.readAllBytes(folder.resolve("clips.json"));
        make(new Tones(), 7);
        assertThat(folder.resolve("train.wav")).hasBinaryContent(sound);
        assertThat(folder.resolve("clips.json")).hasBinaryContent(list);
        make(new Tones(), 8);
        assertThat(Files.readAllBytes(folder.resolve("train.wav"))).isNotEqualTo(sound);
    }

    @Test
    void wordsTooLongForAClipAreSpokenFaster() throws IOException {
        Tones slow = new Tones();
        slow.lengthAt100 = 33_000; // 1.2 s at the slowest speed
        AudioDataset.Part train = make(slow, 7).train();
        for (int clip = 0; clip < train.labels().length; clip++) {
            short[] values = train.sounds().slice(clip, clip + 1).values();
            assertThat(values[0]).as("the word begins within the clip").isBetween((short) -2000, (short) 2000);
        }
        slow.lengthAt100 = 200_000; // still too long at any speed: cut at both ends
        assertThat(make(slow, 7).train().sounds().count()).isEqualTo(60);
    }

    @Test
    void speechThatFailsLeavesNoSet() throws IOException {
        make(new Tones(), 7);
        Tones tones = new Tones();
        tones.mute = "zac";
        assertThatExceptionOfType(IOException.class).isThrownBy(() -> make(tones, 7))
                .withMessageContaining("said nothing").withMessageContaining("+zac");
        assertThat(folder.resolve("clips.json")).as("the old list no longer fits").doesNotExist();
        try (var files = Files.list(folder)) {
            assertThat(files.map(file -> file.getFileName().toString())).allMatch(name -> name.endsWith(".wav"));
        }
        tones.speakers.remove("f4");
        assertThatExceptionOfType(IOException.class).isThrownBy(() -> make(tones, 7))
                .withMessageContaining("0 of 8 test speakers");
    }

    @Test
    void damagedSetsAreNamedWithTheRemedy() throws IOException {
        make(new Tones(), 7);
        Path list = folder.resolve("clips.json");
        String good = Files.readString(list);
        for (String bad : List.of("", "{", "[]", "null", "{}", good.replace("\"format\": 1", "\"format\": 2"),
                good.replaceFirst("\"digit\": \\d", "\"digit\": 10"),
                good.replaceFirst("\\{\\s*\"digit\"[^}]*\\}", "null"),
                good.replace("\"rate\": 16000", "\"rate\": 8000"))) {
            assertThat(bad).isNotEqualTo(good);
            Files.writeString(list, bad);
            refused("clips.json", "Make the set anew");
        }
        Files.writeString(list, good.replaceFirst("\\{\\s*\"digit\"[^}]*\\},", ""));
        refused("train.wav", "59 clips");
        Files.writeString(list, good);
        Path wav = folder.resolve("test.wav");
        byte[] sound = Files.readAllBytes(wav);
        Files.write(wav, Arrays.copyOf(sound, sound.length / 2));
        refused("test.wav", "truncated");
        new Sounds(1, 100, 16_000, new short[100]).writeWav(wav);
        refused("test.wav", "20 clips");
        Files.write(wav, WavBytes.file(WavBytes.format(1, 2, 16_000, 16), WavBytes.chunk("data", new byte[8])));
        refused("test.wav", "2 channels");
    }

    @Test
    void aChangedSoundIsNoticed() throws IOException {
        make(new Tones(), 7);
        assertThat(SpokenDigits.damage(folder)).isEmpty();
        Path wav = folder.resolve("test.wav");
        byte[] sound = Files.readAllBytes(wav);
        sound[50_000] ^= 1;
        Files.write(wav, sound);
        assertThat(SpokenDigits.damage(folder).orElseThrow()).contains("test.wav", "SHA-256", "Make the set anew");
        refused("test.wav", "SHA-256", "Make the set anew");
    }

    private void refused(String... parts) {
        assertThatExceptionOfType(BadFileException.class).isThrownBy(() -> SpokenDigits.load(folder))
                .satisfies(e -> assertThat(e.getMessage()).contains(parts).doesNotContain("\n"));
    }

    @Test
    void setsOfSoundsAreFoundByNameAndByFolder() throws IOException {
        DataPlaces places = new DataPlaces(folder.resolve("cache"), List.of());
        assertThatExceptionOfType(BadFileException.class).isThrownBy(() -> AudioSets.load("spoken-digits", places))
                .withMessageContaining(folder.resolve("cache/spoken-digits").toString())
                .satisfies(e -> assertThat(e.remedy()).isEqualTo(SpokenDigits.howToGet()));
        assertThatExceptionOfType(BadFileException.class).isThrownBy(() -> AudioSets.load("nowhere", places))
                .withMessageContaining("nowhere");
        assertThatExceptionOfType(BadFileException.class).isThrownBy(() -> AudioSets.load(folder.toString(), places))
                .withMessageContaining("no WAV files");
        assertThatExceptionOfType(BadFileException.class).isThrownBy(() -> DataSets.load("spoken-digits", places))
                .withMessageContaining("is a set of sounds").withMessageContaining("mnist");

        Path cache = folder.resolve("cache/spoken-digits");
        new SpokenDigitsMaker(new Tones(), 1, 7, line -> {}).make(cache);
        assertThat(SpokenDigits.find(places)).contains(cache);
        assertThat(AudioSets.load("spoken-digits", places).classNames()).hasSize(10);
        assertThat(AudioSets.load(cache.toString(), places).name()).isEqualTo("spoken-digits");
        List<String> said = new ArrayList<>();
        assertThat(SpokenDigits.bringIn(places, said::add)).as("a good set is not made again").isEqualTo(cache);
        assertThat(said).hasSize(2).noneMatch(line -> line.contains("speaking"))
                .anyMatch(line -> line.contains("Licence"));

        Path mine = folder.resolve("mine");
        for (int i = 0; i < 10; i++) {
            new Sounds(1, 100, 8000, new short[100]).writeWav(mine.resolve(i + ".wav"));
        }
        assertThat(AudioSets.load(mine.toString(), places).train().sounds().count()).isEqualTo(9);
    }

    @Test
    void espeakSpeaksTheSameTwice() throws IOException {
        assumeThat(Espeak.isHere()).isTrue();
        Speech espeak = new Espeak(folder);
        assertThat(espeak.version()).startsWith("eSpeak NG").doesNotContain("Data at");
        assertThat(espeak.accents()).contains("en-us", "en-gb").noneMatch(accent -> accent.contains("mb-"));
        assertThat(espeak.speakers()).contains("f4", "m3").doesNotContain("File", "en-us");
        Sounds once = espeak.say("seven", "en-us", "f4", 150, 50);
        assertThat(once.seconds()).isBetween(0.4, 2.0);
        assertThat(espeak.say("seven", "en-us", "f4", 150, 50)).isEqualTo(once);
        assertThat(espeak.say("seven", "en-us", "m3", 150, 50)).isNotEqualTo(once);
        try (var files = Files.list(folder)) {
            assertThat(files).as("nothing left in the scratch folder").isEmpty();
        }
    }
}
