package io.zoetrope.diffusion;

import io.zoetrope.ops.diffusion.SamplerStep;
import io.zoetrope.ops.pointwise.Pointwise;
import io.zoetrope.ops.random.RandomKey;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * What a row of a {@link SamplerPlan} does on the device once the denoiser has answered: one kernel where the plan is
 * {@link SamplerPlan#isFused()}; else one for the estimate, one for the sum, and copies that age the history.
 */
final class RowUpdate {
    private final SamplerPlan plan;
    private final Tensor x;
    private final Tensor input;
    private final Tensor counter;
    private final RandomKey noise;
    /** The estimate of the row before; after a row, of that row. */
    private final Tensor history;
    /** The last row's estimate while {@code history} holds the one before; null in fused plans. */
    private final Tensor clean;
    private final Tensor older;
    private final Tensor table;
    private final Tensor cleanTable;
    private final float clipLow;
    private final float clipHigh;

    /**
     * @param scope   owns what is allocated
     * @param x       F32, the batch
     * @param input   the batch in the network's type, written with it; null where the network reads x
     * @param counter I32[1]: the row
     */
    RowUpdate(Scope scope, SamplerPlan plan, Tensor x, Tensor input, Tensor counter, RandomKey noise) {
        int rows = plan.steps().size();
        SamplerPlan.Step first = plan.steps().get(0);
        this.plan = plan;
        this.x = x;
        this.input = input;
        this.counter = counter;
        this.noise = noise;
        this.history = scope.emptyLike(x).zero();
        this.clipLow = (float) first.clipLow();
        this.clipHigh = (float) first.clipHigh();
        if (plan.isFused()) {
            this.table = scope.of(plan.table(), rows, SamplerPlan.COLUMNS);
            this.cleanTable = null;
            this.clean = null;
            this.older = null;
            return;
        }
        List<ToDoubleFunction<SamplerPlan.Step>> columns = new ArrayList<>(
                List.of(SamplerPlan.Step::fromX, SamplerPlan.Step::fromClean));
        if (plan.usesOutput()) {
            columns.add(SamplerPlan.Step::fromOutput);
        }
        if (plan.usesHistory()) {
            columns.add(SamplerPlan.Step::fromPrevious);
        }
        if (plan.usesOlder()) {
            columns.add(SamplerPlan.Step::fromOlder);
        }
        columns.add(SamplerPlan.Step::noise);
        this.table = scope.of(plan.table(columns), rows, columns.size());
        this.cleanTable = scope.of(
                plan.table(List.of(SamplerPlan.Step::cleanFromX, SamplerPlan.Step::cleanFromOutput, step -> 0)), rows,
                3);
        this.clean = scope.emptyLike(x);
        this.older = plan.usesOlder() ? scope.emptyLike(x).zero() : null;
    }

    /**
     * Queues the update.
     *
     * @param output the denoiser's, F32 or BF16, shaped like x
     */
    void queue(Tensor output) {
        if (plan.isFused()) {
            SamplerStep.step(x, output, history, input, table, counter, noise);
            return;
        }
        SamplerStep.update(new Tensor[] {x, output}, clean, null, cleanTable, counter, noise, clipLow, clipHigh);
        List<Tensor> terms = new ArrayList<>(List.of(x, clean));
        if (plan.usesOutput()) {
            terms.add(output);
        }
        if (plan.usesHistory()) {
            terms.add(history);
        }
        if (plan.usesOlder()) {
            terms.add(older);
        }
        SamplerStep.update(terms.toArray(Tensor[]::new), x, input, table, counter, noise, Float.NEGATIVE_INFINITY,
                Float.POSITIVE_INFINITY);
        if (older != null) {
            Pointwise.copy(history, older);
        }
        Pointwise.copy(clean, history);
    }

    /** x̂_0 of the last row, F32. */
    Tensor estimate() {
        return history;
    }
}
