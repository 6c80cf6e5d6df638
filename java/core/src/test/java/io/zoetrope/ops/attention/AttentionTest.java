package io.zoetrope.ops.attention;

import static io.zoetrope.reference.FiniteDifferences.dot;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zoetrope.cuda.Device;
import io.zoetrope.ops.Tier;
import io.zoetrope.ops.Tiers;
import io.zoetrope.ops.rows.Rows;
import io.zoetrope.reference.FiniteDifferences;
import io.zoetrope.reference.ReferenceAttention;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.testkit.Devices;
import io.zoetrope.testkit.Guarded;
import io.zoetrope.testkit.Tolerance;
import io.zoetrope.testkit.Values;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class AttentionTest {
    private static final Device DEVICE = Devices.shared();

    /** Extents and alignment of one problem; {@code offset} elements off 16-byte alignment. */
    record Case(int batch, int heads, int queries, int keys, int dim, boolean causal, int offset) {
        Case(int batch, int heads, int queries, int keys, int dim, boolean causal) {
            this(batch, heads, queries, keys, dim, causal, 0);
        }

        float scale() {
            return (float) (1 / Math.sqrt(dim));
        }

        /** How the rounding errors of the queries that weigh on one key add up, compared with those of one query. */
        double sumsPerKey() {
            return Math.sqrt(1 + (double) queries / keys);
        }

        /** Which kernels run it where this tier is wanted: heads wider than a portable tile have but one kind. */
        String kernels(Tier tier) {
            return dim > 128 && tier != Tier.SM90 ? "wide_heads" : tier.suffix();
        }

        ReferenceAttention reference() {
            return new ReferenceAttention(batch, heads, queries, keys, dim, scale(), causal);
        }

        long[] queryShape() {
            return new long[] {batch, queries, heads, dim};
        }

        long[] keyShape() {
            return new long[] {batch, keys, heads, dim};
        }
    }

    static final List<Case> CASES = List.of(new Case(1, 1, 1, 1, 1, false), new Case(1, 1, 1, 1, 32, true),
            new Case(1, 2, 1, 65, 64, false), new Case(2, 3, 17, 63, 32, false), new Case(2, 3, 17, 63, 32, true),
            new Case(1, 2, 63, 17, 64, true), // 46 queries see no key
            new Case(2, 1, 65, 65, 64, true), new Case(1, 2, 64, 64, 64, false), new Case(1, 1, 3, 130, 128, true),
            new Case(1, 2, 65, 33, 128, false), new Case(1, 1, 130, 1, 64, false), new Case(3, 1, 49, 49, 40, false), // padded to 64, aligned
            new Case(1, 3, 17, 65, 17, true), // odd: element by element
            new Case(1, 1, 63, 3, 100, false), new Case(1, 2, 33, 65, 64, true, 1), // misaligned
            new Case(2, 2, 17, 17, 32, false, 3), new Case(1, 1, 65, 66, 127, true)); // the widest tile, element by element

    /** Heads wider than a portable tile. */
    static final List<Case> WIDE = List.of(new Case(1, 1, 1, 1, 129, false), new Case(2, 3, 17, 63, 129, true),
            new Case(1, 2, 63, 17, 160, true), // 46 queries see no key
            new Case(2, 1, 65, 33, 256, false), new Case(1, 2, 16, 64, 256, true), new Case(1, 1, 33, 65, 257, true, 1), // a slice of one channel, misaligned
            new Case(1, 2, 31, 40, 512, false), new Case(1, 1, 3, 130, 515, true));

    static Stream<Arguments> cases() {
        return CASES.stream().flatMap(c -> Stream.of(DType.F32, DType.BF16)
                .flatMap(dtype -> Tier.PORTABLE.stream().map(tier -> Arguments.of(c, dtype, tier))));
    }

    static Stream<Arguments> wideCases() {
        return WIDE.stream().flatMap(c -> Stream.of(DType.F32, DType.BF16)
                .flatMap(dtype -> Tier.PORTABLE.stream().map(tier -> Arguments.of(c, dtype, tier))));
    }

    /** The largest relative rounding of a factor in this tier. */
    private static double epsilon(DType dtype, Tier tier) {
        return tier == Tier.SIMT ? 0x1p-18 : dtype == DType.BF16 ? 0x1p-9 : 0x1p-11;
    }

    /**
     * What rounding of P, dS and, with TF32, of the operands allows: each adds its part of the size of the terms. That
     * is the size of the largest result, or {@code terms} where the terms may cancel.
     */
    static Tolerance tolerance(DType dtype, Tier tier, double[] expected, double slack, double terms) {
        double largest = Arrays.stream(expected).map(Math::abs).filter(Double::isFinite).max().orElse(0);
        double store = dtype == DType.BF16 ? 0x1p-8 : 0;
        return new Tolerance(store, slack * epsilon(dtype, tier) * Math.max(largest, terms));
    }

    /** What forward keeps, from log-sum-exps: any split of them will do while they are small, here in halves. */
    private static float[] normalizer(double[] logSumExp) {
        float[] pairs = new float[2 * logSumExp.length];
        for (int i = 0; i < logSumExp.length; i++) {
            boolean none = logSumExp[i] == Double.NEGATIVE_INFINITY;
            float half = (float) (logSumExp[i] / Math.log(2) / 2);
            pairs[2 * i] = none ? 0 : half;
            pairs[2 * i + 1] = none ? Float.POSITIVE_INFINITY : half;
        }
        return pairs;
    }

    private static float[] logSumExp(float[] normalizer) {
        float[] sums = new float[normalizer.length / 2];
        for (int i = 0; i < sums.length; i++) {
            boolean none = normalizer[2 * i] == 0 && normalizer[2 * i + 1] == Float.POSITIVE_INFINITY;
            sums[i] = none ? Float.NEGATIVE_INFINITY
                    : (float) (((double) normalizer[2 * i] + normalizer[2 * i + 1]) * Math.log(2));
        }
        return sums;
    }

    /** The operands of a case as the type stores them. */
    private static final class Data {
        final float[] q;
        final float[] k;
        final float[] v;
        final float[] dO;

        Data(Case c, DType dtype) {
            ReferenceAttention r = c.reference();
            q = Values.stored(dtype, Values.normal(11, r.querySize(), 1));
            k = Values.stored(dtype, Values.normal(12, r.keySize(), 1));
            v = Values.stored(dtype, Values.uniform(13, r.keySize()));
            dO = Values.stored(dtype, Values.uniform(14, r.querySize()));
        }
    }

    /** The largest tile of keys of these kernels, which are those of heads of up to 64. */
    private static int tileOfKeys(DType dtype, Tier tier) {
        return dtype == DType.BF16 && tier == Tier.SM80 ? 64 : 32;
    }

    /**
     * Causal, with keys less queries through every residue of a kernel's tile of keys, and more keys than one of 32.
     * Heads of 33, padded to 64 and unaligned, take turns with heads of 8. In the widest tile and in heads wider than
     * it, which take longer, beside the edges of tiles alone.
     */
    static Stream<Arguments> residues() {
        return Stream.of(DType.F32, DType.BF16)
                .flatMap(dtype -> Tier.PORTABLE.stream()
                        .flatMap(tier -> Stream.of(narrow(tileOfKeys(dtype, tier)), lastRows(), edges())
                                .flatMap(cases -> cases).map(c -> Arguments.of(c, dtype, tier))));
    }

    private static Stream<Case> narrow(int tile) {
        return IntStream.range(0, tile).mapToObj(more -> causal(more, more % 4 == 1 ? 33 : 8));
    }

    private static Stream<Case> edges() {
        return IntStream.of(1, 30, 33, 62).boxed().flatMap(more -> Stream.of(causal(more, 100), causal(more, 160)));
    }

    /** The last key in each step of loading a tile: beyond it a padded channel is no other key's. */
    private static Stream<Case> lastRows() {
        return IntStream.of(5, 9, 13, 17, 21, 25, 29).mapToObj(more -> causal(more, 100));
    }

    private static Case causal(int more, int dim) {
        return new Case(1, 1, 35, 35 + more, dim, true);
    }

    @Test
    void everyKernelMeetsEveryResidueOfItsTile() {
        for (DType dtype : List.of(DType.F32, DType.BF16)) {
            for (Tier tier : Tier.PORTABLE) {
                int tile = tileOfKeys(dtype, tier);
                assertThat(
                        residues().map(Arguments::get).filter(a -> a[1] == dtype && a[2] == tier).map(a -> (Case) a[0])
                                .filter(c -> c.keys > 32 && c.queries > 32).map(c -> (c.keys - c.queries) % tile))
                        .as(dtype + " " + tier).containsAll(IntStream.range(0, tile).boxed().toList());
            }
        }
    }

    @ParameterizedTest
    @MethodSource("residues")
    void causalForwardAtEveryResidue(Case c, DType dtype, Tier tier) {
        forwardMatchesReference(c, dtype, tier);
    }

    @ParameterizedTest
    @MethodSource("residues")
    void causalBackwardAtEveryResidue(Case c, DType dtype, Tier tier) {
        backwardMatchesReference(c, dtype, tier);
    }

    @ParameterizedTest
    @MethodSource({"cases", "wideCases"})
    void forwardMatchesReference(Case c, DType dtype, Tier tier) {
        checkForward(c, dtype, tier, null);
    }

    /** @param tile that the kernel has; null: the one that is chosen */
    static void checkForward(Case c, DType dtype, Tier tier, String tile) {
        Data data = new Data(c, dtype);
        ReferenceAttention reference = c.reference();
        double[] q = Values.doubles(data.q);
        double[] k = Values.doubles(data.k);
        double[] o = reference.output(q, k, Values.doubles(data.v));
        try (Guarded guarded = new Guarded(DEVICE, c.offset); Tiers.Forced forced = Tiers.force(tier, tile)) {
            Tensor out = guarded.output("o", dtype, c.queryShape());
            Tensor normalizer = guarded.output("normalizer", DType.F32, c.batch, c.heads, c.queries, 2);
            Attention.forward(guarded.input("q", dtype, data.q, c.queryShape()),
                    guarded.input("k", dtype, data.k, c.keyShape()), guarded.input("v", dtype, data.v, c.keyShape()),
                    out, normalizer, c.scale(), c.causal);
            assertThat(Tiers.lastUsed("attention_forward").orElseThrow())
                    .contains(c.kernels(tier) + "_" + dtype.suffix()).endsWith(tile == null ? "" : "_" + tile);
            tolerance(dtype, tier, o, 4, 0.1).check("o", o, out.toFloats());
            double[] expected = reference.logSumExp(q, k);
            new Tolerance(4e-6, tier == Tier.SM80 && dtype == DType.F32 ? 4e-3 : 4e-6).check("log-sum-exp", expected,
                    logSumExp(normalizer.toFloats()));
        }
    }

    @ParameterizedTest
    @MethodSource({"cases", "wideCases"})
    void backwardMatchesReference(Case c, DType dtype, Tier tier) {
        checkBackward(c, dtype, tier, null);
    }

    /** @param tile that the kernels have; null: those that are chosen */
    static void checkBackward(Case c, DType dtype, Tier tier, String tile) {
        Data data = new Data(c, dtype);
        ReferenceAttention reference = c.reference();
        double[] q = Values.doubles(data.q);
        double[] k = Values.doubles(data.k);
        double[] v = Values.doubles(data.v);
        float[] o = Values.stored(dtype, Values.floats(reference.output(q, k, v)));
        ReferenceAttention.Gradients expected = reference.gradients(Values.doubles(data.dO), q, k, v,
                Values.doubles(o));
        try (Guarded guarded = new Guarded(DEVICE, c.offset); Tiers.Forced forced = Tiers.force(tier, tile)) {
            Tensor dq = guarded.output("dq", dtype, c.queryShape());
            Tensor dk = guarded.output("dk", dtype, c.keyShape());
            Tensor dv = guarded.output("dv", dtype, c.keyShape());
            Attention.backward(guarded.input("dO", dtype, data.dO, c.queryShape()),
                    guarded.input("q", dtype, data.q, c.queryShape()), guarded.input("k", dtype, data.k, c.keyShape()),
                    guarded.input("v", dtype, data.v, c.keyShape()), guarded.input("o", dtype, o, c.queryShape()),
                    guarded.input("normalizer", DType.F32, normalizer(reference.logSumExp(q, k)), c.batch, c.heads,
                            c.queries, 2),
                    dq, dk, dv, c.scale(), c.causal);
            assertThat(Tiers.lastUsed("attention_backward").orElseThrow())
                    .contains(c.kernels(tier) + "_" + dtype.suffix()).endsWith(tile == null ? "" : "_" + tile);
            tolerance(dtype, tier, expected.q(), 8, 0.5).check("dq", expected.q(), dq.toFloats());
            tolerance(dtype, tier, expected.k(), 8, 0.5 * c.sumsPerKey()).check("dk", expected.k(), dk.toFloats());
            tolerance(dtype, tier, expected.v(), 8, 0.1).check("dv", expected.v(), dv.toFloats());
        }
    }

    @Test
    void referenceGradientsAreSlopes() {
        for (Case c : List.of(new Case(2, 2, 5, 7, 3, false), new Case(1, 2, 7, 5, 4, true))) {
            ReferenceAttention reference = c.reference();
            double[] q = Values.doubles(Values.normal(21, reference.querySize(), 1));
            double[] k = Values.doubles(Values.normal(22, reference.keySize(), 1));
            double[] v = Values.doubles(Values.uniform(23, reference.keySize()));
            double[] dO = Values.doubles(Values.uniform(24, reference.querySize()));
            ReferenceAttention.Gradients g = reference.gradients(dO, q, k, v, reference.output(q, k, v));
            FiniteDifferences.check("dq", x -> dot(reference.output(x, k, v), dO), q, g.q(), 1);
            FiniteDifferences.check("dk", x -> dot(reference.output(q, x, v), dO), k, g.k(), 2);
            FiniteDifferences.check("dv", x -> dot(reference.output(q, k, x), dO), v, g.v(), 3);
        }
    }

    static Stream<Arguments> tiers() {
        return Stream.of(DType.F32, DType.BF16)
                .flatMap(dtype -> Tier.PORTABLE.stream().map(tier -> Arguments.of(dtype, tier)));
    }

    static Stream<Arguments> tiersAndDims() {
        return tiers().flatMap(tier -> Stream.of(64, 160).map(dim -> Arguments.of(tier.get()[0], tier.get()[1], dim)));
    }

    /** q, k, v interleaved in one tensor give the same bits as apart. */
    @ParameterizedTest
    @MethodSource("tiersAndDims")
    void packedOperandsGiveTheSameBits(DType dtype, Tier tier, int dim) {
        Case c = new Case(2, 3, 37, 37, dim, true);
        Data data = new Data(c, dtype);
        int row = c.heads * c.dim;
        float[] qkv = interleave(row, data.q, data.k, data.v);
        try (Guarded guarded = new Guarded(DEVICE); Tiers.Forced forced = Tiers.force(tier)) {
            Tensor q = guarded.input("q", dtype, data.q, c.queryShape());
            Tensor k = guarded.input("k", dtype, data.k, c.keyShape());
            Tensor v = guarded.input("v", dtype, data.v, c.keyShape());
            Tensor dO = guarded.input("dO", dtype, data.dO, c.queryShape());
            Tensor o = guarded.output("o", dtype, c.queryShape());
            Tensor normalizer = guarded.output("normalizer", DType.F32, c.batch, c.heads, c.queries, 2);
            Tensor dq = guarded.output("dq", dtype, c.queryShape());
            Tensor dk = guarded.output("dk", dtype, c.keyShape());
            Tensor dv = guarded.output("dv", dtype, c.keyShape());
            Attention.forward(q, k, v, o, normalizer, c.scale(), c.causal);
            Attention.backward(dO, q, k, v, o, normalizer, dq, dk, dv, c.scale(), c.causal);

            Tensor packed = guarded.input("qkv", dtype, qkv, c.batch, c.queries, 3, c.heads, c.dim);
            Tensor packedO = guarded.output("packed o", dtype, c.queryShape());
            Tensor packedLse = guarded.output("packed normalizer", DType.F32, c.batch, c.heads, c.queries, 2);
            Tensor gradient = guarded.output("dqkv", dtype, c.batch, c.queries, 3, c.heads, c.dim);
            Attention.forwardPacked(packed, packedO, packedLse, c.scale(), c.causal);
            Attention.backwardPacked(dO, packed, packedO, packedLse, gradient, c.scale(), c.causal);

            assertThat(packedO.toBytes()).isEqualTo(o.toBytes());
            assertThat(packedLse.toBytes()).isEqualTo(normalizer.toBytes());
            assertThat(gradient.toFloats()).isEqualTo(interleave(row, dq.toFloats(), dk.toFloats(), dv.toFloats()));
        }
    }

    @ParameterizedTest
    @MethodSource("tiersAndDims")
    @Tag("nothing-to-check")
    void sameInputGivesSameBits(DType dtype, Tier tier, int dim) {
        Case c = new Case(2, 2, 70, 90, dim, true);
        Data data = new Data(c, dtype);
        try (Guarded guarded = new Guarded(DEVICE); Tiers.Forced forced = Tiers.force(tier)) {
            Tensor q = guarded.input("q", dtype, data.q, c.queryShape());
            Tensor k = guarded.input("k", dtype, data.k, c.keyShape());
            Tensor v = guarded.input("v", dtype, data.v, c.keyShape());
            Tensor dO = guarded.input("dO", dtype, data.dO, c.queryShape());
            byte[][] first = null;
            for (int run = 0; run < 2; run++) {
                Tensor o = guarded.output("o", dtype, c.queryShape());
                Tensor normalizer = guarded.output("normalizer", DType.F32, c.batch, c.heads, c.queries, 2);
                Tensor dq = guarded.output("dq", dtype, c.queryShape());
                Tensor dk = guarded.output("dk", dtype, c.keyShape());
                Tensor dv = guarded.output("dv", dtype, c.keyShape());
                Attention.forward(q, k, v, o, normalizer, c.scale(), c.causal);
                Attention.backward(dO, q, k, v, o, normalizer, dq, dk, dv, c.scale(), c.causal);
                byte[][] bits = {o.toBytes(), normalizer.toBytes(), dq.toBytes(), dk.toBytes(), dv.toBytes()};
                if (first == null) {
                    first = bits;
                } else {
                    assertThat(bits).isDeepEqualTo(first);
                }
            }
        }
    }

    @Test
    void wrongOperandsAreNamed() {
        try (Scope scope = Scope.open(DEVICE)) {
            Tensor q = scope.zeros(DType.F32, 1, 5, 2, 32);
            Tensor normalizer = scope.zeros(DType.F32, 1, 2, 5, 2);
            assertThatThrownBy(
                    () -> Attention.forward(q, scope.zeros(DType.F32, 1, 7, 3, 32), q, q, normalizer, 1, false))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContainingAll("attention forward", "k is F32[1, 7, 3, 32]", "F32[1, 5, 2, 32]");
            assertThatThrownBy(
                    () -> Attention.forward(q, q, scope.zeros(DType.BF16, 1, 5, 2, 32), q, normalizer, 1, false))
                    .hasMessageContainingAll("v is BF16[1, 5, 2, 32]", "F32[1, 5, 2, 32] like k");
            assertThatThrownBy(
                    () -> Attention.forward(q, q, q, scope.zeros(DType.F32, 1, 5, 2, 16), normalizer, 1, false))
                    .hasMessageContainingAll("o is F32[1, 5, 2, 16]", "like q");
            assertThatThrownBy(() -> Attention.forward(q, q, q, q, scope.zeros(DType.F32, 1, 5, 2), 1, false))
                    .hasMessageContainingAll("normalizer is F32[1, 5, 2]", "F32[1, 2, 5, 2]");
            assertThatThrownBy(() -> Attention.forward(q, q, q, q, normalizer, 0, false))
                    .hasMessageContainingAll("scale is 0.0", "positive");
            assertThatThrownBy(() -> Attention.forward(q, q, q, q, normalizer, Float.NaN, false))
                    .hasMessageContaining("scale is NaN");
            assertThatThrownBy(() -> Attention.forward(scope.zeros(DType.F32, 5, 64), q, q, q, normalizer, 1, false))
                    .hasMessageContainingAll("F32[5, 64]", "[B, S, H, D]");
            assertThatThrownBy(
                    () -> Attention.forwardPacked(scope.zeros(DType.F32, 1, 5, 2, 2, 32), q, normalizer, 1, false))
                    .hasMessageContainingAll("F32[1, 5, 2, 2, 32]", "[B, S, 3, H, D]");
            assertThatThrownBy(() -> Attention.backward(q, q, q, q, q, normalizer, q, q,
                    scope.zeros(DType.F32, 1, 4, 2, 32), 1, false))
                    .hasMessageContainingAll("attention backward", "dv is F32[1, 4, 2, 32]", "like v");
        }
    }

    /** Rows of {@code row} elements of each part in turn. */
    private static float[] interleave(int row, float[]... parts) {
        float[] result = new float[parts[0].length * parts.length];
        for (int i = 0; i < parts[0].length / row; i++) {
            for (int p = 0; p < parts.length; p++) {
                System.arraycopy(parts[p], i * row, result, (i * parts.length + p) * row, row);
            }
        }
        return result;
    }

    /** The weights made again for a look reproduce what forward mixed: P v = o, each row adding up to one. */
    @ParameterizedTest
    @MethodSource("cases")
    void weightsReproduceTheOutput(Case c, DType dtype, Tier tier) {
        if (tier != Tier.SIMT) {
            return;
        }
        Data data = new Data(c, dtype);
        double[] o = c.reference().output(Values.doubles(data.q), Values.doubles(data.k), Values.doubles(data.v));
        double[] lse = c.reference().logSumExp(Values.doubles(data.q), Values.doubles(data.k));
        try (Guarded guarded = new Guarded(DEVICE, c.offset)) {
            Tensor p = guarded.output("p", DType.F32, c.batch, c.heads, c.queries, c.keys);
            Attention.weights(Attention.Heads.of(guarded.input("q", dtype, data.q, c.queryShape())),
                    Attention.Heads.of(guarded.input("k", dtype, data.k, c.keyShape())),
                    guarded.input("normalizer", DType.F32, normalizer(lse), c.batch, c.heads, c.queries, 2), p,
                    c.scale(), c.causal);
            float[] weights = p.toFloats();
            double[] mixed = new double[o.length];
            for (int b = 0; b < c.batch; b++) {
                for (int h = 0; h < c.heads; h++) {
                    for (int i = 0; i < c.queries; i++) {
                        for (int j = 0; j < c.keys; j++) {
                            double w = weights[((b * c.heads + h) * c.queries + i) * c.keys + j];
                            for (int d = 0; d < c.dim; d++) {
                                mixed[((b * c.queries + i) * c.heads + h) * c.dim + d] += w
                                        * data.v[((b * c.keys + j) * c.heads + h) * c.dim + d];
                            }
                        }
                    }
                }
            }
            new Tolerance(0, 1e-5).check("P v", o, Values.floats(mixed));
        }
    }
}
