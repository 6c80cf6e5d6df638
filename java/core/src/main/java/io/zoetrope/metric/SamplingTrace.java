package io.zoetrope.metric;

import io.zoetrope.diffusion.SamplerPlan;
import io.zoetrope.diffusion.SamplingLoop;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * How well a denoiser predicts the noise while it samples. Nobody knows that noise beforehand, but each picture names
 * it when it is done: where x_t was x and the result is x_0, the noise was (x − α_t x_0)/σ_t, and what the denoiser
 * took for it (x − α_t x̂_0)/σ_t with its estimate there. On the way, the latest estimate stands for the result, so
 * that the curve moves with every step and is final at the last, where the last step's own R² is 1.
 *
 * <p>Keeps a sample of the batch's elements and of the plan's rows, whatever their numbers.
 */
public final class SamplingTrace {
    private static final int BINS = 20;
    private static final int MOST_ELEMENTS = 8192;
    private static final int MOST_ROWS = 100;

    private final List<SamplerPlan.Step> plan;
    private final int timesteps;
    private final Consumer<NoisePredictionReport> listener;
    private final int every;
    private final List<Visit> visits = new ArrayList<>();
    private int next;
    private String note = "";

    /**
     * @param x sampled elements of the batch,
     *
     * @param clean the estimate of them
     */
    private record Visit(SamplerPlan.Step row, float[] x, float[] clean) {}

    /**
     * @param timesteps T of the model's schedule
     * @param listener  told of the curve as it stands, at most a hundred times; on the thread that samples
     */
    public SamplingTrace(SamplerPlan plan, int timesteps, Consumer<NoisePredictionReport> listener) {
        this.plan = plan.steps();
        this.timesteps = timesteps;
        this.listener = listener;
        this.every = (this.plan.size() + MOST_ROWS - 1) / MOST_ROWS;
    }

    /** Takes the next step of a loop of the plan, and waits for it. */
    public void step(SamplingLoop loop) {
        boolean seen = false;
        do {
            boolean last = next == plan.size() - 1;
            boolean looked = last || next % every == 0;
            float[] x = looked ? sampled(loop.batch().toFloats()) : null;
            loop.row();
            if (looked) {
                add(plan.get(next), x, sampled(loop.estimate().toFloats()));
                seen = true;
            }
            next++;
        } while (next < plan.size() && plan.get(next).stage() > 0);
        if (seen) {
            NoisePredictionReport report = report();
            note = report.line();
            listener.accept(report);
        }
    }

    private static float[] sampled(float[] values) {
        int stride = (values.length + MOST_ELEMENTS - 1) / MOST_ELEMENTS;
        float[] sample = new float[(values.length + stride - 1) / stride];
        for (int i = 0; i < sample.length; i++) {
            sample[i] = values[i * stride];
        }
        return sample;
    }

    /** One call of the denoiser: at {@code x} it took the sample for {@code clean}. */
    void add(SamplerPlan.Step row, float[] x, float[] clean) {
        visits.add(new Visit(row, x, clean));
    }

    /** R² and the rest by timestep, as things stand. */
    NoisePredictionReport report() {
        float[] result = visits.get(visits.size() - 1).clean();
        NoisePredictionMeter meter = new NoisePredictionMeter(timesteps, Math.min(BINS, timesteps));
        for (Visit visit : visits) {
            float[] predicted = noise(visit, visit.clean());
            int timestep = (int) Math.max(0, Math.min(timesteps - 1, Math.round(visit.row().timestep())));
            meter.add(timestep, predicted, noise(visit, result), 0, predicted.length);
        }
        return meter.report();
    }

    private static float[] noise(Visit visit, float[] clean) {
        float[] noise = new float[clean.length];
        for (int i = 0; i < noise.length; i++) {
            noise[i] = (float) ((visit.x()[i] - visit.row().alpha() * clean[i]) / visit.row().sigma());
        }
        return noise;
    }

    /** The curve in one short line, see {@link NoisePredictionReport#line}. */
    public String note() {
        return note;
    }
}
