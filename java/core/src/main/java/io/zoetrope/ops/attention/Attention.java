package io.zoetrope.ops.attention;

import io.zoetrope.cuda.Arguments;
import io.zoetrope.cuda.Device;
import io.zoetrope.cuda.Grid;
import io.zoetrope.cuda.Kernel;
import io.zoetrope.ops.Candidates;
import io.zoetrope.ops.Extent;
import io.zoetrope.ops.Operands;
import io.zoetrope.ops.Tier;
import io.zoetrope.ops.Tiers;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import io.zoetrope.tensor.TensorPart;
import java.util.stream.Stream;

/**
 * Multi-head attention in one pass over the keys (flash attention): {@code o = softmax(scale · q kᵀ) v}, without the
 * matrix of scores ever being in memory.
 *
 * <p>Operands are [B, S, H, D], F32 or BF16, or parts of a packed tensor (see {@link Heads}); queries and keys may
 * differ in length. Heads of up to {@value #TILED_DIM} run in tiles, those of 32, 64 and 128 without padding; wider
 * ones run on CUDA cores, several times slower, but for the forward pass of BF16 heads of up to 256 on compute
 * capability 9.0. Of every query forward keeps, for backward and {@link #weights}, what normalises its softmax: the
 * normalizer F32 [B, H, Sq, 2], the largest score or a number near it, and log2 of Σ 2^(score − that), in units of
 * log2. (Their sum, the log-sum-exp, would lose the probabilities to rounding where scores are large.)
 *
 * <p>With {@code causal}, query i sees the keys j ≤ i + Sk − Sq: the last query sees all of them. A query that sees
 * none gives a row of zeros, and 0 and +∞ in the normalizer.
 *
 * <p>Results are the same bits on every run. Outputs must not overlap inputs.
 */
public final class Attention {
    /** The widest head that a tile holds. */
    static final int TILED_DIM = 128;

    private Attention() {
    }

    /**
     * A tensor of heads [B, S, H, D] in memory: the elements of a head adjacent, the heads of a row adjacent, rows
     * {@code stride} elements apart and batch entries S · stride.
     *
     * @param tensor the tensor that holds them
     * @param start  element of {@code tensor} at which they begin
     * @param stride elements from one row to the next
     */
    public record Heads(Tensor tensor, long start, long batch, long sequence, long heads, long dim,
            long stride) implements TensorPart {
        /** A tensor [B, S, H, D]. */
        public static Heads of(Tensor tensor) {
            requireRank(tensor, 4, "[B, S, H, D]");
            return new Heads(tensor, 0, tensor.dim(0), tensor.dim(1), tensor.dim(2), tensor.dim(3),
                    tensor.dim(2) * tensor.dim(3));
        }

        /**
         * Part {@code index} of a packed tensor [B, S, P, H, D], such as the keys, part 1, of a projection to q, k, v.
         */
        public static Heads part(Tensor packed, int index) {
            return parts(packed, index, 1);
        }

        /**
         * The heads of {@code count} neighbouring parts as those of one: what treats every head alike takes them at
         * once.
         */
        public static Heads parts(Tensor packed, int first, int count) {
            requireRank(packed, 5, "[B, S, P, H, D]");
            if (first < 0 || count < 1 || first + count > packed.dim(2)) {
                throw new IllegalArgumentException(
                        "attention: part " + first + (count == 1 ? "" : " to " + (first + count - 1)) + " of "
                                + Tensor.describe(packed) + ": expected 0 to " + (packed.dim(2) - 1));
            }
            long size = packed.dim(3) * packed.dim(4);
            return new Heads(packed, first * size, packed.dim(0), packed.dim(1), count * packed.dim(3), packed.dim(4),
                    packed.dim(2) * size);
        }

        private static void requireRank(Tensor tensor, int rank, String shape) {
            if (tensor == null || tensor.rank() != rank) {
                throw new IllegalArgumentException(
                        "attention: operand is " + Tensor.describe(tensor) + ", expected " + shape);
            }
        }

        Extent extent() {
            int bytes = tensor.dtype().bytes();
            return new Extent(tensor.device(), address(),
                    address() + ((batch * sequence - 1) * stride + heads * dim) * bytes, stride * bytes,
                    heads * dim * bytes);
        }

        /** True when every row of every head begins at a multiple of 16 bytes and fills whole multiples. */
        boolean wide() {
            int bytes = tensor.dtype().bytes();
            return (address() | stride * bytes | dim * bytes) % 16 == 0;
        }

        String text() {
            return tensor.dtype() + "[" + batch + ", " + sequence + ", " + heads + ", " + dim + "]";
        }
    }

