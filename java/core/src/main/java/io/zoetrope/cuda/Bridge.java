package io.zoetrope.cuda;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import jcuda.NativePointerObject;
import jcuda.driver.CUfunction;
import jcuda.driver.CUresult;

/**
 * The driver calls that JCuda lacks: launches with attributes, the parameters of a kernel, tensor maps
 * ({@link TensorMap}), dependencies of graph nodes with data ({@link BridgeGraph}).
 *
 * <p>They need a small native library, which comes with the artifact zoetrope-native, and a driver that has them:
 * NVIDIA's, or softcuda. Which of them can be called is asked of {@link #has}; one that cannot is refused by name.
 * Without them ordinary launches go on through JCuda.
 *
 * <p>All methods may be called by any thread. Those that reach the driver need the context of the device current.
 */
public final class Bridge {
    /** A call of the driver. */
    public enum Call {
        LAUNCH_KERNEL("cuLaunchKernel"), LAUNCH_KERNEL_EX("cuLaunchKernelEx"), FUNC_GET_PARAM_INFO(
                "cuFuncGetParamInfo"), TENSOR_MAP_ENCODE_TILED("cuTensorMapEncodeTiled"), TENSOR_MAP_ENCODE_IM2COL(
                        "cuTensorMapEncodeIm2col"), TENSOR_MAP_REPLACE_ADDRESS(
                                "cuTensorMapReplaceAddress"), GRAPH_ADD_NODE(
                                        "cuGraphAddNode_v2"), GRAPH_ADD_DEPENDENCIES(
                                                "cuGraphAddDependencies_v2"), GRAPH_GET_EDGES(
                                                        "cuGraphGetEdges_v2"), GRAPH_KERNEL_NODE_SET_ATTRIBUTE(
                                                                "cuGraphKernelNodeSetAttribute"), CTX_GET_CURRENT(
                                                                        "cuCtxGetCurrent"), CTX_SET_CURRENT(
                                                                                "cuCtxSetCurrent");

        private final String symbol;

        Call(String symbol) {
            this.symbol = symbol;
        }

        /** The function's name in the driver's library. */
        public String symbol() {
            return symbol;
        }
    }

    /** Where a parameter of a kernel lies among its parameters, bytes. */
    public record Parameter(long offset, long bytes) {
    }

    private static final int NO_DRIVER = -1;
    private static final int ENTERING = 1 << Call.CTX_GET_CURRENT.ordinal() | 1 << Call.CTX_SET_CURRENT.ordinal();
    /** A bit for each call that the driver has. A driver, once loaded, stays for the process. */
    private static volatile int calls = NO_DRIVER;

    private Bridge() {
    }

    /** What can be called here and what is missing, in a line. */
    public static String status() {
        Optional<String> failure = BridgeLibrary.failure();
        if (failure.isPresent()) {
            return "not available: " + failure.get();
        }
        if (calls() == NO_DRIVER) {
            return "loaded; no driver is loaded yet";
        }
        String missing = Arrays.stream(Call.values()).filter(call -> !has(call)).map(Call::symbol)
                .collect(Collectors.joining(", "));
        return missing.isEmpty() ? "loaded; the driver has all its calls" : "loaded; the driver lacks " + missing;
    }

    /** Whether the call can be made: the bridge is there, a device was opened, and its driver has the function. */
    public static boolean has(Call call) {
        int found = calls();
        return found != NO_DRIVER && (found & 1 << call.ordinal()) != 0;
    }

    private static int calls() {
        if (calls == NO_DRIVER && BridgeLibrary.failure().isEmpty()) {
            bind();
        }
        return calls;
    }

    private static synchronized void bind() {
        if (calls == NO_DRIVER) {
            calls = BridgeNative.bind();
        }
    }

    /** @throws DeviceException naming the call, what needs it and why it cannot be made */
    static void require(Call call, String what) {
        if (!has(call)) {
            throw new DeviceException(CUresult.CUDA_ERROR_NOT_SUPPORTED, what + " needs the driver's " + call.symbol()
                    + ", which cannot be called here: the bridge is " + status());
        }
    }

