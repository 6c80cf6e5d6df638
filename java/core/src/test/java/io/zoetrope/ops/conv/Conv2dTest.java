package io.zoetrope.ops.conv;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import io.zoetrope.ops.Tier;
import io.zoetrope.ops.Tiers;
import io.zoetrope.ops.conv.ConvCases.Case;
import io.zoetrope.ops.conv.ConvCases.Tiles;
import io.zoetrope.reference.ReferenceConv2d.Extents;
import io.zoetrope.reference.ReferenceConv2d;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.testkit.Devices;
import io.zoetrope.testkit.Guarded;
import io.zoetrope.testkit.Tolerance;
import io.zoetrope.testkit.Values;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Convolutions against the double-precision reference, over {@link ConvCases}. */
@SuppressWarnings("try")
class Conv2dTest {
    /** The tiles of dgrad are those of fprop. */
    static Stream<Case> rowCases() {
        return cases("conv2d_fprop");
    }

    static Stream<Case> wgradCases() {
        return cases("conv2d_wgrad");
    }

    private static Stream<Case> cases(String operation) {
        return Stream.concat(ConvCases.cases(Tiles.of(operation, "implicit_gemm")).stream(),
                ConvCases.grouped(Tiles.of(operation, "grouped_implicit_gemm")).stream());
    }

    /**
     * By the library's choice of tiles, without the residues: what is shown of a kernel, not of where its tiles end.
     */
    static Stream<Case> chosen() {
        return Stream.concat(ConvCases.cases(Tiles.none(), false).stream(), ConvCases.grouped(Tiles.none()).stream());
    }

    private static float[] values(Case test, long seed, int size) {
        return Values.stored(test.dtype(), Values.uniform(seed, size));
    }

    private static Tolerance tolerance(Case test, DType out, long terms) {
        return test.tier() == Tier.SM80 && test.dtype() == DType.F32 ? Tolerance.tf32Sum(terms, 1)
                : Tolerance.sum(out, terms, 1);
    }

    private static void assertRan(Case test, String operation) {
        if (test.shape().isDepthwise()) {
            assertThat(Tiers.lastUsed(operation)).hasValueSatisfying(
                    entry -> assertThat(entry).startsWith("depthwise_").contains(test.dtype().suffix()));
            return;
        }
        assertThat(Tiers.lastUsed(operation)).hasValueSatisfying(entry -> assertThat(entry)
                .contains(test.tier().suffix(), test.dtype().suffix(), test.tile() == null ? "x" : test.tile()));
    }

    /** What no term is given for is left out; the rest of the kernel is seen with all of them. */
    @ParameterizedTest
    @MethodSource("chosen")
    void forward(Case test) {
        Extents e = test.shape().extents();
        float[] x = values(test, 1, e.xSize());
        float[] w = values(test, 2, e.wSize());
        double[] expected = ReferenceConv2d.forward(e, Values.doubles(x), Values.doubles(w));
        try (Guarded guarded = new Guarded(Devices.shared(), test.offset());
                Tiers.Forced forced = Tiers.force(test.tier(), test.tile())) {
            Tensor y = guarded.output("y", test.dtype(), e.n(), e.p(), e.q(), e.k());
            Conv2d.forward(guarded.input("x", test.dtype(), x, e.n(), e.h(), e.w(), e.c()),
                    guarded.input("w", test.dtype(), w, e.k(), e.r(), e.s(), e.groupChannels()), null, null, null, y,
                    test.shape().spec());
            tolerance(test, test.dtype(), (long) e.r() * e.s() * e.c()).check("y", expected, y.toFloats());
        }
        assertRan(test, "conv2d_fprop");
    }

