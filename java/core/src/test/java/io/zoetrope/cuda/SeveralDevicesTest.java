package io.zoetrope.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zoetrope.ops.conv.Conv2d;
import io.zoetrope.ops.gemm.Gemm;
import io.zoetrope.ops.pointwise.Pointwise;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A device is chosen by number, and what lives on one is refused on another. softcuda shows several when asked. */
class SeveralDevicesTest {
    @Test
    void choicesAreReadAsTheyAreWritten() {
        for (String text : new String[] {"auto", "gpu", "cpu", "gpu:1", "cpu:12"}) {
            assertThat(DeviceChoice.parse(text)).hasToString(text);
            assertThat(DeviceChoice.parse(text.toUpperCase(java.util.Locale.ROOT))).isEqualTo(DeviceChoice.parse(text));
        }
        assertThat(DeviceChoice.parse("gpu:0")).isSameAs(DeviceChoice.GPU);
        assertThat(DeviceChoice.parse("gpu:1")).isEqualTo(DeviceChoice.gpu(1)).isNotEqualTo(DeviceChoice.cpu(1));
        assertThat(DeviceChoice.gpu(3).ordinal()).isEqualTo(3);
        assertThatThrownBy(() -> DeviceChoice.gpu(-1)).hasMessageContaining("-1");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "tpu", "gpu1", "gpu:", "gpu:-1", "gpu:one", "auto:1", "gpu:99999"})
    void otherTextsAreNamedWithWhatWasExpected(String text) {
        assertThatThrownBy(() -> DeviceChoice.parse(text)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'" + text + "'").hasMessageContaining("expected auto, gpu or cpu")
                .hasMessageContaining("gpu:1");
    }

    /** Work on two devices at once, and every way to mix them up. */
    public static final class Two {
        public static void main(String[] arguments) throws Exception {
            try (Device zero = Device.open(DeviceChoice.CPU); Device one = Device.open(DeviceChoice.cpu(1));
                    Scope first = Scope.open(zero); Scope second = Scope.open(one)) {
                assertThat(zero).hasToString("softcuda (CPU) #0");
                assertThat(one).hasToString("softcuda (CPU) #1");
                assertThat(one.ordinal()).isEqualTo(1);
                Tensor x = first.of(new float[] {1, 2}, 2);
                Tensor y = second.of(new float[] {3, 4}, 2);
                for (int i = 0; i < 3; i++) { // in turn, each in its own context
                    Pointwise.add(x, x, x);
                    Pointwise.add(y, y, y);
                }
                assertThat(x.toFloats()).containsExactly(8, 16);
                assertThat(y.toFloats()).containsExactly(24, 32);

                refused(() -> Pointwise.add(x, y, x));
                refused(() -> x.copyFrom(y));
                refused(() -> Gemm.run(first.zeros(DType.F32, 2, 2), second.zeros(DType.F32, 2, 2), null,
                        first.zeros(DType.F32, 2, 2), Gemm.Spec.NN));
                refused(() -> Conv2d.forward(first.zeros(DType.F32, 1, 3, 3, 1), second.zeros(DType.F32, 1, 3, 3, 1),
                        null, null, null, first.zeros(DType.F32, 1, 3, 3, 1), Conv2d.Spec.of(1, 1)));
                assertThatThrownBy(() -> Transfer.withinDevice(zero, x.address(), y.address(), 8))
                        .hasMessageContaining("softcuda (CPU) #0 has no memory there");
                assertThatThrownBy(() -> Transfer.toHost(zero, y.address(), new float[2], 2, 4))
                        .hasMessageContaining("softcuda (CPU) #0 has no memory there");
                refused(() -> {
                    try (Stream stream = one.newStream(); StreamUse use = zero.use(stream)) {
                        throw new AssertionError("not refused");
                    }
                });
                refused(() -> {
                    try (Event event = new Event(zero)) {
                        event.record(one.stream());
                    }
                });
                refused(() -> {
                    try (KernelModule module = KernelModule.load(zero, "places", Ptx.PLACES)) {
                        module.kernel("places").arguments().pointer("out", first.zeros(DType.I64, 1)).i32("step", 1)
                                .launch(LaunchConfig.of(Grid.of(1), 1).on(one.stream()));
                    }
                });
                refused(() -> {
                    try (KernelModule module = KernelModule.load(zero, "places", Ptx.PLACES)) {
                        module.kernel("places").arguments().pointer("out", second.zeros(DType.I64, 1));
                    }
                });
                one.close();
                Pointwise.add(x, x, x);
                assertThat(x.toFloats()).containsExactly(16, 32);
            }
            assertThatThrownBy(() -> Device.open(DeviceChoice.cpu(2))).isInstanceOf(DeviceException.class)
                    .hasMessageContaining("'cpu:2'").hasMessageContaining("only 2, cpu:0 to cpu:1");
            System.out.println("two devices kept apart");
        }

        private static void refused(org.assertj.core.api.ThrowableAssert.ThrowingCallable mixture) {
            assertThatThrownBy(mixture).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("softcuda (CPU) #0").hasMessageContaining("softcuda (CPU) #1");
        }
    }

    @Test
    void twoDevicesAreKeptApart() throws Exception {
        String output = OtherProcess.run(Two.class, Map.of("ZOETROPE_DEVICES", "2")).successful();
        assertThat(output).contains("two devices kept apart");
    }

    /** A device that is not there. */
    public static final class Missing {
        public static void main(String[] arguments) {
            assertThatThrownBy(() -> Device.open(DeviceChoice.cpu(1))).isInstanceOf(DeviceException.class)
                    .hasMessageContaining("'cpu:1'").hasMessageContaining("only one, cpu:0")
                    .hasMessageContaining("ZOETROPE_DEVICES");
            try (Device again = Device.open(DeviceChoice.CPU); Device twice = Device.open(DeviceChoice.CPU)) {
                assertThat(again).hasToString("softcuda (CPU) #0");
                assertThat(twice).hasToString("softcuda (CPU) #0 (opening 2)");
            }
            System.out.println("missed");
        }
    }

    @Test
    void aDeviceThatIsNotThereIsNamedWithThoseThatAre() throws Exception {
        assertThat(OtherProcess.run(Missing.class, Map.of("ZOETROPE_DEVICES", "")).successful()).contains("missed");
    }
}
