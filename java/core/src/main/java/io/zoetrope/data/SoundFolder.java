package io.zoetrope.data;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A folder of WAV files as a data set of clips of one length: files directly inside form one class; subfolders, if there
 * are any, are classes named after them. Every tenth file of a class, by name, goes to the test part. A file no longer
 * than a clip is put in the middle of one, with silence round it; of a longer one, whole clips are cut from its middle.
 */
public final class SoundFolder {
    private static final String SUFFIX = ".wav";

    private SoundFolder() { }

    /** Whether {@code folder} holds WAV files, directly or in its subfolders. */
    public static boolean isIn(Path folder) throws IOException {
        return !ClassFolders.of(folder, SUFFIX).isEmpty();
    }

    /**
     * Reads all files into memory.
     *
     * @param rate    samples per second to resample to
     * @param samples per clip
     */
    public static AudioDataset load(Path folder, int rate, int samples) throws IOException {
        ClassFolders classes = ClassFolders.of(folder, SUFFIX);
        classes.requireTestFiles("WAV files");
        Collector train = new Collector(rate, samples);
        Collector test = new Collector(rate, samples);
        for (int label = 0; label < classes.classes().size(); label++) {
            List<Path> files = classes.classes().get(label).files();
            for (int i = 0; i < files.size(); i++) {
                (ClassFolders.Group.isForTest(i) ? test : train).add(Sounds.read(files.get(i), rate), label);
            }
        }
        return new AudioDataset(folder.toString(), classes.names(), train.part(), test.part());
    }

    /** Clip {@code index} of the {@code whole} ones in the middle of a sound; silent where the sound does not reach. */
    static short[] cut(short[] values, int samples, int index, int whole) {
        short[] clip = new short[samples];
        int from = (values.length - whole * samples) / 2 + index * samples; // negative: silence before the sound
        int first = Math.max(0, -from);
        System.arraycopy(values, from + first, clip, first, Math.min(samples - first, values.length - from - first));
        return clip;
    }

    /** Gathers clips of one length. */
    static final class Collector {
        private static final int MOST_SAMPLES = Integer.MAX_VALUE - 16;

        private final int rate;
        private final int samples;
        private final List<short[]> clips = new ArrayList<>();
        private final List<Integer> labels = new ArrayList<>();

        Collector(int rate, int samples) {
            this.rate = rate;
            this.samples = samples;
        }

        void add(Sounds sound, int label) throws IOException {
            short[] values = sound.values();
            int whole = Math.max(1, values.length / samples);
            if ((long) (clips.size() + whole) * samples > MOST_SAMPLES) {
                throw new IOException("more than " + MOST_SAMPLES + " samples of sound do not fit in one part of a data "
                        + "set; give fewer or shorter files");
            }
            for (int i = 0; i < whole; i++) {
                clips.add(cut(values, samples, i, whole));
                labels.add(label);
            }
        }

        AudioDataset.Part part() {
            short[] all = new short[clips.size() * samples];
            for (int i = 0; i < clips.size(); i++) {
                System.arraycopy(clips.get(i), 0, all, i * samples, samples);
            }
            return new AudioDataset.Part(new Sounds(clips.size(), samples, rate, all),
                    labels.stream().mapToInt(Integer::intValue).toArray());
        }
    }
}
