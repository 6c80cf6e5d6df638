package io.zoetrope.model.ddpm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zoetrope.cuda.Device;
import io.zoetrope.data.ImageDataset;
import io.zoetrope.data.Images;
import io.zoetrope.diffusion.Heun;
import io.zoetrope.diffusion.NoiseSchedule;
import io.zoetrope.diffusion.Prediction;
import io.zoetrope.diffusion.Sampler;
import io.zoetrope.diffusion.SchedulerConfig;
import io.zoetrope.io.Config;
import io.zoetrope.io.Progress;
import io.zoetrope.model.Action;
import io.zoetrope.model.unet.UNetConfig;
import io.zoetrope.option.OptionException;
import io.zoetrope.option.Values;
import io.zoetrope.tensor.DType;
import io.zoetrope.testkit.Devices;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class DdpmFamilyTest {
    private final Device device = Devices.shared();

    private static Sampling request(Config given, String... classNames) throws IOException {
        Action generate = new DdpmFamily().actions(Action.Kind.GENERATE).get(0);
        return DdpmFamily.request(Values.of("ddpm", generate.options(), given), List.of(classNames));
    }

    @Test
    void optionsMakeTheRequest() throws IOException {
        assertThat(request(Config.empty())).isEqualTo(Sampling.count(64).steps(50).sampler(Sampler.ddim(0)).seed(7));
        assertThat(request(Config.empty().with("count", 3).with("steps", 130).with("sampler", "ddim").with("eta", 0.5)
                .with("seed", -1))).isEqualTo(Sampling.count(3).steps(130).sampler(Sampler.ddim(0.5)).seed(-1));
        assertThat(request(Config.empty().with("sampler", "dpm++2m")).sampler()).isEqualTo(Sampler.dpmSolver2M());
        assertThat(request(Config.empty().with("sampler", "heun")).sampler()).isEqualTo(new Heun());
        assertThat(request(Config.empty().with("class", "1"), "0", "1").classId()).isEqualTo(1);
        assertThat(request(Config.empty(), "0", "1").classId()).isEqualTo(Sampling.TURNS);
        assertThatThrownBy(() -> request(Config.empty().with("class", "2"), "0", "1"))
                .isInstanceOf(OptionException.class).hasMessage("class is '2', expected one of [0, 1]");
        assertThatThrownBy(() -> request(Config.empty().with("class", "2")))
                .hasMessageContaining("this model knows no classes");
        assertThatThrownBy(() -> request(Config.empty().with("eta", 1).with("sampler", "ddpm")))
                .isInstanceOf(OptionException.class);
    }

    @Test
    void aModelThatKnowsClassesMakesTheOneAskedFor() {
        DdpmConfig config = new DdpmConfig(UNetConfig.symmetric(8, 1, List.of(16, 16), 1, List.of(false, false), 8, 3),
                SchedulerConfig.forPictures(NoiseSchedule.cosine(100), Prediction.V));
        try (DdpmPipeline pipeline = new DdpmPipeline(new DdpmModel(device, config, DType.F32, 3))) {
            float[] values = pipeline.model().store().values();
            for (int i = 0; i < values.length; i++) {
                values[i] += (float) (0.05 * Math.sin(i)); // no layer is zero, as some are at first
            }
            pipeline.model().store().values(values);
            assertThat(pipeline.classNames()).containsExactly("0", "1", "2");
            Sampling four = Sampling.count(4).steps(3).seed(5);
            Images turns = pipeline.generate(four, Progress.none());
            Images first = pipeline.generate(four.ofClass(0), Progress.none());
            Images second = pipeline.generate(four.ofClass(1), Progress.none());
            assertThat(second).isNotEqualTo(first);
            assertThat(turns.slice(0, 1)).isEqualTo(first.slice(0, 1));
            assertThat(turns.slice(1, 2)).isEqualTo(second.slice(1, 2)).isNotEqualTo(first.slice(1, 2));
            assertThat(turns.slice(3, 4)).isEqualTo(first.slice(3, 4));
            assertThatThrownBy(() -> pipeline.generate(four.ofClass(3), Progress.none()))
                    .hasMessageContaining("has 3 classes");

            Images pictures = new Images(3, 8, 8, 1, new byte[3 * 64]);
            double[] errors = new double[2];
            for (int shift = 0; shift < 2; shift++) {
                int[] labels = {shift, (1 + shift) % 3, (2 + shift) % 3};
                errors[shift] = NoiseEvaluation
                        .measure(pipeline.model(), new ImageDataset.Part(pictures, labels), 2, 3, 7, Progress.none())
                        .overall().mse();
            }
            assertThat(errors[0]).isFinite().isNotEqualTo(errors[1]);
            assertThatThrownBy(() -> NoiseEvaluation.measure(pipeline.model(),
                    new ImageDataset.Part(pictures, new int[] {0, 1, 3}), 2, 3, 7, Progress.none()))
                    .hasMessageContaining("class 3").hasMessageContaining("from 0 to 2");
        }
    }
}
