package io.zoetrope.ops.conv;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zoetrope.cuda.CapturedGraph;
import io.zoetrope.cuda.Device;
import io.zoetrope.cuda.DeviceChoice;
import io.zoetrope.ops.Tier;
import io.zoetrope.ops.Tiers;
import io.zoetrope.ops.conv.ConvCases.Case;
import io.zoetrope.ops.conv.ConvCases.Tiles;
import io.zoetrope.reference.ReferenceConv2d.Extents;
import io.zoetrope.reference.ReferenceConv2d;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.testkit.Guarded;
import io.zoetrope.testkit.Tolerance;
import io.zoetrope.testkit.Values;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** {@link ConvCases} by cuDNN, or by what stands in for it on softcuda. */
class CudnnTest {
    private static Device device;

    @BeforeAll
    static void open() {
        device = Device.open(DeviceChoice.parse(System.getProperty("zoetrope.test.device", "auto")), "cudnn");
    }

    @AfterAll
    static void close() {
        device.close();
    }

    @AfterEach
    void exactAgain() {
        Tiers.allowTf32(false);
    }

    static Stream<Case> cases() {
        return Stream.concat(ConvCases.cases(Tiles.none()).stream(), ConvCases.grouped(Tiles.none()).stream());
    }

    /** It pads both sides alike, and wants operands on 16 bytes; small outputs may hide a lopsided padding. */
    private static void assertRan(Case test, String operation) {
        Conv2d.Spec spec = test.shape().spec();
        boolean even = spec.padTop() == spec.padBottom() && spec.padLeft() == spec.padRight();
        if (even || test.offset() != 0) {
            assertThat(Tiers.lastUsed(operation)).hasValueSatisfying(
                    entry -> assertThat(entry.equals("cudnn")).as(entry).isEqualTo(test.offset() == 0));
        }
    }

    private static float[] values(Case test, long seed, int size) {
        return Values.stored(test.dtype(), Values.uniform(seed, size));
    }

    private static Tolerance tolerance(Case test, DType out, long terms) {
        return test.tier() == Tier.SM80 && test.dtype() == DType.F32 ? Tolerance.tf32Sum(terms, 1)
                : Tolerance.sum(out, terms, 1);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void forward(Case test) {
        Extents e = test.shape().extents();
        float[] x = values(test, 1, e.xSize());
        float[] w = values(test, 2, e.wSize());
        float[] bias = Values.uniform(3, e.k());
        float[] perSample = values(test, 4, e.n() * e.k());
        float[] residual = values(test, 5, e.ySize());
        double[] plain = ReferenceConv2d.forward(e, Values.doubles(x), Values.doubles(w));
        double[] all = plain.clone();
        ReferenceConv2d.addTerms(e, all, Values.doubles(bias), Values.doubles(perSample), Values.doubles(residual));
        Tiers.allowTf32(test.tier() == Tier.SM80);
        try (Guarded guarded = new Guarded(device, test.offset())) {
            Tensor tx = guarded.input("x", test.dtype(), x, e.n(), e.h(), e.w(), e.c());
            Tensor tw = guarded.input("w", test.dtype(), w, e.k(), e.r(), e.s(), e.groupChannels());
            Tensor y = guarded.output("y", test.dtype(), e.n(), e.p(), e.q(), e.k());
            Conv2d.forward(tx, tw, null, null, null, y, test.shape().spec());
            tolerance(test, test.dtype(), (long) e.r() * e.s() * e.c()).check("y", plain, y.toFloats());
            y.copyFrom(residual);
            Conv2d.forward(tx, tw, guarded.input("bias", DType.F32, bias, e.k()),
                    guarded.input("perSample", test.dtype(), perSample, e.n(), e.k()), y, y, test.shape().spec());
            // Each term that follows rounds once more, at the size that the sum has by then.
            Tolerance rounded = tolerance(test, test.dtype(), (long) e.r() * e.s() * e.c() + 3).times(4);
            double largest = Values.largest(plain) + 3;
            new Tolerance(rounded.relative(), rounded.absolute() + (test.dtype() == DType.BF16 ? largest / 64 : 0))
                    .check("y with all terms", all, y.toFloats());
        }
        assertRan(test, "conv2d_fprop");
    }

    @ParameterizedTest
    @MethodSource("cases")
    void gradients(Case test) {
        Extents e = test.shape().extents();
        float[] x = values(test, 6, e.xSize());
        float[] w = values(test, 7, e.wSize());
        float[] dy = values(test, 8, e.ySize());
        double[] dwExpected = ReferenceConv2d.wgrad(e, Values.doubles(x), Values.doubles(dy));
        double[] twice = Arrays.stream(dwExpected).map(v -> 2 * v).toArray();
        Tiers.allowTf32(test.tier() == Tier.SM80);
        try (Guarded guarded = new Guarded(device, test.offset())) {
            Tensor tx = guarded.input("x", test.dtype(), x, e.n(), e.h(), e.w(), e.c());
            Tensor tw = guarded.input("w", test.dtype(), w, e.k(), e.r(), e.s(), e.groupChannels());
            Tensor tdy = guarded.input("dy", test.dtype(), dy, e.n(), e.p(), e.q(), e.k());
            Tensor dx = guarded.output("dx", test.dtype(), e.n(), e.h(), e.w(), e.c());
            Conv2d.dgrad(tdy, tw, dx, test.shape().spec());
            tolerance(test, test.dtype(), (long) e.r() * e.s() * e.k()).check("dx",
                    ReferenceConv2d.dgrad(e, Values.doubles(dy), Values.doubles(w)), dx.toFloats());
            Tensor dw = guarded.output("dw", DType.F32, e.k(), e.r(), e.s(), e.groupChannels());
            // Filters' gradients of bf16 are rounded to it.
            Tolerance tolerance = tolerance(test, test.dtype(), (long) e.n() * e.p() * e.q());
            Conv2d.wgrad(tx, tdy, dw, test.shape().spec(), false);
            tolerance.check("dw", dwExpected, dw.toFloats());
            Conv2d.wgrad(tx, tdy, dw, test.shape().spec(), true);
            tolerance.times(2).check("dw, accumulated", twice, dw.toFloats());
        }
        assertRan(test, "conv2d_dgrad");
        assertRan(test, "conv2d_wgrad");
    }

    @Test
    void aRecordedConvolutionRunsAgainOnceItWasSearchedFor() {
        Extents e = new Extents(1, 5, 6, 4, 3, 3, 3, 5, 6, 1, 1, 1);
        try (Scope scope = Scope.open(device)) {
            Tensor x = scope.of(Values.uniform(1, e.xSize()), 1, 5, 6, 4);
            Tensor w = scope.of(Values.uniform(2, e.wSize()), 3, 3, 3, 4);
            Tensor y = scope.zeros(DType.F32, 1, 5, 6, 3);
            Runnable work = () -> Conv2d.forward(x, w, null, null, null, y, Conv2d.Spec.of(1, 1));
            assertThatThrownBy(() -> CapturedGraph.record(device, work))
                    .hasMessageContaining("run it once before the recording");
            work.run();
            try (CapturedGraph graph = CapturedGraph.record(device, work)) {
                for (long seed = 3; seed < 6; seed++) {
                    float[] values = Values.uniform(seed, e.xSize());
                    x.copyFrom(values);
                    graph.launch();
                    Tolerance.sum(DType.F32, 36, 1).check("y",
                            ReferenceConv2d.forward(e, Values.doubles(values), Values.doubles(w.toFloats())),
                            y.toFloats());
                }
            }
        }
    }
}
