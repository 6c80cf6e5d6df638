package io.zoetrope.model.ddpm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.zoetrope.data.ImageDataset;
import io.zoetrope.data.Images;
import io.zoetrope.diffusion.Sampler;
import io.zoetrope.io.Config;
import io.zoetrope.train.TrainRequest;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class RequestsTest {
    private static final ImageDataset DATA = new ImageDataset("dots", List.of("dot"),
            new ImageDataset.Part(new Images(9, 1, 1, 1, new byte[9]), new int[9]),
            new ImageDataset.Part(new Images(1, 1, 1, 1, new byte[1]), new int[1]));

    @Test
    void samplingRefusesNonsense() {
        assertThat(Sampling.count(64).steps(20).sampler(Sampler.dpmSolver2M()).seed(7).clip(2).seed()).isEqualTo(7);
        assertThatIllegalArgumentException().isThrownBy(() -> Sampling.count(0)).withMessageContaining("not 0");
        assertThatIllegalArgumentException().isThrownBy(() -> Sampling.count(-4)).withMessageContaining("-4");
        assertThatIllegalArgumentException().isThrownBy(() -> Sampling.count(Integer.MAX_VALUE));
        assertThatIllegalArgumentException().isThrownBy(() -> Sampling.count(1).steps(0))
                .withMessageContaining("steps");
        assertThatIllegalArgumentException().isThrownBy(() -> Sampling.count(1).clip(0));
    }

    private static TrainRequest request(long steps, int batch, long seed, int saveEvery, int sampleEvery) {
        return new TrainRequest(DATA, steps, batch, seed, Path.of("run"), false, saveEvery, sampleEvery,
                Config.empty());
    }

    @Test
    void trainingRefusesNonsense() {
        assertThat(request(1, 9, 0, 1, 0).batch()).isEqualTo(9);
        assertThatIllegalArgumentException().isThrownBy(() -> request(0, 9, 0, 1, 0)).withMessageContaining("steps");
        assertThatIllegalArgumentException().isThrownBy(() -> request(1, 10, 0, 1, 0))
                .withMessageContaining("9 training pictures of dots").withMessageContaining("not 10");
        assertThatIllegalArgumentException().isThrownBy(() -> request(1, -1, 0, 1, 0));
        assertThatIllegalArgumentException().isThrownBy(() -> request(1, 1, 0, 0, 0));
        assertThatIllegalArgumentException().isThrownBy(() -> request(1, 1, 0, 1, -1));
    }
}
