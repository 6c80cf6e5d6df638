// Graphs built by hand: nodes, edges, executables, changed parameters, clones.
#include "driver_fixture.h"

namespace {

CUDA_KERNEL_NODE_PARAMS kernel_params(CUfunction function, void** parameters) {
    CUDA_KERNEL_NODE_PARAMS p{};
    p.func = function;
    p.gridDimX = p.gridDimY = p.gridDimZ = 1;
    p.blockDimX = 64;
    p.blockDimY = p.blockDimZ = 1;
    p.kernelParams = parameters;
    return p;
}

// fill(p, 64 floats of 1.0) -> add 2 -> copy to q
struct Chain {
    CUdeviceptr p, q;
    int n = 64;
    float c = 2;
    CUgraph graph = nullptr;
    CUgraphNode fill = nullptr, add = nullptr, copy = nullptr;

    explicit Chain(Fixture& f) : p(f.upload(ramp(64))), q(f.upload(ramp(64))) {
        EXPECT_EQ(cuGraphCreate(&graph, 0), 0);
        const CUDA_MEMSET_NODE_PARAMS set = {p, 0, 0x3f800000, 4, 64, 1};
        EXPECT_EQ(cuGraphAddMemsetNode(&fill, graph, nullptr, 0, &set, f.context), 0);
        void* parameters[] = {&p, &n, &c};
        const auto kernel = kernel_params(f.function("add"), parameters);
        EXPECT_EQ(cuGraphAddKernelNode_v2(&add, graph, &fill, 1, &kernel), 0);
        CUDA_MEMCPY3D box{};
        box.srcMemoryType = box.dstMemoryType = CU_MEMORYTYPE_DEVICE;
        box.srcDevice = p;
        box.dstDevice = q;
        box.WidthInBytes = 256;
        box.Height = box.Depth = 1;
        EXPECT_EQ(cuGraphAddMemcpyNode(&copy, graph, &add, 1, &box, f.context), 0);
    }
};

CUgraphExec instantiate(CUgraph graph) {
    CUgraphExec exec = nullptr;
    EXPECT_EQ(cuGraphInstantiateWithFlags(&exec, graph, 0), 0);
    return exec;
}

}  // namespace

TEST(runs_nodes_in_order) {
    Fixture f;
    Chain chain(f);
    CUgraphExec exec = instantiate(chain.graph);
    EXPECT_EQ(cuGraphDestroy(chain.graph), 0);  // the executable is on its own
    EXPECT_EQ(cuGraphUpload(exec, nullptr), 0);
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(cuMemsetD32_v2(chain.q, 0, 64), 0);
        EXPECT_EQ(cuGraphLaunch(exec, nullptr), 0);
        EXPECT(f.download(chain.q, 64) == std::vector<float>(64, 3.0f));
    }
    EXPECT_EQ(cuGraphExecDestroy(exec), 0);
    EXPECT_EQ(cuGraphLaunch(exec, nullptr), CUDA_ERROR_INVALID_HANDLE);
    EXPECT_EQ(cuGraphDestroy(chain.graph), CUDA_ERROR_INVALID_HANDLE);
    int type = 0;
    EXPECT_EQ(cuGraphNodeGetType(chain.add, &type), CUDA_ERROR_INVALID_HANDLE);
}

TEST(tells_its_structure) {
    Fixture f;
    Chain chain(f);
    size_t count = 0;
    EXPECT_EQ(cuGraphGetNodes(chain.graph, nullptr, &count), 0);
    EXPECT_EQ(count, size_t(3));
    CUgraphNode nodes[5];
    count = 5;
    EXPECT_EQ(cuGraphGetNodes(chain.graph, nodes, &count), 0);
    EXPECT_EQ(count, size_t(3));
    EXPECT(nodes[0] == chain.fill && nodes[2] == chain.copy && nodes[3] == nullptr);
    count = 1;
    EXPECT_EQ(cuGraphGetRootNodes(chain.graph, nodes, &count), 0);
    EXPECT(count == 1 && nodes[0] == chain.fill);
    CUgraphNode from[2], to[2];
    count = 2;
    EXPECT_EQ(cuGraphGetEdges(chain.graph, from, to, &count), 0);
    EXPECT(count == 2 && from[1] == chain.add && to[1] == chain.copy);
    count = 1;
    EXPECT_EQ(cuGraphNodeGetDependencies(chain.copy, nodes, &count), 0);
    EXPECT(count == 1 && nodes[0] == chain.add);
    count = 1;
    EXPECT_EQ(cuGraphNodeGetDependentNodes(chain.fill, nodes, &count), 0);
    EXPECT(count == 1 && nodes[0] == chain.add);
    int type = -1;
    EXPECT_EQ(cuGraphNodeGetType(chain.copy, &type), 0);
    EXPECT_EQ(type, int(CU_GRAPH_NODE_TYPE_MEMCPY));
    CUDA_KERNEL_NODE_PARAMS kernel{};
    EXPECT_EQ(cuGraphKernelNodeGetParams_v2(chain.add, &kernel), 0);
    EXPECT_EQ(kernel.blockDimX, 64u);
    EXPECT_EQ(*static_cast<float*>(kernel.kernelParams[2]), 2.0f);
    EXPECT_EQ(cuGraphKernelNodeGetParams_v2(chain.fill, &kernel), CUDA_ERROR_INVALID_VALUE);
    CUDA_MEMSET_NODE_PARAMS fill{};
    EXPECT_EQ(cuGraphMemsetNodeGetParams(chain.fill, &fill), 0);
    EXPECT(fill.dst == chain.p && fill.width == 64 && fill.value == 0x3f800000);
    CUDA_MEMCPY3D box{};
    EXPECT_EQ(cuGraphMemcpyNodeGetParams(chain.copy, &box), 0);
    EXPECT(box.srcDevice == chain.p && box.dstDevice == chain.q && box.WidthInBytes == 256);
}

