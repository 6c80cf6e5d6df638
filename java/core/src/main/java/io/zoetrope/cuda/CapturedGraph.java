package io.zoetrope.cuda;

import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUgraphNode;
import jcuda.driver.CUresult;
import jcuda.driver.CUstreamCaptureMode;
import jcuda.driver.JCudaDriver;

/**
 * Device work recorded once and replayed with a single call: no Java work, no allocation, no launch overhead.
 *
 * <p>Memory that the recorded code allocates belongs to the graph until it is closed, since every replay uses the same
 * addresses. Whatever changes between replays (step numbers, seeds, inputs) lives in device memory. Closing the graph
 * while tensors of the recorded code are still open is safe: their memory goes when they do.
 */
public final class CapturedGraph implements AutoCloseable {
    private final Device device;
    private final MemoryPool.Store memory;
    private final CUgraph graph;
    private final CUgraphExec executable;
    private final int nodes;
    private boolean closed;

    private CapturedGraph(Device device, MemoryPool.Store memory, CUgraph graph) {
        this.device = device;
        this.memory = memory;
        this.graph = graph;
        this.executable = new CUgraphExec();
        Driver.check(JCudaDriver.cuGraphInstantiate(executable, graph, 0), "preparing a recorded graph");
        long[] count = new long[1];
        Driver.check(JCudaDriver.cuGraphGetNodes(graph, null, count), "counting a graph's nodes");
        this.nodes = Math.toIntExact(count[0]);
    }

    /**
     * Records what {@code work} queues on the device's stream, without running it. Kernels must have been loaded before
     * (by running the work once); host transfers inside fail.
     */
    public static CapturedGraph record(Device device, Runnable work) {
        MemoryPool.Store memory = device.memory().beginPrivate();
        try {
            return new CapturedGraph(device, memory, capture(device, work));
        } catch (RuntimeException | Error e) {
            device.memory().retire(memory);
            throw e;
        } finally {
            device.memory().endPrivate();
        }
    }

    private static CUgraph capture(Device device, Runnable work) {
        Driver.check(JCudaDriver.cuStreamBeginCapture(device.stream().handle(),
                CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_RELAXED), "starting to record a graph");
        CUgraph graph = new CUgraph();
        boolean finished = false;
        device.recording(true);
        try {
            work.run();
            finished = true;
        } finally {
            device.recording(false);
            int result = JCudaDriver.cuStreamEndCapture(device.stream().handle(), graph);
            if (finished) {
                Driver.check(result, "recording a graph");
            } else if (result == CUresult.CUDA_SUCCESS) {
                JCudaDriver.cuGraphDestroy(graph);
            }
        }
        return graph;
    }

    /** A graph that runs this one {@code times} times in a row. Close it before this one. */
    public CapturedGraph repeated(int times) {
        if (times < 1) {
            throw new IllegalArgumentException("a graph repeated " + times + " times: expected 1 or more");
        }
        CUgraph chain = new CUgraph();
        Driver.check(JCudaDriver.cuGraphCreate(chain, 0), "making a graph");
        CUgraphNode previous = null;
        for (int i = 0; i < times; i++) {
            CUgraphNode node = new CUgraphNode();
            CUgraphNode[] after = previous == null ? null : new CUgraphNode[] {previous};
            Driver.check(JCudaDriver.cuGraphAddChildGraphNode(node, chain, after, previous == null ? 0 : 1, graph),
                    "repeating a graph");
            previous = node;
        }
        return new CapturedGraph(device, null, chain);
    }

    /** Queues the recorded work once more. */
    public void launch() {
        if (closed) {
            throw new IllegalStateException("this graph is closed");
        }
        Driver.check(JCudaDriver.cuGraphLaunch(executable, device.stream().handle()), "launching a recorded graph");
    }

    /** The number of recorded operations. */
    public int nodes() {
        return nodes;
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            if (!device.isClosed()) {
                device.stream().synchronize();
                JCudaDriver.cuGraphExecDestroy(executable);
                JCudaDriver.cuGraphDestroy(graph);
            }
            if (memory != null) {
                device.memory().retire(memory);
            }
        }
    }
}