    /**
     * {@code o = softmax(scale · q kᵀ) v} of tensors [B, S, H, D].
     *
     * @param normalizer F32 [B, H, Sq, 2]
     */
    public static void forward(Tensor q, Tensor k, Tensor v, Tensor o, Tensor normalizer, float scale, boolean causal) {
        forward(Heads.of(q), Heads.of(k), Heads.of(v), Heads.of(o), normalizer, scale, causal);
    }

    /**
     * {@link #forward(Tensor, Tensor, Tensor, Tensor, Tensor, float, boolean)} of q, k, v packed as [B, S, 3, H, D].
     */
    public static void forwardPacked(Tensor qkv, Tensor o, Tensor normalizer, float scale, boolean causal) {
        requireThree("qkv", qkv);
        forward(Heads.part(qkv, 0), Heads.part(qkv, 1), Heads.part(qkv, 2), Heads.of(o), normalizer, scale, causal);
    }

    /** {@link #forward(Tensor, Tensor, Tensor, Tensor, Tensor, float, boolean)} of heads wherever they lie. */
    public static void forward(Heads q, Heads k, Heads v, Heads o, Tensor normalizer, float scale, boolean causal) {
        Problem problem = Problem.of("attention forward", q, k, v, normalizer, scale).like("o", o, "q", q);
        problem.operands.reads("q, k, v", q.extent(), k.extent(), v.extent()).writes("o", o.extent())
                .writes("normalizer", normalizer).device();
        if (HopperAttention.forward(q, k, v, o, normalizer, scale, causal)) {
            return;
        }
        Kernel kernel = problem.kernel("attention_forward");
        Tiers.used("attention_forward", kernel.name());
        problem.aligned(kernel.arguments().pointer("q", q).pointer("k", k).pointer("v", v).pointer("o", o)
                .pointer("normalizer", normalizer).i32("heads", q.heads).i32("queries", q.sequence)
                .i32("keys", k.sequence).i32("dim", q.dim).i64("q_stride", q.stride).i64("k_stride", k.stride)
                .i64("v_stride", v.stride).i64("o_stride", o.stride).f32("scale", scale).i32("causal", causal ? 1 : 0),
                q, k, v, o).launch(problem.grid(kernel, q.sequence));
    }

    /**
     * Gradients of {@link #forward(Tensor, Tensor, Tensor, Tensor, Tensor, float, boolean)}.
     *
     * @param dO  the gradient with respect to o
     * @param o   what forward wrote
     * @param normalizer what forward wrote
     * @param dq  overwritten, as are {@code dk} and {@code dv}
     */
    public static void backward(Tensor dO, Tensor q, Tensor k, Tensor v, Tensor o, Tensor normalizer, Tensor dq,
            Tensor dk, Tensor dv, float scale, boolean causal) {
        backward(Heads.of(dO), Heads.of(q), Heads.of(k), Heads.of(v), Heads.of(o), normalizer, Heads.of(dq),
                Heads.of(dk), Heads.of(dv), scale, causal);
    }

    /** Gradients of {@link #forwardPacked}; {@code dqkv} is [B, S, 3, H, D] like {@code qkv}. */
    public static void backwardPacked(Tensor dO, Tensor qkv, Tensor o, Tensor normalizer, Tensor dqkv, float scale,
            boolean causal) {
        requireThree("qkv", qkv);
        requireThree("dqkv", dqkv);
        backward(Heads.of(dO), Heads.part(qkv, 0), Heads.part(qkv, 1), Heads.part(qkv, 2), Heads.of(o), normalizer,
                Heads.part(dqkv, 0), Heads.part(dqkv, 1), Heads.part(dqkv, 2), scale, causal);
    }

