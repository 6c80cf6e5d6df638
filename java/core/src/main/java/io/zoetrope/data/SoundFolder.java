package io.zoetrope.data;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A folder of WAV files as a data set of clips of one length: sub-folders are classes, as {@link ClassFolders} tells. A
 * file no longer than a clip is put in the middle of one, with silence round it; of a longer one, whole clips are cut
 * from its middle.
 */
public final class SoundFolder {
    private static final Logger LOG = LoggerFactory.getLogger(SoundFolder.class);

    private SoundFolder() {}

    /**
     * Whether {@code folder} holds sounds, directly or in its sub-folders.
     *
     * @throws IOException if a file cannot be read, or is not what it should be
     */
    public static boolean isIn(Path folder) throws IOException {
        return ClassFolders.holds(folder, FileKind.SOUND);
    }

    /**
     * Reads all files into memory. What is passed over is logged.
     *
     * @param rate    samples per second to resample to
     * @param samples per clip
     * @throws IOException if a file cannot be read, or is not what it should be
     */
    public static AudioDataset load(Path folder, int rate, int samples) throws IOException {
        ClassFolders folders = ClassFolders.of(folder, FileKind.SOUND);
        folders.requireBothParts();
        folders.notices().forEach(notice -> LOG.info("{}: {}", folder, notice));
        Collector train = new Collector(rate, samples);
        Collector test = new Collector(rate, samples);
        for (int label = 0; label < folders.classes().size(); label++) {
            ClassFolders.Group group = folders.classes().get(label);
            for (int i = 0; i < group.files().size(); i++) {
                (group.isForTest(i) ? test : train).add(Sounds.read(group.files().get(i), rate), label);
            }
        }
        return new AudioDataset(folder.toString(), folders.names(), train.part(), test.part());
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
                throw new IOException("more than " + MOST_SAMPLES
                        + " samples of sound do not fit in one part of a data " + "set; give fewer or shorter files");
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
