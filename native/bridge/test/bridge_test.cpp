// Every native method against a driver that keeps what it is called with: each argument has another value, so that one in
// another's place shows.
#include <dlfcn.h>

#include "expect.h"
#include "java.h"
#include "stand_in.h"

using java::Array;
using java::of;

namespace {

JNIEnv* const env = java::environment();

StandIn& driver() {
    static StandIn* const record = static_cast<StandIn*>(dlsym(dlopen(STAND_IN, RTLD_NOW | RTLD_LOCAL), "stand_in"));
    return *record;
}

// Forgets the call before, and has the next one answer `answer`.
StandIn& expecting(CUresult answer) {
    std::memset(static_cast<void*>(&driver()), 0xEE, sizeof(StandIn));
    driver().answer = answer;
    driver().called = "nothing";
    driver().hasEdges = driver().hasExtra = -1;
    return driver();
}

void* at(size_t address) { return reinterpret_cast<void*>(address); }

template <class T, size_t N> std::string text(const T (&values)[N], size_t count = N) {
    std::ostringstream out;
    for (size_t i = 0; i < count; i++) out << (i ? " " : "") << values[i];
    return out.str();
}

unsigned char parameters[24] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24};

void expect_launched(const StandIn& d) {
    EXPECT(d.function == at(0x1111));
    EXPECT(d.stream == at(0x2222));
    EXPECT_EQ(text(d.grid), "2 3 5");
    EXPECT_EQ(text(d.block), "7 11 13");
    EXPECT_EQ(d.sharedBytes, 17u);
    EXPECT(!d.kernelParams);
    EXPECT_EQ(d.hasExtra, 1);
    EXPECT_EQ(d.parameterBytes, 20u);
    EXPECT(!std::memcmp(d.parameters, parameters, 20));
}

int launch(jobject buffer, jint bytes, jobject attributes, jint count) {
    return NATIVE(launch)(env, nullptr, 0x1111, 2, 3, 5, 7, 11, 13, 17, 0x2222, buffer, bytes, attributes, count);
}

}  // namespace

TEST(without_a_driver_nothing_is_bound_and_calls_are_refused) {
    EXPECT_EQ(NATIVE(bind)(env, nullptr), -1);
    EXPECT_EQ(launch(java::buffer(parameters), 20, nullptr, 0), CUDA_ERROR_NOT_SUPPORTED);
    EXPECT_EQ(NATIVE(replaceAddress)(env, nullptr, nullptr, 16), CUDA_ERROR_NOT_SUPPORTED);
    EXPECT_EQ(NATIVE(enter)(env, nullptr, 0x1111), CUDA_ERROR_NOT_SUPPORTED);
    EXPECT_EQ(NATIVE(addDependencies)(env, nullptr, 0, nullptr, nullptr, nullptr), CUDA_ERROR_NOT_SUPPORTED);
}

TEST(finds_all_calls_in_the_driver_that_is_loaded) {
    expecting(CUDA_SUCCESS);
    EXPECT_EQ(NATIVE(bind)(env, nullptr), (1 << 12) - 1);
    EXPECT_EQ(std::string(reinterpret_cast<const char*>(NATIVE(symbols)(env, nullptr))),
              "cuLaunchKernel,cuLaunchKernelEx,cuFuncGetParamInfo,cuTensorMapEncodeTiled,cuTensorMapEncodeIm2col,"
              "cuTensorMapReplaceAddress,cuGraphAddNode_v2,cuGraphAddDependencies_v2,cuGraphGetEdges_v2,"
              "cuGraphKernelNodeSetAttribute,cuCtxGetCurrent,cuCtxSetCurrent");
}

