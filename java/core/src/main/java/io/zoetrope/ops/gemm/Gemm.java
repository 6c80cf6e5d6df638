package io.zoetrope.ops.gemm;

import io.zoetrope.cuda.Arguments;
import io.zoetrope.ops.Operands;
import io.zoetrope.ops.modulate.Modulate;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Tensor;

/** Matrix products: {@code c = gate · act(alpha · op(a) · op(b) + bias) + residual + beta · c}. */
public final class Gemm {
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

        String layout() {
            return transA ? transB ? "tt" : "tn" : transB ? "nt" : "nn";
        }

        private String operation() {
            return transA ? transB ? "gemm_tt" : "gemm_tn" : transB ? "gemm_nt" : "gemm_nn";
        }
    }

    /**
     * What else goes into the outputs while they are in registers.
     *
     * @param bias     F32 [n], added to every row; null: none
     * @param gate vectors [S, n] of a's type that multiply the columns, the first for the first of S equal parts of the
     *                 rows; only where a is not transposed and one b serves the whole batch. null: none
     * @param residual like c, from which it must be apart; added with beta being 0. null: none
     */
    public record Epilogue(Tensor bias, Modulate.Vectors gate, Tensor residual) {
        private static final Epilogue NONE = new Epilogue(null, null, null);

        public static Epilogue bias(Tensor bias) {
            return bias == null ? NONE : new Epilogue(bias, null, null);
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
     * Multiplies, with more done to the outputs. Dimensions before the last two are a batch; an operand with only two
     * serves the whole batch.
     *
     * @param a    F32 or BF16
     * @param b    of a's type
     * @param c    [.., m, n] in a's type or F32; it must not overlap a or b
     * @throws IllegalArgumentException when shapes or types do not fit together
     */
    public static void fused(Tensor a, Tensor b, Epilogue epilogue, Tensor c, Spec spec) {
        Operands operands = Operands.of(spec.operation());
        matrix(operands, "a", a);
        matrix(operands, "b", b);
        matrix(operands, "c", c);
        operands.type("a", a, DType.F32, DType.BF16);
        operands.type("b", b, a.dtype());
        operands.type("c", c, a.dtype(), DType.F32);
        long m = c.shape().dim(-2);
        long n = c.shape().dim(-1);
        long k = a.shape().dim(spec.transA ? -2 : -1);
        if (a.shape().dim(spec.transA ? -1 : -2) != m || b.shape().dim(spec.transB ? -1 : -2) != k
                || b.shape().dim(spec.transB ? -2 : -1) != n) {
            throw operands.refusal(shapes(a, b, c) + " do not fit: expected a " + (spec.transA ? "[k, m]" : "[m, k]")
                    + ", b " + (spec.transB ? "[n, k]" : "[k, n]") + ", c [m, n]");
        }
        if (!fitsBatch(a, c) || !fitsBatch(b, c)) {
            throw operands.refusal(shapes(a, b, c) + " do not fit: a and b need c's leading dimensions, or none");
        }
        check(operands, epilogue, a, b, c, spec);
        Modulate.Vectors gate = epilogue.gate;
        operands.fits("m", m);
        operands.fits("n", n);
        operands.fits("k", k);
        operands.reads("a, b", a, b).reads("bias, residual", epilogue.bias, epilogue.residual);
        if (gate != null) {
            operands.reads("gate", gate.extent());
        }
        operands.writes("c", c).device();

        long count = c.size() / (m * n);
        long strideA = a.rank() == 2 ? 0 : m * k;
        long strideB = b.rank() == 2 ? 0 : k * n;
        if (count > 1 && strideB == 0 && strideA != 0 && !spec.transA && count * m <= Integer.MAX_VALUE) {
            m *= count; // one b for all: the batch is more rows
            count = 1;
        }
        if (!ProvidedGemm.run(a, b, epilogue, c, spec, m, n, k, count, strideA, strideB)) {
            launch(a, b, epilogue, c, spec, m, n, k, count, strideA, strideB);
        }
    }

    private static void check(Operands operands, Epilogue epilogue, Tensor a, Tensor b, Tensor c, Spec spec) {
        long n = c.shape().dim(-1);
        if (epilogue.bias != null) {
            operands.type("bias", epilogue.bias, DType.F32);
            operands.shape("bias", epilogue.bias, ", one for each column of c " + c.shape(), n);
        }
        if (epilogue.residual != null) {
            operands.alike("residual", epilogue.residual, "c", c);
            if (spec.beta != 0) {
                throw operands.refusal("beta is " + spec.beta + ", expected 0 with a residual");
            }
        }
        if (epilogue.gate != null) {
            Tensor gate = epilogue.gate.tensor();
            operands.type("gate", gate, a.dtype());
            if (epilogue.gate.size() != n || c.size() / n % gate.dim(0) != 0) {
                throw operands.refusal("gate is " + gate.dtype() + "[" + gate.dim(0) + ", " + epilogue.gate.size()
                        + "], expected [S, " + n + "] with S that divides the rows of c " + c.shape());
            }
            if (spec.transA || b.rank() != 2) {
                throw operands.refusal("a gate goes with an a that is not transposed and one b [n, k] or "
                        + "[k, n] for the whole batch, b is " + b.shape() + ", layout " + spec.layout());
            }
        }
    }

    private static void launch(Tensor a, Tensor b, Epilogue epilogue, Tensor c, Spec spec, long m, long n, long k,
            long count, long strideA, long strideB) {
        GemmPlan plan = GemmPlan.of(c.device(), a.dtype(), spec, m, n, k, count, strideA == 0, strideB == 0,
                (a.address() | b.address()) % 16 == 0);
        if (plan.isMapped()) { // all of the batch at once
            Arguments arguments = plan.kernel().arguments().tensorMap("a", plan.a().at(a.address())).tensorMap("b",
                    plan.b().at(b.address()));
            outputs(arguments, epilogue, c, 0, spec, m, n, k, strideA, strideB).i32("batch", count)
                    .launch(plan.blocks(), 1, 1);
            return;
        }
        for (long first = 0; first < count; first += MAX_BATCH) {
            long some = Math.min(MAX_BATCH, count - first);
            Arguments arguments = plan.kernel().arguments()
                    .pointer("a", a.address() + first * strideA * a.dtype().bytes())
                    .pointer("b", b.address() + first * strideB * b.dtype().bytes());
            outputs(arguments, epilogue, c, first, spec, m, n, k, strideA, strideB).launch(plan.blocks(), 1, some);
        }
    }

    /** The arguments after a and b that all kernels take, from the batch's matrix {@code first} on. */
    private static Arguments outputs(Arguments arguments, Epilogue epilogue, Tensor c, long first, Spec spec, long m,
            long n, long k, long strideA, long strideB) {
        Modulate.Vectors gate = epilogue.gate;
        Tensor old = epilogue.residual == null ? c : epilogue.residual;
        long skipped = first * m * n * c.dtype().bytes();
        return arguments.pointer("bias", epilogue.bias).pointer("c", c.address() + skipped).structure("shape")
                .i64("lda", spec.transA ? m : k).i64("ldb", spec.transB ? k : n).i64("ldc", n).i64("batch_a", strideA)
                .i64("batch_b", strideB).i64("batch_c", m * n).i32("m", m).i32("n", n).i32("k", k)
                .i32("activation", spec.activation.ordinal()).i32("f32_out", c.dtype() == DType.F32 ? 1 : 0)
                .f32("alpha", spec.alpha).f32("beta", epilogue.residual == null ? spec.beta : 1)
                .i32("gate_rows", gate == null ? 1 : m / gate.tensor().dim(0))
                .i64("gate_stride", gate == null ? 0 : gate.stride()).pointer("gate", gate == null ? 0 : gate.address())
                .pointer("old", old.address() + skipped);
    }

    private static void matrix(Operands operands, String name, Tensor tensor) {
        operands.given(name, tensor);
        if (tensor.rank() < 2) {
            throw operands.refusal(name + " has shape " + tensor.shape() + ", expected at least two dimensions");
        }
        operands.nonEmpty(name, tensor);
    }

    private static String shapes(Tensor a, Tensor b, Tensor c) {
        return "a " + a.shape() + ", b " + b.shape() + ", c " + c.shape();
    }

    /** Whether an operand has the leading dimensions of c, or none. */
    private static boolean fitsBatch(Tensor operand, Tensor c) {
        boolean same = operand.rank() == c.rank();
        for (int i = 0; same && i < c.rank() - 2; i++) {
            same = operand.dim(i) == c.dim(i);
        }
        return same || operand.rank() == 2;
    }
}
