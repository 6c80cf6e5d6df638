// Launches: arguments, what is refused, and what a bad kernel does.
#include <atomic>
#include <thread>

#include "driver_fixture.h"

TEST(runs_a_grid) {
    Fixture f;
    std::vector<float> values = ramp(1000);
    const CUdeviceptr p = f.upload(values);
    EXPECT_EQ(launch_add(f.function("add"), nullptr, p, 1000, 1.5f), 0);
    EXPECT_EQ(cuCtxSynchronize(), 0);
    for (float& v : values) v += 1.5f;
    EXPECT(f.download(p, 1000) == values);
}

TEST(takes_arguments_from_a_buffer) {
    Fixture f;
    const CUdeviceptr p = f.upload({1, 2, 3});
    struct {
        CUdeviceptr p;
        int n;
        float c;
    } arguments = {p, 3, 10};
    size_t size = sizeof arguments;
    void* extra[] = {reinterpret_cast<void*>(CU_LAUNCH_PARAM_BUFFER_POINTER_AS_INT), &arguments,
                     reinterpret_cast<void*>(CU_LAUNCH_PARAM_BUFFER_SIZE_AS_INT), &size, nullptr};
    EXPECT_EQ(cuLaunchKernel(f.function("add"), 1, 1, 1, 32, 1, 1, 0, nullptr, nullptr, extra), 0);
    EXPECT((f.download(p, 3) == std::vector<float>{11, 12, 13}));
    size = 12;
    EXPECT_EQ(cuLaunchKernel(f.function("add"), 1, 1, 1, 32, 1, 1, 0, nullptr, nullptr, extra),
              CUDA_ERROR_INVALID_VALUE);
}

TEST(gives_shared_memory) {
    Fixture f;
    const std::vector<float> values = ramp(64), backwards(values.rbegin(), values.rend());
    CUdeviceptr p = f.upload(values);
    void* parameters[] = {&p};
    EXPECT_EQ(cuLaunchKernel(f.function("reverse"), 1, 1, 1, 64, 1, 1, 0, nullptr, parameters, nullptr), 0);
    EXPECT(f.download(p, 64) == backwards);
    EXPECT_EQ(cuLaunchKernel(f.function("twist"), 1, 1, 1, 64, 1, 1, 256, nullptr, parameters, nullptr), 0);
    EXPECT(f.download(p, 64) == values);
}

