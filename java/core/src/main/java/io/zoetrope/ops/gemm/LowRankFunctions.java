package io.zoetrope.ops.gemm;

import io.zoetrope.autograd.Tape;
import io.zoetrope.autograd.Variable;
import io.zoetrope.ops.pointwise.Pointwise;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * Weights with low-rank updates (Hu et al. 2021, arXiv:2106.09685): W + s·B·A, as one weight that any layer takes in
 * place of W. Training and a merged model so compute the same bits, and convolutions need no layer of their own.
 */
public final class LowRankFunctions {
    private LowRankFunctions() {
    }

    /**
     * An update of some rows of a weight.
     *
     * @param row   the first of the weight's rows that it changes
     * @param down  A [r, …], with the extents of the weight after its first
     * @param up    B [rows, r] and perhaps further extents of 1
     * @param scale s
     */
    public record Update(long row, Variable down, Variable up, float scale) {
        private long rows() {
            return up.value().dim(0);
        }

        private Tensor flatDown(Tensor any) {
            return any.reshape(down.value().dim(0), -1);
        }

        private Tensor flatUp(Tensor any) {
            return any.reshape(rows(), -1);
        }
    }

    /**
     * W [out, …] with its updates. Gradients go to the updates alone.
     *
     * @param weight  a constant of the updates' type
     * @param updates in the order of their rows, which are apart
     */
    public static Variable updated(Tape tape, Variable weight, List<Update> updates) {
        Tensor value = tape.empty(weight.value().dtype(), weight.shape());
        write(weight.value(), updates, value);
        List<Variable> inputs = new ArrayList<>();
        updates.forEach(update -> inputs.addAll(List.of(update.down, update.up)));
        Variable out = tape.parameterOutput(value, inputs.toArray(Variable[]::new));
        tape.note(out, dw -> {
            Tensor rows = dw.reshape(dw.dim(0), -1);
            updates.forEach(update -> pushBack(tape, update, rows.slice(update.row, update.row + update.rows())));
        });
        return out;
    }

    /** Writes the updated weight to {@code target}. */
    public static void write(Tensor weight, List<Update> updates, Tensor target) {
        Tensor from = weight.reshape(weight.dim(0), -1);
        Tensor to = target.reshape(target.dim(0), -1);
        long row = 0;
        for (Update update : updates) {
            copy(from, to, row, update.row);
            row = update.row + update.rows();
            Gemm.fused(update.flatUp(update.up.value()), update.flatDown(update.down.value()),
                    new Gemm.Epilogue(null, null, from.slice(update.row, row)), to.slice(update.row, row),
                    Gemm.Spec.NN.alpha(update.scale));
        }
        copy(from, to, row, from.dim(0));
    }

    private static void copy(Tensor from, Tensor to, long first, long end) {
        if (end > first) {
            Pointwise.copy(from.slice(first, end), to.slice(first, end));
        }
    }

    /** dB = s·dW·Aᵀ and dA = s·Bᵀ·dW, in F32 as dW is. */
    private static void pushBack(Tape tape, Update update, Tensor dw) {
        try (Scope scratch = Scope.open(tape.device())) {
            tape.accumulateParameter(update.up,
                    (db, add) -> Gemm.run(dw, update.flatDown(exact(scratch, update.down.value())), null,
                            update.flatUp(db), Gemm.Spec.NT.alpha(update.scale).beta(add ? 1 : 0)));
            tape.accumulateParameter(update.down,
                    (da, add) -> Gemm.run(update.flatUp(exact(scratch, update.up.value())), dw, null,
                            update.flatDown(da), Gemm.Spec.TN.alpha(update.scale).beta(add ? 1 : 0)));
        }
    }

    private static Tensor exact(Scope scratch, Tensor value) {
        if (value.dtype() == DType.F32) {
            return value;
        }
        Tensor exact = scratch.empty(DType.F32, value.shape());
        Pointwise.cast(value, exact);
        return exact;
    }
}
