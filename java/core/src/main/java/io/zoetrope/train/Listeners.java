package io.zoetrope.train;

import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The listeners of one training; one that fails is left out from then on. */
final class Listeners {
    private static final Logger LOG = LoggerFactory.getLogger(Listeners.class);
    private final List<TrainingListener> listeners;

    Listeners(List<TrainingListener> listeners) {
        this.listeners = new ArrayList<>(listeners);
    }

    boolean isEmpty() {
        return listeners.isEmpty();
    }

    void tell(TrainingEvent event) {
        listeners.removeIf(listener -> {
            try {
                listener.on(event);
                return false;
            } catch (RuntimeException e) {
                LOG.warn("a listener failed at step {} and hears no more of this training", event.step(), e);
                return true;
            }
        });
    }
}
