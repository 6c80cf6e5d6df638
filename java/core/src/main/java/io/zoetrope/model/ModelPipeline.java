package io.zoetrope.model;

/**
 * Applies a model of one family; the base of all pipelines. It owns the model: closing it closes the model. Not for
 * several threads at a time, as its model is not.
 *
 * @param <M> the family's model
 */
public abstract class ModelPipeline<M extends NetworkModel<?, ?>> implements AutoCloseable {
    private final M model;

    /** Takes the model over. */
    protected ModelPipeline(M model) {
        this.model = model;
    }

    public final M model() {
        return model;
    }

    @Override
    public final void close() {
        model.close();
    }
}
