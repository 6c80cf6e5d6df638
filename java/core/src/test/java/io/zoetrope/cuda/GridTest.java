package io.zoetrope.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GridTest {
    @ParameterizedTest
    @ValueSource(longs = {0, -1, 5 - (1L << 32), 1L << 31, Long.MIN_VALUE})
    void blocksThatDoNotFitAreNamed(long blocks) {
        assertThatThrownBy(() -> Grid.of(blocks)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("grid " + blocks + "×1×1");
        assertThatThrownBy(() -> Grid.of(1, blocks)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Grid.of(1, 1, blocks)).isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @CsvSource({"0, 8, 1", "1, 8, 1", "8, 8, 1", "9, 8, 2", "9223372036854775807, 4611686018427387904, 2"})
    void coversTheItems(long items, long perBlock, int blocks) {
        assertThat(Grid.covering(items, perBlock)).isEqualTo(new Grid(blocks, 1, 1));
    }

    @Test
    void senselessCountsAreNamed() {
        assertThatThrownBy(() -> Grid.covering(-3, 8)).hasMessageContaining("-3 items");
        assertThatThrownBy(() -> Grid.covering(3, 0)).hasMessageContaining("0 to a block");
        assertThatThrownBy(() -> Grid.covering(Long.MAX_VALUE, 1)).hasMessageContaining(Long.MAX_VALUE + "×1×1");
    }
}
