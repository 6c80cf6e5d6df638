package io.zoetrope.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class ShapeTest {
    @Test
    void noOrderOfExtentsHidesAnOverflow() {
        long half = 1L << 40;
        for (long[] dims : new long[][] {{half, half}, {0, half, half}, {half, half, 0}, {half, 0, half},
                {Long.MAX_VALUE, 2}}) {
            assertThatThrownBy(() -> Shape.of(dims)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("overflows 64 bits");
        }
    }

    @Test
    void countsElements() {
        assertThat(Shape.of().size()).isEqualTo(1);
        assertThat(Shape.of(3, 0, 2).size()).isZero();
        assertThat(Shape.of(Long.MAX_VALUE).size()).isEqualTo(Long.MAX_VALUE);
        assertThat(Shape.of(3, 4, 5).size()).isEqualTo(60);
    }

    @Test
    void keepsItsExtentsWhateverTheCallerDoes() {
        long[] dims = {2, 3};
        Shape shape = Shape.of(dims);
        dims[0] = 99;
        shape.dims()[1] = 99;
        assertThat(shape).isEqualTo(Shape.of(2, 3)).hasToString("[2, 3]");
        assertThatThrownBy(() -> shape.dim(2)).isInstanceOf(IndexOutOfBoundsException.class)
                .hasMessageContaining("[2, 3]");
        assertThatThrownBy(() -> shape.dim(-3)).isInstanceOf(IndexOutOfBoundsException.class);
    }
}
