package io.zoetrope.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zoetrope.cuda.Device;
import io.zoetrope.io.BadFileException;
import io.zoetrope.model.cnn.ClassifierConfig;
import io.zoetrope.model.cnn.ConvNetConfig;
import io.zoetrope.model.cnn.ConvNetModel;
import io.zoetrope.model.ddpm.DdpmModel;
import io.zoetrope.nn.ParameterPlan;
import io.zoetrope.nn.WeightTransfer;
import io.zoetrope.tensor.DType;
import io.zoetrope.testkit.Devices;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Models that ship, loaded to be used, to be trained in part, and to begin others with. */
class ParameterPlanOfModelsTest {
    private final Device device = Devices.shared();

    private DdpmModel diffusion(ParameterPlan plan) throws IOException {
        return PretrainedModels.open("fashion-ddpm", folder -> DdpmModel.load(device, folder, DType.BF16, plan));
    }

    @Test
    void aModelInUseTakesAFifthOfOneInTraining() throws IOException {
        try (DdpmModel used = diffusion(ParameterPlan.inference());
                DdpmModel partly = diffusion(ParameterPlan.training().trainingOnly("up_blocks.0.*"));
                DdpmModel trained = diffusion(ParameterPlan.training())) {
            long count = used.network().parameters().count();
            assertThat((double) used.store().bytes() / count).as("bytes a parameter").isBetween(2.0, 2.2);
            assertThat((double) trained.store().bytes() / count).isGreaterThanOrEqualTo(10);
            assertThat(partly.store().bytes()).isStrictlyBetween(used.store().bytes(), trained.store().bytes() / 2);
            assertThat(trained.store().trainable().size()).isGreaterThan(partly.store().trainable().size());
            assertThat(trained.store().values()).isEqualTo(trained.store().masters().toFloats());
        }
    }

    private static ClassifierConfig ofFourClasses(ConvNetModel shipped) {
        ClassifierConfig config = shipped.config();
        ConvNetConfig network = ConvNetConfig.small(28, 28, 1, 4);
        return new ClassifierConfig(network, List.of("a", "b", "c", "d"), config.mean(), config.deviation(),
                config.darkBackground(), config.mirrored(), config.sounds());
    }

    @Test
    void aClassifierOfFourBeginsAsOneOfTen() throws IOException {
        WeightTransfer.Report report = PretrainedModels.open("fashion-cnn", folder -> {
            try (ConvNetModel shipped = ConvNetModel.load(device, folder, DType.F32);
                    ConvNetModel model = new ConvNetModel(device, ofFourClasses(shipped), DType.BF16, 7)) {
                assertThatThrownBy(() -> model.transfer(folder, WeightTransfer.everything(), 7))
                        .isInstanceOf(BadFileException.class).hasMessageContainingAll("head.weight", "[4, 128]");
                WeightTransfer.Report done = model.transfer(folder, WeightTransfer.everything().except("head.*"), 7);
                assertThat(model.network().filters().variable().value().toFloats())
                        .isEqualTo(shipped.network().filters().variable().value().toFloats());
                return done;
            }
        });
        assertThat(report.fresh()).containsExactly("head.weight", "head.bias");
        assertThat(report.skipped()).containsExactlyInAnyOrder("head.weight", "head.bias");
        assertThat(report.loaded()).hasSize(27).contains("stem.weight", "norm.running_mean");
    }
}
