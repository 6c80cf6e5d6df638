package io.zoetrope.ops.attention;

import io.zoetrope.cuda.Device;
import io.zoetrope.ops.Tier;
import io.zoetrope.ops.Tiers;
import io.zoetrope.reference.ReferenceAttention;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.testkit.Devices;
import io.zoetrope.testkit.Guarded;
import io.zoetrope.testkit.Tolerance;
import io.zoetrope.testkit.Values;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** {@link Attention} where scores are far from 0: their own rounding is what the results hang on. */
@Tag("nothing-to-check") // shapes and kernels are AttentionTest's: only the values are others
class LargeScoresTest {
    private static final Device DEVICE = Devices.shared();
    private static final float SCALE = 0.25f;

    /** Scores far apart: one key takes all the weight, and no exponential overflows. */
    @ParameterizedTest
    @MethodSource("io.zoetrope.ops.attention.AttentionTest#tiers")
    void largeScoresStayFinite(DType dtype, Tier tier) {
        AttentionTest.Case c = new AttentionTest.Case(1, 1, 17, 70, 32, false);
        ReferenceAttention reference = c.reference();
        float[] q = Values.stored(dtype, Values.normal(31, reference.querySize(), 64));
        float[] k = Values.stored(dtype, Values.normal(32, reference.keySize(), 64));
        float[] v = Values.stored(dtype, Values.uniform(33, reference.keySize()));
        double[] expected = reference.output(Values.doubles(q), Values.doubles(k), Values.doubles(v));
        try (Guarded guarded = new Guarded(DEVICE); Tiers.Forced forced = Tiers.force(tier)) {
            Tensor o = guarded.output("o", dtype, c.queryShape());
            Tensor normalizer = guarded.output("normalizer", DType.F32, 1, 1, c.queries(), 2);
            Attention.forward(guarded.input("q", dtype, q, c.queryShape()), guarded.input("k", dtype, k, c.keyShape()),
                    guarded.input("v", dtype, v, c.keyShape()), o, normalizer, c.scale(), false);
            // Scores of thousands: their own rounding, 2^-11 of them with TF32, moves weights between near rivals.
            double absolute = tier == Tier.SM80 && dtype == DType.F32 ? 2 : 0x1p-7;
            new Tolerance(0, absolute).check("o", expected, o.toFloats());
        }
    }

    /**
     * Scores of 1e5 and 1e6 a few units apart, all of them exact in f32: the weights of near rivals, and with them the
     * gradients, hang on the last digits. With 30 keys in one tile, with 150 over several tiles of every kernel's.
     * Channel 0 makes the large part, the others the differences; q · k is a multiple of the scale's inverse, within
     * 2^24 of them.
     */
    static Stream<Arguments> largeScores() {
        return AttentionTest.tiers().flatMap(
                tier -> Stream.of(32, 64, 128, 160).flatMap(dim -> Stream.of(1L << 17, 1L << 20).flatMap(size -> Stream
                        .of(30, 150).map(keys -> Arguments.of(tier.get()[0], tier.get()[1], dim, size, keys)))));
    }

    private static float[] rows(Random random, int rows, int dim, float large) {
        float[] values = new float[rows * dim];
        for (int i = 0; i < values.length; i++) {
            values[i] = i % dim == 0 ? large : i % dim < 5 ? random.nextInt(5) - 2 : 0;
        }
        return values;
    }