TEST(enters_a_context_only_where_another_is_current) {
    StandIn& d = expecting(CUDA_SUCCESS);
    d.current = static_cast<CUcontext>(at(0x1111));
    EXPECT_EQ(NATIVE(enter)(env, nullptr, 0x1111), CUDA_SUCCESS);
    EXPECT_EQ(std::string(d.called), "cuCtxGetCurrent");
    EXPECT_EQ(NATIVE(enter)(env, nullptr, 0x2222), CUDA_SUCCESS);
    EXPECT_EQ(std::string(d.called), "cuCtxSetCurrent");
    EXPECT(d.current == at(0x2222));
}

TEST(a_driver_that_does_not_answer_is_not_entered) {
    StandIn& d = expecting(CUDA_ERROR_DEINITIALIZED);
    d.current = static_cast<CUcontext>(at(0x1111));
    EXPECT_EQ(NATIVE(enter)(env, nullptr, 0x2222), CUDA_ERROR_DEINITIALIZED);
    EXPECT_EQ(std::string(d.called), "cuCtxGetCurrent");
}

TEST(launches_with_attributes) {
    CUlaunchAttribute attributes[2];
    std::memset(static_cast<void*>(attributes), 0, sizeof attributes);
    attributes[0].id = CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION;
    attributes[0].value.clusterDim = {2, 3, 5};
    attributes[1].id = CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION;
    attributes[1].value.programmaticStreamSerializationAllowed = 1;
    StandIn& d = expecting(CUDA_ERROR_INVALID_CLUSTER_SIZE);
    EXPECT_EQ(launch(java::buffer(parameters), 20, java::buffer(attributes), 2), CUDA_ERROR_INVALID_CLUSTER_SIZE);
    EXPECT_EQ(std::string(d.called), "cuLaunchKernelEx");
    expect_launched(d);
    EXPECT_EQ(d.attributeCount, 2u);
    EXPECT(!std::memcmp(d.attributes, attributes, sizeof attributes));
}

TEST(launches_without_attributes) {
    StandIn& d = expecting(CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES);
    EXPECT_EQ(launch(java::buffer(parameters), 20, nullptr, 0), CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES);
    EXPECT_EQ(std::string(d.called), "cuLaunchKernel");
    expect_launched(d);
}

TEST(launches_without_parameters) {
    StandIn& d = expecting(CUDA_SUCCESS);
    EXPECT_EQ(launch(nullptr, 0, nullptr, 0), CUDA_SUCCESS);
    EXPECT_EQ(d.hasExtra, 0);
}

TEST(reads_where_a_parameter_lies) {
    StandIn& d = expecting(CUDA_ERROR_INVALID_VALUE);
    Array<jlong> offsetAndBytes{0, 0};
    EXPECT_EQ(NATIVE(parameterInfo)(env, nullptr, 0x1111, 7, of(offsetAndBytes)), CUDA_ERROR_INVALID_VALUE);
    EXPECT(d.function == at(0x1111));
    EXPECT_EQ(d.index, 7u);
    EXPECT_EQ(offsetAndBytes.values[0], 107);
    EXPECT_EQ(offsetAndBytes.values[1], 207);
}

namespace {

void expect_tensor(const StandIn& d, const CUtensorMap& map) {
    EXPECT(d.map == &map);
    for (auto word : map.opaque) EXPECT_EQ(word, 0xABABABABABABABABull);
    EXPECT_EQ(d.type, 9);
    EXPECT_EQ(d.rank, 4u);
    EXPECT(d.address == at(0x123456789ABCDEF0));
    EXPECT_EQ(text(d.dims, 4), "4294967296 3 5 7");
    EXPECT_EQ(text(d.strides, 3), "1099511627760 32 48");
    EXPECT_EQ(text(d.elementStrides, 4), "1 2 3 4");
    EXPECT_EQ(d.interleave, 2);
    EXPECT_EQ(d.swizzle, 3);
    EXPECT_EQ(d.promotion, 4);
    EXPECT_EQ(d.fill, 5);
}

Array<jlong> dims{1ll << 32, 3, 5, 7}, strides{(1ll << 40) - 16, 32, 48};
Array<jint> elementStrides{1, 2, 3, 4};

}  // namespace

