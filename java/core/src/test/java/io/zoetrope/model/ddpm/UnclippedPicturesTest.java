package io.zoetrope.model.ddpm;

import static org.assertj.core.api.Assertions.assertThat;

import io.zoetrope.data.Images;
import io.zoetrope.diffusion.Ddim;
import io.zoetrope.diffusion.Sampler;
import io.zoetrope.diffusion.UnclippedDdim;
import io.zoetrope.io.Progress;
import io.zoetrope.testkit.Devices;
import io.zoetrope.testkit.NpyFile;
import java.io.IOException;
import org.junit.jupiter.api.Test;

/**
 * The shipped model's pictures by DDIM as diffusers runs it, from the same noise: 25 steps, the direction not clipped.
 */
class UnclippedPicturesTest {
    private static final int COUNT = 4;

    /** Mean distance from diffusers' pictures, in levels of 255. */
    private static double distance(DdpmPipeline pipeline, Sampler sampler, double[] expected) {
        Images images = pipeline.generate(Sampling.count(COUNT).steps(25).sampler(sampler).seed(7), Progress.none());
        double sum = 0;
        for (int i = 0; i < expected.length; i++) {
            sum += Math.abs((images.pixels()[i] & 0xff) - expected[i]);
        }
        return sum / expected.length;
    }

    @Test
    void areDiffusersOwn() throws IOException {
        double[] expected = NpyFile.read("/goldens/fashion-ddpm/ddim25-unclipped.npy").values();
        try (DdpmPipeline pipeline = DdpmPipeline.fromPretrained(Devices.shared(), DdpmPipeline.FASHION_DDPM)) {
            assertThat(distance(pipeline, new UnclippedDdim(), expected)).as("bf16 beside float32").isLessThan(0.3);
            assertThat(distance(pipeline, new Ddim(), expected)).as("clipped").isGreaterThan(0.4);
        }
    }
}
