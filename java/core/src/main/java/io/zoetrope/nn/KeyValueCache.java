package io.zoetrope.nn;

import io.zoetrope.ops.pointwise.Pointwise;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * The keys and values of the tokens that the layers of a causal network have seen. How many those are is known to the
 * device, so that the step from one token to the next can be recorded once and replayed.
 */
public final class KeyValueCache {
    private final List<Tensor> keys = new ArrayList<>();
    private final List<Tensor> values = new ArrayList<>();
    private final Tensor length;

    /** Memory for {@code capacity} tokens of {@code batch} samples; it goes with the scope. Empty. */
    public KeyValueCache(Scope scope, DType dtype, int layers, long batch, long capacity,
            TransformerBlock.Config block) {
        for (int layer = 0; layer < layers; layer++) {
            keys.add(scope.empty(dtype, batch, capacity, block.heads(), block.width() / block.heads()));
            values.add(scope.emptyLike(keys.get(layer)));
        }
        length = scope.zeros(DType.I32, 1);
    }

    /** The keys of a layer, [B, capacity, H, D], of which the first {@link #length} are valid. */
    public Tensor keys(int layer) {
        return keys.get(layer);
    }

    /** The values of a layer, as {@link #keys}. */
    public Tensor values(int layer) {
        return values.get(layer);
    }

    /** I32 [1]: tokens in the cache; the place of the next one. */
    public Tensor length() {
        return length;
    }

    /** Forgets all tokens. Queued; may be recorded. */
    public void clear() {
        Pointwise.fill(length, 0);
    }
}