TEST(changes_parameters_of_an_executable) {
    Fixture f;
    Chain chain(f);
    CUgraphExec exec = instantiate(chain.graph);
    float c = 40;
    void* parameters[] = {&chain.p, &chain.n, &c};
    const auto kernel = kernel_params(f.function("add"), parameters);
    EXPECT_EQ(cuGraphExecKernelNodeSetParams_v2(exec, chain.add, &kernel), 0);
    c = 0;  // was copied
    EXPECT_EQ(cuGraphLaunch(exec, nullptr), 0);
    EXPECT(f.download(chain.q, 64) == std::vector<float>(64, 41.0f));
    EXPECT_EQ(cuGraphExecKernelNodeSetParams_v2(exec, chain.fill, &kernel), CUDA_ERROR_INVALID_VALUE);
    CUgraphExec fresh = instantiate(chain.graph);
    EXPECT_EQ(cuGraphLaunch(fresh, nullptr), 0);
    EXPECT(f.download(chain.q, 64) == std::vector<float>(64, 3.0f));
}

TEST(refuses_cycles_and_strangers) {
    Fixture f;
    Chain chain(f), other(f);
    CUgraphExec exec = nullptr;
    EXPECT_EQ(cuGraphAddDependencies(chain.graph, &chain.copy, &chain.fill, 1), 0);
    EXPECT_EQ(cuGraphInstantiateWithFlags(&exec, chain.graph, 0), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(cuGraphRemoveDependencies(chain.graph, &chain.copy, &chain.fill, 1), 0);
    EXPECT_EQ(cuGraphRemoveDependencies(chain.graph, &chain.copy, &chain.fill, 1), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(cuGraphAddDependencies(chain.graph, &other.copy, &chain.fill, 1), CUDA_ERROR_INVALID_VALUE);
    CUgraphNode node = nullptr;
    EXPECT_EQ(cuGraphAddEmptyNode(&node, chain.graph, &other.add, 1), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(cuGraphAddEmptyNode(&node, reinterpret_cast<CUgraph>(5), nullptr, 0), CUDA_ERROR_INVALID_HANDLE);
    EXPECT_EQ(cuGraphInstantiateWithFlags(&exec, chain.graph, 0), 0);
}

TEST(clones_and_nests) {
    Fixture f;
    Chain chain(f);
    CUgraph clone = nullptr, outer = nullptr, inner = nullptr;
    CUgraphNode twin = nullptr, child = nullptr, host = nullptr;
    EXPECT_EQ(cuGraphClone(&clone, chain.graph), 0);
    EXPECT_EQ(cuGraphNodeFindInClone(&twin, chain.add, clone), 0);
    EXPECT(twin && twin != chain.add);
    EXPECT_EQ(cuGraphDestroyNode(twin), 0);  // leaves fill and copy, no longer connected
    size_t count = 0;
    EXPECT_EQ(cuGraphGetNodes(clone, nullptr, &count), 0);
    EXPECT_EQ(count, size_t(2));
    EXPECT_EQ(cuGraphCreate(&outer, 0), 0);
    int calls = 0;
    const CUDA_HOST_NODE_PARAMS call = {[](void* data) { ++*static_cast<int*>(data); }, &calls};
    EXPECT_EQ(cuGraphAddChildGraphNode(&child, outer, nullptr, 0, chain.graph), 0);
    EXPECT_EQ(cuGraphAddHostNode(&host, outer, &child, 1, &call), 0);
    EXPECT_EQ(cuGraphChildGraphNodeGetGraph(child, &inner), 0);
    EXPECT_EQ(cuGraphGetNodes(inner, nullptr, &count), 0);
    EXPECT_EQ(count, size_t(3));
    CUgraphExec exec = instantiate(outer);
    EXPECT_EQ(cuGraphLaunch(exec, nullptr), 0);
    EXPECT_EQ(calls, 1);
    EXPECT(f.download(chain.q, 64) == std::vector<float>(64, 3.0f));
}

TEST(stops_at_a_fault) {
    Fixture f;
    Chain chain(f);
    CUdeviceptr wild = 0x7777000;
    void* parameters[] = {&wild, &chain.n, &chain.c};
    const auto kernel = kernel_params(f.function("add"), parameters);
    CUgraphExec exec = instantiate(chain.graph);
    EXPECT_EQ(cuGraphExecKernelNodeSetParams_v2(exec, chain.add, &kernel), 0);
    EXPECT_EQ(cuGraphLaunch(exec, nullptr), CUDA_ERROR_ILLEGAL_ADDRESS);
    EXPECT_EQ(cuGraphLaunch(exec, nullptr), CUDA_ERROR_ILLEGAL_ADDRESS);
    EXPECT_EQ(cuCtxSynchronize(), CUDA_ERROR_ILLEGAL_ADDRESS);
}

TEST_MAIN
