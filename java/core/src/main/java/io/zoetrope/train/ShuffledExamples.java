package io.zoetrope.train;

import io.zoetrope.ops.random.Random;
import io.zoetrope.ops.random.RandomKey;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;

/** Examples that all lie on the device, in an order that the seed shuffles anew each time all were seen. */
public final class ShuffledExamples implements BatchSource {
    private final Batch batch;
    private final RandomKey key;

    /**
     * @param scope    where the indices live
     * @param examples [M, …]
     * @param labels   I32 [M], or null
     * @param size     examples in a step
     * @param key      of the order, which reads seed and step from the device
     */
    public ShuffledExamples(Scope scope, Tensor examples, Tensor labels, int size, RandomKey key) {
        this.batch = new Batch(examples, labels, scope.empty(DType.I32, size));
        this.key = key;
    }

    @Override
    public Batch batch() {
        return batch;
    }

    @Override
    public void queue() {
        Random.shuffle(batch.indices(), Math.toIntExact(batch.examples().dim(0)), key);
    }
}
