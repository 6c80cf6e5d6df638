package io.zoetrope.cuda;

import java.util.ArrayList;
import java.util.List;
import jcuda.CudaException;
import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUgraphNode;
import jcuda.driver.CUresult;
import jcuda.driver.CUstream;
import jcuda.driver.CUstreamCaptureMode;
import jcuda.driver.JCudaDriver;

/**
 * Device work recorded once and replayed with a single call: no Java work, no allocation, no launch overhead.
 *
 * <p>Memory that the recorded code allocates belongs to the graph until it is closed, since every replay uses the same
 * addresses. Whatever changes between replays (step numbers, seeds, inputs) lives in device memory. Closing the graph
 * while tensors of the recorded code are still open is safe: their memory goes when they do.
 *
 * <p>One thread at a time may launch or close a graph.
 */
public final class CapturedGraph implements AutoCloseable {
    private final Device device;
    private final List<MemoryStore> memory;
    private final CUgraph graph;
    private final CUgraphExec executable;
    private final int nodes;
    private boolean closed;

    private CapturedGraph(Device device, List<MemoryStore> memory, CUgraph graph) {
        this.device = device;
        this.memory = memory;
        this.graph = graph;
        this.executable = new CUgraphExec();
        device.enter();
        Driver.check("preparing a recorded graph", () -> JCudaDriver.cuGraphInstantiate(executable, graph, 0));
        long[] count = new long[1];
        Driver.check("counting a graph's nodes", () -> JCudaDriver.cuGraphGetNodes(graph, null, count));
        this.nodes = Math.toIntExact(count[0]);
    }

    /**
     * Records what {@code work} queues on the stream that this thread uses, without running it. Kernels must have been
     * loaded before (by running the work once); host transfers inside fail. Streams that wait for that one in
     * {@code work} are recorded with it; it must have waited for them at the end. Until the recording ends, no other
     * thread may use them.
     */
    public static CapturedGraph record(Device device, Runnable work) {
        Stream stream = device.stream();
        stream.requireUsable();
        if (stream.isRecorded()) {
            throw new IllegalStateException("a graph is being recorded already on " + stream);
        }
        Recording recording = new Recording(stream);
        List<MemoryStore> memory = new ArrayList<>();
        try {
            CUgraph graph;
            try {
                graph = capture(stream, work);
            } finally {
                recording.end();
                recording.stores().forEach(memory::add);
            }
            return new CapturedGraph(device, memory, graph);
        } catch (RuntimeException | Error e) {
            memory.forEach(device.memory()::retire);
            throw e;
        }
    }

    private static CUgraph capture(Stream stream, Runnable work) {
        Device device = stream.device();
        CUstream handle = stream.handle();
        device.enter();
        Driver.check("starting to record a graph",
                () -> JCudaDriver.cuStreamBeginCapture(handle, CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_RELAXED));
        CUgraph graph = new CUgraph();
        boolean finished = false;
        try {
            work.run();
            finished = true;
        } finally {
            device.enter();
            int result = Driver.result(() -> JCudaDriver.cuStreamEndCapture(handle, graph));
            if (finished) {
                device.check("recording a graph", result);
            } else if (result == CUresult.CUDA_SUCCESS) {
                Driver.result(() -> JCudaDriver.cuGraphDestroy(graph));
            }
        }
        return graph;
    }

    /** A graph that runs this one {@code times} times in a row. Close it before this one. */
    public CapturedGraph repeated(int times) {
        if (times < 1) {
            throw new IllegalArgumentException("a graph repeated " + times + " times: expected 1 or more");
        }
        requireOpen();
        device.enter();
        CUgraph chain = new CUgraph();
        Driver.check("making a graph", () -> JCudaDriver.cuGraphCreate(chain, 0));
        CUgraphNode[] after = null;
        for (int i = 0; i < times; i++) {
            CUgraphNode node = new CUgraphNode();
            CUgraphNode[] previous = after;
            Driver.check("repeating a graph",
                    () -> JCudaDriver.cuGraphAddChildGraphNode(node, chain, previous, previous == null ? 0 : 1, graph));
            after = new CUgraphNode[] {node};
        }
        return new CapturedGraph(device, List.of(), chain);
    }

    /** Queues the recorded work once more, on the stream that this thread uses. */
    public void launch() {
        requireOpen();
        Stream stream = device.stream();
        stream.requireUsable();
        device.enter();
        int result;
        try {
            result = JCudaDriver.cuGraphLaunch(executable, stream.handle());
        } catch (CudaException e) {
            result = Driver.code(e);
        }
        device.check("launching a recorded graph", result);
        stream.queued();
    }

    /** The number of recorded operations. */
    public int nodes() {
        return nodes;
    }

    /** How many pairs of recorded operations run one directly after another; the others may run side by side. */
    public int dependencies() {
        requireOpen();
        // JCuda's call refuses graphs with programmatic dependencies.
        if (Bridge.has(Bridge.Call.GRAPH_GET_EDGES)) {
            return BridgeGraph.countEdges(graph);
        }
        long[] count = new long[1];
        Driver.check("counting a graph's edges", () -> JCudaDriver.cuGraphGetEdges(graph, null, null, count));
        return Math.toIntExact(count[0]);
    }

    private void requireOpen() {
        device.requireOpen();
        if (closed) {
            throw new IllegalStateException("this graph is closed");
        }
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            if (!device.isClosed()) {
                try {
                    device.synchronizeAll();
                } finally {
                    device.enter();
                    Driver.result(() -> JCudaDriver.cuGraphExecDestroy(executable));
                    Driver.result(() -> JCudaDriver.cuGraphDestroy(graph));
                }
            }
            memory.forEach(device.memory()::retire);
        }
    }
}