TEST(refuses_bad_launches) {
    Fixture f;
    CUfunction add = f.function("add"), reverse = f.function("reverse"), twist = f.function("twist");
    CUdeviceptr p = f.upload(ramp(64));
    int n = 64;
    float c = 1;
    void* parameters[] = {&p, &n, &c};
    const auto launch = [&](CUfunction function, unsigned gx, unsigned gy, unsigned bx, unsigned by, unsigned bz,
                            unsigned shared) {
        return cuLaunchKernel(function, gx, gy, 1, bx, by, bz, shared, nullptr, parameters, nullptr);
    };
    EXPECT_EQ(launch(add, 0, 1, 32, 1, 1, 0), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(launch(add, 1, 65536, 32, 1, 1, 0), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(launch(add, 1, 1, 0, 1, 1, 0), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(launch(add, 1, 1, 1025, 1, 1, 0), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(launch(add, 1, 1, 32, 1, 65, 0), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(launch(add, 1, 1, 64, 32, 1, 0), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(launch(reverse, 1, 1, 65, 1, 1, 0), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(launch(twist, 1, 1, 64, 1, 1, 49153), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(launch(nullptr, 1, 1, 32, 1, 1, 0), CUDA_ERROR_INVALID_HANDLE);
    EXPECT_EQ(launch(reinterpret_cast<CUfunction>(f.module), 1, 1, 32, 1, 1, 0), CUDA_ERROR_INVALID_HANDLE);
    EXPECT_EQ(launch(reinterpret_cast<CUfunction>(0x7f0012345678), 1, 1, 32, 1, 1, 0), CUDA_ERROR_INVALID_HANDLE);
    EXPECT_EQ(cuLaunchKernel(add, 1, 1, 1, 32, 1, 1, 0, reinterpret_cast<CUstream>(99), parameters, nullptr),
              CUDA_ERROR_INVALID_HANDLE);
    EXPECT_EQ(cuLaunchKernel(add, 1, 1, 1, 32, 1, 1, 0, nullptr, nullptr, nullptr), CUDA_ERROR_INVALID_VALUE);
    void* hole[] = {&p, nullptr, &c};
    EXPECT_EQ(cuLaunchKernel(add, 1, 1, 1, 32, 1, 1, 0, nullptr, hole, nullptr), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(cuLaunchKernel(f.function("nothing"), 1, 1, 1, 1, 1, 1, 0, nullptr, nullptr, nullptr), 0);
    EXPECT_EQ(launch(add, 1, 1, 64, 1, 1, 0), 0);  // and the context is as it was
}

TEST(runs_cooperative_grids_that_fit) {
    Fixture f;
    CUfunction nothing = f.function("nothing");
    EXPECT_EQ(cuLaunchCooperativeKernel(nothing, 2, 1, 1, 32, 1, 1, 0, nullptr, nullptr), 0);
    EXPECT_EQ(cuLaunchCooperativeKernel(nothing, 1000000, 1, 1, 32, 1, 1, 0, nullptr, nullptr),
              CUDA_ERROR_COOPERATIVE_LAUNCH_TOO_LARGE);
}

TEST(makes_a_wild_pointer_a_sticky_error) {
    {
        Fixture f;
        CUfunction add = f.function("add");
        const CUdeviceptr good = f.upload(ramp(4));
        EXPECT_EQ(launch_add(add, nullptr, 0x123456789000, 4, 1), CUDA_ERROR_ILLEGAL_ADDRESS);
        EXPECT_EQ(launch_add(add, nullptr, good, 4, 1), CUDA_ERROR_ILLEGAL_ADDRESS);
        EXPECT_EQ(cuCtxSynchronize(), CUDA_ERROR_ILLEGAL_ADDRESS);
        CUdeviceptr p = 0;
        float host[4];
        EXPECT_EQ(cuMemAlloc_v2(&p, 4), CUDA_ERROR_ILLEGAL_ADDRESS);
        EXPECT_EQ(cuMemcpyDtoH_v2(host, good, 16), CUDA_ERROR_ILLEGAL_ADDRESS);
        EXPECT_EQ(cuStreamSynchronize(nullptr), CUDA_ERROR_ILLEGAL_ADDRESS);
    }
    Fixture fresh;  // another context is not affected
    const CUdeviceptr p = fresh.upload({1});
    EXPECT_EQ(launch_add(fresh.function("add"), nullptr, p, 1, 1), 0);
    EXPECT_EQ(launch_add(fresh.function("add"), nullptr, 0, 1, 1), CUDA_ERROR_ILLEGAL_ADDRESS);
}

TEST(clears_a_fault_by_a_reset_of_the_primary_context) {
    CUcontext context = nullptr;
    CUmodule module = nullptr;
    CUfunction add = nullptr;
    CUdeviceptr p = 0;
    EXPECT_EQ(cuDevicePrimaryCtxRetain(&context, 0), 0);
    EXPECT_EQ(cuCtxPushCurrent_v2(context), 0);
    EXPECT_EQ(cuModuleLoadData(&module, kKernels.c_str()), 0);
    EXPECT_EQ(cuModuleGetFunction(&add, module, "add"), 0);
    EXPECT_EQ(launch_add(add, nullptr, 16, 4, 1), CUDA_ERROR_ILLEGAL_ADDRESS);
    EXPECT_EQ(cuMemAlloc_v2(&p, 4), CUDA_ERROR_ILLEGAL_ADDRESS);
    EXPECT_EQ(cuDevicePrimaryCtxReset_v2(0), 0);
    EXPECT_EQ(cuMemAlloc_v2(&p, 4), CUDA_ERROR_CONTEXT_IS_DESTROYED);
    EXPECT_EQ(cuDevicePrimaryCtxRetain(&context, 0), 0);
    EXPECT_EQ(cuCtxSetCurrent(context), 0);
    EXPECT_EQ(cuMemAlloc_v2(&p, 4), 0);
    EXPECT_EQ(cuCtxPopCurrent_v2(nullptr), 0);
    EXPECT_EQ(cuDevicePrimaryCtxRelease_v2(0), 0);
}

TEST(serves_many_threads) {
    Fixture f;
    CUfunction add = f.function("add");
    std::atomic<int> good{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&, t] {
            cuCtxSetCurrent(f.context);
            for (int round = 0; round < 25; ++round) {
                CUdeviceptr p = 0;
                CUstream stream = nullptr;
                std::vector<float> values = ramp(size_t(200 + t)), back(values.size());
                if (cuStreamCreate(&stream, 1) || cuMemAlloc_v2(&p, values.size() * 4)) return;
                if (cuMemcpyHtoDAsync_v2(p, values.data(), values.size() * 4, stream)) return;
                for (int i = 0; i < 3; ++i)
                    if (launch_add(add, stream, p, int(values.size()), float(t))) return;
                if (cuMemcpyDtoHAsync_v2(back.data(), p, values.size() * 4, stream) || cuStreamSynchronize(stream))
                    return;
                for (size_t i = 0; i < values.size(); ++i)
                    if (back[i] != values[i] + 3 * float(t)) return;
                if (cuMemFree_v2(p) || cuStreamDestroy_v2(stream)) return;
                ++good;
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(good.load(), 100);
}

TEST_MAIN
