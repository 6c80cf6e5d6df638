package io.zoetrope.nn;

import static org.assertj.core.api.Assertions.assertThat;

import io.zoetrope.tensor.Shape;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class FileLayoutTest {
    @Test
    void convolutionsTurnFromChannelsLastToChannelsFirst() {
        Parameter weight = Parameters.root().convolution("w", Init.zeros(), 1, 1, 2, 3);
        assertThat(FileLayout.fileShape(weight)).isEqualTo(Shape.of(1, 3, 1, 2));
        assertThat(FileLayout.toFile(weight, new float[] {1, 2, 3, 4, 5, 6})).containsExactly(1, 4, 2, 5, 3, 6);
    }

    @Test
    void stackedParametersBecomeSeveralTensors() {
        Parameters root = Parameters.root();
        root.at("attn").stackedWeight(List.of("q", "k"), Init.zeros(), 2, 2);
        assertThat(FileLayout.shapes(root)).containsExactly(Map.entry("attn.q", Shape.of(1, 2)),
                Map.entry("attn.k", Shape.of(1, 2)));
    }

    @Test
    void thereAndBackIsTheSame() {
        Parameters root = Parameters.root();
        for (Parameter parameter : List.of(root.convolution("c", Init.zeros(), 2, 3, 3, 4),
                root.vector("b", Init.zeros(), 5))) {
            float[] values = new float[(int) parameter.shape().size()];
            for (int i = 0; i < values.length; i++) {
                values[i] = i + 1;
            }
            assertThat(FileLayout.fromFile(parameter, FileLayout.toFile(parameter, values.clone())))
                    .containsExactly(values);
        }
    }
}
