package io.zoetrope.ops.reduce;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.zoetrope.ops.optim.GlobalNorm;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.testkit.Devices;
import io.zoetrope.testkit.Guarded;
import io.zoetrope.testkit.Tolerance;
import io.zoetrope.testkit.Values;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ReduceTest {
    record Case(DType dtype, int samples, int places, int channels, int offset) {
        int size() {
            return samples * places * channels;
        }
    }

    static Stream<Case> cases() {
        List<Case> cases = new ArrayList<>();
        for (DType dtype : List.of(DType.F32, DType.BF16)) {
            cases.add(new Case(dtype, 1, 1, 1, 0));
            cases.add(new Case(dtype, 3, 17, 3, 0));
            cases.add(new Case(dtype, 2, 3001, 1, 0));
            cases.add(new Case(dtype, 4, 63, 65, 0));
            cases.add(new Case(dtype, 4, 63, 64, 1));
            cases.add(new Case(dtype, 5, 49, 32, 0));
            cases.add(new Case(dtype, 1, 9000, 4, 0));
            cases.add(new Case(dtype, 2, 5, 1100, 0));
            cases.add(new Case(dtype, 70, 1, 17, 0));
        }
        return cases.stream();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void rowsAreSummedByChannel(Case c) {
        float[] x = Values.stored(c.dtype, Values.uniform(c.size(), c.size()));
        float[] before = Values.uniform(5, c.channels);
        try (Guarded guarded = new Guarded(Devices.shared(), c.offset)) {
            Tensor in = guarded.input("x", c.dtype, x, c.samples, c.places, c.channels);
            Tensor out = guarded.output("out", DType.F32, c.channels);
            Tensor accumulated = guarded.input("accumulated", DType.F32, before, c.channels);
            Reduce.sumRows(in, out, false);
            Reduce.sumRows(in, accumulated, true);
            double[] expected = new double[c.channels];
            for (int i = 0; i < x.length; i++) {
                expected[i % c.channels] += x[i];
            }
            Tolerance tolerance = Tolerance.sum(DType.F32, (long) c.samples * c.places, 1);
            tolerance.check("sum", expected, out.toFloats());
            for (int i = 0; i < expected.length; i++) {
                expected[i] += before[i];
            }
            tolerance.check("accumulated sum", expected, accumulated.toFloats());
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void placesAreSummedForEachSample(Case c) {
        float[] x = Values.stored(c.dtype, Values.uniform(c.size(), c.size()));
        float factor = 1f / c.places;
        try (Guarded guarded = new Guarded(Devices.shared(), c.offset)) {
            Tensor out = guarded.output("out", c.dtype, c.samples, c.channels);
            Tensor plain = guarded.output("plain", c.dtype, c.samples, c.channels);
            Tensor in = guarded.input("x", c.dtype, x, c.samples, c.places, c.channels);
            Reduce.sumSpatial(in, out, factor);
            Reduce.sumSpatial(in, plain, 1);
            double[] expected = new double[c.samples * c.channels];
            for (int i = 0; i < x.length; i++) {
                expected[i / (c.places * c.channels) * c.channels + i % c.channels] += x[i];
            }
            Tolerance.sum(c.dtype, c.places, 1).check("sum", expected, plain.toFloats());
            for (int i = 0; i < expected.length; i++) {
                expected[i] *= factor;
            }
            Tolerance.sum(c.dtype, c.places, factor).check("mean", expected, out.toFloats());
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void wholeArraysAreReduced(Case c) {
        float[] x = Values.stored(c.dtype, Values.uniform(c.size(), c.size()));
        double sum = 0;
        double squares = 0;
        double most = 0;
        for (float value : x) {
            sum += value;
            squares += (double) value * value;
            most = Math.max(most, Math.abs(value));
        }
        try (Guarded guarded = new Guarded(Devices.shared(), c.offset)) {
            Tensor in = guarded.input("x", c.dtype, x, c.size());
            Tensor out = guarded.output("out", DType.F32, 1);
            Tolerance tolerance = Tolerance.sum(DType.F32, c.size(), 1);
            Reduce.sum(in, out);
            tolerance.check("sum", new double[] {sum}, out.toFloats());
            Reduce.mean(in, out);
            tolerance.check("mean", new double[] {sum / c.size()}, out.toFloats());
            Reduce.sumSquares(in, out);
            tolerance.check("sum of squares", new double[] {squares}, out.toFloats());
            GlobalNorm.compute(in, out);
            tolerance.check("norm", new double[] {Math.sqrt(squares)}, out.toFloats());
            Reduce.maxAbs(in, out);
            assertThat(out.toFloats()).containsExactly((float) most);
        }
    }

    @Test
    void oneNaNShowsInEveryTotal() {
        float[] x = Values.uniform(1, 9001);
        x[7777] = Float.NaN;
        try (Guarded guarded = new Guarded(Devices.shared())) {
            Tensor in = guarded.input("x", DType.F32, x, x.length);
            Tensor out = guarded.output("out", DType.F32, 1);
            Reduce.maxAbs(in, out);
            assertThat(out.toFloats()).containsExactly(Float.NaN);
            Reduce.norm(in, out.copyFrom(new float[] {0}));
            assertThat(out.toFloats()).containsExactly(Float.NaN);
        }
    }

    @Test
    void sumsHaveTheSameBitsEveryTime() {
        float[] x = Values.normal(9, 64 * 1000, 1);
        try (Guarded guarded = new Guarded(Devices.shared())) {
            Tensor in = guarded.input("x", DType.F32, x, 1000, 64);
            Tensor out = guarded.output("out", DType.F32, 64);
            Tensor total = guarded.output("total", DType.F32, 1);
            Reduce.sumRows(in, out, false);
            Reduce.sum(in, total);
            float[] first = out.toFloats();
            float firstTotal = total.toFloats()[0];
            for (int run = 0; run < 5; run++) {
                Reduce.sumRows(in, out, false);
                Reduce.sum(in, total);
                assertThat(out.toFloats()).isEqualTo(first);
                assertThat(total.toFloats()[0]).isEqualTo(firstTotal);
            }
        }
    }

    @Test
    void mismatchesNameTheShapes() {
        try (Scope scope = Scope.open(Devices.shared())) {
            Tensor x = scope.zeros(DType.BF16, 4, 3);
            assertThatIllegalArgumentException().isThrownBy(() -> Reduce.sumRows(x, scope.zeros(DType.BF16, 3), false))
                    .withMessage("sum rows: out is BF16[3], expected F32[3]");
            assertThatIllegalArgumentException().isThrownBy(() -> Reduce.sum(x, scope.zeros(DType.F32, 2)))
                    .withMessage("sum: out is F32[2], expected F32 of 1 elements");
        }
    }
}
