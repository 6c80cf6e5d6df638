package io.zoetrope.ops.attention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.zoetrope.cuda.KernelCatalog;
import io.zoetrope.cuda.KernelDescription;
import io.zoetrope.ops.Tier;
import io.zoetrope.ops.Tiers;
import io.zoetrope.ops.attention.AttentionTest.Case;
import io.zoetrope.reference.ReferenceAttention;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.testkit.Devices;
import io.zoetrope.testkit.Guarded;
import io.zoetrope.testkit.Values;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Hopper's kernels for attention, every tile of theirs by its name: the table of cases, and what is theirs alone. */
class AttentionHopperTest {
    @BeforeEach
    void onHopper() {
        assumeTrue(Tiers.has(Devices.shared(), Tier.SM90), "compute capability 9.0");
    }

    static Stream<KernelDescription> kernels() {
        return KernelCatalog.of("attention_forward").stream().filter(kernel -> kernel.architecture().equals("sm90"));
    }

    private static int width(KernelDescription kernel) {
        return kernel.geometry().tileK();
    }

    private static String tile(KernelDescription kernel) {
        return kernel.traits().get("tile");
    }

    /** Whether TMA can fetch the heads, and they are neither narrow nor too wide. */
    private static boolean mapped(Case c) {
        return c.dim() > 32 && c.dim() <= 256 && c.dim() % 8 == 0 && c.offset() % 8 == 0;
    }

    private static void check(KernelDescription kernel, Case c) {
        AttentionTest.checkForward(c, DType.BF16, Tier.SM90, tile(kernel));
    }

