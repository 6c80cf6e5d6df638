package io.zoetrope.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zoetrope.data.Images;
import io.zoetrope.testkit.Devices;
import java.io.IOException;
import java.net.URL;
import org.junit.jupiter.api.Test;

class PretrainedModelsTest {
    private static final long MOST_BYTES = 6_000_000;

    @Test
    void theShippedModelMakesPicturesThatAreDarkOutsideAndBrightInside() throws IOException {
        try (DdpmPipeline ddpm = DdpmPipeline.fromPretrained(Devices.shared(), PretrainedModels.FASHION_DDPM)) {
            assertThat(ddpm.model().unet().parameters().count()).isEqualTo(1_623_169);
            Images images = ddpm.generate(Sampling.count(8).steps(8).seed(5), Progress.none());
            // Garments lie in the middle of a black square: an untrained model's grey noise does neither.
            assertThat(mean(images, 0, 2, 0, 28)).isLessThan(60);
            assertThat(mean(images, 8, 20, 8, 20)).isGreaterThan(60);
        }
    }

    @Test
    void theWeightsAreSmall() throws IOException {
        URL weights = PretrainedModels.class.getResource("/weights/fashion-ddpm/unet/diffusion_pytorch_model.safetensors");
        assertThat(weights).isNotNull();
        assertThat(weights.openConnection().getContentLengthLong()).isBetween(1L, MOST_BYTES);
    }

    @Test
    void anUnknownNameIsAnsweredWithTheKnownOnes() {
        assertThatThrownBy(() -> DdpmPipeline.fromPretrained(Devices.shared(), "mona-lisa"))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("mona-lisa")
                .hasMessageContaining("fashion-ddpm");
    }

    /** Mean brightness over the rows and columns of all pictures, 0 to 255. */
    private static double mean(Images images, int top, int bottom, int left, int right) {
        double sum = 0;
        for (int n = 0; n < images.count(); n++) {
            for (int y = top; y < bottom; y++) {
                for (int x = left; x < right; x++) {
                    sum += images.pixels()[(n * images.height() + y) * images.width() + x] & 0xff;
                }
            }
        }
        return sum / ((long) images.count() * (bottom - top) * (right - left));
    }
}