TEST(encodes_a_tiled_tensor_map) {
    CUtensorMap map;
    Array<jint> box{64, 128, 9, 10};
    StandIn& d = expecting(CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(NATIVE(encodeTiled)(env, nullptr, java::buffer(&map), 9, 0x123456789ABCDEF0, of(dims), of(strides),
                                  of(box), of(elementStrides), 2, 3, 4, 5),
              CUDA_ERROR_INVALID_VALUE);
    expect_tensor(d, map);
    EXPECT_EQ(text(d.box, 4), "64 128 9 10");
}

TEST(encodes_an_im2col_tensor_map) {
    CUtensorMap map;
    Array<jint> lower{-1, -2}, upper{-3, 4};
    StandIn& d = expecting(CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(NATIVE(encodeIm2col)(env, nullptr, java::buffer(&map), 9, 0x123456789ABCDEF0, of(dims), of(strides),
                                   of(lower), of(upper), 64, 1024, of(elementStrides), 2, 3, 4, 5),
              CUDA_ERROR_INVALID_VALUE);
    expect_tensor(d, map);
    EXPECT_EQ(text(d.lower, 2), "-1 -2");
    EXPECT_EQ(text(d.upper, 2), "-3 4");
    EXPECT_EQ(d.channels, 64u);
    EXPECT_EQ(d.pixels, 1024u);
}

TEST(moves_a_tensor_map) {
    CUtensorMap map;
    StandIn& d = expecting(CUDA_ERROR_INVALID_CONTEXT);
    EXPECT_EQ(NATIVE(replaceAddress)(env, nullptr, java::buffer(&map), 0xFEDCBA9876543210 >> 1),
              CUDA_ERROR_INVALID_CONTEXT);
    EXPECT(d.map == &map);
    EXPECT(d.address == at(0xFEDCBA9876543210 >> 1));
}

TEST(adds_a_kernel_to_a_graph) {
    StandIn& d = expecting(CUDA_ERROR_INVALID_VALUE);
    d.node = static_cast<CUgraphNode>(at(0x7777));
    Array<jlong> node{0}, after{0x31, 0x32}, edges{0x010001, 0};
    EXPECT_EQ(NATIVE(addKernelNode)(env, nullptr, of(node), 0x3333, of(after), of(edges), 0x1111, 2, 3, 5, 7, 11, 13,
                                    17, java::buffer(parameters), 20),
              CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(node.values[0], 0x7777);
    EXPECT(d.graph == at(0x3333));
    EXPECT_EQ(d.count, 2u);
    EXPECT(d.from[0] == at(0x31) && d.from[1] == at(0x32));
    const CUgraphEdgeData programmatic = {
        CU_GRAPH_KERNEL_NODE_PORT_PROGRAMMATIC, 0, CU_GRAPH_DEPENDENCY_TYPE_PROGRAMMATIC, {}};
    const CUgraphEdgeData ordinary = {};
    EXPECT(!std::memcmp(&d.edges[0], &programmatic, sizeof programmatic));
    EXPECT(!std::memcmp(&d.edges[1], &ordinary, sizeof ordinary));

    CUgraphNodeParams wanted;
    std::memset(&wanted, 0, sizeof wanted);
    wanted.type = CU_GRAPH_NODE_TYPE_KERNEL;
    wanted.kernel.func = static_cast<CUfunction>(at(0x1111));
    wanted.kernel.gridDimX = 2, wanted.kernel.gridDimY = 3, wanted.kernel.gridDimZ = 5;
    wanted.kernel.blockDimX = 7, wanted.kernel.blockDimY = 11, wanted.kernel.blockDimZ = 13;
    wanted.kernel.sharedMemBytes = 17;
    wanted.kernel.extra = d.nodeParams.kernel.extra;
    EXPECT(!std::memcmp(&d.nodeParams, &wanted, sizeof wanted));
    EXPECT_EQ(d.hasExtra, 1);
    EXPECT_EQ(d.parameterBytes, 20u);
    EXPECT(!std::memcmp(d.parameters, parameters, 20));
}

TEST(gives_a_node_an_attribute) {
    CUlaunchAttribute attributes[2];
    std::memset(static_cast<void*>(attributes), 0, sizeof attributes);
    attributes[1].id = CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION;
    attributes[1].value.clusterDim = {2, 3, 5};
    StandIn& d = expecting(CUDA_ERROR_INVALID_CLUSTER_SIZE);
    EXPECT_EQ(NATIVE(setAttribute)(env, nullptr, 0x7777, java::buffer(attributes), 1), CUDA_ERROR_INVALID_CLUSTER_SIZE);
    EXPECT(d.node == at(0x7777));
    EXPECT_EQ(d.attribute, CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION);
    EXPECT(!std::memcmp(&d.value, &attributes[1].value, sizeof d.value));
}

TEST(adds_dependencies_with_data) {
    StandIn& d = expecting(CUDA_ERROR_INVALID_VALUE);
    Array<jlong> from{0x31, 0x32, 0x33}, to{0x41, 0x42, 0x43}, edges{0, 0x010201, 0};
    EXPECT_EQ(NATIVE(addDependencies)(env, nullptr, 0x3333, of(from), of(to), of(edges)), CUDA_ERROR_INVALID_VALUE);
    EXPECT(d.graph == at(0x3333));
    EXPECT_EQ(d.count, 3u);
    EXPECT(d.from[1] == at(0x32) && d.to[1] == at(0x42) && d.from[2] == at(0x33) && d.to[2] == at(0x43));
    EXPECT(d.edges[1].from_port == 1 && d.edges[1].to_port == 2 && d.edges[1].type == 1);
    EXPECT(d.edges[0].from_port == 0 && d.edges[0].type == 0);
}

TEST(counts_and_reads_the_dependencies_of_a_graph) {
    StandIn& d = expecting(CUDA_SUCCESS);
    d.count = 2;
    Array<jlong> count{0};
    EXPECT_EQ(NATIVE(edges)(env, nullptr, 0x3333, nullptr, nullptr, nullptr, of(count)), CUDA_SUCCESS);
    EXPECT(d.graph == at(0x3333));
    EXPECT_EQ(count.values[0], 2);

    for (int i = 0; i < 2; i++) {
        d.from[i] = static_cast<CUgraphNode>(at(0x31 + i));
        d.to[i] = static_cast<CUgraphNode>(at(0x41 + i));
        d.edges[i] = {};
    }
    d.edges[1] = {1, 2, 3, {}};
    Array<jlong> from{0, 0}, to{0, 0}, edges{0, 0};
    EXPECT_EQ(NATIVE(edges)(env, nullptr, 0x3333, of(from), of(to), of(edges), of(count)), CUDA_SUCCESS);
    EXPECT_EQ(from.values[0], 0x31);
    EXPECT_EQ(from.values[1], 0x32);
    EXPECT_EQ(to.values[1], 0x42);
    EXPECT_EQ(edges.values[0], 0);
    EXPECT_EQ(edges.values[1], 0x030201);
}

TEST(shows_memory_as_a_buffer_of_its_address_and_bytes) {
    jlong memory[2] = {7, 7};
    EXPECT(NATIVE(hostBuffer)(env, nullptr, reinterpret_cast<jlong>(memory), 16) == java::buffer(memory));
    EXPECT_EQ(memory[0], 16);
    EXPECT_EQ(memory[1], 7);
}

TEST(reads_and_writes_the_handles_of_jcuda) {
    jlong object = 0x5555;
    EXPECT_EQ(NATIVE(handle)(env, nullptr, java::buffer(&object)), 0x5555);
    NATIVE(setHandle)(env, nullptr, java::buffer(&object), 0x6666);
    EXPECT_EQ(object, 0x6666);
}

TEST(gives_back_what_it_borrows) { EXPECT_EQ(java::borrowed(), 0); }

TEST_MAIN
