package io.zoetrope.cuda;

/**
 * Ranges that profilers such as Nsight Systems show on the thread's time line, in the domain {@code zoetrope}:
 *
 * <pre>{@code
 * try (Nvtx.Range range = Nvtx.range("attention")) {
 *     ...
 * }
 * }</pre>
 *
 * <p>They reach the profiler that started the process (it sets {@code NVTX_INJECTION64_PATH}) or, without one,
 * {@code libnvToolsExt.so.1}. Where neither is there a range costs nothing and allocates nothing.
 */
public final class Nvtx {
    /** An open range; ranges nest, and are closed by the thread that opened them. */
    public interface Range extends AutoCloseable {
        @Override
        void close();
    }

    private static final boolean PRESENT = BridgeLibrary.failure().isEmpty() && BridgeNative.nvtxStart();
    private static final Range NONE = () -> {};
    private static final Range OPEN = BridgeNative::nvtxPop;

    private Nvtx() {
    }

    /** Whether anything listens. */
    public static boolean isPresent() {
        return PRESENT;
    }

    /** Opens a range of that name. Where names are put together, ask {@link #isPresent} first. */
    public static Range range(String name) {
        if (!PRESENT) {
            return NONE;
        }
        BridgeNative.nvtxPush(name);
        return OPEN;
    }
}
