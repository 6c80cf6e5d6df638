package io.zoetrope.testkit;

import io.zoetrope.nn.ParameterStore;
import io.zoetrope.tensor.Bfloat16;

/** What a store's values are after they were saved and loaded: parameters rounded to BF16, statistics as they were. */
public final class SavedValues {
    private SavedValues() {
    }

    public static float[] of(ParameterStore store) {
        float[] values = store.values();
        for (ParameterStore.Segment segment : store.segments()) {
            for (int i = (int) segment.start(); i < segment.end() && !segment.parameter().isBuffer(); i++) {
                values[i] = Bfloat16.round(values[i]);
            }
        }
        return values;
    }
}
