package io.zoetrope.model.tokens;

import io.zoetrope.autograd.Tape;
import io.zoetrope.cuda.CapturedGraph;
import io.zoetrope.cuda.Device;
import io.zoetrope.model.tokens.TokenSampling.Decode;
import io.zoetrope.ops.diffusion.SamplerStep;
import io.zoetrope.ops.pointwise.Pointwise;
import io.zoetrope.ops.random.Random;
import io.zoetrope.ops.random.RandomKey;
import io.zoetrope.ops.tokens.Tokens;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import java.util.Arrays;
import java.util.function.IntConsumer;

/**
 * Fills in the masked tokens of a batch of samples. A step (one position in order, or one round of MaskGIT) is recorded
 * as a graph at the first and replayed at the others: the position, the round and the random numbers come from device
 * memory.
 *
 * <p>With guidance towards a class the batch is doubled: its second half is asked for none.
 */
public final class TokenDecoder implements AutoCloseable {
    private static final long DRAWS = 1;
    private static final long NOISE = 2;
    /** Steps queued before the host looks: it must not hold up a device that takes microseconds for one. */
    private static final int STEPS_AT_A_TIME = 4;

    private final TokenPredictor model;
    private final TokenSampling settings;
    private final Device device;
    private final Scope scope;
    private final int batch;
    private final int asked;
    private final Tensor tokens;
    private final Tensor classIds;
    private final Tensor random;
    private final TokenPredictor.Batch reading;
    private final Tensor previous;
    private final Tensor drawn;
    private final Tensor confidence;
    private final Tensor round;
    private final Tensor counts;
    private final Tensor noise;
    private final Tensor read;
    private CapturedGraph graph;

    /** @param batch samples decoded at a time; the model stays the caller's */
    public TokenDecoder(TokenPredictor model, int batch, TokenSampling settings) {
        this.model = model;
        this.settings = settings;
        this.device = model.device();
        this.batch = batch;
        this.asked = settings.guidance() == 1 || settings.classId() == TokenSampling.ANY ? batch : 2 * batch;
        this.scope = Scope.open(device);
        int positions = model.length();
        tokens = scope.empty(DType.I32, batch, positions);
        classIds = scope.empty(DType.I32, asked);
        random = RandomKey.state(scope, 0, 0);
        boolean inOrder = settings.decode() == Decode.AR;
        reading = model.batch(scope, asked, inOrder);
        previous = inOrder ? scope.empty(DType.I32, asked) : null;
        drawn = scope.empty(DType.I32, inOrder ? batch : batch * (long) positions);
        round = scope.zeros(DType.I32, 1);
        confidence = inOrder ? null : scope.empty(DType.F32, drawn.size());
        counts = inOrder ? null : scope.empty(DType.I32, settings.steps());
        noise = inOrder ? null : scope.empty(DType.F32, settings.steps());
        read = inOrder || asked == batch ? tokens : scope.empty(DType.I32, asked, positions);
    }

    /** Steps of a run. */
    public int steps() {
        return settings.decode() == Decode.AR ? model.length() : settings.steps();
    }

    /**
     * Fills in what is masked. Waits for the device.
     *
     * @param start    tokens of the batch; {@link TokenPredictor#mask} where they are to be found
     * @param classes  of the batch
     * @param stepDone is told how many steps are done
     * @return the tokens, valid until the next run
     */
    public Tensor run(int[] start, int[] classes, long seed, IntConsumer stepDone) {
        tokens.copyFrom(start);
        random.copyFrom(new long[] {seed, 0});
        condition(classes);
        if (settings.decode() == Decode.AR) {
            reading.cache().clear();
        } else {
            schedule(start);
            round.zero();
        }
        for (int step = 1; step <= steps(); step++) {
            if (graph == null) {
                queue();
                graph = CapturedGraph.record(device, this::queue);
            } else {
                graph.launch();
            }
            if (step % STEPS_AT_A_TIME == 0 || step == steps()) {
                device.synchronize();
                stepDone.accept(step);
            }
        }
        return tokens;
    }

    /** The classes stay the same at every step: what they do to the network is computed once a run. */
    private void condition(int[] classes) {
        int[] ids = new int[asked];
        Arrays.fill(ids, model.anyClass());
        System.arraycopy(classes, 0, ids, 0, batch);
        classIds.copyFrom(ids);
        reading.condition(classIds);
    }

    /** How many tokens are known after each round: by a cosine, at least one more each, all after the last. */
    private void schedule(int[] start) {
        int rounds = settings.steps();
        int hidden = 0;
        for (int s = 0; s < model.length(); s++) {
            hidden += start[s] == model.mask() ? 1 : 0;
        }
        int[] known = new int[rounds];
        float[] chance = new float[rounds];
        int before = model.length() - hidden;
        for (int t = 0; t < rounds; t++) {
            double share = (t + 1.0) / rounds;
            int wanted = model.length() - (int) Math.floor(hidden * Math.cos(Math.PI / 2 * share));
            before = t == rounds - 1 ? model.length() : Math.min(model.length(), Math.max(before + 1, wanted));
            known[t] = before;
            chance[t] = settings.noise() * (float) (1 - share);
        }
        counts.copyFrom(known);
        noise.copyFrom(chance);
    }

    private void queue() {
        try (Tape tape = Tape.forInference(device)) {
            if (settings.decode() == Decode.AR) {
                queueNextPlace(tape);
            } else {
                queueRound(tape);
            }
        }
        Random.advance(random);
    }

    private void queueNextPlace(Tape tape) {
        for (int from = 0; from < asked; from += batch) {
            Tokens.take(tokens, reading.cache().length(), model.start(), previous.slice(from, from + batch));
        }
        Tokens.sample(guided(tape, reading.next(tape, previous)), drawn, null, settings.temperature(), settings.topK(),
                settings.topP(), RandomKey.reading(random, DRAWS));
        Tokens.put(drawn, reading.cache().length(), model.mask(), tokens);
        SamplerStep.advance(reading.cache().length(), 0);
    }

    private void queueRound(Tape tape) {
        for (int from = 0; from < asked && read != tokens; from += batch) {
            read.slice(from, from + batch).copyFrom(tokens);
        }
        Tokens.sample(guided(tape, reading.all(tape, read)), drawn, confidence, settings.temperature(), settings.topK(),
                settings.topP(), RandomKey.reading(random, DRAWS));
        Tokens.keepConfident(tokens, drawn.reshape(batch, model.length()), confidence, counts, noise, round,
                model.mask(), RandomKey.reading(random, NOISE));
        SamplerStep.advance(round, settings.steps());
    }

    /** any + guidance·(class − any), from the two halves of the batch. */
    private Tensor guided(Tape tape, Tensor logits) {
        if (asked == batch) {
            return logits;
        }
        long half = logits.dim(0) / 2;
        Tensor out = tape.empty(logits.dtype(), half, logits.dim(1));
        Pointwise.axpby(settings.guidance(), logits.slice(0, half), 1 - settings.guidance(),
                logits.slice(half, 2 * half), out);
        return out;
    }

    @Override
    public void close() {
        if (graph != null) {
            graph.close();
        }
        scope.close();
    }
}
