package io.zoetrope.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.zoetrope.cuda.Device;
import io.zoetrope.ops.attention.Attention;
import io.zoetrope.ops.attention.CachedAttention;
import io.zoetrope.ops.attention.Rope;
import io.zoetrope.ops.covariance.Covariance;
import io.zoetrope.ops.embed.Embed;
import io.zoetrope.ops.gemm.Gemm;
import io.zoetrope.ops.groupnorm.GroupNorm;
import io.zoetrope.ops.layernorm.LayerNorm;
import io.zoetrope.ops.loss.CrossEntropy;
import io.zoetrope.ops.loss.Loss;
import io.zoetrope.ops.modulate.Modulate;
import io.zoetrope.ops.pairwise.Distance;
import io.zoetrope.ops.pointwise.Pointwise;
import io.zoetrope.ops.pool.Pool;
import io.zoetrope.ops.random.Random;
import io.zoetrope.ops.random.RandomKey;
import io.zoetrope.ops.reduce.Reduce;
import io.zoetrope.ops.rows.Rows;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.testkit.Devices;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What an operation writes is nowhere where another of its operands lies, unless it says so; parts of packed tensors
 * may touch.
 */
class OverlapTest {
    private final Device device = Devices.shared();

    /** Where the tensors of a call lie: {@code at(from, dims)} begins at the element of one piece of memory. */
    private record Memory(Tensor whole) {
        Tensor at(long from, long... dims) {
            long size = 1;
            for (long dim : dims) {
                size *= dim;
            }
            return whole.slice(from, from + size).reshape(dims);
        }
    }

    static Stream<Arguments> collisions() {
        return Stream.of(
                row("o overlaps v",
                        (m, f) -> Attention.forward(m.at(0, 1, 4, 1, 8), m.at(100, 1, 4, 1, 8), m.at(200, 1, 4, 1, 8),
                                m.at(224, 1, 4, 1, 8), f.at(0, 1, 1, 4, 2), 1, false)),
                row("normalizer overlaps q",
                        (m, f) -> Attention.forward(m.at(0, 1, 4, 1, 8), m.at(100, 1, 4, 1, 8), m.at(200, 1, 4, 1, 8),
                                m.at(300, 1, 4, 1, 8), m.at(4, 1, 1, 4, 2), 1, false)),
                row("dk overlaps q",
                        (m, f) -> Attention.backward(m.at(0, 1, 4, 1, 8), m.at(100, 1, 4, 1, 8), m.at(200, 1, 4, 1, 8),
                                m.at(300, 1, 4, 1, 8), m.at(400, 1, 4, 1, 8), f.at(0, 1, 1, 4, 2),
                                m.at(500, 1, 4, 1, 8), m.at(100, 1, 4, 1, 8), m.at(600, 1, 4, 1, 8), 1, false)),
                row("dv overlaps dk",
                        (m, f) -> Attention.backward(m.at(0, 1, 4, 1, 8), m.at(100, 1, 4, 1, 8), m.at(200, 1, 4, 1, 8),
                                m.at(300, 1, 4, 1, 8), m.at(400, 1, 4, 1, 8), f.at(0, 1, 1, 4, 2),
                                m.at(500, 1, 4, 1, 8), m.at(600, 1, 4, 1, 8), m.at(600, 1, 4, 1, 8), 1, false)),
                row("o overlaps cacheV",
                        (m, f) -> CachedAttention.decode(Attention.Heads.of(m.at(0, 1, 1, 1, 8)), m.at(100, 1, 4, 1, 8),
                                m.at(200, 1, 4, 1, 8), Attention.Heads.of(m.at(208, 1, 1, 1, 8)), ids(f), 0, 1)),
                row("y overlaps x",
                        (m, f) -> Rope.rotate(Attention.Heads.of(m.at(0, 1, 4, 1, 8)),
                                Attention.Heads.of(m.at(8, 1, 4, 1, 8)), f.at(0, 4, 4, 2), 0, null, false)),
                row("y overlaps x",
                        (m, f) -> LayerNorm.forward(m.at(0, 4, 8), null, null, m.at(8, 4, 8), f.at(0, 4), f.at(8, 4),
                                1e-5f)),
                row("y overlaps x",
                        (m, f) -> LayerNorm.forward(m.at(0, 4, 8), null, null, m.at(0, 4, 8), f.at(0, 4), f.at(8, 4),
                                1e-5f)),
                row("mean overlaps gamma",
                        (m, f) -> LayerNorm.forward(m.at(0, 4, 8), f.at(0, 8), f.at(8, 8), m.at(100, 4, 8), f.at(4, 4),
                                f.at(20, 4), 1e-5f)),
                row("dx overlaps dy",
                        (m, f) -> GroupNorm.backward(m.at(0, 2, 3, 8), m.at(100, 2, 3, 8), f.at(0, 8), f.at(8, 8),
                                f.at(16, 2, 2), f.at(24, 2, 2), m.at(4, 2, 3, 8), f.at(40, 8), f.at(50, 8), 2, false,
                                false)),
                row("out overlaps x", (m, f) -> Pointwise.scale(m.at(0, 64), 2, m.at(1, 64))),
                row("out overlaps b", (m, f) -> Pointwise.add(m.at(0, 64), m.at(100, 64), m.at(104, 64))),
                row("out overlaps v", (m, f) -> Pointwise.addToSamples(null, m.at(0, 2, 8), 1, m.at(8, 2, 4, 8))),
                row("out overlaps x", (m, f) -> Pointwise.copy(m.at(0, 64), m.at(32, 64))),
                row("out overlaps x",
                        (m, f) -> Modulate.modulate(m.at(0, 2, 4, 8), Modulate.Vectors.of(m.at(100, 2, 8)), null,
                                m.at(8, 2, 4, 8))),
                row("c overlaps residual",
                        (m, f) -> Gemm.fused(m.at(0, 4, 8), m.at(100, 8, 8),
                                new Gemm.Epilogue(null, null, m.at(200, 4, 8)), m.at(208, 4, 8), Gemm.Spec.NN)),
                row("mean overlaps x", (m, f) -> Covariance.of(f.at(0, 4, 8), f.at(8, 8), f.at(100, 8, 8))),
                row("loss overlaps pred",
                        (m, f) -> Loss.weightedMse(f.at(0, 4, 8), f.at(100, 4, 8), null, f.at(3, 1), null, null)),
                row("dlogits overlaps logits",
                        (m, f) -> CrossEntropy.run(m.at(0, 4, 8), ids(f, 4), f.at(0, 1),
                                CrossEntropy.Outputs.NONE.gradient(m.at(8, 4, 8)))),
                row("probabilities overlaps logits", (m, f) -> CrossEntropy.softmax(f.at(0, 4, 8), f.at(8, 4, 8))),
                row("indices overlaps distances",
                        (m, f) -> Distance.nearest(m.at(0, 4, 8), m.at(100, 4, 8), f.at(0, 4, 2),
                                f.at(4, 4, 2).as(DType.I32, 0, 4, 2))),
                row("y overlaps x", (m, f) -> Pool.upsample2x(m.at(0, 1, 2, 2, 8), m.at(16, 1, 4, 4, 8))),
                row("out overlaps x", (m, f) -> Reduce.sumRows(f.at(0, 4, 8), f.at(24, 8), false)),
                row("out overlaps b", (m, f) -> Rows.concat(m.at(0, 4, 8), m.at(100, 4, 8), m.at(120, 4, 16))),
                row("b overlaps in", (m, f) -> Rows.split(m.at(0, 4, 16), m.at(100, 4, 8), m.at(60, 4, 8))),
                row("out overlaps t", (m, f) -> Embed.timestep(f.at(0, 4), f.at(3, 4, 8), 1e4f)));
    }