    @ParameterizedTest
    @MethodSource("rowCases")
    void forwardWithAllTerms(Case test) {
        Extents e = test.shape().extents();
        float[] x = values(test, 3, e.xSize());
        float[] w = values(test, 4, e.wSize());
        float[] bias = Values.uniform(5, e.k());
        float[] perSample = values(test, 6, e.n() * e.k());
        float[] residual = values(test, 7, e.ySize());
        double[] expected = ReferenceConv2d.forward(e, Values.doubles(x), Values.doubles(w));
        ReferenceConv2d.addTerms(e, expected, Values.doubles(bias), Values.doubles(perSample),
                Values.doubles(residual));
        try (Guarded guarded = new Guarded(Devices.shared(), test.offset());
                Tiers.Forced forced = Tiers.force(test.tier(), test.tile())) {
            Tensor y = guarded.input("y, at first the residual", test.dtype(), residual, e.n(), e.p(), e.q(), e.k());
            Conv2d.forward(guarded.input("x", test.dtype(), x, e.n(), e.h(), e.w(), e.c()),
                    guarded.input("w", test.dtype(), w, e.k(), e.r(), e.s(), e.groupChannels()),
                    guarded.input("bias", DType.F32, bias, e.k()),
                    guarded.input("perSample", test.dtype(), perSample, e.n(), e.k()), y, y, test.shape().spec());
            tolerance(test, test.dtype(), (long) e.r() * e.s() * e.c() + 3).check("y", expected, y.toFloats());
        }
        assertRan(test, "conv2d_fprop");
    }

    /** By every tile, on one shape with and one without groups. */
    static Stream<Case> termCases() {
        return rowCases().filter(test -> test.tile() != null && test.offset() == 0
                && test.shape().name().matches("3x3 17 to 9|3 groups of 5 to 7"));
    }

    @ParameterizedTest
    @MethodSource("termCases")
    void aTermIsAddedWithoutTheOthers(Case test) {
        Extents e = test.shape().extents();
        float[] x = values(test, 3, e.xSize());
        float[] w = values(test, 4, e.wSize());
        float[] perSample = values(test, 6, e.n() * e.k());
        float[] residual = values(test, 7, e.ySize());
        for (boolean sample : new boolean[] {false, true}) {
            double[] expected = ReferenceConv2d.forward(e, Values.doubles(x), Values.doubles(w));
            ReferenceConv2d.addTerms(e, expected, null, sample ? Values.doubles(perSample) : null,
                    sample ? null : Values.doubles(residual));
            try (Guarded guarded = new Guarded(Devices.shared());
                    Tiers.Forced forced = Tiers.force(test.tier(), test.tile())) {
                Tensor y = guarded.output("y", test.dtype(), e.n(), e.p(), e.q(), e.k());
                Conv2d.forward(guarded.input("x", test.dtype(), x, e.n(), e.h(), e.w(), e.c()),
                        guarded.input("w", test.dtype(), w, e.k(), e.r(), e.s(), e.groupChannels()), null,
                        sample ? guarded.input("perSample", test.dtype(), perSample, e.n(), e.k()) : null,
                        sample ? null : guarded.input("residual", test.dtype(), residual, e.n(), e.p(), e.q(), e.k()),
                        y, test.shape().spec());
                tolerance(test, test.dtype(), (long) e.r() * e.s() * e.c() + 1).check("y", expected, y.toFloats());
            }
        }
    }

    @ParameterizedTest
    @MethodSource("rowCases")
    void dgrad(Case test) {
        Extents e = test.shape().extents();
        float[] dy = values(test, 8, e.ySize());
        float[] w = values(test, 9, e.wSize());
        double[] expected = ReferenceConv2d.dgrad(e, Values.doubles(dy), Values.doubles(w));
        try (Guarded guarded = new Guarded(Devices.shared(), test.offset());
                Tiers.Forced forced = Tiers.force(test.tier(), test.tile())) {
            Tensor dx = guarded.output("dx", test.dtype(), e.n(), e.h(), e.w(), e.c());
            Conv2d.dgrad(guarded.input("dy", test.dtype(), dy, e.n(), e.p(), e.q(), e.k()),
                    guarded.input("w", test.dtype(), w, e.k(), e.r(), e.s(), e.groupChannels()), dx,
                    test.shape().spec());
            tolerance(test, test.dtype(), (long) e.r() * e.s() * e.k()).check("dx", expected, dx.toFloats());
        }
        assertRan(test, "conv2d_dgrad");
    }

