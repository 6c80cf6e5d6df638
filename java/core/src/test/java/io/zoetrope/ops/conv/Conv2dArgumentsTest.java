package io.zoetrope.ops.conv;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.zoetrope.ops.Tier;
import io.zoetrope.ops.Tiers;
import io.zoetrope.ops.gemm.Gemm;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.testkit.Devices;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Wrong operands of convolutions and products are refused with the operation, the operand and both shapes. */
@SuppressWarnings("try")
class Conv2dArgumentsTest {
    private Scope scope;

    @BeforeEach
    void open() {
        scope = Scope.open(Devices.shared());
    }

    @AfterEach
    void close() {
        scope.close();
    }

    private Tensor f32(long... dims) {
        return scope.empty(DType.F32, dims);
    }

    @Test
    void channelsOfInputAndFiltersMustAgree() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Conv2d.forward(f32(1, 4, 4, 8), f32(2, 3, 3, 7), null, null, null, f32(1, 4, 4, 2),
                        Conv2d.Spec.of(1, 1)))
                .withMessageContaining("conv2d_fprop").withMessageContaining("[1, 4, 4, 8]")
                .withMessageContaining("[2, 3, 3, 7]");
    }

    @Test
    void theOutputsShapeIsNamedWithTheExpectedOne() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Conv2d.forward(f32(1, 4, 4, 8), f32(2, 3, 3, 8), null, null, null, f32(1, 4, 4, 2),
                        Conv2d.Spec.of(1, 0)))
                .withMessageContaining("y has shape [1, 4, 4, 2]").withMessageContaining("expected [1, 2, 2, 2]");
    }

    @Test
    void aFilterLargerThanThePaddedInputIsRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> Conv2d.forward(f32(1, 2, 2, 8), f32(2, 3, 3, 8), null,
                null, null, f32(1, 1, 1, 2), Conv2d.Spec.of(1, 0))).withMessageContaining("do not fit");
    }

    @Test
    void filtersBeyondTheWindowLimitAreRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Conv2d.forward(f32(1, 1, 130, 8), f32(2, 1, 128, 8), null, null, null,
                        f32(1, 1, 3, 2), Conv2d.Spec.of(1, 0)))
                .withMessageContaining("[2, 1, 128, 8]").withMessageContaining("127");
    }

    @Test
    void typesMustAgree() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Conv2d.forward(f32(1, 4, 4, 8), scope.empty(DType.BF16, 2, 3, 3, 8), null, null, null,
                        f32(1, 4, 4, 2), Conv2d.Spec.of(1, 1)))
                .withMessageContaining("w is BF16").withMessageContaining("F32");
    }

    @Test
    void filterGradientsAreF32() {
        Tensor x = scope.empty(DType.BF16, 1, 4, 4, 8);
        Tensor dy = scope.empty(DType.BF16, 1, 4, 4, 2);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Conv2d.wgrad(x, dy, scope.empty(DType.BF16, 2, 3, 3, 8), Conv2d.Spec.of(1, 1), false))
                .withMessageContaining("dw is BF16[2, 3, 3, 8], expected F32");
    }

    @Test
    void outputsMustNotOverlapInputs() {
        Tensor x = f32(1, 4, 4, 8);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Conv2d.forward(x, f32(8, 1, 1, 8), null, null, null, x, Conv2d.Spec.of(1, 0)))
                .withMessageContaining("y overlaps x");
    }

    @Test
    void groupsMustDivideChannelsAndFilters() {
        Conv2d.Spec groups = Conv2d.Spec.of(1, 1).withGroups(4);
        assertThatIllegalArgumentException().isThrownBy(
                () -> Conv2d.forward(f32(1, 4, 4, 8), f32(6, 3, 3, 2), null, null, null, f32(1, 4, 4, 6), groups))
                .withMessageContaining("6 filters").withMessageContaining("4 groups");
        assertThatIllegalArgumentException().isThrownBy(
                () -> Conv2d.forward(f32(1, 4, 4, 8), f32(4, 3, 3, 8), null, null, null, f32(1, 4, 4, 4), groups))
                .withMessageContaining("2 channels in each of 4 groups");
        assertThatIllegalArgumentException().isThrownBy(() -> Conv2d.Spec.of(1, 1).withGroups(0))
                .withMessageContaining("0 groups");
        assertThatIllegalArgumentException().isThrownBy(() -> Conv2d.Spec.of(1, 1).withDilation(0))
                .withMessageContaining("dilation 0");
    }

    @Test
    void strideAndPaddingAreChecked() {
        assertThatIllegalArgumentException().isThrownBy(() -> Conv2d.Spec.of(0, 1)).withMessageContaining("stride 0");
        assertThatIllegalArgumentException().isThrownBy(() -> new Conv2d.Spec(1, 0, -1, 0, 0))
                .withMessageContaining("-1");
    }

    @Test
    void productsNameAllShapesThatDoNotFit() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Gemm.run(f32(3, 4), f32(5, 6), null, f32(3, 6), Gemm.Spec.NN))
                .withMessageContaining("gemm_nn").withMessageContaining("a [3, 4], b [5, 6], c [3, 6]");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Gemm.run(f32(2, 3, 4), f32(3, 4, 6), null, f32(2, 3, 6), Gemm.Spec.NN))
                .withMessageContaining("leading dimensions");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Gemm.run(f32(3, 4), f32(4, 6), f32(5), f32(3, 6), Gemm.Spec.NN))
                .withMessageContaining("bias has shape [5], expected [6]");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Gemm.run(f32(0, 4), f32(4, 6), null, f32(0, 6), Gemm.Spec.NN))
                .withMessageContaining("extents of 1 or more");
    }

    @Test
    void theTierIsChosenByTypeUnlessForced() {
        var device = Devices.shared();
        assertThat(Tiers.choose(device, DType.F32)).isEqualTo(Tier.SIMT);
        assertThat(Tiers.choose(device, DType.BF16))
                .isEqualTo(device.capability().atLeast(8, 0) ? Tier.SM80 : Tier.SIMT);
        try (Tiers.Forced outer = Tiers.force(Tier.SIMT)) {
            assertThat(Tiers.choose(device, DType.BF16)).isEqualTo(Tier.SIMT);
        }
        Tiers.allowTf32(true);
        try {
            assertThat(Tiers.choose(device, DType.F32)).isEqualTo(Tiers.choose(device, DType.BF16));
        } finally {
            Tiers.allowTf32(false);
        }
    }
}
