package io.zoetrope.ops;

import io.zoetrope.tensor.DType;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Names of kernels that exist for several types: put together once. */
public final class Entries {
    private static final Map<String, String[]> KNOWN = new ConcurrentHashMap<>();

    private Entries() {
    }

    /**
     * The name's beginning with the type's suffix, such as {@code add_bf16}.
     *
     * @param beginning one of few: it is kept
     */
    public static String of(String beginning, DType type) {
        String[] names = KNOWN.get(beginning);
        if (names == null) {
            names = KNOWN.computeIfAbsent(beginning, Entries::all);
        }
        return names[type.ordinal()];
    }

    private static String[] all(String beginning) {
        DType[] types = DType.values();
        String[] names = new String[types.length];
        for (DType type : types) {
            names[type.ordinal()] = beginning + type.suffix();
        }
        return names;
    }
}