    private static Arguments row(String message, BiConsumer<Memory, Memory> call) {
        return arguments(message, call);
    }

    private static Tensor ids(Memory f) {
        return ids(f, 1);
    }

    private static Tensor ids(Memory f, long count) {
        return f.at(900, count).as(DType.I32, 0, count);
    }

    @ParameterizedTest(name = "{index}: {0}")
    @MethodSource("collisions")
    void isRefused(String message, BiConsumer<Memory, Memory> call) {
        try (Scope scope = Scope.open(device)) {
            Memory same = new Memory(scope.zeros(DType.F32, 1024));
            Memory statistics = new Memory(scope.zeros(DType.F32, 1024));
            assertThatIllegalArgumentException().isThrownBy(() -> call.accept(same, statistics))
                    .withMessageContaining(message);
        }
    }

    @Test
    void partsOfOnePackedTensorMayBeReadAndWritten() {
        try (Scope scope = Scope.open(device)) {
            Tensor packed = scope.empty(DType.F32, 2, 5, 3, 2, 8);
            Random.normal(packed, RandomKey.of(1, 1));
            Tensor separate = scope.empty(DType.F32, 2, 5, 2, 8);
            Tensor normalizer = scope.empty(DType.F32, 2, 2, 5, 2);
            Attention.forward(Attention.Heads.part(packed, 0), Attention.Heads.part(packed, 1),
                    Attention.Heads.part(packed, 1), Attention.Heads.of(separate), normalizer, 1, false);
            Attention.forward(Attention.Heads.part(packed, 0), Attention.Heads.part(packed, 1),
                    Attention.Heads.part(packed, 1), Attention.Heads.part(packed, 2), normalizer, 1, false);
            float[] whole = packed.toFloats();
            float[] expected = separate.toFloats();
            for (int row = 0; row < 10; row++) {
                for (int i = 0; i < 16; i++) {
                    assertThat(whole[row * 48 + 32 + i]).isEqualTo(expected[row * 16 + i]);
                }
            }
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> Attention.forward(Attention.Heads.part(packed, 0),
                            Attention.Heads.part(packed, 1), Attention.Heads.part(packed, 2),
                            Attention.Heads.parts(packed, 2, 1), normalizer, 1, false))
                    .withMessageContaining("o overlaps v");
        }
    }
}
