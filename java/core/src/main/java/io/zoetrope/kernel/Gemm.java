package io.zoetrope.kernel;

import io.zoetrope.cuda.Args;
import io.zoetrope.cuda.Device;
import io.zoetrope.cuda.Geometry;
import io.zoetrope.cuda.Grid;
import io.zoetrope.cuda.Kernel;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Tensor;
import java.util.Arrays;
import java.util.List;

/** Matrix products: {@code c = gate · act(alpha · op(a) · op(b) + bias) + residual + beta · c}. */
public final class Gemm {
    private static final String OPERATION = "gemm";
    private static final int MAX_BATCH = 65535;

    private Gemm() {
    }

    /**
     * How to multiply.
     *
     * @param transA a is stored [.., k, m] instead of [.., m, k]
     * @param transB b is stored [.., n, k] instead of [.., k, n]
     * @param beta   0: c is only written, never read
     */
    public record Spec(boolean transA, boolean transB, float alpha, float beta, Activation activation) {
        public static final Spec NN = new Spec(false, false);
        public static final Spec NT = new Spec(false, true);
        public static final Spec TN = new Spec(true, false);
        public static final Spec TT = new Spec(true, true);

        public Spec(boolean transA, boolean transB) {
            this(transA, transB, 1, 0, Activation.NONE);
        }

        public Spec alpha(float value) {
            return new Spec(transA, transB, value, beta, activation);
        }

        public Spec beta(float value) {
            return new Spec(transA, transB, alpha, value, activation);
        }

        public Spec activation(Activation value) {
            return new Spec(transA, transB, alpha, beta, value);
        }

        private String layout() {
            return (transA ? "t" : "n") + (transB ? "t" : "n");
        }
    }

    /**
     * What else goes into the outputs while they are in registers.
     *
     * @param bias     F32 [n], added to every row; null: none
     * @param gate     vectors [S, n] of a's type that multiply the columns, the first for the first of S equal parts of the
     *                 rows; only where a is not transposed and one b serves the whole batch. null: none
     * @param residual like c, from which it must be apart; added with beta being 0. null: none
     */
    public record Epilogue(Tensor bias, Modulate.Vectors gate, Tensor residual) {
        public static Epilogue bias(Tensor bias) {
            return new Epilogue(bias, null, null);
        }
    }

    /**
     * Multiplies with a bias alone.
     *
     * @param bias F32 [n], added to every row; null: none
     * @see #fused
     */
    public static void run(Tensor a, Tensor b, Tensor bias, Tensor c, Spec spec) {
        fused(a, b, Epilogue.bias(bias), c, spec);
    }

    /**
     * Multiplies, with more done to the outputs. Dimensions before the last two are a batch; an operand with only two serves
     * the whole batch.
     *
     * @param a    F32 or BF16
     * @param b    of a's type
     * @param c    [.., m, n] in a's type or F32; it must not overlap a or b
     * @throws IllegalArgumentException when shapes or types do not fit together
     */
    public static void fused(Tensor a, Tensor b, Epilogue epilogue, Tensor c, Spec spec) {
        Operands operands = Operands.of(OPERATION + "_" + spec.layout());
        matrix(operands, "a", a);
        matrix(operands, "b", b);
        matrix(operands, "c", c);
        operands.type("a", a, DType.F32, DType.BF16);
        operands.type("b", b, a.dtype());
        operands.type("c", c, a.dtype(), DType.F32);
        long m = c.shape().dim(-2);
        long n = c.shape().dim(-1);
        long k = a.shape().dim(spec.transA ? -2 : -1);
        String shapes = "a " + a.shape() + ", b " + b.shape() + ", c " + c.shape();
        operands.require(a.shape().dim(spec.transA ? -1 : -2) == m && b.shape().dim(spec.transB ? -1 : -2) == k
                        && b.shape().dim(spec.transB ? -2 : -1) == n,
                shapes + " do not fit: expected a " + (spec.transA ? "[k, m]" : "[m, k]") + ", b "
                        + (spec.transB ? "[n, k]" : "[k, n]") + ", c [m, n]");
        long[] batch = leading(c);
        operands.require(fitsBatch(a, batch) && fitsBatch(b, batch),
                shapes + " do not fit: a and b need c's leading dimensions, or none");
        check(operands, epilogue, a, b, c, spec);
        operands.apart("c", c, "a", a);
        operands.apart("c", c, "b", b);
        operands.fits("m", m);
        operands.fits("n", n);
        operands.fits("k", k);

        long count = c.size() / (m * n);
        long strideA = a.rank() == 2 ? 0 : m * k;
        long strideB = b.rank() == 2 ? 0 : k * n;
        if (count > 1 && strideB == 0 && strideA != 0 && !spec.transA && count * m <= Integer.MAX_VALUE) {
            m *= count;     // one b for all: the batch is more rows
            count = 1;
        }
        launch(a, b, epilogue, c, spec, m, n, k, count, strideA, strideB);
    }

