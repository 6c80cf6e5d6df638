package io.zoetrope.model.gan;

import io.zoetrope.autograd.Variable;
import io.zoetrope.cuda.CapturedGraph;
import io.zoetrope.cuda.Device;
import io.zoetrope.data.ImageDataset;
import io.zoetrope.data.Images;
import io.zoetrope.model.adversarial.GamePlayers;
import io.zoetrope.model.adversarial.GameRecord;
import io.zoetrope.model.adversarial.GameSettings;
import io.zoetrope.nn.ParameterBank;
import io.zoetrope.nn.Parameters;
import io.zoetrope.ops.pointwise.Pointwise;
import io.zoetrope.ops.random.Augmentation;
import io.zoetrope.ops.random.Random;
import io.zoetrope.ops.random.RandomKey;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.train.RunFolder;
import io.zoetrope.train.TrainingTask;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * An adversarial model being trained. A step draws real pictures and noise, makes as many pictures, moves the discriminator
 * and then, against the moved one, the generator; it is recorded once and replayed with a single call.
 */
public final class GanTask implements TrainingTask {
    private static final long PICTURES = 1;
    private static final long NOISE = 2;
    /** Shown in the grids of samples. */
    private static final int SAMPLES = 64;
    /** Pictures that coverage and variety are measured on. */
    private static final int MEASURED = 200;

    private final Device device;
    private final long seed;
    private final Scope scope;
    private final GanModel model;
    private final ParameterBank discriminatorBank;
    private final GamePlayers players;
    private final GameRecord record;
    private final int batch;
    private final Tensor data;
    private final Tensor labels;
    private final Augmentation.Normalisation range;
    private final Tensor indices;
    private final Tensor noise;
    private final Tensor pictures;
    private final Tensor both;
    private final Tensor random;
    private CapturedGraph graph;

    /**
     * @param part       what to learn from
     * @param batch      real pictures, and as many made ones, in a step
     * @param steps      of the whole run, which the schedules follow
     * @param seed       of the first weights and everything drawn
     * @param classifier gives each picture the number of its class, or null
     */
    GanTask(Device device, GanConfig config, ImageDataset.Part part, int batch, GameSettings settings,
            long steps, long seed, Function<Images, int[]> classifier) {
        GanShape shape = config.shape();
        Images images = part.images();
        Parameters parameters = Parameters.root();
        this.device = device;
        this.seed = seed;
        this.batch = batch;
        this.model = new GanModel(device, config, DType.BF16, seed);
        GanDiscriminator discriminator = new GanDiscriminator(shape, parameters);
        this.discriminatorBank = new ParameterBank(device, parameters, DType.BF16, ~seed);
        this.players = new GamePlayers(device, model.bank(), discriminatorBank, discriminator::forward, batch, settings,
                steps);
        this.record = new GameRecord(config.classNames().size(), classifier, images);
        this.scope = Scope.open(device);
        this.data = scope.of(images.pixels(), images.count(), images.height(), images.width(), images.channels());
        this.labels = shape.classes() == 0 ? null : scope.of(part.labels(), images.count());
        this.range = new Augmentation.Normalisation(constant(127.5f, images.channels()),
                constant(1 / 127.5f, images.channels()));
        this.indices = scope.empty(DType.I32, batch);
        this.noise = scope.empty(DType.BF16, batch, shape.latent());
        this.pictures = scope.empty(DType.BF16, 2L * batch, images.height(), images.width(), images.channels());
        this.both = labels == null ? null : scope.empty(DType.I32, 2L * batch);
        this.random = RandomKey.state(scope, seed, 0);
    }

    private Tensor constant(float value, int size) {
        float[] values = new float[size];
        Arrays.fill(values, value);
        return scope.of(values, size);
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
        Tensor real = pictures.slice(0, batch);
        Tensor wanted = both == null ? null : both.slice(0, batch);
        Random.shuffle(indices, Math.toIntExact(data.dim(0)), RandomKey.reading(random, PICTURES));
        Augmentation.NONE.batch(data, labels, indices, range, real, wanted, null);
        if (both != null) {
            Pointwise.copy(wanted, both.slice(batch, 2L * batch));
        }
        Random.normal(noise, RandomKey.reading(random, NOISE));
        players.step(tape -> model.generator().forward(tape, Variable.constant(noise), wanted), pictures, both, random);
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
        return Optional.of(averaged(SAMPLES));
    }

    /** What the moving average of the generator makes of a fixed noise, the classes in turn. */
    private Images averaged(int count) {
        GanModel copy = new GanModel(device, model.config(), DType.BF16, 0);
        copy.bank().masters(players.averaged());
        try (GanPipeline pipeline = new GanPipeline(copy)) {
            return pipeline.generate(count, seed);
        }
    }

    @Override
    public void report(RunFolder run, long step) throws IOException {
        record.report(run, step, averaged(MEASURED));
    }

    @Override
    public void close() {
        if (graph != null) {
            graph.close();
        }
        scope.close();
        players.close();
        discriminatorBank.close();
        model.close();
    }
}