    /** @param what names what was done in the message */
    static void check(Call call, String what, int result) {
        if (result != CUresult.CUDA_SUCCESS) {
            throw DeviceException.of(result,
                    what + " failed: " + call.symbol() + " answered " + Driver.describe(result));
        }
    }

    /**
     * The address in one of JCuda's handles, a function's or a stream's, for the calls here: read it once and keep it.
     * 0 where the library cannot be loaded.
     */
    static long handle(NativePointerObject object) {
        return BridgeLibrary.failure().isEmpty() ? BridgeNative.handle(object) : 0;
    }

    /** Whether {@link #enter} can be called. */
    static boolean canEnter() {
        return (calls() & ENTERING) == ENTERING && calls != NO_DRIVER;
    }

    /**
     * Makes a context current in the calling thread, in one call where JCuda needs two of its own.
     *
     * @param context its {@link #handle}
     * @return the driver's CUresult
     */
    static int enter(long context) {
        return BridgeNative.enter(context);
    }

    /**
     * Whether {@link #launch} can be called with these attributes. Where not, JCuda's launches do the same: its
     * cooperative one if that is asked for, else the ordinary one.
     *
     * @throws DeviceException where not, and a cluster is asked for, which JCuda cannot
     */
    static boolean canLaunch(BridgeAttributes attributes) {
        Call call = attributes.isEmpty() ? Call.LAUNCH_KERNEL : Call.LAUNCH_KERNEL_EX;
        if (has(call)) {
            return true;
        }
        if (attributes.cluster() != null) {
            require(call, "a launch with " + attributes);
        }
        return false;
    }

    /**
     * Queues a kernel, where {@link #canLaunch} said so; allocates nothing. Grid and block in blocks and threads.
     *
     * @param function       its {@link #handle}
     * @param stream         its {@link #handle}; 0 is the default stream
     * @param parameters     a direct buffer whose first bytes, whatever its position, hold the parameters as the device
     *                       code lays them out; they may change once this has returned. Null for a kernel without any
     * @param parameterBytes at most {@code parameters.capacity()}
     * @return the driver's CUresult
     */
    static int launch(long function, int gridX, int gridY, int gridZ, int blockX, int blockY, int blockZ,
            int sharedBytes, long stream, ByteBuffer parameters, int parameterBytes, BridgeAttributes attributes) {
        requireDirect(parameters, parameterBytes);
        return BridgeNative.launch(function, gridX, gridY, gridZ, blockX, blockY, blockZ, sharedBytes, stream,
                parameters, parameterBytes, attributes.buffer(), attributes.count());
    }

    static void requireDirect(ByteBuffer parameters, int bytes) {
        int capacity = parameters == null ? 0 : parameters.capacity();
        if (bytes < 0 || bytes > capacity || parameters != null && !parameters.isDirect()) {
            throw new IllegalArgumentException(bytes + " bytes of parameters in a buffer of " + capacity
                    + ": expected a direct buffer that holds them");
        }
    }

    /** The parameters of a kernel, in their order. */
    static List<Parameter> parameters(CUfunction function) {
        require(Call.FUNC_GET_PARAM_INFO, "reading a kernel's parameters");
        List<Parameter> parameters = new ArrayList<>();
        long handle = handle(function);
        long[] offsetAndBytes = new long[2];
        int result = BridgeNative.parameterInfo(handle, 0, offsetAndBytes);
        while (result == CUresult.CUDA_SUCCESS) {
            parameters.add(new Parameter(offsetAndBytes[0], offsetAndBytes[1]));
            result = BridgeNative.parameterInfo(handle, parameters.size(), offsetAndBytes);
        }
        // An index past the last parameter is how their number is found.
        if (result != CUresult.CUDA_ERROR_INVALID_VALUE) {
            check(Call.FUNC_GET_PARAM_INFO, "reading a kernel's parameters", result);
        }
        return parameters;
    }
}
