package io.zoetrope.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Shape;
import java.util.List;
import org.junit.jupiter.api.Test;

class MediaTest {
    @Test
    void aDataSetIsOfTheMediaItHolds() {
        ImageDataset.Part part = new ImageDataset.Part(new Images(1, 2, 2, 1, new byte[4]), new int[1]);
        assertThat(Media.of(new ImageDataset("dots", List.of("dot"), part, part))).isEqualTo(Media.PICTURES);
    }

    @Test
    void examplesOfOnesOwnAreNoPictures() {
        ExampleStream own = new ExampleStream("points", "1", 5, DType.F32, Shape.of(2), (index, target) -> 0);
        assertThatIllegalArgumentException().isThrownBy(() -> Media.of(own))
                .withMessage("points holds examples: expected pictures, sounds or captioned pictures");
    }
}
