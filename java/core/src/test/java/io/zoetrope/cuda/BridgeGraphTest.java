package io.zoetrope.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.zoetrope.cuda.Bridge.Call;
import java.util.List;
import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUgraphNode;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class BridgeGraphTest {
    private static final List<Call> GRAPH_CALLS = List.of(Call.GRAPH_ADD_NODE, Call.GRAPH_ADD_DEPENDENCIES,
            Call.GRAPH_GET_EDGES);

    private final BridgeKernel kernel = new BridgeKernel(5, 6);
    private final CUgraph graph = new CUgraph();

    @BeforeEach
    void open() {
        assertThat(JCudaDriver.cuGraphCreate(graph, 0)).isEqualTo(CUresult.CUDA_SUCCESS);
    }

    @AfterEach
    void close() {
        JCudaDriver.cuGraphDestroy(graph);
        kernel.close();
    }

    private void assumeProgrammaticDependencies() {
        assumeTrue(GRAPH_CALLS.stream().allMatch(Bridge::has), "the driver has no dependencies with data");
        assumeTrue(kernel.device.capability().major() >= 9, "the device has no programmatic dependencies");
    }

    private CUgraphNode add(BridgeAttributes attributes, CUgraphNode... after) {
        return BridgeGraph.addKernel(graph, List.of(after), kernel.function, 3, 1, 2, 4, 2, 1, 32, kernel.parameters,
                BridgeKernel.PARAMETER_BYTES, attributes);
    }

    @Test
    void dependenciesAreLaidOutAsTheDriverReadsThem() {
        CUgraphNode node = new CUgraphNode();
        BridgeGraph.Edge programmatic = BridgeGraph.Edge.programmatic(node, node);
        assertThat(programmatic).isEqualTo(new BridgeGraph.Edge(0, 0, 1, 0, 1));
        assertThat(programmatic.data()).isEqualTo(0x01_00_01);
        assertThat(BridgeGraph.Edge.ordinary(node, node).data()).isZero();
        assertThat(BridgeGraph.Edge.of(7, 8, 0xf3_f2_f1L)).isEqualTo(new BridgeGraph.Edge(7, 8, 0xf1, 0xf2, 0xf3));
    }

    @Test
    void aGraphOfKernelsRuns() {
        assumeProgrammaticDependencies();
        CUgraphNode first = add(BridgeAttributes.NONE);
        add(BridgeAttributes.NONE.programmatic(), first);
        CUgraphExec executable = new CUgraphExec();
        assertThat(JCudaDriver.cuGraphInstantiate(executable, graph, 0)).isEqualTo(CUresult.CUDA_SUCCESS);
        assertThat(JCudaDriver.cuGraphLaunch(executable, kernel.device.stream().handle()))
                .isEqualTo(CUresult.CUDA_SUCCESS);
        assertThat(kernel.results()).containsExactly(3, 1, 2, 4, 2, 1, 32, 5, 6);
        JCudaDriver.cuGraphExecDestroy(executable);
    }

    @Test
    void dependenciesAreReadAsTheyWereAdded() {
        assumeProgrammaticDependencies();
        CUgraphNode first = add(BridgeAttributes.NONE);
        CUgraphNode second = add(BridgeAttributes.NONE.programmatic(), first);
        CUgraphNode third = add(BridgeAttributes.NONE);
        BridgeGraph.addDependencies(graph,
                List.of(BridgeGraph.Edge.programmatic(second, third), BridgeGraph.Edge.ordinary(first, third)));
        assertThat(BridgeGraph.edges(graph)).containsExactlyInAnyOrder(BridgeGraph.Edge.programmatic(first, second),
                BridgeGraph.Edge.programmatic(second, third), BridgeGraph.Edge.ordinary(first, third));
    }

    @Test
    void recordedLaunchesHaveProgrammaticDependencies() {
        assumeProgrammaticDependencies();
        assumeTrue(Bridge.has(Call.LAUNCH_KERNEL_EX), "the driver has no cuLaunchKernelEx");
        CUgraph recorded = new CUgraph();
        JCudaDriver.cuStreamBeginCapture(kernel.device.stream().handle(), 2);
        for (int i = 0; i < 2; i++) {
            assertThat(Bridge.launch(Bridge.handle(kernel.function), 1, 1, 1, 1, 1, 1, 0,
                    Bridge.handle(kernel.device.stream().handle()), kernel.parameters, BridgeKernel.PARAMETER_BYTES,
                    BridgeAttributes.NONE.programmatic())).isEqualTo(CUresult.CUDA_SUCCESS);
        }
        assertThat(JCudaDriver.cuStreamEndCapture(kernel.device.stream().handle(), recorded))
                .isEqualTo(CUresult.CUDA_SUCCESS);
        assertThat(BridgeGraph.edges(recorded)).singleElement().matches(BridgeGraph.Edge::isProgrammatic);
        JCudaDriver.cuGraphDestroy(recorded);
    }

    @Test
    void withoutTheCallsTheyAreRefusedByName() {
        assumeTrue(GRAPH_CALLS.stream().noneMatch(Bridge::has), "the driver has dependencies with data");
        assertThatThrownBy(() -> add(BridgeAttributes.NONE)).isInstanceOf(DeviceException.class)
                .hasMessageContaining("adding a kernel to a graph needs the driver's cuGraphAddNode_v2");
        assertThatThrownBy(() -> BridgeGraph.addDependencies(graph, List.of())).isInstanceOf(DeviceException.class)
                .hasMessageContaining("cuGraphAddDependencies_v2");
        assertThatThrownBy(() -> BridgeGraph.edges(graph)).isInstanceOf(DeviceException.class)
                .hasMessageContaining("cuGraphGetEdges_v2");
    }
}
