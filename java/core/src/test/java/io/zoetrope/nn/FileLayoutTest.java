package io.zoetrope.nn;

import static org.assertj.core.api.Assertions.assertThat;

import io.zoetrope.tensor.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class FileLayoutTest {
    private static ParameterStore.Segment segment(Parameter parameter, long start) {
        return new ParameterStore.Segment(parameter, start, parameter.shape().size());
    }

    @Test
    void convolutionsTurnFromChannelsLastToChannelsFirst() {
        Parameter weight = Parameters.root().convolution("w", Init.zeros(), 1, 1, 2, 3);
        Map<String, FileLayout.Entry> file = FileLayout.toFile(List.of(segment(weight, 0)),
                new float[] {1, 2, 3, 4, 5, 6});
        assertThat(file.get("w").shape()).isEqualTo(Shape.of(1, 3, 1, 2));
        assertThat(file.get("w").values()).containsExactly(1, 4, 2, 5, 3, 6);
    }

    @Test
    void stackedParametersBecomeSeveralTensors() {
        Parameters root = Parameters.root();
        Parameter qkv = root.at("attn").stackedWeight(List.of("q", "k"), Init.zeros(), 2, 2);
        assertThat(FileLayout.shapes(root)).containsExactly(Map.entry("attn.q", Shape.of(1, 2)),
                Map.entry("attn.k", Shape.of(1, 2)));
        assertThat(FileLayout.toFile(List.of(segment(qkv, 0)), new float[] {1, 2, 3, 4}).get("attn.k").values())
                .containsExactly(3, 4);
    }

    @Test
    void thereAndBackIsTheSame() {
        Parameters root = Parameters.root();
        List<ParameterStore.Segment> segments = List.of(segment(root.convolution("c", Init.zeros(), 2, 3, 3, 4), 0),
                segment(root.vector("b", Init.zeros(), 5), 128));
        float[] store = new float[192];
        for (int i = 0; i < 72; i++) {
            store[i] = i + 1;
        }
        for (int i = 0; i < 5; i++) {
            store[128 + i] = -i - 1;
        }
        Map<String, FileLayout.Entry> file = FileLayout.toFile(segments, store);
        for (ParameterStore.Segment segment : segments) {
            int start = (int) segment.start();
            assertThat(FileLayout.fromFile(segment.parameter(), file.get(segment.parameter().names().get(0)).values()))
                    .containsExactly(Arrays.copyOfRange(store, start, start + (int) segment.length()));
        }
    }
}
