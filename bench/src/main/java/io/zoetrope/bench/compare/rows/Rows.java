package io.zoetrope.bench.compare.rows;

import io.zoetrope.cuda.Device;
import io.zoetrope.tensor.Scope;
import java.util.LinkedHashMap;
import java.util.Map;

/** Named pieces of work. */
public abstract class Rows {
    /**
     * Makes a row's work: what it allocates in the scope lives until the row is done, as does what {@code close}
     * closes.
     */
    @FunctionalInterface
    public interface Setup {
        Work prepare(Device device, Scope scope) throws Exception;
    }

    /** What is measured. It may leave work queued on the device. */
    @FunctionalInterface
    public interface Work extends AutoCloseable {
        void run() throws Exception;

        @Override
        default void close() throws Exception {
        }
    }

    private final Map<String, Setup> all = new LinkedHashMap<>();

    protected final void add(String name, Setup setup) {
        if (all.put(name, setup) != null) {
            throw new IllegalArgumentException("two rows are named '" + name + "'");
        }
    }

    final Map<String, Setup> all() {
        return all;
    }

    /** Work that ends with closing what it ran on. */
    protected static Work closing(AutoCloseable resource, Work work) {
        return new Work() {
            @Override
            public void run() throws Exception {
                work.run();
            }

            @Override
            public void close() throws Exception {
                resource.close();
            }
        };
    }
}
