// cuLaunchKernelEx: clusters and other attributes, alone and in graphs.
#include <cstdlib>

#include "driver_fixture.h"

extern "C" {
CUresult cuLaunchKernelEx(const CUlaunchConfig*, CUfunction, void**, void**);
CUresult cuGraphAddNode_v2(CUgraphNode*, CUgraph, const CUgraphNode*, const CUgraphEdgeData*, size_t,
                           CUgraphNodeParams*);
CUresult cuGraphAddDependencies_v2(CUgraph, const CUgraphNode*, const CUgraphNode*, const CUgraphEdgeData*, size_t);
CUresult cuGraphRemoveDependencies_v2(CUgraph, const CUgraphNode*, const CUgraphNode*, const CUgraphEdgeData*, size_t);
CUresult cuGraphGetEdges_v2(CUgraph, CUgraphNode*, CUgraphNode*, CUgraphEdgeData*, size_t*);
CUresult cuGraphKernelNodeSetAttribute(CUgraphNode, CUlaunchAttributeID, const CUlaunchAttributeValue*);
}

namespace {

const char* const kText = R"(
.version 9.0
.target sm_90a
.address_size 64
.visible .entry ranks(.param .u64 out) {
    .reg .b32 %r<8>; .reg .b64 %d<4>;
    ld.param.u64 %d0, [out];
    mov.u32 %r0, %ctaid.x;
    mad.wide.u32 %d0, %r0, 4, %d0;
    mov.u32 %r1, %cluster_ctarank;
    mov.u32 %r2, %cluster_nctarank;
    mad.lo.u32 %r1, %r2, 100, %r1;
    cvt.rn.f32.u32 %r3, %r1;
    griddepcontrol.wait;
    st.global.b32 [%d0], %r3;
    griddepcontrol.launch_dependents;
    ret;
}
.visible .entry pairs(.param .u64 out) .reqnctapercluster 2 {
    ret;
}
)";

struct Kernels : Fixture {
    CUmodule loaded = nullptr;
    CUfunction ranks = nullptr, pairs = nullptr;
    CUdeviceptr out = upload(std::vector<float>(64));
    Kernels() {
        EXPECT_EQ(cuModuleLoadData(&loaded, kText), 0);
        EXPECT_EQ(cuModuleGetFunction(&ranks, loaded, "ranks"), 0);
        EXPECT_EQ(cuModuleGetFunction(&pairs, loaded, "pairs"), 0);
    }
    ~Kernels() { cuModuleUnload(loaded); }

    CUresult launch(CUfunction function, unsigned blocks, std::vector<CUlaunchAttribute> attributes,
                    CUstream stream = nullptr) {
        CUlaunchConfig config{blocks, 1, 1, 32, 1, 1, 0, stream, attributes.data(), unsigned(attributes.size())};
        void* parameters[] = {&out};
        return cuLaunchKernelEx(&config, function, parameters, nullptr);
    }
    void expect_ranks(unsigned blocks, unsigned cluster) {
        const std::vector<float> got = download(out, blocks);
        for (unsigned b = 0; b < blocks; b++) EXPECT_EQ(got[b], float(cluster * 100 + b % cluster));
    }
};

CUlaunchAttribute attribute(int id, int value) {
    CUlaunchAttribute a{};
    a.id = CUlaunchAttributeID(id);
    a.value.cooperative = value;
    return a;
}
CUlaunchAttribute cluster(unsigned x, unsigned y = 1, unsigned z = 1) {
    CUlaunchAttribute a{};
    a.id = CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION;
    a.value.clusterDim[0] = x, a.value.clusterDim[1] = y, a.value.clusterDim[2] = z;
    return a;
}

}  // namespace