    @ParameterizedTest
    @MethodSource("wgradCases")
    void wgrad(Case test) {
        Extents e = test.shape().extents();
        float[] x = values(test, 10, e.xSize());
        float[] dy = values(test, 11, e.ySize());
        double[] expected = ReferenceConv2d.wgrad(e, Values.doubles(x), Values.doubles(dy));
        double[] twice = Stream.of(expected).flatMapToDouble(java.util.Arrays::stream).map(v -> 2 * v).toArray();
        Tolerance tolerance = tolerance(test, DType.F32, (long) e.n() * e.p() * e.q());
        try (Guarded guarded = new Guarded(Devices.shared(), test.offset());
                Tiers.Forced forced = Tiers.force(test.tier(), test.tile())) {
            Tensor dw = guarded.output("dw", DType.F32, e.k(), e.r(), e.s(), e.groupChannels());
            Tensor tx = guarded.input("x", test.dtype(), x, e.n(), e.h(), e.w(), e.c());
            Tensor tdy = guarded.input("dy", test.dtype(), dy, e.n(), e.p(), e.q(), e.k());
            Conv2d.wgrad(tx, tdy, dw, test.shape().spec(), false);
            tolerance.check("dw", expected, dw.toFloats());
            Conv2d.wgrad(tx, tdy, dw, test.shape().spec(), true);
            tolerance.times(2).check("dw, accumulated", twice, dw.toFloats());
        }
        assertRan(test, "conv2d_wgrad");
    }

    /** ⟨conv(x, w), dy⟩ = ⟨x, dgrad(dy, w)⟩ = ⟨w, wgrad(x, dy)⟩: the three kernels agree, without a reference. */
    @ParameterizedTest
    @MethodSource("adjointCases")
    void gradientsAreAdjoint(Case test) {
        Extents e = test.shape().extents();
        try (Guarded guarded = new Guarded(Devices.shared()); Tiers.Forced forced = Tiers.force(test.tier())) {
            float[] xs = Values.uniform(12, e.xSize());
            float[] ws = Values.uniform(13, e.wSize());
            float[] dys = Values.uniform(14, e.ySize());
            Tensor x = guarded.input("x", DType.F32, xs, e.n(), e.h(), e.w(), e.c());
            Tensor w = guarded.input("w", DType.F32, ws, e.k(), e.r(), e.s(), e.groupChannels());
            Tensor dy = guarded.input("dy", DType.F32, dys, e.n(), e.p(), e.q(), e.k());
            Tensor y = guarded.output("y", DType.F32, e.n(), e.p(), e.q(), e.k());
            Tensor dx = guarded.output("dx", DType.F32, e.n(), e.h(), e.w(), e.c());
            Tensor dw = guarded.output("dw", DType.F32, e.k(), e.r(), e.s(), e.groupChannels());
            Conv2d.forward(x, w, null, null, null, y, test.shape().spec());
            Conv2d.dgrad(dy, w, dx, test.shape().spec());
            Conv2d.wgrad(x, dy, dw, test.shape().spec(), false);
            double size = Math.sqrt(dot(y.toFloats(), y.toFloats()) * dot(dys, dys));
            double forward = dot(y.toFloats(), dys);
            assertThat(dot(xs, dx.toFloats())).isCloseTo(forward, offset(1e-5 * size + 1e-9));
            assertThat(dot(ws, dw.toFloats())).isCloseTo(forward, offset(1e-5 * size + 1e-9));
        }
    }

    static Stream<Case> adjointCases() {
        return chosen().filter(test -> test.dtype() == DType.F32 && test.tier() == Tier.SIMT);
    }