    private static void check(Operands operands, Epilogue epilogue, Tensor a, Tensor b, Tensor c, Spec spec) {
        long n = c.shape().dim(-1);
        if (epilogue.bias != null) {
            operands.type("bias", epilogue.bias, DType.F32);
            operands.shape("bias", epilogue.bias, ", one for each column of c " + c.shape(), n);
            operands.apart("c", c, "bias", epilogue.bias);
        }
        if (epilogue.residual != null) {
            operands.alike("residual", epilogue.residual, "c", c).apart("c", c, "residual", epilogue.residual);
            operands.require(spec.beta == 0, "beta is " + spec.beta + ", expected 0 with a residual");
        }
        if (epilogue.gate != null) {
            Tensor gate = epilogue.gate.tensor();
            operands.type("gate", gate, a.dtype()).apart("c", c, "gate", gate);
            operands.require(epilogue.gate.size() == n && c.size() / n % gate.dim(0) == 0, "gate is " + gate.dtype() + "["
                    + gate.dim(0) + ", " + epilogue.gate.size() + "], expected [S, " + n + "] with S that divides the rows of c "
                    + c.shape());
            operands.require(!spec.transA && b.rank() == 2, "a gate goes with an a that is not transposed and one b [n, k] or "
                    + "[k, n] for the whole batch, b is " + b.shape() + ", layout " + spec.layout());
        }
    }

    private static void launch(Tensor a, Tensor b, Epilogue epilogue, Tensor c, Spec spec, long m, long n, long k, long count,
                               long strideA, long strideB) {
        Device device = c.device();
        Tier tier = Tiers.choose(device, a.dtype());
        boolean streams = tier == Tier.SM80 && count == 1 && streams(a, b, spec, k);
        String tile = Tiers.forcedTile().orElseGet(() -> streams && m <= Tiles.MAX_SKINNY_ROWS
                ? Tiles.skinny(m, n, device.multiprocessors())
                : tile(tier, a.dtype(), m, n, count, device.multiprocessors()));
        String entry = "gemm_" + tier.suffix() + "_" + a.dtype().suffix() + "_" + tile + "_" + spec.layout();
        Kernel kernel = device.kernel("gemm/gemm_" + (streams && Tiles.ofSkinny(tile) ? "skinny" : tier.suffix()), entry);
        Tiers.used(OPERATION, entry);
        Geometry geometry = kernel.geometry();
        long blocks = Tiles.count(m, geometry.tileM()) * Tiles.count(n, geometry.tileN());
        long lda = spec.transA ? m : k;
        long ldb = spec.transB ? k : n;
        Modulate.Vectors gate = epilogue.gate;
        Tensor old = epilogue.residual == null ? c : epilogue.residual;
        for (long first = 0; first < count; first += MAX_BATCH) {
            long some = Math.min(MAX_BATCH, count - first);
            Args args = Args.of()
                    .address(a.address() + first * strideA * a.dtype().bytes())
                    .address(b.address() + first * strideB * b.dtype().bytes())
                    .address(Operands.address(epilogue.bias))
                    .address(c.address() + first * m * n * c.dtype().bytes())
                    .i64(lda).i64(ldb).i64(n).i64(strideA).i64(strideB).i64(m * n)
                    .i32(m).i32(n).i32(k).i32(spec.activation.ordinal()).i32(c.dtype() == DType.F32 ? 1 : 0)
                    .f32(spec.alpha).f32(epilogue.residual == null ? spec.beta : 1)
                    .i32(gate == null ? 1 : m / gate.tensor().dim(0)).i64(gate == null ? 0 : gate.stride())
                    .address(gate == null ? 0 : gate.address()).address(old.address() + first * m * n * c.dtype().bytes());
            kernel.launch(Grid.of(blocks, 1, some), args);
        }
    }

    private static String tile(Tier tier, DType dtype, long m, long n, long batch, int multiprocessors) {
        List<String> wideFirst = tier == Tier.SM80 && dtype == DType.BF16 ? List.of("128x128", "64x64")
                : List.of("128x64", "64x64");
        return Tiles.gemm(wideFirst, m, n, batch, multiprocessors);
    }

    /** True for rows by weights [n, k] that can be fetched 16 bytes at a time: with few rows, reading them is what takes time. */
    private static boolean streams(Tensor a, Tensor b, Spec spec, long k) {
        return a.dtype() == DType.BF16 && !spec.transA && spec.transB && k % 8 == 0 && (a.address() | b.address()) % 16 == 0;
    }

    private static void matrix(Operands operands, String name, Tensor tensor) {
        operands.given(name, tensor);
        operands.require(tensor.rank() >= 2, name + " has shape " + tensor.shape() + ", expected at least two dimensions");
        operands.nonEmpty(name, tensor);
    }

    private static long[] leading(Tensor tensor) {
        return Arrays.copyOf(tensor.shape().dims(), tensor.rank() - 2);
    }

    private static boolean fitsBatch(Tensor operand, long[] batch) {
        return operand.rank() == 2 || Arrays.equals(leading(operand), batch);
    }
}