    /** The table's cases that are for these kernels, and heads of all widths that are padded. */
    static Stream<Arguments> cases() {
        return kernels()
                .flatMap(
                        kernel -> Stream
                                .of(AttentionTest.CASES.stream(), AttentionTest.WIDE.stream(),
                                        IntStream.rangeClosed(5, 32)
                                                .mapToObj(n -> new Case(1, 2, 70, 67, 8 * n, n % 2 == 0)))
                                .flatMap(cases -> cases).filter(c -> mapped(c) && c.dim() <= width(kernel)
                                        && 2 * c.dim() > width(kernel) && c.dim() > 32)
                                .map(c -> Arguments.of(kernel, c)));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void forwardMatchesReference(KernelDescription kernel, Case c) {
        check(kernel, c);
    }

    /**
     * Queries and keys through every residue of their tile, and, where the causal mask cuts the second tile of keys,
     * keys less queries.
     */
    @ParameterizedTest
    @MethodSource("kernels")
    void everyResidueOfATilesExtents(KernelDescription kernel) {
        int dim = width(kernel);
        int rows = kernel.geometry().tileM();
        int columns = kernel.geometry().tileN();
        for (int i = 1; i <= rows + 1; i++) {
            // 5 and a tile's keys and one have no common divisor: all numbers of keys come
            check(kernel, new Case(1, 1, i, 5 * i % (columns + 1) + 1, dim, false));
        }
        for (int more = 1; more <= columns; more++) {
            check(kernel, new Case(1, 1, 2, columns + more, dim, true));
        }
    }

    /** More items than blocks, rings that turn, tiles of all lengths, heads and sequences that adjoin. */
    @ParameterizedTest
    @MethodSource("kernels")
    void blocksThatStayMakeAllItems(KernelDescription kernel) {
        int dim = width(kernel);
        int rows = kernel.geometry().tileM();
        int columns = kernel.geometry().tileN();
        check(kernel, new Case(2, 3, 2 * rows + 9, 2 * rows + 30, dim, true));
        check(kernel, new Case(1, 5, rows + 2, 4 * columns + 5, dim, false));
        check(kernel, new Case(1, 3, 2 * rows + 40, 70, dim, true)); // most queries see no key, of some tiles all
    }

    /**
     * Scores that rise by {@code step} a tile of keys, of every third query; of the others they fall, or do not change.
     * A row's reference is moved where the rise is beyond what it leaves room for, and not where it is less.
     */
    @ParameterizedTest
    @MethodSource("steps")
    void maximaThatMove(KernelDescription kernel, float step) {
        int dim = width(kernel);
        int tile = kernel.geometry().tileN();
        int queries = 70;
        int keys = 5 * tile + 3;
        float[] q = new float[queries * dim];
        float[] k = new float[keys * dim];
        for (int i = 0; i < queries; i++) {
            q[i * dim] = 1 - i % 3;
        }
        for (int j = 0; j < keys; j++) {
            k[j * dim] = step * (j / tile);
        }
        float[] v = Values.stored(DType.BF16, Values.uniform(3, k.length));
        double[] expected = new ReferenceAttention(1, 1, queries, keys, dim, 1, false).output(Values.doubles(q),
                Values.doubles(k), Values.doubles(v));
        try (Guarded guarded = new Guarded(Devices.shared());
                Tiers.Forced forced = Tiers.force(Tier.SM90, tile(kernel))) {
            Tensor o = guarded.output("o", DType.BF16, 1, queries, 1, dim);
            Attention.forward(guarded.input("q", DType.BF16, q, 1, queries, 1, dim),
                    guarded.input("k", DType.BF16, k, 1, keys, 1, dim),
                    guarded.input("v", DType.BF16, v, 1, keys, 1, dim), o,
                    guarded.output("normalizer", DType.F32, 1, 1, queries, 2), 1, false);
            AttentionTest.tolerance(DType.BF16, Tier.SM90, expected, 4, 0.1).check("o", expected, o.toFloats());
        }
    }

    static Stream<Arguments> steps() {
        return kernels().flatMap(kernel -> Stream.of(1f, 4f, 30f).map(step -> Arguments.of(kernel, step)));
    }

    /** With the gradients, which other kernels make of what these leave. */
    @ParameterizedTest
    @CsvSource({"40, 1048576, 30", "64, 131072, 300", "128, 1048576, 300", "160, 131072, 150"})
    void digitsAreKeptWhereScoresAreLarge(int dim, long size, int keys) {
        new LargeScoresTest().digitsAreKeptWhereScoresAreLarge(DType.BF16, Tier.SM90, dim, size, keys);
        assertThat(Tiers.lastUsed("attention_forward").orElseThrow()).startsWith("attention_forward_sm90_bf16_d");
    }

    @ParameterizedTest
    @CsvSource({"64", "128"})
    void packedOperandsAndFurtherRunsGiveTheSameBits(int dim) {
        new AttentionTest().packedOperandsGiveTheSameBits(DType.BF16, Tier.SM90, dim);
        new AttentionTest().sameInputGivesSameBits(DType.BF16, Tier.SM90, dim);
    }

    /** Outputs need no alignment: rows that begin anywhere have the bits of those that begin on 16 bytes. */
    @ParameterizedTest
    @MethodSource("kernels")
    void outputsMayLieAnywhere(KernelDescription kernel) {
        int dim = width(kernel) - 8;
        try (Guarded guarded = new Guarded(Devices.shared());
                Tiers.Forced forced = Tiers.force(Tier.SM90, tile(kernel))) {
            Attention.Heads[] qkv = new Attention.Heads[3];
            for (int i = 0; i < qkv.length; i++) {
                float[] values = Values.stored(DType.BF16, Values.uniform(i, 2L * 9 * 3 * dim));
                qkv[i] = Attention.Heads.of(guarded.input("qkv", DType.BF16, values, 2, 9, 3, dim));
            }
            Tensor normalizer = guarded.output("normalizer", DType.F32, 2, 3, 9, 2);
            Tensor aligned = guarded.output("o", DType.BF16, 2, 9, 3, dim);
            Attention.forward(qkv[0], qkv[1], qkv[2], Attention.Heads.of(aligned), normalizer, 1, true);
            int stride = 3 * dim + 1;
            Tensor shifted = guarded.input("o", DType.BF16, new float[1 + 18 * stride], 1 + 18 * stride);
            Attention.forward(qkv[0], qkv[1], qkv[2], new Attention.Heads(shifted, 1, 2, 9, 3, dim, stride), normalizer,
                    1, true);
            float[] rows = shifted.toFloats();
            float[] expected = aligned.toFloats();
            for (int r = 0; r < 18; r++) {
                assertThat(rows[r * stride]).as("between rows %d and %d", r - 1, r).isZero();
                for (int d = 0; d < 3 * dim; d++) {
                    assertThat(rows[r * stride + 1 + d]).as("row %d, %d", r, d).isEqualTo(expected[r * 3 * dim + d]);
                }
            }
        }
    }

    /** Nothing forced: what TMA can fetch of heads that are not narrow, and the others' kernels for the rest. */
    @Test
    void areChosen() {
        assertThat(chosen(DType.BF16, 130, 64, 0)).startsWith("attention_forward_sm90_bf16_d64_");
        assertThat(chosen(DType.BF16, 1, 72, 0)).isEqualTo("attention_forward_sm90_bf16_d128_64x64");
        assertThat(chosen(DType.BF16, 1, 129 + 7, 0)).isEqualTo("attention_forward_sm90_bf16_d256_128x64");
        assertThat(chosen(DType.BF16, 1, 264, 0)).isEqualTo("attention_forward_wide_heads_bf16");
        assertThat(chosen(DType.BF16, 1, 32, 0)).isEqualTo("attention_forward_sm80_bf16_d32");
        assertThat(chosen(DType.BF16, 1, 60, 0)).isEqualTo("attention_forward_sm80_bf16_d64");
        assertThat(chosen(DType.BF16, 1, 64, 4)).isEqualTo("attention_forward_sm80_bf16_d64");
        assertThat(chosen(DType.F32, 1, 64, 0)).isEqualTo("attention_forward_simt_f32_d64");
    }

    private static String chosen(DType type, int queries, int dim, int offset) {
        try (Scope scope = Scope.open(Devices.shared())) {
            Tensor q = scope.zeros(type, queries * dim + offset);
            Attention.Heads heads = new Attention.Heads(q, offset, 1, queries, 1, dim, dim);
            Attention.forward(heads, heads, heads, Attention.Heads.of(scope.zeros(type, 1, queries, 1, dim)),
                    scope.zeros(DType.F32, 1, 1, queries, 2), 1, false);
        }
        return Tiers.lastUsed("attention_forward").orElseThrow();
    }
}