    /** Gradients of {@link #forward(Heads, Heads, Heads, Heads, Tensor, float, boolean)}. */
    public static void backward(Heads dO, Heads q, Heads k, Heads v, Heads o, Tensor normalizer, Heads dq, Heads dk,
            Heads dv, float scale, boolean causal) {
        Problem problem = Problem.of("attention backward", q, k, v, normalizer, scale).like("o", o, "q", q)
                .like("dO", dO, "q", q).like("dq", dq, "q", q).like("dk", dk, "k", k).like("dv", dv, "v", v);
        problem.operands.reads("q, k, v, o, dO", q.extent(), k.extent(), v.extent(), o.extent(), dO.extent())
                .reads("normalizer", normalizer).writes("dq, dk, dv", dq.extent(), dk.extent(), dv.extent()).device();
        try (Scope scope = Scope.open(problem.device)) {
            Tensor delta = scope.empty(DType.F32, q.batch, q.heads, q.sequence);
            Kernel deltas = problem.plain("attention_delta");
            long rows = delta.size();
            problem.aligned(deltas.arguments().pointer("o", o).pointer("grad_o", dO).pointer("delta", delta)
                    .i64("total", rows).i32("heads", q.heads).i32("sequence", q.sequence).i32("dim", q.dim)
                    .i64("o_stride", o.stride).i64("grad_o_stride", dO.stride), o, dO)
                    .launch(Grid.covering(rows, deltas.geometry().tileM()));

            if (!HopperAttention.backwardKeys(dO, q, k, v, normalizer, delta, dk, dv, scale, causal)) {
                Kernel keys = problem.kernel("attention_backward_keys");
                Tiers.used("attention_backward", keys.name());
                problem.aligned(keys.arguments().pointer("q", q).pointer("k", k).pointer("v", v).pointer("grad_o", dO)
                        .pointer("normalizer", normalizer).pointer("delta", delta).pointer("grad_k", dk)
                        .pointer("grad_v", dv).i32("heads", q.heads).i32("queries", q.sequence).i32("keys", k.sequence)
                        .i32("dim", q.dim).i64("q_stride", q.stride).i64("k_stride", k.stride).i64("v_stride", v.stride)
                        .i64("grad_o_stride", dO.stride).i64("grad_k_stride", dk.stride).i64("grad_v_stride", dv.stride)
                        .f32("scale", scale).i32("causal", causal ? 1 : 0), q, k, v, dO, dk, dv)
                        .launch(problem.grid(keys, k.sequence));
            }
            if (!HopperAttention.backwardQueries(dO, q, k, v, normalizer, delta, dq, scale, causal)) {
                Kernel queries = problem.kernel("attention_backward_queries");
                problem.aligned(
                        queries.arguments().pointer("q", q).pointer("k", k).pointer("v", v).pointer("grad_o", dO)
                                .pointer("normalizer", normalizer).pointer("delta", delta).pointer("grad_q", dq)
                                .i32("heads", q.heads).i32("queries", q.sequence).i32("keys", k.sequence)
                                .i32("dim", q.dim).i64("q_stride", q.stride).i64("k_stride", k.stride)
                                .i64("v_stride", v.stride).i64("grad_o_stride", dO.stride)
                                .i64("grad_q_stride", dq.stride).f32("scale", scale).i32("causal", causal ? 1 : 0),
                        q, k, v, dO, dq).launch(problem.grid(queries, q.sequence));
            }
        }
    }

    /**
     * The weights softmax(scale · q kᵀ) themselves, for looking at: which query looks at which key.
     *
     * @param normalizer as {@link #forward(Heads, Heads, Heads, Heads, Tensor, float, boolean)} wrote it
     * @param p   F32 [B, H, Sq, Sk], written
     */
    public static void weights(Heads q, Heads k, Tensor normalizer, Tensor p, float scale, boolean causal) {
        Problem problem = Problem.of("attention weights", q, k, k, normalizer, scale);
        problem.operands.exactly("p", p, DType.F32, q.batch, q.heads, q.sequence, k.sequence)
                .reads("q, k", q.extent(), k.extent()).reads("normalizer", normalizer).writes("p", p).device();
        Kernel kernel = problem.device.kernel("attention/attention_weights",
                "attention_weights_" + problem.dtype.suffix());
        kernel.arguments().pointer("q", q).pointer("k", k).pointer("normalizer", normalizer).pointer("p", p)
                .i64("size", p.size()).i32("heads", q.heads).i32("queries", q.sequence).i32("keys", k.sequence)
                .i32("dim", q.dim).i64("q_stride", q.stride).i64("k_stride", k.stride).f32("scale", scale)
                .i32("causal", causal ? 1 : 0).launch(Grid.covering(p.size(), kernel.geometry().tileM()));
    }

