package io.zoetrope.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class OperationCaseTest {
    @Test
    void readsTheTableThatShips() throws IOException {
        assertThat(OperationCase.all()).doesNotHaveDuplicates().hasSizeGreaterThan(40)
                .contains(new OperationCase(0, "gemm", List.of(256, 256, 256)));
        assertThat(OperationCase.all()).extracting(OperationCase::name).doesNotHaveDuplicates();
        assertThat(ModelCase.all()).extracting(ModelCase::name).doesNotHaveDuplicates();
    }

    @Test
    void namesTheLineThatIsNoCase() {
        assertThatThrownBy(() -> OperationCase.parse("# a comment\n\n1, gemm, 1, x\n", "table"))
                .isInstanceOf(IOException.class)
                .hasMessage("table:3: '1, gemm, 1, x': expected priority, operation and whole numbers, "
                        + "separated by commas");
    }
}
