package io.zoetrope.train;

/**
 * Hears what happens in a training, in the thread that trains: what takes long holds it up.
 *
 * <p>A listener that throws a {@link RuntimeException} is logged and hears no more of that training, which goes on with
 * the same numbers as without. An {@link Error} ends the training as any other does.
 */
@FunctionalInterface
public interface TrainingListener {
    void on(TrainingEvent event);
}