    /** The width that the kernels pad a head to; wider ones than a tile they do not. */
    static int padded(long dim) {
        return dim <= 32 ? 32 : dim <= 64 ? 64 : dim <= TILED_DIM ? TILED_DIM : Math.toIntExact(dim);
    }

    private static void requireThree(String name, Tensor packed) {
        if (packed == null || packed.rank() != 5 || packed.dim(2) != 3) {
            throw new IllegalArgumentException(
                    "attention: " + name + " is " + Tensor.describe(packed) + ", expected [B, S, 3, H, D]");
        }
    }

    /**
     * One call's checked extents and the choice of kernels for it; {@code padded}: the head dimension they work with.
     */
    private record Problem(Operands operands, Device device, DType dtype, Tier tier, int padded, long heads) {
        static Problem of(String op, Heads q, Heads k, Heads v, Tensor normalizer, float scale) {
            Operands operands = Operands.of(op).floating("q", q.tensor);
            operands.require(q.batch > 0 && q.sequence > 0 && q.heads > 0 && q.dim > 0,
                    "q is " + q.text() + ", expected extents of 1 or more")
                    .require(
                            k.batch == q.batch && k.heads == q.heads && k.dim == q.dim && k.sequence > 0
                                    && k.tensor.dtype() == q.tensor.dtype(),
                            "k is " + k.text() + ", expected the type and extents of q " + q.text()
                                    + " with at least one key")
                    .require(v.text().equals(k.text()), "v is " + v.text() + ", expected " + k.text() + " like k")
                    .require(scale > 0 && Float.isFinite(scale),
                            "scale is " + scale + ", expected a positive number such as 1/√D")
                    .require(Math.max(q.sequence, k.sequence) < 1 << 30,
                            "q is " + q.text() + ", k is " + k.text() + ": expected fewer than 2^30 rows")
                    .exactly("normalizer", normalizer, DType.F32, q.batch, q.heads, q.sequence, 2);
            Device device = q.tensor.device();
            Tier tier = Tiers.choose(device, q.tensor.dtype());
            return new Problem(operands, device, q.tensor.dtype(), tier, Attention.padded(q.dim), q.batch * q.heads);
        }

        Problem like(String name, Heads heads, String otherName, Heads other) {
            operands.require(heads.text().equals(other.text()),
                    name + " is " + heads.text() + ", expected " + other.text() + " like " + otherName);
            return this;
        }

        /**
         * Whether the heads are too wide for the kernels that hold them in tiles: those for any width are SIMT alone.
         */
        boolean wideHeads() {
            return padded > TILED_DIM;
        }

        /** The width that heads are padded to, as kernels are told apart by it. */
        private String head() {
            return wideHeads() ? "any" : Integer.toString(padded);
        }

        Kernel kernel(String operation) {
            return Candidates.of(operation).of(wideHeads() ? Tier.SIMT : tier, dtype).with("head", head()).only()
                    .on(device);
        }

        /** One without tiers. */
        Kernel plain(String operation) {
            return Candidates.of(operation).of(Tier.SIMT, dtype).with("head", head()).only().on(device);
        }

        /** The arguments, with whether all operands may be moved in 16 bytes where the kernels ask for it. */
        Arguments aligned(Arguments arguments, Heads... operands) {
            return wideHeads() ? arguments : arguments.i32("wide", Stream.of(operands).allMatch(Heads::wide) ? 1 : 0);
        }

        Grid grid(Kernel kernel, long rows) {
            int tile = kernel.geometry().tileM();
            long slices = wideHeads() ? (padded + kernel.geometry().tileK() - 1L) / kernel.geometry().tileK() : 1;
            return Grid.of(heads * ((rows + tile - 1) / tile) * slices);
        }
    }
}
