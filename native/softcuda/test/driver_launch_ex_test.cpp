// cuLaunchKernelEx: clusters and other attributes, alone and in graphs.
#include <cstdlib>

#include "driver_fixture.h"

extern "C" {
CUresult cuLaunchKernelEx(const CUlaunchConfig*, CUfunction, void**, void**);
CUresult cuStreamCreate(CUstream*, unsigned);
CUresult cuStreamBeginCapture_v2(CUstream, int);
CUresult cuStreamEndCapture(CUstream, CUgraph*);
CUresult cuGraphInstantiateWithFlags(CUgraphExec*, CUgraph, unsigned long long);
CUresult cuGraphLaunch(CUgraphExec, CUstream);
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

TEST_MAIN
