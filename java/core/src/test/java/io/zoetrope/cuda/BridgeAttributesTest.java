package io.zoetrope.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;

class BridgeAttributesTest {
    /** CUlaunchAttribute: 32-bit id, padding to 8, value of 64 bytes. */
    private static final int BYTES = 72;

    @Test
    void areLaidOutAsTheDriverReadsThem() {
        BridgeAttributes attributes = BridgeAttributes.NONE.cluster(Grid.of(2, 3, 5)).programmatic().cooperative()
                .priority(-4);
        ByteBuffer expected = ByteBuffer.allocate(4 * BYTES).order(ByteOrder.nativeOrder());
        expected.putInt(0, 4).putInt(8, 2).putInt(12, 3).putInt(16, 5);
        expected.putInt(BYTES, 6).putInt(BYTES + 8, 1);
        expected.putInt(2 * BYTES, 2).putInt(2 * BYTES + 8, 1);
        expected.putInt(3 * BYTES, 8).putInt(3 * BYTES + 8, -4);
        assertThat(attributes.count()).isEqualTo(4);
        assertThat(attributes.buffer()).isEqualTo(expected);
        assertThat(attributes.buffer().isDirect()).isTrue();
    }

    @Test
    void addingOneLeavesTheOthersAsTheyWere() {
        BridgeAttributes cluster = BridgeAttributes.NONE.cluster(Grid.of(2, 1, 1));
        BridgeAttributes both = cluster.programmatic();
        assertThat(cluster.count()).isEqualTo(1);
        assertThat(cluster.isProgrammatic()).isFalse();
        assertThat(both.count()).isEqualTo(2);
        assertThat(both.isProgrammatic()).isTrue();
        assertThat(BridgeAttributes.NONE.isEmpty()).isTrue();
        assertThat(both).hasToString("cluster 2×1×1, programmatic serialisation");
    }

    @Test
    void tellWhatTheyAskFor() {
        BridgeAttributes cluster = BridgeAttributes.NONE.programmatic().cluster(Grid.of(1, 3, 2));
        assertThat(cluster.cluster()).isEqualTo(new Grid(1, 3, 2));
        assertThat(cluster.isCooperative()).isFalse();
        assertThat(BridgeAttributes.NONE.cooperative().isCooperative()).isTrue();
        assertThat(BridgeAttributes.NONE.cooperative().cluster()).isNull();
    }

    @Test
    void areEqualByValue() {
        assertThat(BridgeAttributes.NONE.cluster(Grid.of(1, 2, 3)).priority(4))
                .isEqualTo(BridgeAttributes.NONE.cluster(Grid.of(1, 2, 3)).priority(4))
                .hasSameHashCodeAs(BridgeAttributes.NONE.cluster(Grid.of(1, 2, 3)).priority(4))
                .isNotEqualTo(BridgeAttributes.NONE.cluster(Grid.of(1, 2, 4)).priority(4));
    }

    @Test
    void anAttributeGivenTwiceIsRefused() {
        assertThatThrownBy(() -> BridgeAttributes.NONE.priority(1).priority(2))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("priority 2 is given twice");
    }
}
