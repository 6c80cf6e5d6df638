package io.zoetrope.cuda;

import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
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
    private final CUgraphExec executable;
    private final int nodes;
    private boolean closed;

    private CapturedGraph(Device device, MemoryPool.Store memory, CUgraphExec executable, int nodes) {
        this.device = device;
        this.memory = memory;
        this.executable = executable;
        this.nodes = nodes;
    }

    /**
     * Records what {@code work} queues on the device's stream, without running it. Kernels must have been loaded before
     * (by running the work once); host transfers inside fail.
     */
    public static CapturedGraph record(Device device, Runnable work) {
        MemoryPool.Store memory = device.memory().beginPrivate();
        CUgraph graph = new CUgraph();
        boolean done = false;
        try {
            Driver.check(JCudaDriver.cuStreamBeginCapture(device.stream().handle(),
                    CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_RELAXED), "starting to record a graph");
            device.recording(true);
            try {
                work.run();
            } finally {
                device.recording(false);
                int result = JCudaDriver.cuStreamEndCapture(device.stream().handle(), graph);
                done = result == CUresult.CUDA_SUCCESS;
                if (!done) {
                    device.memory().endPrivate();
                }
                Driver.check(result, "recording a graph");
            }
            CUgraphExec executable = new CUgraphExec();
            Driver.check(JCudaDriver.cuGraphInstantiate(executable, graph, 0), "preparing a recorded graph");
            long[] count = new long[1];
            Driver.check(JCudaDriver.cuGraphGetNodes(graph, null, count), "counting a graph's nodes");
            return new CapturedGraph(device, memory, executable, Math.toIntExact(count[0]));
        } catch (RuntimeException e) {
            device.memory().retire(memory);
            throw e;
        } finally {
            device.memory().endPrivate();
            if (done) {
                JCudaDriver.cuGraphDestroy(graph);
            }
        }
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
            }
            device.memory().retire(memory);
        }
    }
}
