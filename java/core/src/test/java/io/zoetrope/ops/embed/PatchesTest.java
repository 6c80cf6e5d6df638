package io.zoetrope.ops.embed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zoetrope.reference.ReferenceSequences;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Shape;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.testkit.Devices;
import io.zoetrope.testkit.Guarded;
import io.zoetrope.testkit.Values;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class PatchesTest {
    private record Case(long[] dims, int[] patch, int offset) {
        @Override
        public String toString() {
            return Shape.of(dims) + " by " + java.util.Arrays.toString(patch);
        }
    }

    static Stream<Arguments> cases() {
        return Stream
                .of(new Case(new long[] {2, 28, 28, 1}, new int[] {4, 4}, 0),
                        new Case(new long[] {3, 8, 12, 3}, new int[] {2, 3}, 0),
                        new Case(new long[] {1, 1, 1, 1}, new int[] {1, 1}, 0),
                        new Case(new long[] {2, 65, 17}, new int[] {13}, 0),
                        new Case(new long[] {1, 4, 6, 8, 3}, new int[] {2, 3, 4}, 1),
                        new Case(new long[] {2, 2, 6, 4, 6, 5}, new int[] {1, 2, 2, 3}, 0),
                        new Case(new long[] {1, 63, 5, 8}, new int[] {9, 5}, 1),
                        // Runs of more units than a block has threads, of 16, of 4 and of 2 bytes.
                        new Case(new long[] {2, 2, 4, 1040}, new int[] {1, 2}, 0),
                        new Case(new long[] {1, 4, 4, 1040}, new int[] {2, 2}, 0),
                        new Case(new long[] {1, 4, 2, 517}, new int[] {2, 2}, 1))
                .flatMap(c -> Stream.of(DType.F32, DType.BF16, DType.I32).map(type -> Arguments.of(c, type)));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void patchesLieTogetherAndGoBack(Case c, DType type) {
        Shape shape = Shape.of(c.dims);
        int[] from = ReferenceSequences.patches(c.dims, c.patch);
        int n = (int) shape.size();
        try (Guarded guarded = new Guarded(Devices.shared(), c.offset)) {
            Tensor x;
            if (type == DType.I32) {
                int[] values = new int[n];
                for (int i = 0; i < n; i++) {
                    values[i] = i * 7919 - 3;
                }
                x = guarded.input("x", values, c.dims);
            } else {
                x = guarded.input("x", type, Values.uniform(n, n), c.dims);
            }
            Tensor y = guarded.output("y", type, Patches.shape(shape, c.patch).dims());
            Tensor back = guarded.output("back", type, c.dims);
            Patches.patchify(x, y, c.patch);
            Patches.unpatchify(y, back, c.patch);
            byte[] before = x.toBytes();
            byte[] patched = y.toBytes();
            int bytes = type.bytes();
            byte[] expected = new byte[before.length];
            for (int i = 0; i < n; i++) {
                System.arraycopy(before, from[i] * bytes, expected, i * bytes, bytes);
            }
            assertThat(patched).isEqualTo(expected);
            assertThat(back.toBytes()).isEqualTo(before);
        }
    }

    @Test
    void theShapeOfPatchesIsTold() {
        assertThat(Patches.shape(Shape.of(2, 16, 32, 32, 3), 2, 4, 4)).isEqualTo(Shape.of(2, 512, 96));
    }

    @Test
    void whatDoesNotDivideIsNamed() {
        try (Scope scope = Scope.open(Devices.shared())) {
            Tensor x = scope.zeros(DType.F32, 1, 28, 30, 1);
            Tensor y = scope.zeros(DType.F32, 1, 49, 16);
            assertThatThrownBy(() -> Patches.patchify(x, y, 4, 4)).hasMessageContainingAll("patchify", "[1, 28, 30, 1]",
                    "[4, 4]", "dimension 2");
            assertThatThrownBy(() -> Patches.patchify(x, y, 4)).hasMessageContaining("1 spatial extents");
            assertThatThrownBy(() -> Patches.patchify(x, y, 2, 2))
                    .hasMessageContainingAll("the patches are F32[1, 49, 16]", "[1, 210, 4]");
            assertThatThrownBy(() -> Patches.patchify(x, x, 2, 2)).hasMessageContaining("overlaps");
        }
    }
}
