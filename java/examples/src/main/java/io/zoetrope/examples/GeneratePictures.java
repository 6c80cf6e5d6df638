package io.zoetrope.examples;

import io.zoetrope.cuda.Device;
import io.zoetrope.data.Images;
import io.zoetrope.diffusion.Sampler;
import io.zoetrope.io.Progress;
import io.zoetrope.model.ddpm.DdpmPipeline;
import io.zoetrope.model.ddpm.Sampling;
import java.nio.file.Path;

/** Makes pictures of clothing by the diffusion model that ships: {@code GeneratePictures [COUNT [STEPS [FILE]]]}. */
public final class GeneratePictures {
    public static void main(String[] args) throws Exception {
        int count = args.length > 0 ? Integer.parseInt(args[0]) : 64;
        int steps = args.length > 1 ? Integer.parseInt(args[1]) : 50;
        Path file = Path.of(args.length > 2 ? args[2] : "fashion.png");
        try (Device device = Device.open(); // the GPU if there is one, else softcuda
                DdpmPipeline ddpm = DdpmPipeline.fromPretrained(device, "fashion-ddpm")) {
            Sampling request = Sampling.count(count).steps(steps).sampler(Sampler.ddim(0)).seed(7);
            Images images = ddpm.generate(request, Progress.none());
            images.grid(8).writePng(file);
        }
    }
}
