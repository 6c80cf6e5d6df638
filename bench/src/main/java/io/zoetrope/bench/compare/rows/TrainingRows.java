package io.zoetrope.bench.compare.rows;

import io.zoetrope.data.AudioDataset;
import io.zoetrope.data.Dataset;
import io.zoetrope.data.ImageDataset;
import io.zoetrope.data.Images;
import io.zoetrope.data.Sounds;
import io.zoetrope.io.Config;
import io.zoetrope.model.cnn.CnnFamily;
import io.zoetrope.model.ddpm.DdpmFamily;
import io.zoetrope.model.gan.GanFamily;
import io.zoetrope.model.patches.PatchesFamily;
import io.zoetrope.model.wavegan.WaveGanFamily;
import io.zoetrope.train.TrainRequest;
import io.zoetrope.train.TrainingFamily;
import io.zoetrope.train.TrainingTask;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/** Training steps of the families that ship models, each a replay of its graph. */
public final class TrainingRows extends Rows {
    private static final int EXAMPLES = 64;
    private static final int CLASSES = 10;
    private static final int SIDE = 28;
    private static final int CLIP = 8192;
    private static final int RATE = 8000;

    public TrainingRows() {
        row(new CnnFamily(), TrainingRows::pictures, 16);
        row(new DdpmFamily(), TrainingRows::pictures, 4);
        row(new GanFamily(), TrainingRows::pictures, 4);
        row(new PatchesFamily(), TrainingRows::pictures, 4);
        row(new WaveGanFamily(), TrainingRows::sounds, 2);
    }

    private void row(TrainingFamily family, java.util.function.Supplier<Dataset> data, int batch) {
        add("training step of " + family.name() + ", batch " + batch, (device, scope) -> {
            TrainRequest request = new TrainRequest(data.get(), 1_000_000, batch, 1, Path.of("unused"), false, 1000, 0,
                    Config.empty());
            Config settings = Config.empty().with("steps", request.steps()).with("batch", batch)
                    .with("seed", request.seed()).with(family.settings(request));
            TrainingTask task = family.open(device, request, settings);
            task.step();
            return closing(task, task::step);
        });
    }

    private static List<String> classes() {
        return IntStream.range(0, CLASSES).mapToObj(i -> "class " + i).toList();
    }

    private static int[] labels() {
        return new SplittableRandom(2).ints(EXAMPLES, 0, CLASSES).toArray();
    }

    private static ImageDataset pictures() {
        byte[] pixels = new byte[EXAMPLES * SIDE * SIDE];
        new SplittableRandom(1).nextBytes(pixels);
        ImageDataset.Part part = new ImageDataset.Part(new Images(EXAMPLES, SIDE, SIDE, 1, pixels), labels());
        return new ImageDataset("noise", classes(), part, part);
    }

    private static AudioDataset sounds() {
        short[] values = new short[EXAMPLES * CLIP];
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < values.length; i++) {
            values[i] = (short) random.nextInt(-8192, 8192);
        }
        AudioDataset.Part part = new AudioDataset.Part(new Sounds(EXAMPLES, CLIP, RATE, values), labels());
        return new AudioDataset("noise", classes(), part, part);
    }
}