TEST(clusters_by_attribute) {
    setenv("ZOETROPE_COMPUTE", "9.0", 1);
    Kernels k;
    EXPECT_EQ(sizeof(CUlaunchAttribute), size_t(72));
    EXPECT_EQ(k.launch(k.ranks, 12, {cluster(4)}), 0);
    k.expect_ranks(12, 4);
    EXPECT_EQ(k.launch(k.ranks, 12, {}), 0);
    k.expect_ranks(12, 1);
    EXPECT_EQ(k.launch(k.ranks, 10, {cluster(4)}), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(k.launch(k.ranks, 12, {cluster(0)}), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(k.launch(k.ranks, 32, {cluster(16)}), CUDA_ERROR_INVALID_CLUSTER_SIZE);
    EXPECT_EQ(cuFuncSetAttribute(k.ranks, 14, 1), 0);
    EXPECT_EQ(k.launch(k.ranks, 32, {cluster(16)}), 0);
    k.expect_ranks(32, 16);
    EXPECT_EQ(k.launch(k.ranks, 64, {cluster(32)}), CUDA_ERROR_INVALID_CLUSTER_SIZE);
    EXPECT_EQ(k.launch(k.pairs, 4, {}), 0);
    EXPECT_EQ(k.launch(k.pairs, 5, {}), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(k.launch(k.pairs, 4, {cluster(2)}), 0);
    EXPECT_EQ(k.launch(k.pairs, 4, {cluster(4)}), CUDA_ERROR_INVALID_VALUE);
    int value = 0;
    CUdevice device = 0;
    EXPECT_EQ(cuDeviceGetAttribute(&value, 120, device), 0);
    EXPECT_EQ(value, 1);
}

TEST(other_attributes) {
    Kernels k;
    EXPECT_EQ(k.launch(k.ranks, 8, {attribute(6, 1), cluster(2), attribute(0, 0), attribute(8, 0)}), 0);
    k.expect_ranks(8, 2);
    EXPECT_EQ(k.launch(k.ranks, 2, {attribute(2, 1)}), 0);
    EXPECT_EQ(k.launch(k.ranks, 1000000, {attribute(2, 1)}), CUDA_ERROR_COOPERATIVE_LAUNCH_TOO_LARGE);
    EXPECT_EQ(k.launch(k.ranks, 8, {attribute(13, 1)}), CUDA_ERROR_NOT_SUPPORTED);
    EXPECT_EQ(cuLaunchKernelEx(nullptr, k.ranks, nullptr, nullptr), CUDA_ERROR_INVALID_VALUE);
}

// A chain of three dependent launches, captured and replayed.
TEST(graphs_keep_clusters) {
    Kernels k;
    CUstream stream = nullptr;
    EXPECT_EQ(cuStreamCreate(&stream, 1), 0);
    EXPECT_EQ(cuStreamBeginCapture_v2(stream, 2), 0);
    EXPECT_EQ(k.launch(k.ranks, 8, {cluster(8)}, stream), 0);
    EXPECT_EQ(k.launch(k.ranks, 8, {cluster(2), attribute(6, 1)}, stream), 0);
    EXPECT_EQ(k.launch(k.ranks, 8, {cluster(4), attribute(6, 1)}, stream), 0);
    CUgraph graph = nullptr;
    CUgraphExec exec = nullptr;
    EXPECT_EQ(cuStreamEndCapture(stream, &graph), 0);
    EXPECT_EQ(cuGraphInstantiateWithFlags(&exec, graph, 0), 0);
    EXPECT_EQ(cuGraphLaunch(exec, stream), 0);
    k.expect_ranks(8, 4);
}

// A launch that may begin early waits so for kernels, and in the ordinary way for the rest.
TEST(captured_edges_say_how_a_kernel_waits) {
    Kernels k;
    CUstream stream = nullptr;
    EXPECT_EQ(cuStreamCreate(&stream, 1), 0);
    EXPECT_EQ(cuStreamBeginCapture_v2(stream, 2), 0);
    EXPECT_EQ(cuMemsetD32Async(k.out, 0, 8, stream), 0);
    for (int i = 0; i < 3; i++) EXPECT_EQ(k.launch(k.ranks, 8, {attribute(6, i < 2)}, stream), 0);
    CUgraph graph = nullptr;
    EXPECT_EQ(cuStreamEndCapture(stream, &graph), 0);
    CUgraphNode from[3], to[3];
    CUgraphEdgeData data[3];
    size_t count = 0;
    EXPECT_EQ(cuGraphGetEdges_v2(graph, nullptr, nullptr, nullptr, &count), 0);
    EXPECT_EQ(count, size_t(3));
    EXPECT_EQ(cuGraphGetEdges_v2(graph, from, to, data, &count), 0);
    EXPECT(data[0].type == 0 && data[0].from_port == 0);
    EXPECT(data[1].type == CU_GRAPH_DEPENDENCY_TYPE_PROGRAMMATIC
           && data[1].from_port == CU_GRAPH_KERNEL_NODE_PORT_PROGRAMMATIC);
    EXPECT(data[2].type == 0 && data[2].from_port == 0);
    EXPECT_EQ(cuGraphGetEdges(graph, from, to, &count), CUDA_ERROR_LOSSY_QUERY);
    EXPECT_EQ(cuGraphGetEdges(graph, nullptr, nullptr, &count), 0);
    count = 1;
    EXPECT_EQ(cuGraphNodeGetDependencies(to[1], from, &count), CUDA_ERROR_LOSSY_QUERY);
    EXPECT_EQ(cuGraphNodeGetDependencies(to[2], from, &count), 0);
    EXPECT_EQ(cuGraphDestroy(graph), 0);
}

TEST(edges_with_data) {
    Kernels k;
    CUgraph graph = nullptr;
    EXPECT_EQ(cuGraphCreate(&graph, 0), 0);
    CUgraphNode first = nullptr, second = nullptr, empty = nullptr;
    void* parameters[] = {&k.out};
    CUgraphNodeParams params{};
    EXPECT_EQ(sizeof params, size_t(256));
    params.type = CU_GRAPH_NODE_TYPE_KERNEL;
    params.kernel = {k.ranks, 8, 1, 1, 32, 1, 1, 0, parameters, nullptr, nullptr, nullptr};
    const CUgraphEdgeData early = {
        CU_GRAPH_KERNEL_NODE_PORT_PROGRAMMATIC, 0, CU_GRAPH_DEPENDENCY_TYPE_PROGRAMMATIC, {}};
    EXPECT_EQ(cuGraphAddNode_v2(&first, graph, nullptr, nullptr, 0, &params), 0);
    EXPECT_EQ(cuGraphAddNode_v2(&second, graph, &first, &early, 1, &params), 0);
    EXPECT_EQ(cuGraphAddEmptyNode(&empty, graph, &second, 1), 0);
    // The same two nodes may be bound in another way besides, not twice in one.
    EXPECT_EQ(cuGraphAddDependencies_v2(graph, &first, &second, &early, 1), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(cuGraphAddDependencies_v2(graph, &first, &second, nullptr, 1), 0);
    EXPECT_EQ(cuGraphRemoveDependencies_v2(graph, &first, &second, &early, 1), 0);
    EXPECT_EQ(cuGraphRemoveDependencies_v2(graph, &first, &second, &early, 1), CUDA_ERROR_INVALID_VALUE);
    // Only kernels begin early, of kernels; ports and reserved bytes are looked at.
    EXPECT_EQ(cuGraphAddDependencies_v2(graph, &first, &empty, &early, 1), CUDA_ERROR_INVALID_VALUE);
    for (const CUgraphEdgeData& wrong :
         {CUgraphEdgeData{1, 0, 0, {}}, CUgraphEdgeData{0, 0, 1, {}}, CUgraphEdgeData{1, 1, 1, {}},
          CUgraphEdgeData{1, 0, 2, {}}, CUgraphEdgeData{1, 0, 1, {1}}})
        EXPECT_EQ(cuGraphAddDependencies_v2(graph, &first, &second, &wrong, 1), CUDA_ERROR_INVALID_VALUE);
    params.type = CU_GRAPH_NODE_TYPE_EMPTY;
    EXPECT_EQ(cuGraphAddNode_v2(&empty, graph, nullptr, nullptr, 0, &params), CUDA_ERROR_NOT_SUPPORTED);
    EXPECT_EQ(cuGraphDestroy(graph), 0);
}

TEST(a_node_takes_attributes) {
    Kernels k;
    CUgraph graph = nullptr;
    EXPECT_EQ(cuGraphCreate(&graph, 0), 0);
    CUgraphNode node = nullptr;
    void* parameters[] = {&k.out};
    const CUDA_KERNEL_NODE_PARAMS params = {k.ranks, 8, 1, 1, 32, 1, 1, 0, parameters, nullptr, nullptr, nullptr};
    EXPECT_EQ(cuGraphAddKernelNode_v2(&node, graph, nullptr, 0, &params), 0);
    const CUlaunchAttribute fours = cluster(4), threes = cluster(3), together = attribute(2, 1);
    EXPECT_EQ(cuGraphKernelNodeSetAttribute(node, threes.id, &threes.value), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(cuGraphKernelNodeSetAttribute(node, fours.id, &fours.value), 0);
    EXPECT_EQ(cuGraphKernelNodeSetAttribute(node, together.id, &together.value), 0);
    EXPECT_EQ(cuGraphKernelNodeSetAttribute(node, CUlaunchAttributeID(13), &together.value), CUDA_ERROR_NOT_SUPPORTED);
    CUgraphExec exec = nullptr;
    EXPECT_EQ(cuGraphInstantiateWithFlags(&exec, graph, 0), 0);
    EXPECT_EQ(cuGraphLaunch(exec, nullptr), 0);
    k.expect_ranks(8, 4);
}

TEST_MAIN
