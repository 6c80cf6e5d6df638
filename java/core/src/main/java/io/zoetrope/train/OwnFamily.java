package io.zoetrope.train;

import io.zoetrope.cuda.Device;
import io.zoetrope.io.BadFileException;
import io.zoetrope.io.Config;
import java.io.IOException;

/** See {@link TrainingFamily#of}. */
record OwnFamily(String name, Config fixed, Maker maker) implements TrainingFamily {
    private static final String OWN = "own";

    @Override
    public Config settings(TrainRequest request) throws IOException {
        values(request);
        return Config.empty().with(OWN, fixed);
    }

    @Override
    public TrainingTask open(Device device, TrainRequest request, Config settings) throws IOException {
        if (!settings.json(OWN).equals(Config.empty().with(OWN, fixed).json(OWN))) {
            throw BadFileException.of(request.run(), "was started with the settings " + settings.json(OWN),
                    "those of this training, " + fixed, "Make the training with them, or start a new run");
        }
        int batch = settings.integer("batch");
        return RecordedTraining.open(device, settings, context -> maker.make(context, request.data(), batch));
    }
}