    @ParameterizedTest
    @MethodSource("largeScores")
    void digitsAreKeptWhereScoresAreLarge(DType dtype, Tier tier, int dim, long size, int keys) {
        ReferenceAttention reference = new ReferenceAttention(1, 2, 70, keys, dim, SCALE, false);
        Random random = new Random(7);
        float[] q = rows(random, 140, dim, size / 256f);
        float[] k = rows(random, 2 * keys, dim, 1024);
        float[] v = Values.stored(dtype, Values.uniform(41, k.length));
        float[] dO = Values.stored(dtype, Values.uniform(42, q.length));
        double[] exactQ = Values.doubles(q);
        double[] exactK = Values.doubles(k);
        double[] expectedO = reference.output(exactQ, exactK, Values.doubles(v));
        try (Guarded guarded = new Guarded(DEVICE); Tiers.Forced forced = Tiers.force(tier)) {
            Tensor tq = guarded.input("q", dtype, q, 1, 70, 2, dim);
            Tensor tk = guarded.input("k", dtype, k, 1, keys, 2, dim);
            Tensor tv = guarded.input("v", dtype, v, 1, keys, 2, dim);
            Tensor o = guarded.output("o", dtype, 1, 70, 2, dim);
            Tensor normalizer = guarded.output("normalizer", DType.F32, 1, 2, 70, 2);
            Attention.forward(tq, tk, tv, o, normalizer, SCALE, false);
            AttentionTest.tolerance(dtype, tier, expectedO, 4, 0.1).check("o", expectedO, o.toFloats());
            Tensor dq = guarded.output("dq", dtype, 1, 70, 2, dim);
            Tensor dk = guarded.output("dk", dtype, 1, keys, 2, dim);
            Tensor dv = guarded.output("dv", dtype, 1, keys, 2, dim);
            Attention.backward(guarded.input("dO", dtype, dO, 1, 70, 2, dim), tq, tk, tv, o, normalizer, dq, dk, dv,
                    SCALE, false);
            ReferenceAttention.Gradients expected = reference.gradients(Values.doubles(dO), exactQ, exactK,
                    Values.doubles(v), Values.doubles(o.toFloats()));
            // Channel 0 multiplies whatever is left of sums that cancel by its size; the others are of ordinary size.
            AttentionTest.tolerance(dtype, tier, new double[0], 8, 2).check("dq", small(expected.q(), dim),
                    small(dq.toFloats(), dim));
            AttentionTest.tolerance(dtype, tier, new double[0], 8, 2).check("dk", small(expected.k(), dim),
                    small(dk.toFloats(), dim));
            AttentionTest.tolerance(dtype, tier, expected.v(), 8, 0.1).check("dv", expected.v(), dv.toFloats());
        }
    }

    /** The same where a cache is read, whose keys a block's groups share and merge. */
    @ParameterizedTest
    @CsvSource({"32, 131072", "64, 1048576", "128, 131072", "160, 1048576"})
    void oneQueryKeepsItsDigits(int dim, long size) {
        int keys = 150;
        Random random = new Random(8);
        float[] q = rows(random, 2, dim, size / 256f);
        float[] k = rows(random, 2 * keys, dim, 1024);
        for (DType dtype : List.of(DType.F32, DType.BF16)) {
            float[] v = Values.stored(dtype, Values.uniform(43, k.length));
            double[] expected = new ReferenceAttention(1, 2, 1, keys, dim, SCALE, false).output(Values.doubles(q),
                    Values.doubles(k), Values.doubles(v));
            try (Guarded guarded = new Guarded(DEVICE)) {
                Tensor o = guarded.output("o", dtype, 1, 1, 2, dim);
                CachedAttention.decode(Attention.Heads.of(guarded.input("q", dtype, q, 1, 1, 2, dim)),
                        guarded.input("k", dtype, k, 1, keys, 2, dim), guarded.input("v", dtype, v, 1, keys, 2, dim),
                        Attention.Heads.of(o), guarded.input("length", new int[] {keys}, 1), 0, SCALE);
                new Tolerance(dtype == DType.BF16 ? 0x1p-8 : 0x1p-16, 1e-5).check("o", expected, o.toFloats());
            }
        }
    }

    private static double[] small(double[] rows, int dim) {
        return IntStream.range(0, rows.length).filter(i -> i % dim != 0).mapToDouble(i -> rows[i]).toArray();
    }

    private static float[] small(float[] rows, int dim) {
        return Values.floats(small(Values.doubles(rows), dim));
    }
}
