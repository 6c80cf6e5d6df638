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
import java.util.Arrays;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Hopper's kernels for attention, every tile of theirs by its name: the table of cases, and what is theirs alone. */
class AttentionHopperTest {
    @BeforeEach
    void onHopper() {
        assumeTrue(Tiers.has(Devices.shared(), Tier.SM90), "compute capability 9.0");
    }

    static Stream<KernelDescription> kernels() {
        return kernels("attention_forward");
    }

    /** Of the pass over queries; that over keys has the same tiles. */
    static Stream<KernelDescription> backwardKernels() {
        return kernels("attention_backward_keys");
    }

    private static Stream<KernelDescription> kernels(String operation) {
        return KernelCatalog.of(operation).stream().filter(kernel -> kernel.architecture().equals("sm90"));
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

    private static void checkBackward(KernelDescription kernel, Case c) {
        AttentionTest.checkBackward(c, DType.BF16, Tier.SM90, tile(kernel));
        assertThat(Tiers.lastUsed("attention_backward_queries").orElseThrow())
                .isEqualTo(kernel.entry().replace("_keys_", "_queries_"));
    }

    /** The table's cases that are for kernels of a width, and heads of all widths that are padded to it. */
    private static Stream<Case> cases(int width) {
        return Stream
                .of(AttentionTest.CASES.stream(), AttentionTest.WIDE.stream(),
                        IntStream.rangeClosed(5, 32).mapToObj(n -> new Case(1, 2, 70, 67, 8 * n, n % 2 == 0)))
                .flatMap(cases -> cases).filter(c -> mapped(c) && c.dim() <= width && 2 * c.dim() > width);
    }

    static Stream<Arguments> forwardCases() {
        return kernels().flatMap(kernel -> cases(width(kernel)).map(c -> Arguments.of(kernel, c)));
    }

    static Stream<Arguments> backwardCases() {
        return backwardKernels().flatMap(kernel -> cases(width(kernel)).map(c -> Arguments.of(kernel, c)));
    }

    @ParameterizedTest
    @MethodSource("forwardCases")
    void forwardMatchesReference(KernelDescription kernel, Case c) {
        check(kernel, c);
    }

    @ParameterizedTest
    @MethodSource("backwardCases")
    void backwardMatchesReference(KernelDescription kernel, Case c) {
        checkBackward(kernel, c);
    }

    /** Both passes by the tile that a test forces. */
    @Test
    void passesOfBackwardHaveTheSameTiles() {
        assertThat(kernels("attention_backward_queries").map(kernel -> kernel.entry().replace("_queries_", "_keys_")))
                .containsExactlyInAnyOrderElementsOf(backwardKernels().map(KernelDescription::entry).toList());
    }

    /**
     * Queries and keys through every residue of their tile, and, where the causal mask cuts the second tile of keys,
     * keys less queries.
     */
    @ParameterizedTest
    @MethodSource("kernels")
    @Tag("nothing-to-check")
    void everyResidueOfATilesExtents(KernelDescription kernel) {
        int columns = kernel.geometry().tileN();
        for (int i = 1; i <= kernel.geometry().tileM() + 1; i++) {
            check(kernel, ofResidue(kernel, i, false));
        }
        for (int more = 1; more <= columns; more++) {
            check(kernel, new Case(1, 1, 2, columns + more, width(kernel), true));
        }
    }

    @ParameterizedTest
    @MethodSource("backwardKernels")
    @Tag("nothing-to-check")
    void everyResidueOfATilesExtentsBackward(KernelDescription kernel) {
        for (int i = 1; i <= kernel.geometry().tileM() + 1; i++) {
            checkBackward(kernel, ofResidue(kernel, i, i % 2 == 0));
        }
    }

    /** Numbers of rows beside those of the fragments, the warpgroups and the tiles. */
    @ParameterizedTest
    @ValueSource(ints = {1, 7, 9, 64, 65, 127, 129})
    void edgesOfTiles(int rows) {
        kernels().forEach(kernel -> check(kernel, ofResidue(kernel, rows, true)));
        backwardKernels().forEach(kernel -> checkBackward(kernel, ofResidue(kernel, rows, rows % 2 == 0)));
    }

    /** The first and the last tile that a mask leaves to the rows of a second tile. */
    @ParameterizedTest
    @ValueSource(ints = {-64, -1, 0, 1, 63, 65, 127})
    void edgesOfCausalMasks(int keysLessQueries) {
        kernels().forEach(kernel -> check(kernel, causal(kernel, keysLessQueries)));
        backwardKernels().forEach(kernel -> checkBackward(kernel, causal(kernel, keysLessQueries)));
    }

    private static Case causal(KernelDescription kernel, int keysLessQueries) {
        int queries = kernel.geometry().tileM() + 1;
        return new Case(1, 1, queries, queries + keysLessQueries, width(kernel), true);
    }

    /** Of 5 and a tile's keys and one none divides the other: with the queries all numbers of keys come. */
    private static Case ofResidue(KernelDescription kernel, int queries, boolean causal) {
        return new Case(1, 1, queries, 5 * queries % (kernel.geometry().tileN() + 1) + 1, width(kernel), causal);
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

    @ParameterizedTest
    @MethodSource("backwardKernels")
    void blocksThatStayMakeAllItemsBackward(KernelDescription kernel) {
        int dim = width(kernel);
        int rows = kernel.geometry().tileM();
        checkBackward(kernel, new Case(2, 3, rows + 9, 2 * rows + 30, dim, true));
        checkBackward(kernel, new Case(1, 5, rows + 90, rows + 2, dim, false));
        checkBackward(kernel, new Case(1, 3, 2 * rows + 40, 70, dim, true));
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

    /**
     * With the gradients; those of heads wider than 128 are made by other kernels of what these leave. Where all scores
     * are far below 0, a key beyond the last, whose score is 0, would have a weight without bound.
     */
    @ParameterizedTest
    @CsvSource({"40, 1048576, 30", "64, 131072, 300", "128, 1048576, 300", "160, 131072, 150", "64, -131072, 127",
            "128, -131072, 63"})
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
                assertThat(Arrays.copyOfRange(rows, r * stride + 1, (r + 1) * stride)).as("row %d", r)
                        .isEqualTo(Arrays.copyOfRange(expected, r * 3 * dim, (r + 1) * 3 * dim));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("backwardKernels")
    void gradientsMayLieAnywhere(KernelDescription kernel) {
        int dim = width(kernel) - 8;
        try (Guarded guarded = new Guarded(Devices.shared());
                Tiers.Forced forced = Tiers.force(Tier.SM90, tile(kernel))) {
            Attention.Heads[] given = new Attention.Heads[5]; // dO, q, k, v, o
            for (int i = 0; i < given.length; i++) {
                float[] values = Values.stored(DType.BF16, Values.uniform(i, 2L * 9 * 3 * dim));
                given[i] = Attention.Heads.of(guarded.input("given", DType.BF16, values, 2, 9, 3, dim));
            }
            Tensor normalizer = guarded.input("normalizer", DType.F32, Values.uniform(5, 2 * 3 * 9 * 2), 2, 3, 9, 2);
            Tensor aligned = guarded.output("gradients", DType.BF16, 3, 2, 9, 3, dim);
            int stride = 3 * dim + 1;
            Tensor shifted = guarded.input("gradients", DType.BF16, new float[1 + 54 * stride], 1 + 54 * stride);
            Attention.Heads[] to = new Attention.Heads[6];
            for (int i = 0; i < 3; i++) {
                to[i] = Attention.Heads.of(aligned.slice(i, i + 1).reshape(2, 9, 3, dim));
                to[3 + i] = new Attention.Heads(shifted, 1 + 18L * i * stride, 2, 9, 3, dim, stride);
            }
            for (int i = 0; i < 6; i += 3) {
                Attention.backward(given[0], given[1], given[2], given[3], given[4], normalizer, to[i], to[i + 1],
                        to[i + 2], 1, true);
            }
            float[] rows = shifted.toFloats();
            float[] expected = aligned.toFloats();
            for (int r = 0; r < 54; r++) {
                assertThat(rows[r * stride]).as("between rows %d and %d", r - 1, r).isZero();
                assertThat(Arrays.copyOfRange(rows, r * stride + 1, (r + 1) * stride)).as("row %d", r)
                        .isEqualTo(Arrays.copyOfRange(expected, r * 3 * dim, (r + 1) * 3 * dim));
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