    private static double dot(float[] a, float[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += (double) a[i] * b[i];
        }
        return sum;
    }

    /** Central differences of the loss Σ y·dy in the direction of one filter element and one input element. */
    @Test
    void gradientsAreFiniteDifferences() {
        Extents e = new Extents(1, 5, 6, 3, 4, 3, 3, 3, 3, 2, 1, 1);
        Conv2d.Spec spec = Conv2d.Spec.of(2, 1);
        float[] xs = Values.uniform(15, e.xSize());
        float[] ws = Values.uniform(16, e.wSize());
        float[] dys = Values.uniform(17, e.ySize());
        try (Guarded guarded = new Guarded(Devices.shared()); Tiers.Forced forced = Tiers.force(Tier.SIMT)) {
            Tensor x = guarded.input("x", DType.F32, xs, e.n(), e.h(), e.w(), e.c());
            Tensor w = guarded.input("w", DType.F32, ws, e.k(), e.r(), e.s(), e.groupChannels());
            Tensor dy = guarded.input("dy", DType.F32, dys, e.n(), e.p(), e.q(), e.k());
            Tensor y = guarded.output("y", DType.F32, e.n(), e.p(), e.q(), e.k());
            Tensor dx = guarded.output("dx", DType.F32, e.n(), e.h(), e.w(), e.c());
            Tensor dw = guarded.output("dw", DType.F32, e.k(), e.r(), e.s(), e.groupChannels());
            Conv2d.dgrad(dy, w, dx, spec);
            Conv2d.wgrad(x, dy, dw, spec, false);
            for (int i = 0; i < e.xSize(); i += 7) {
                double slope = slope(x, xs, i, () -> Conv2d.forward(x, w, null, null, null, y, spec), y, dys);
                assertThat((double) dx.toFloats()[i]).isCloseTo(slope, offset(1e-4));
            }
            for (int i = 0; i < e.wSize(); i += 11) {
                double slope = slope(w, ws, i, () -> Conv2d.forward(x, w, null, null, null, y, spec), y, dys);
                assertThat((double) dw.toFloats()[i]).isCloseTo(slope, offset(1e-4));
            }
        }
    }

    private static double slope(Tensor variable, float[] at, int i, Runnable forward, Tensor y, float[] dys) {
        float[] moved = at.clone();
        moved[i] = at[i] + 0.5f;
        variable.copyFrom(moved);
        forward.run();
        double up = dot(y.toFloats(), dys);
        float high = moved[i];
        moved[i] = at[i] - 0.5f;
        variable.copyFrom(moved);
        forward.run();
        double down = dot(y.toFloats(), dys);
        variable.copyFrom(at);
        return (up - down) / (high - moved[i]);
    }

    @ParameterizedTest
    @MethodSource("repeatCases")
    void theSameBitsTwice(Case test) {
        Extents e = test.shape().extents();
        try (Guarded guarded = new Guarded(Devices.shared()); Tiers.Forced forced = Tiers.force(test.tier())) {
            Tensor x = guarded.input("x", test.dtype(), Values.uniform(18, e.xSize()), e.n(), e.h(), e.w(), e.c());
            Tensor dy = guarded.input("dy", test.dtype(), Values.uniform(19, e.ySize()), e.n(), e.p(), e.q(), e.k());
            Tensor once = guarded.output("dw", DType.F32, e.k(), e.r(), e.s(), e.groupChannels());
            Tensor again = guarded.output("dw again", DType.F32, e.k(), e.r(), e.s(), e.groupChannels());
            Conv2d.wgrad(x, dy, once, test.shape().spec(), false);
            Conv2d.wgrad(x, dy, again, test.shape().spec(), false);
            assertThat(again.toFloats()).isEqualTo(once.toFloats());
        }
    }

    static Stream<Case> repeatCases() {
        return ConvCases.split().stream();
    }
}
