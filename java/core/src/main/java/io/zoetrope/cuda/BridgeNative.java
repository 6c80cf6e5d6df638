package io.zoetrope.cuda;

import java.nio.ByteBuffer;

/**
 * The functions of {@code libzoetrope_bridge.so}, each one driver call. They return its CUresult, and check nothing:
 * that is for the classes that use them.
 *
 * <p>The native build makes its header from this file, so the declarations of both sides agree, and its tests hold the
 * numbers here to those of cuda.h. The class therefore uses nothing outside the JDK.
 */
final class BridgeNative {
    /** Layout of a CUlaunchAttribute: its id, and at the offset its value. */
    static final int ATTRIBUTE_BYTES = 72;
    static final int ATTRIBUTE_VALUE_OFFSET = 8;
    static final int ATTRIBUTE_COOPERATIVE = 2;
    static final int ATTRIBUTE_CLUSTER_DIMENSION = 4;
    static final int ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION = 6;
    static final int ATTRIBUTE_PRIORITY = 8;

    /** Bits at which the parts of a CUgraphEdgeData begin in a long. */
    static final int EDGE_FROM_PORT_SHIFT = 0;
    static final int EDGE_TO_PORT_SHIFT = 8;
    static final int EDGE_TYPE_SHIFT = 16;
    static final int EDGE_TYPE_DEFAULT = 0;
    static final int EDGE_TYPE_PROGRAMMATIC = 1;
    static final int PORT_DEFAULT = 0;
    static final int PORT_PROGRAMMATIC = 1;

    static final int TENSOR_MAP_BYTES = 128;
    /** What cuda.h of toolkit 13 declares; the instructions ask for 64, as toolkit 12 declares. */
    static final int TENSOR_MAP_ALIGNMENT = 128;
    static final int TYPE_UINT8 = 0;
    static final int TYPE_UINT16 = 1;
    static final int TYPE_UINT32 = 2;
    static final int TYPE_INT32 = 3;
    static final int TYPE_UINT64 = 4;
    static final int TYPE_INT64 = 5;
    static final int TYPE_FLOAT16 = 6;
    static final int TYPE_FLOAT32 = 7;
    static final int TYPE_FLOAT64 = 8;
    static final int TYPE_BFLOAT16 = 9;
    static final int TYPE_FLOAT32_FTZ = 10;
    static final int TYPE_TFLOAT32 = 11;
    static final int TYPE_TFLOAT32_FTZ = 12;
    static final int INTERLEAVE_NONE = 0;
    static final int INTERLEAVE_16B = 1;
    static final int INTERLEAVE_32B = 2;
    static final int SWIZZLE_NONE = 0;
    static final int SWIZZLE_32B = 1;
    static final int SWIZZLE_64B = 2;
    static final int SWIZZLE_128B = 3;
    static final int PROMOTION_NONE = 0;
    static final int PROMOTION_64B = 1;
    static final int PROMOTION_128B = 2;
    static final int PROMOTION_256B = 3;
    static final int FILL_ZERO = 0;
    static final int FILL_NAN = 1;

    private BridgeNative() {
    }

    /** The symbols looked for, in the order of {@link Bridge.Call}, separated by commas. */
    static native String symbols();

    /** Looks the calls up: a bit for each that the driver has, or −1 as long as no driver is loaded. */
    static native int bind();

    /** The address in one of JCuda's handle objects. */
    static native long handle(Object handle);

    static native void setHandle(Object handle, long address);

    /** Memory that the host can read at this address, as a direct buffer that shares it; no driver call. */
    static native ByteBuffer hostBuffer(long address, long bytes);

    /** cuCtxGetCurrent, and cuCtxSetCurrent where another context is current. */
    static native int enter(long context);

    /** cuLaunchKernelEx, or cuLaunchKernel without attributes. */
    static native int launch(long function, int gridX, int gridY, int gridZ, int blockX, int blockY, int blockZ,
            int sharedBytes, long stream, ByteBuffer parameters, int parameterBytes, ByteBuffer attributes,
            int attributeCount);

    /**
     * cuFuncGetParamInfo.
     *
     * @param offsetAndBytes two elements, written
     */
    static native int parameterInfo(long function, long index, long[] offsetAndBytes);

    static native int encodeTiled(ByteBuffer map, int type, long address, long[] dims, long[] strides, int[] box,
            int[] elementStrides, int interleave, int swizzle, int promotion, int fill);

    static native int encodeIm2col(ByteBuffer map, int type, long address, long[] dims, long[] strides, int[] lower,
            int[] upper, int channels, int pixels, int[] elementStrides, int interleave, int swizzle, int promotion,
            int fill);

    static native int replaceAddress(ByteBuffer map, long address);

    /**
     * cuGraphAddNode_v2 of a kernel.
     *
     * @param node one element, written; {@code edges} is null where all are ordinary
     */
    static native int addKernelNode(long[] node, long graph, long[] after, long[] edges, long function, int gridX,
            int gridY, int gridZ, int blockX, int blockY, int blockZ, int sharedBytes, ByteBuffer parameters,
            int parameterBytes);

    /** cuGraphKernelNodeSetAttribute with the attribute at that place of the buffer. */
    static native int setAttribute(long node, ByteBuffer attributes, int index);

    static native int addDependencies(long graph, long[] from, long[] to, long[] edges);

    /**
     * cuGraphGetEdges_v2. With null arrays only the number of edges is written.
     *
     * @param count one element, written
     */
    static native int edges(long graph, long[] from, long[] to, long[] edges, long[] count);

    /** Attaches the profiler that listens to NVTX ranges, if there is one. */
    static native boolean nvtxStart();

    static native void nvtxPush(String name);

    static native void nvtxPop();
}
