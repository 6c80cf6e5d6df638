// Streams, events and calls back to the host.
#include <chrono>
#include <thread>

#include "driver_fixture.h"

TEST(orders_work_in_a_stream) {
    Fixture f;
    CUstream stream = nullptr;
    EXPECT_EQ(cuStreamCreate(&stream, 1), 0);
    CUdeviceptr p = 0;
    std::vector<float> host(100), values = ramp(100);
    EXPECT_EQ(cuMemAllocAsync(&p, 400, stream), 0);
    EXPECT_EQ(cuMemcpyHtoDAsync_v2(p, values.data(), 400, stream), 0);
    EXPECT_EQ(launch_add(f.function("add"), stream, p, 100, 2), 0);
    EXPECT_EQ(launch_add(f.function("add_one"), nullptr, p, 100, 0), 0);  // its third argument is ignored
    EXPECT_EQ(cuMemcpyDtoHAsync_v2(host.data(), p, 400, stream), 0);
    EXPECT_EQ(cuMemFreeAsync(p, stream), 0);
    EXPECT_EQ(cuStreamSynchronize(stream), 0);
    EXPECT_EQ(cuStreamQuery(stream), 0);
    for (size_t i = 0; i < 100; ++i) EXPECT_EQ(host[i], values[i] + 2 + 1);
    EXPECT_EQ(cuStreamDestroy_v2(stream), 0);
    EXPECT_EQ(cuStreamDestroy_v2(stream), CUDA_ERROR_INVALID_HANDLE);
    EXPECT_EQ(cuStreamSynchronize(stream), CUDA_ERROR_INVALID_HANDLE);
}

TEST(knows_what_a_stream_is) {
    Fixture f;
    CUstream stream = nullptr;
    unsigned flags = 9;
    int priority = 9;
    CUcontext context = nullptr;
    EXPECT_EQ(cuStreamCreateWithPriority(&stream, 1, -2), 0);
    EXPECT_EQ(cuStreamGetFlags(stream, &flags), 0);
    EXPECT_EQ(flags, 1u);
    EXPECT_EQ(cuStreamGetPriority(stream, &priority), 0);
    EXPECT_EQ(priority, -2);
    EXPECT_EQ(cuStreamGetCtx(stream, &context), 0);
    EXPECT(context == f.context);
    EXPECT_EQ(cuStreamCreate(&stream, 2), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(cuStreamCreate(nullptr, 0), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(cuStreamSynchronize(CU_STREAM_LEGACY), 0);
    EXPECT_EQ(cuStreamSynchronize(CU_STREAM_PER_THREAD), 0);
}

TEST(keeps_streams_to_their_context) {
    Fixture f;
    CUstream stream = nullptr;
    EXPECT_EQ(cuStreamCreate(&stream, 0), 0);
    Fixture other;
    const CUdeviceptr p = other.upload({1});
    EXPECT_EQ(launch_add(other.function("add"), stream, p, 1, 1), CUDA_ERROR_INVALID_HANDLE);
    EXPECT_EQ(launch_add(f.function("add"), nullptr, p, 1, 1), CUDA_ERROR_INVALID_HANDLE);
}

TEST(measures_time_with_events) {
    Fixture f;
    CUevent start = nullptr, end = nullptr, untimed = nullptr, never = nullptr;
    EXPECT_EQ(cuEventCreate(&start, 0), 0);
    EXPECT_EQ(cuEventCreate(&end, 1), 0);
    EXPECT_EQ(cuEventCreate(&untimed, 2), 0);
    EXPECT_EQ(cuEventCreate(&never, 0), 0);
    EXPECT_EQ(cuEventQuery(never), 0);
    EXPECT_EQ(cuEventRecord(start, nullptr), 0);
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    EXPECT_EQ(cuEventRecord(end, nullptr), 0);
    EXPECT_EQ(cuEventRecord(untimed, nullptr), 0);
    EXPECT_EQ(cuEventSynchronize(end), 0);
    float ms = -1;
    EXPECT_EQ(cuEventElapsedTime(&ms, start, end), 0);
    EXPECT(ms >= 5.0f);
    EXPECT_EQ(cuEventElapsedTime(&ms, start, untimed), CUDA_ERROR_INVALID_HANDLE);
    EXPECT_EQ(cuEventElapsedTime(&ms, start, never), CUDA_ERROR_INVALID_HANDLE);
    EXPECT_EQ(cuEventDestroy_v2(start), 0);
    EXPECT_EQ(cuEventDestroy_v2(start), CUDA_ERROR_INVALID_HANDLE);
    EXPECT_EQ(cuEventRecord(start, nullptr), CUDA_ERROR_INVALID_HANDLE);
    EXPECT_EQ(cuStreamWaitEvent(nullptr, end, 0), 0);
    EXPECT_EQ(cuEventCreate(&start, 4), CUDA_ERROR_NOT_SUPPORTED);
}

TEST(calls_the_host) {
    Fixture f;
    std::vector<int> order;
    const auto host = [](void* data) { static_cast<std::vector<int>*>(data)->push_back(1); };
    const auto callback = [](CUstream, CUresult status, void* data) {
        static_cast<std::vector<int>*>(data)->push_back(10 + status);
    };
    CUstream stream = nullptr;
    EXPECT_EQ(cuStreamCreate(&stream, 0), 0);
    EXPECT_EQ(cuLaunchHostFunc(stream, host, &order), 0);
    EXPECT_EQ(cuStreamAddCallback(stream, callback, &order, 0), 0);
    EXPECT_EQ(cuStreamSynchronize(stream), 0);
    EXPECT((order == std::vector<int>{1, 10}));
    EXPECT_EQ(cuLaunchHostFunc(stream, nullptr, nullptr), CUDA_ERROR_INVALID_VALUE);
}

TEST_MAIN
