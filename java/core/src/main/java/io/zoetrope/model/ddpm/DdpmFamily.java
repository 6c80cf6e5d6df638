package io.zoetrope.model.ddpm;

import io.zoetrope.cuda.Device;
import io.zoetrope.data.Images;
import io.zoetrope.io.Config;
import io.zoetrope.ops.optim.AdamW;
import io.zoetrope.train.RecordedTraining;
import io.zoetrope.train.TrainRequest;
import io.zoetrope.train.TrainingFamily;
import io.zoetrope.train.TrainingTask;
import java.io.IOException;

/** Diffusion models: a UNet that predicts the noise in square pictures (Ho et al. 2020). */
public final class DdpmFamily implements TrainingFamily {
    private static final float RATE = 1e-3f;
    private static final float FINAL_RATE = 2e-5f;
    private static final int WARM_UP = 100;
    private static final float BETA2 = 0.99f;
    private static final float MAX_NORM = 1;
    private static final float EMA_DECAY = 0.9995f;
    private static final float EMA_WARM_UP = 10;

    @Override
    public String name() {
        return "ddpm";
    }

    @Override
    public Config settings(TrainRequest request) {
        request.squarePictures();
        return Config.empty();
    }

    @Override
    public TrainingTask open(Device device, TrainRequest request, Config settings) throws IOException {
        long steps = settings.longInteger("steps");
        AdamW.Hyper hyper = AdamW.Hyper.of(RATE).withBetas(0.9f, BETA2).withMaxNorm(MAX_NORM)
                .withEma(EMA_DECAY, EMA_WARM_UP).withSchedule(Math.min(WARM_UP, steps), steps, FINAL_RATE);
        Images pictures = request.squarePictures().train().images();
        int batch = settings.integer("batch");
        return RecordedTraining.open(device, settings.longInteger("seed"), context ->
                new DdpmObjective(context, pictures, batch, hyper));
    }
}
