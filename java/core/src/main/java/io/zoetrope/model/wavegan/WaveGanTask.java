package io.zoetrope.model.wavegan;

import io.zoetrope.autograd.Variable;
import io.zoetrope.cuda.CapturedGraph;
import io.zoetrope.cuda.Device;
import io.zoetrope.data.AudioDataset;
import io.zoetrope.data.Images;
import io.zoetrope.data.MelSpectrogram;
import io.zoetrope.data.Sounds;
import io.zoetrope.model.adversarial.GamePlayers;
import io.zoetrope.model.adversarial.GameRecord;
import io.zoetrope.model.adversarial.GameSettings;
import io.zoetrope.model.gan.GanTask;
import io.zoetrope.nn.ParameterBank;
import io.zoetrope.nn.Parameters;
import io.zoetrope.ops.pointwise.Pointwise;
import io.zoetrope.ops.rows.Rows;
import io.zoetrope.ops.random.Random;
import io.zoetrope.ops.random.RandomKey;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.train.RunFolder;
import io.zoetrope.train.TrainingTask;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * An adversarial model of sounds being trained, as {@link GanTask} one of pictures. Samples, and what is measured, are the
 * sounds' spectrograms; the sounds themselves are in {@code samples/} too, end to end.
 */
final class WaveGanTask implements TrainingTask {
    private static final long SOUNDS = 1;
    private static final long NOISE = 2;
    /** The first stream of the discriminator's shifts; each of its levels takes one. */
    private static final long SHIFTS = 16;
    private static final int SAMPLES = 16;
    /** Sounds that coverage and variety are measured on. */
    private static final int MEASURED = 100;
    private static final double PAUSE = 0.2;
    /** Clips of which the real variance is taken. */
    private static final int REFERENCE = 400;

    private final Device device;
    private final long seed;
    private final Scope scope;
    private final WaveGanModel model;
    private final ParameterBank discriminatorBank;
    private final GamePlayers players;
    private final GameRecord record;
    private final MelSpectrogram spectrogram;
    private final int batch;
    private final Tensor data;
    private final Tensor labels;
    private final Tensor indices;
    private final Tensor noise;
    private final Tensor sounds;
    private final Tensor both;
    private final Tensor random;
    private CapturedGraph graph;

    /**
     * @param part       what to learn from
     * @param batch      real sounds, and as many made ones, in a step
     * @param steps      of the whole run, which the schedules follow
     * @param seed       of the first weights and everything drawn
     * @param classifier gives each spectrogram the number of its class, or null
     */
    WaveGanTask(Device device, WaveGanConfig config, AudioDataset.Part part, int batch, GameSettings settings, long steps,
            long seed, Function<Images, int[]> classifier) {
        WaveGanShape shape = config.shape();
        Sounds clips = part.sounds();
        Parameters parameters = Parameters.root();
        this.device = device;
        this.seed = seed;
        this.batch = batch;
        this.model = new WaveGanModel(device, config, DType.BF16, seed);
        WaveGanDiscriminator discriminator = new WaveGanDiscriminator(shape, parameters);
        this.discriminatorBank = new ParameterBank(device, parameters, DType.BF16, ~seed);
        this.scope = Scope.open(device);
        this.random = RandomKey.state(scope, seed, 0);
        this.players = new GamePlayers(device, model.bank(), discriminatorBank, (tape, x, classes, pass) ->
                discriminator.forward(tape, x, classes, pass, RandomKey.reading(random, SHIFTS)), batch, settings, steps);
        this.spectrogram = config.recognition();
        this.record = new GameRecord(config.classNames().size(), classifier,
                spectrogram.images(clips.slice(0, Math.min(REFERENCE, clips.count()))));
        this.data = scope.empty(DType.BF16, clips.count(), shape.samples());
        for (int i = 0; i < clips.count(); i++) {
            data.slice(i, i + 1).copyFrom(clips.toFloats(i, i + 1));
        }
        this.labels = shape.classes() == 0 ? null : scope.of(part.labels(), clips.count());
        this.indices = scope.empty(DType.I32, batch);
        this.noise = scope.empty(DType.BF16, batch, shape.latent());
        this.sounds = scope.empty(DType.BF16, 2L * batch, shape.samples(), 1);
        this.both = labels == null ? null : scope.empty(DType.I32, 2L * batch);
    }

    @Override
    public List<String> columns() {
        return GameRecord.COLUMNS;
    }

    @Override
    public void step() {
        if (graph == null) {
            queue();
            graph = CapturedGraph.record(device, this::queue);
        } else {
            graph.launch();
        }
    }

    private void queue() {
        Random.shuffle(indices, Math.toIntExact(data.dim(0)), RandomKey.reading(random, SOUNDS));
        Rows.gather(data, indices, sounds.slice(0, batch));
        Tensor wanted = both == null ? null : both.slice(0, batch);
        if (both != null) {
            Rows.gather(labels, indices, wanted);
            Pointwise.copy(wanted, both.slice(batch, 2L * batch));
        }
        Random.normal(noise, RandomKey.reading(random, NOISE));
        players.step(tape -> model.generator().forward(tape, Variable.constant(noise), wanted), sounds, both, random);
        Random.advance(random);
    }

    @Override
    public double[] takeRow(long steps) {
        return players.takeRow(steps);
    }

    @Override
    public Optional<String> trouble() {
        return players.trouble();
    }

    @Override
    public Map<String, Tensor> state() {
        return players.state();
    }

    @Override
    public void restored(long steps) {
        random.copyFrom(new long[] {seed, steps});
        players.restored(steps);
    }

    @Override
    public void save(Path folder, Map<String, String> metadata) throws IOException {
        model.save(folder, players.averaged(), metadata);
    }

    @Override
    public Optional<Images> samples() {
        return Optional.of(spectrogram.pictures(averaged(SAMPLES)));
    }

    /** What the moving average of the generator makes of a fixed noise, the classes in turn. */
    private Sounds averaged(int count) {
        WaveGanModel copy = new WaveGanModel(device, model.config(), DType.BF16, 0);
        copy.bank().masters(players.averaged());
        try (WaveGanPipeline pipeline = new WaveGanPipeline(copy)) {
            return pipeline.generate(count, seed);
        }
    }

    @Override
    public void report(RunFolder run, long step) throws IOException {
        Sounds made = averaged(MEASURED);
        made.slice(0, SAMPLES).joined(PAUSE)
                .writeWav(run.path().resolve("samples").resolve(String.format(Locale.ROOT, "step-%09d.wav", step)));
        record.report(run, step, spectrogram.images(made));
    }

    @Override
    public void close() {
        if (graph != null) {
            graph.close();
        }
        players.close();
        scope.close();
        discriminatorBank.close();
        model.close();
    }
}
