package io.zoetrope.bench.compare.rows;

import io.zoetrope.io.Progress;
import io.zoetrope.model.ddpm.DdpmPipeline;
import io.zoetrope.model.ddpm.Sampling;
import io.zoetrope.model.gan.GanPipeline;
import io.zoetrope.model.wavegan.WaveGanPipeline;

/** What the models that ship make, from the weights on; loading them is not counted. */
public final class GenerationRows extends Rows {
    private static final int COUNT = 4;
    private static final int STEPS = 5;

    public GenerationRows() {
        add("fashion-ddpm, " + COUNT + " pictures, " + STEPS + " steps", (device, scope) -> {
            DdpmPipeline pipeline = DdpmPipeline.fromPretrained(device, "fashion-ddpm");
            Sampling request = Sampling.count(COUNT).steps(STEPS).seed(7);
            return closing(pipeline, () -> pipeline.generate(request, Progress.none()));
        });
        add("fashion-gan, " + COUNT + " pictures", (device, scope) -> {
            GanPipeline pipeline = GanPipeline.fromPretrained(device, "fashion-gan");
            return closing(pipeline, () -> pipeline.generate(COUNT, 7));
        });
        add("digits-wavegan, " + COUNT + " sounds", (device, scope) -> {
            WaveGanPipeline pipeline = WaveGanPipeline.fromPretrained(device, "digits-wavegan");
            return closing(pipeline, () -> pipeline.generate(COUNT, 7));
        });
    }
}
