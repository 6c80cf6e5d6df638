package io.zoetrope.ops.diffusion;

import io.zoetrope.cuda.Arguments;
import io.zoetrope.cuda.Device;
import io.zoetrope.cuda.Kernel;
import io.zoetrope.ops.Entries;
import io.zoetrope.ops.Operands;
import io.zoetrope.ops.random.RandomKey;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Tensor;

/**
 * One step of a sampling loop on the device. Coefficients are rows of a device table and the row number is a device
 * counter, I32[1], so that a recorded loop replays without the host. The noise of row r is the key's normal numbers
 * from r·4·⌈n/4⌉ on, for tensors of n elements.
 */
public final class SamplerStep {
    /** Columns of the table of {@link #step}. */
    public static final int STEP_COLUMNS = 8;
    private static final String[] TERMS = {"x0", "x1", "x2", "x3"};
    private static final String[] TERM_NAMES = {"term 0", "term 1", "term 2", "term 3"};
    private static final int MAX_TERMS = TERMS.length;
    private static final String STEP = "diffusion/step";

    private SamplerStep() {
    }

    /**
     * out = Σ_k c_k·terms[k] + c_z·z with fresh normal z, then clamped.
     *
     * @param terms       one to four tensors of one size, each F32 or BF16
     * @param out         F32 or BF16 of that size; may be one of the terms
     * @param copy        the same values in the other type, or null; may be one of the terms
     * @param table       F32[steps, terms + 1], c_z last
     * @param stepCounter I32[1]: the row; null for row 0. A row outside the table makes out NaN
     * @param low         lower bound of out, or -∞
     * @param high        upper bound of out, or ∞
     */
    public static void update(Tensor[] terms, Tensor out, Tensor copy, Tensor table, Tensor stepCounter, RandomKey key,
            float low, float high) {
        Operands operands = Operands.of("sampler update").floating("out", out);
        if (terms.length < 1 || terms.length > MAX_TERMS) {
            throw operands.refusal(terms.length + " terms, expected 1 to " + MAX_TERMS);
        }
        if (!(low <= high)) {
            throw operands.refusal("bounds " + low + " … " + high + ": expected low <= high");
        }
        operands.sizedIfGiven("copy", copy, other(out.dtype()), out.size());
        int kinds = 0;
        for (int k = 0; k < MAX_TERMS; k++) {
            Tensor term = k < terms.length ? terms[k] : null;
            if (term != null || k < terms.length) {
                operands.floating(TERM_NAMES[k], term).sized(TERM_NAMES[k], term, term.dtype(), out.size());
                kinds |= term.dtype() == DType.BF16 ? 1 << k : 0;
                operands.reads(TERM_NAMES[k], term);
            }
        }
        int rows = rows(operands, table, terms.length + 1, stepCounter);
        Device device = operands.reads("table, step counter", table, stepCounter).reads("key state", key.state())
                .updates("out", out).updates("copy", copy).device();
        if (out.size() > 0) {
            Kernel kernel = device.kernel("diffusion/sampler_update", Entries.of("sampler_update_", out.dtype()));
            Arguments arguments = kernel.arguments();
            for (int k = 0; k < MAX_TERMS; k++) {
                arguments.pointer(TERMS[k], k < terms.length ? terms[k] : null);
            }
            key.appendTo(arguments.i32("terms", terms.length).i32("kinds", kinds).pointer("table", table)
                    .i32("rows", rows).pointer("row", stepCounter).pointer("out", out).pointer("copy", copy)
                    .i64("n", out.size()).f32("low", low).f32("high", high)).launchCovering(out.size());
        }
    }

    /**
     * The step of a sampler that works on the clean estimate, in place. With row [p, q, low, high, a, b, d, s]:
     * c = clamp(p·x + q·output, low, high); x = a·x + b·c + d·history + s·z; history = c.
     *
     * @param x           F32 or BF16: the state, updated
     * @param output      the network's output, F32 or BF16, as large as x
     * @param history     like x, the clean estimate of the last step, updated; null when no row has d ≠ 0
     * @param copy        the new x in the other type, a network's next input, or null; may be output
     * @param table       F32[steps, 8]
     * @param stepCounter I32[1]: the row; null for row 0. A row outside the table makes x NaN
     */
    public static void step(Tensor x, Tensor output, Tensor history, Tensor copy, Tensor table, Tensor stepCounter,
            RandomKey key) {
        Operands operands = Operands.of("sampler step").floating("x", x).floating("output", output);
        operands.sized("output", output, output.dtype(), x.size()).sizedIfGiven("history", history, x.dtype(), x.size())
                .sizedIfGiven("copy", copy, other(x.dtype()), x.size());
        int rows = rows(operands, table, STEP_COLUMNS, stepCounter);
        Device device = operands.reads("output, table", output, table)
                .reads("step counter, key state", stepCounter, key.state()).updates("copy", copy).writes("x", x)
                .writes("history", history).device();
        if (x.size() > 0) {
            Kernel kernel = device.kernel("diffusion/sampler_step", Entries.of("sampler_step_", x.dtype()));
            key.appendTo(kernel.arguments().pointer("x", x).pointer("output", output)
                    .i32("output_is_bf16", output.dtype() == DType.BF16 ? 1 : 0).pointer("history", history)
                    .pointer("copy", copy).pointer("table", table).i32("rows", rows).pointer("row", stepCounter)
                    .i64("n", x.size())).launchCovering(x.size());
        }
    }

    private static int rows(Operands operands, Tensor table, int columns, Tensor stepCounter) {
        operands.type("table", table, DType.F32);
        if (table.rank() != 2 || table.dim(1) != columns) {
            throw operands.refusal("table is " + table.describe() + ", expected F32[steps, " + columns + "]");
        }
        operands.sizedIfGiven("stepCounter", stepCounter, DType.I32, 1);
        return Math.toIntExact(table.dim(0));
    }

    private static DType other(DType type) {
        return type == DType.F32 ? DType.BF16 : DType.F32;
    }

    /** counter += 1, and back to 0 when it reaches {@code rows}; {@code rows} 0: never. counter: I32[1]. */
    public static void advance(Tensor stepCounter, int rows) {
        Operands operands = Operands.of("step advance").sized("stepCounter", stepCounter, DType.I32, 1);
        if (rows < 0) {
            throw operands.refusal("rows is " + rows + ", expected 0 or more");
        }
        operands.writes("stepCounter", stepCounter).device().kernel(STEP, "step_advance").arguments()
                .pointer("counter", stepCounter).i32("rows", rows).launch(1, 1, 1);
    }

    /** out[i] = timesteps[row] for all i: what the network is told in this step. timesteps, out: F32. */
    public static void timestep(Tensor timesteps, Tensor stepCounter, Tensor out) {
        Operands.of("step timestep").type("timesteps", timesteps, DType.F32).type("out", out, DType.F32)
                .sizedIfGiven("stepCounter", stepCounter, DType.I32, 1)
                .reads("timesteps, stepCounter", timesteps, stepCounter).writes("out", out).device();
        if (out.size() > 0) {
            Kernel kernel = out.device().kernel(STEP, "step_timestep");
            kernel.arguments().pointer("timesteps", timesteps).i32("rows", timesteps.size()).pointer("row", stepCounter)
                    .pointer("out", out).i64("n", out.size()).launchCovering(out.size());
        }
    }
}
