package io.zoetrope.figures;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.zoetrope.cuda.Device;
import io.zoetrope.data.Images;
import io.zoetrope.model.cnn.ClassifierConfig;
import io.zoetrope.model.cnn.CnnPipeline;
import io.zoetrope.model.cnn.ConvNetConfig;
import io.zoetrope.model.cnn.ConvNetModel;
import io.zoetrope.tensor.DType;
import io.zoetrope.testkit.Devices;
import java.awt.image.BufferedImage;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ClassifierExplanationTest {
    private final Device device = Devices.shared();

    private static Images noise() {
        byte[] pixels = new byte[12 * 12];
        new Random(3).nextBytes(pixels);
        return new Images(1, 12, 12, 1, pixels);
    }

    @Test
    void itFollowsThePictureThroughTheNetwork() {
        ClassifierConfig config = new ClassifierConfig(ConvNetConfig.small(12, 12, 1, 3), List.of("a", "b", "c"),
                List.of(100.0), List.of(80.0), true, false);
        try (CnnPipeline classifier = new CnnPipeline(new ConvNetModel(device, config, DType.F32, 1))) {
            ClassifierExplanation explanation = ClassifierExplanation.of(classifier, noise());
            assertThat(explanation.probabilities()).isEqualTo(classifier.classify(noise())[0]);
            assertThat(explanation.ranking()).hasSize(3);
            assertThat(explanation.filters().count()).isEqualTo(16);
            assertThat(explanation.layers()).extracting(ClassifierExplanation.Layer::name)
                    .containsExactly("first filters", "after max pooling", "stage 1", "stage 2");
            assertThat(explanation.layers()).extracting(layer -> layer.maps().width()).containsExactly(12, 6, 6, 3);
            assertThat(explanation.layers()).extracting(ClassifierExplanation.Layer::count).containsExactly(16, 16, 64,
                    128);
            assertThat(explanation.moves()).hasSize(4);
            ClassifierExplanation.Move still = explanation.moves().get(0);
            assertThat(still.likeness()).allSatisfy(likeness -> assertThat(likeness).isCloseTo(1, within(1e-6)));
            assertThat(still.probability()).isCloseTo(explanation.probabilities()[explanation.ranking().get(0)],
                    within(1e-6));
            ClassifierExplanation.Move moved = explanation.moves().get(1);
            assertThat(moved.picture().pixels()[5 * 12 + 8]).isEqualTo(noise().pixels()[5 * 12 + 7]);
            assertThat(moved.picture().pixels()[5 * 12]).isZero();
            assertThat(moved.ofFeatures()).as("the average over all places hardly notices")
                    .isGreaterThan(moved.likeness().get(0));
            assertThat(explanation.evidence()).hasSize(2);
            BufferedImage sheet = ExplanationSheet.draw(explanation, "noise");
            assertThat(sheet.getWidth()).isGreaterThan(1000);
        }
    }

    @Test
    void evidenceIsTheMapsWeightedByTheMeanGradient() {
        // Two channels over 1 × 3 places: mean gradients 2 and -1.
        float[] maps = {1, 0, 2, 1, 0, 3};
        float[] gradient = {3, -1, 2, -1, 1, -1};
        assertThat(ClassifierExplanation.heat(maps, gradient, new long[] {1, 1, 3, 2})[0]).containsExactly(2f / 3, 1,
                0);
        assertThat(ClassifierExplanation.heat(new float[6], gradient, new long[] {1, 1, 3, 2})[0]).containsOnly(0);
    }

    @Test
    void eachClassHasEvidenceOfItsOwn() {
        ClassifierConfig config = new ClassifierConfig(ConvNetConfig.small(12, 12, 1, 2), List.of("a", "b"),
                List.of(100.0), List.of(80.0), true, false);
        try (CnnPipeline classifier = new CnnPipeline(new ConvNetModel(device, config, DType.F32, 1))) {
            List<ClassifierExplanation.Heat> evidence = ClassifierExplanation.of(classifier, noise()).evidence();
            float most = 0;
            for (ClassifierExplanation.Heat heat : evidence) {
                for (float[] row : heat.heat()) {
                    for (float value : row) {
                        assertThat(value).isBetween(0f, 1f);
                        most = Math.max(most, value);
                    }
                }
            }
            assertThat(most).isEqualTo(1);
            assertThat(evidence.get(0).heat()).isNotEqualTo(evidence.get(1).heat());
        }
    }
}
