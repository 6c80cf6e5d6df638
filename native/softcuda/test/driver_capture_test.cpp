// Stream capture: what is recorded, what is refused, and how captures end.
#include <thread>

#include "driver_fixture.h"

namespace {

struct Captured : Fixture {
    CUstream stream = nullptr;
    CUfunction add = nullptr;
    CUdeviceptr p = 0;

    Captured() {
        EXPECT_EQ(cuStreamCreate(&stream, 1), 0);
        add = function("add");
        p = upload(std::vector<float>(64));
    }
    CUresult begin(int mode = CU_STREAM_CAPTURE_MODE_GLOBAL) { return cuStreamBeginCapture_v2(stream, mode); }
    CUresult end(CUgraph& graph) { return cuStreamEndCapture(stream, &graph); }
    int status() {
        int value = -1;
        EXPECT_EQ(cuStreamIsCapturing(stream, &value), 0);
        return value;
    }
};

size_t edges(CUgraph graph) {
    size_t count = 0;
    EXPECT_EQ(cuGraphGetEdges(graph, nullptr, nullptr, &count), 0);
    return count;
}

size_t nodes(CUgraph graph) {
    size_t count = 0;
    EXPECT_EQ(cuGraphGetNodes(graph, nullptr, &count), 0);
    return count;
}

}  // namespace

TEST(records_and_replays) {
    Captured f;
    const CUdeviceptr q = f.upload(std::vector<float>(64));
    EXPECT_EQ(f.status(), 0);
    EXPECT_EQ(f.begin(), 0);
    EXPECT_EQ(f.status(), 1);
    EXPECT_EQ(launch_add(f.add, f.stream, f.p, 64, 1), 0);
    EXPECT_EQ(launch_add(f.add, f.stream, f.p, 64, 2), 0);
    EXPECT_EQ(cuMemcpyDtoDAsync_v2(q, f.p, 256, f.stream), 0);
    EXPECT_EQ(cuMemsetD32Async(f.p, 0, 1, f.stream), 0);
    CUgraph graph = nullptr;
    EXPECT_EQ(f.end(graph), 0);
    EXPECT_EQ(f.status(), 0);
    EXPECT(f.download(f.p, 64) == std::vector<float>(64));  // nothing has run
    EXPECT_EQ(nodes(graph), size_t(4));
    EXPECT_EQ(edges(graph), size_t(3));
    CUgraphExec exec = nullptr;
    EXPECT_EQ(cuGraphInstantiateWithFlags(&exec, graph, 0), 0);
    EXPECT_EQ(cuGraphLaunch(exec, f.stream), 0);
    EXPECT_EQ(cuGraphLaunch(exec, f.stream), 0);
    std::vector<float> expected(64, 6.0f);
    expected[0] = 3;
    EXPECT(f.download(q, 64) == expected);
}

TEST(joins_streams_through_events) {
    Captured f;
    CUstream side = nullptr;
    CUevent fork = nullptr, join = nullptr;
    EXPECT_EQ(cuStreamCreate(&side, 1), 0);
    EXPECT_EQ(cuEventCreate(&fork, 2), 0);
    EXPECT_EQ(cuEventCreate(&join, 2), 0);
    const CUdeviceptr q = f.upload(std::vector<float>(64));
    EXPECT_EQ(f.begin(), 0);
    EXPECT_EQ(launch_add(f.add, f.stream, f.p, 64, 1), 0);
    EXPECT_EQ(cuEventRecord(fork, f.stream), 0);
    EXPECT_EQ(cuStreamWaitEvent(side, fork, 0), 0);
    EXPECT_EQ(launch_add(f.add, side, q, 64, 5), 0);
    EXPECT_EQ(launch_add(f.add, f.stream, f.p, 64, 2), 0);
    EXPECT_EQ(cuEventQuery(fork), CUDA_ERROR_CAPTURED_EVENT);
    EXPECT_EQ(cuEventRecord(join, side), 0);
    EXPECT_EQ(cuStreamWaitEvent(f.stream, join, 0), 0);
    EXPECT_EQ(cuMemcpyDtoDAsync_v2(f.p, q, 4, f.stream), 0);
    CUgraph graph = nullptr;
    EXPECT_EQ(cuStreamEndCapture(side, &graph), CUDA_ERROR_STREAM_CAPTURE_UNMATCHED);
    EXPECT_EQ(f.end(graph), 0);
    EXPECT_EQ(nodes(graph), size_t(4));
    EXPECT_EQ(edges(graph), size_t(4));
    CUgraphExec exec = nullptr;
    EXPECT_EQ(cuGraphInstantiateWithFlags(&exec, graph, 0), 0);
    EXPECT_EQ(cuGraphLaunch(exec, nullptr), 0);
    EXPECT((f.download(f.p, 2) == std::vector<float>{5, 3}));
    EXPECT_EQ(launch_add(f.add, side, q, 64, 0), 0);  // runs at once again
    EXPECT_EQ(cuEventRecord(fork, side), 0);
    EXPECT_EQ(cuEventQuery(fork), 0);
}

TEST(refuses_a_fork_without_a_join) {
    Captured f;
    CUstream side = nullptr;
    CUevent fork = nullptr;
    EXPECT_EQ(cuStreamCreate(&side, 1), 0);
    EXPECT_EQ(cuEventCreate(&fork, 2), 0);
    EXPECT_EQ(f.begin(), 0);
    EXPECT_EQ(cuEventRecord(fork, f.stream), 0);
    EXPECT_EQ(cuStreamWaitEvent(side, fork, 0), 0);
    EXPECT_EQ(launch_add(f.add, side, f.p, 64, 1), 0);
    CUgraph graph = nullptr;
    EXPECT_EQ(f.end(graph), CUDA_ERROR_STREAM_CAPTURE_UNJOINED);
    EXPECT(graph == nullptr);
    EXPECT_EQ(f.status(), 0);
}

TEST(is_invalidated_by_what_cannot_be_captured) {
    Captured f;
    CUgraph graph = nullptr;
    CUdeviceptr q = 0;
    EXPECT_EQ(f.begin(), 0);
    EXPECT_EQ(cuStreamSynchronize(f.stream), CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
    EXPECT_EQ(f.status(), 2);
    EXPECT_EQ(launch_add(f.add, f.stream, f.p, 64, 1), CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
    EXPECT_EQ(f.end(graph), CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
    EXPECT_EQ(f.begin(), 0);
    EXPECT_EQ(cuMemAlloc_v2(&q, 4), CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
    EXPECT_EQ(f.end(graph), CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
    EXPECT_EQ(f.begin(CU_STREAM_CAPTURE_MODE_RELAXED), 0);
    EXPECT_EQ(cuMemAlloc_v2(&q, 4), 0);
    EXPECT_EQ(f.end(graph), 0);
    EXPECT_EQ(f.begin(), 0);
    int mode = CU_STREAM_CAPTURE_MODE_RELAXED;
    EXPECT_EQ(cuThreadExchangeStreamCaptureMode(&mode), 0);
    EXPECT_EQ(mode, int(CU_STREAM_CAPTURE_MODE_GLOBAL));
    EXPECT_EQ(cuMemFree_v2(q), 0);
    EXPECT_EQ(cuThreadExchangeStreamCaptureMode(&mode), 0);
    EXPECT_EQ(f.end(graph), 0);
}

TEST(guards_the_legacy_stream) {
    Captured f;
    CUstream blocking = nullptr;
    CUgraph graph = nullptr;
    EXPECT_EQ(cuStreamCreate(&blocking, 0), 0);
    EXPECT_EQ(cuStreamBeginCapture_v2(nullptr, 0), CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
    EXPECT_EQ(cuStreamBeginCapture_v2(blocking, 0), 0);
    EXPECT_EQ(launch_add(f.add, nullptr, f.p, 64, 1), CUDA_ERROR_STREAM_CAPTURE_IMPLICIT);
    EXPECT_EQ(cuStreamEndCapture(blocking, &graph), CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
    EXPECT_EQ(f.begin(), 0);  // a stream that does not synchronise with it
    EXPECT_EQ(launch_add(f.add, nullptr, f.p, 64, 1), 0);
    EXPECT_EQ(f.end(graph), 0);
    EXPECT_EQ(f.download(f.p, 1)[0], 1.0f);
}

TEST(belongs_to_a_thread) {
    Captured f;
    CUgraph graph = nullptr;
    EXPECT_EQ(cuStreamEndCapture(f.stream, &graph), CUDA_ERROR_ILLEGAL_STATE);
    EXPECT_EQ(f.begin(CU_STREAM_CAPTURE_MODE_THREAD_LOCAL), 0);
    EXPECT_EQ(f.begin(), CUDA_ERROR_ILLEGAL_STATE);
    std::thread([&] {
        CUgraph mine = nullptr;
        CUdeviceptr q = 0;
        EXPECT_EQ(cuCtxSetCurrent(f.context), 0);
        EXPECT_EQ(cuStreamEndCapture(f.stream, &mine), CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD);
        EXPECT_EQ(cuMemAlloc_v2(&q, 4), 0);  // a thread-local capture does not concern others
    }).join();
    EXPECT_EQ(launch_add(f.add, f.stream, f.p, 64, 1), 0);
    EXPECT_EQ(f.end(graph), 0);
    EXPECT_EQ(nodes(graph), size_t(1));
}

TEST(isolates_captures) {
    Captured f;
    CUstream second = nullptr;
    CUevent outside = nullptr, inside = nullptr;
    CUgraph graph = nullptr;
    EXPECT_EQ(cuStreamCreate(&second, 1), 0);
    EXPECT_EQ(cuEventCreate(&outside, 2), 0);
    EXPECT_EQ(cuEventCreate(&inside, 2), 0);
    EXPECT_EQ(cuEventRecord(outside, second), 0);
    EXPECT_EQ(f.begin(), 0);
    EXPECT_EQ(cuStreamWaitEvent(f.stream, outside, 0), CUDA_ERROR_STREAM_CAPTURE_ISOLATION);
    EXPECT_EQ(f.end(graph), CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
    EXPECT_EQ(f.begin(), 0);
    EXPECT_EQ(cuStreamBeginCapture_v2(second, 0), 0);
    EXPECT_EQ(cuEventRecord(inside, f.stream), 0);
    EXPECT_EQ(cuStreamWaitEvent(second, inside, 0), CUDA_ERROR_STREAM_CAPTURE_MERGE);
    EXPECT_EQ(f.end(graph), CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
    EXPECT_EQ(cuStreamEndCapture(second, &graph), CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
}

TEST(keeps_captured_memory_and_modules_alive) {
    Captured f;
    CUdeviceptr q = 0;
    EXPECT_EQ(f.begin(), 0);
    EXPECT_EQ(cuMemAllocAsync(&q, 256, f.stream), 0);
    EXPECT_EQ(cuMemsetD32Async(q, 0x40400000, 64, f.stream), 0);
    EXPECT_EQ(launch_add(f.add, f.stream, q, 64, 1), 0);
    EXPECT_EQ(cuMemcpyDtoDAsync_v2(f.p, q, 256, f.stream), 0);
    EXPECT_EQ(cuMemFreeAsync(q, f.stream), 0);
    CUgraph graph = nullptr;
    CUgraphExec exec = nullptr;
    EXPECT_EQ(f.end(graph), 0);
    EXPECT_EQ(nodes(graph), size_t(5));
    EXPECT_EQ(cuGraphInstantiateWithFlags(&exec, graph, 0), 0);
    EXPECT_EQ(cuGraphDestroy(graph), 0);
    EXPECT_EQ(cuModuleUnload(f.module), 0);
    EXPECT_EQ(cuGraphLaunch(exec, f.stream), 0);
    EXPECT(f.download(f.p, 64) == std::vector<float>(64, 4.0f));
    size_t before = 0, after = 0, total = 0;
    EXPECT_EQ(cuMemGetInfo_v2(&before, &total), 0);
    EXPECT_EQ(cuGraphExecDestroy(exec), 0);
    EXPECT_EQ(cuMemGetInfo_v2(&after, &total), 0);
    EXPECT(after >= before + 256);
}

TEST(captures_the_launch_of_a_graph) {
    Captured f;
    CUgraph inner = nullptr, outer = nullptr;
    CUgraphExec innerExec = nullptr, outerExec = nullptr;
    EXPECT_EQ(f.begin(), 0);
    EXPECT_EQ(launch_add(f.add, f.stream, f.p, 64, 1), 0);
    EXPECT_EQ(f.end(inner), 0);
    EXPECT_EQ(cuGraphInstantiateWithFlags(&innerExec, inner, 0), 0);
    EXPECT_EQ(f.begin(), 0);
    for (int i = 0; i < 3; ++i) EXPECT_EQ(cuGraphLaunch(innerExec, f.stream), 0);
    EXPECT_EQ(f.end(outer), 0);
    EXPECT_EQ(nodes(outer), size_t(3));
    EXPECT_EQ(cuGraphInstantiateWithFlags(&outerExec, outer, 0), 0);
    EXPECT_EQ(cuGraphLaunch(outerExec, nullptr), 0);
    EXPECT_EQ(f.download(f.p, 64)[63], 3.0f);
}

TEST(survives_the_end_of_a_stream_that_captures) {
    Captured f;
    CUgraph graph = nullptr;
    EXPECT_EQ(f.begin(), 0);
    EXPECT_EQ(launch_add(f.add, f.stream, f.p, 64, 1), 0);
    EXPECT_EQ(cuStreamDestroy_v2(f.stream), 0);
    EXPECT_EQ(f.end(graph), CUDA_ERROR_INVALID_HANDLE);
    CUdeviceptr q = 0;
    EXPECT_EQ(cuMemAlloc_v2(&q, 4), 0);  // no capture is left behind
}

TEST_MAIN
