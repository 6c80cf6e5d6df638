// Initialisation, the device, contexts, errors.
#include <set>
#include <thread>

#include "driver_fixture.h"

TEST(asks_for_initialisation) {
    int count = 0;
    CUcontext context = nullptr;
    CUdeviceptr p = 0;
    EXPECT_EQ(cuDeviceGetCount(&count), CUDA_ERROR_NOT_INITIALIZED);
    EXPECT_EQ(cuCtxCreate_v2(&context, 0, 0), CUDA_ERROR_NOT_INITIALIZED);
    EXPECT_EQ(cuMemAlloc_v2(&p, 4), CUDA_ERROR_NOT_INITIALIZED);
    EXPECT_EQ(cuInit(1), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(cuInit(0), 0);
    EXPECT_EQ(cuInit(0), 0);
    EXPECT_EQ(cuMemAlloc_v2(&p, 4), CUDA_ERROR_INVALID_CONTEXT);
}

TEST(names_every_error) {
    std::set<std::string> names;
    int known = 0;
    for (int code = 0; code < 1000; ++code) {
        const char *name = nullptr, *text = nullptr;
        if (cuGetErrorName(code, &name) != 0) {
            EXPECT_EQ(cuGetErrorString(code, &text), CUDA_ERROR_INVALID_VALUE);
            EXPECT(name == nullptr && text == nullptr);
            continue;
        }
        ++known;
        EXPECT(std::strncmp(name, "CUDA_", 5) == 0);
        EXPECT(names.insert(name).second);
        EXPECT_EQ(cuGetErrorString(code, &text), 0);
        EXPECT(text && std::strlen(text) > 5);
    }
    EXPECT_EQ(known, 101);
    const char* name = nullptr;
    EXPECT_EQ(cuGetErrorName(700, &name), 0);
    EXPECT_EQ(std::string(name), "CUDA_ERROR_ILLEGAL_ADDRESS");
    EXPECT_EQ(cuGetErrorName(700, nullptr), CUDA_ERROR_INVALID_VALUE);
}

TEST(shows_one_device) {
    int count = 0, version = 0, device = -1;
    EXPECT_EQ(cuDeviceGetCount(&count), 0);
    EXPECT_EQ(count, 1);
    EXPECT_EQ(cuDriverGetVersion(&version), 0);
    EXPECT_EQ(version, 13000);
    EXPECT_EQ(cuDeviceGet(&device, 1), CUDA_ERROR_INVALID_DEVICE);
    EXPECT_EQ(cuDeviceGet(&device, 0), 0);
    char name[64];
    EXPECT_EQ(cuDeviceGetName(name, sizeof name, device), 0);
    EXPECT_EQ(std::string(name), "softcuda (CPU)");
    EXPECT_EQ(cuDeviceGetName(name, 5, device), 0);
    EXPECT_EQ(std::string(name), "soft");
    EXPECT_EQ(cuDeviceGetName(name, sizeof name, 7), CUDA_ERROR_INVALID_DEVICE);
    size_t bytes = 0;
    EXPECT_EQ(cuDeviceTotalMem_v2(&bytes, device), 0);
    EXPECT(bytes >= size_t(1) << 20);
    char bus[32];
    CUdevice same = -1;
    EXPECT_EQ(cuDeviceGetPCIBusId(bus, sizeof bus, device), 0);
    EXPECT_EQ(cuDeviceGetByPCIBusId(&same, bus), 0);
    EXPECT_EQ(same, device);
}

TEST(has_consistent_attributes) {
    const auto attribute = [](int which) {
        int value = -99;
        EXPECT_EQ(cuDeviceGetAttribute(&value, which, 0), 0);
        return value;
    };
    EXPECT_EQ(attribute(1), 1024);
    EXPECT_EQ(attribute(10), 32);
    EXPECT_EQ(attribute(5), 0x7fffffff);
    EXPECT_EQ(attribute(8), 49152);
    EXPECT_EQ(attribute(16), 2);  // whatever the machine and the number of threads
    EXPECT_EQ(attribute(97) + attribute(111), attribute(81));
    EXPECT_EQ(attribute(95), 1);
    EXPECT_EQ(attribute(115), 1);
    EXPECT_EQ(attribute(83), 0);
    int major = 0, minor = 0;
    EXPECT_EQ(cuDeviceComputeCapability(&major, &minor, 0), 0);
    EXPECT_EQ(attribute(75), major);
    EXPECT_EQ(attribute(76), minor);
    for (int which = 1; which <= 147; ++which) attribute(which);
    int value = 0;
    EXPECT_EQ(cuDeviceGetAttribute(&value, 0, 0), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(cuDeviceGetAttribute(&value, 148, 0), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(cuDeviceGetAttribute(nullptr, 1, 0), CUDA_ERROR_INVALID_VALUE);
    CUdevprop properties;
    EXPECT_EQ(cuDeviceGetProperties(&properties, 0), 0);
    EXPECT_EQ(properties.maxThreadsPerBlock, attribute(1));
    EXPECT_EQ(properties.SIMDWidth, 32);
}

TEST(keeps_a_stack_of_contexts) {
    CUcontext a = nullptr, b = nullptr, current = nullptr;
    EXPECT_EQ(cuCtxCreate_v2(&a, 0, 0), 0);
    EXPECT_EQ(cuCtxCreate_v2(&b, 4, 0), 0);
    EXPECT_EQ(cuCtxGetCurrent(&current), 0);
    EXPECT(current == b);
    EXPECT_EQ(cuCtxPopCurrent_v2(&current), 0);
    EXPECT(current == b);
    EXPECT_EQ(cuCtxGetCurrent(&current), 0);
    EXPECT(current == a);
    EXPECT_EQ(cuCtxPushCurrent_v2(b), 0);
    std::thread([&] {
        CUcontext other = a;
        EXPECT_EQ(cuCtxGetCurrent(&other), 0);
        EXPECT(other == nullptr);
        EXPECT_EQ(cuCtxSetCurrent(b), 0);
        EXPECT_EQ(cuCtxSynchronize(), 0);
    }).join();
    EXPECT_EQ(cuCtxDestroy_v2(b), 0);
    EXPECT_EQ(cuCtxGetCurrent(&current), 0);
    EXPECT(current == a);
    EXPECT_EQ(cuCtxDestroy_v2(b), CUDA_ERROR_INVALID_CONTEXT);
    EXPECT_EQ(cuCtxPushCurrent_v2(b), CUDA_ERROR_INVALID_CONTEXT);
    EXPECT_EQ(cuCtxDestroy_v2(a), 0);
    EXPECT_EQ(cuCtxPopCurrent_v2(nullptr), CUDA_ERROR_INVALID_CONTEXT);
}

TEST(tells_threads_that_their_context_is_gone) {
    CUcontext a = nullptr;
    EXPECT_EQ(cuCtxCreate_v2(&a, 0, 0), 0);
    std::thread([&] { EXPECT_EQ(cuCtxDestroy_v2(a), 0); }).join();
    EXPECT_EQ(cuCtxSynchronize(), CUDA_ERROR_CONTEXT_IS_DESTROYED);
    EXPECT_EQ(cuCtxPopCurrent_v2(nullptr), 0);
}

TEST(counts_references_to_the_primary_context) {
    CUcontext a = nullptr, b = nullptr;
    unsigned flags = 9;
    int active = -1;
    EXPECT_EQ(cuDevicePrimaryCtxGetState(0, &flags, &active), 0);
    EXPECT_EQ(active, 0);
    EXPECT_EQ(cuDevicePrimaryCtxRetain(&a, 0), 0);
    EXPECT_EQ(cuDevicePrimaryCtxRetain(&b, 0), 0);
    EXPECT(a == b);
    EXPECT_EQ(cuCtxDestroy_v2(a), CUDA_ERROR_INVALID_CONTEXT);
    EXPECT_EQ(cuDevicePrimaryCtxSetFlags_v2(0, 4), 0);
    EXPECT_EQ(cuDevicePrimaryCtxRelease_v2(0), 0);
    EXPECT_EQ(cuDevicePrimaryCtxGetState(0, &flags, &active), 0);
    EXPECT_EQ(active, 1);
    EXPECT_EQ(flags, 4u);
    EXPECT_EQ(cuDevicePrimaryCtxRelease_v2(0), 0);
    EXPECT_EQ(cuCtxPushCurrent_v2(a), CUDA_ERROR_INVALID_CONTEXT);
    EXPECT_EQ(cuDevicePrimaryCtxRelease_v2(0), CUDA_ERROR_INVALID_CONTEXT);
}

TEST(frees_what_was_made_in_a_context) {
    Fixture outer;
    size_t before = 0, after = 0, total = 0;
    EXPECT_EQ(cuMemGetInfo_v2(&before, &total), 0);
    CUstream stream = nullptr;
    CUevent event = nullptr;
    CUdeviceptr p = 0;
    {
        Fixture inner;
        EXPECT_EQ(cuMemAlloc_v2(&p, 1 << 20), 0);
        EXPECT_EQ(cuStreamCreate(&stream, 0), 0);
        EXPECT_EQ(cuEventCreate(&event, 0), 0);
    }
    EXPECT_EQ(cuMemGetInfo_v2(&after, &total), 0);
    EXPECT_EQ(after, before);
    EXPECT_EQ(cuStreamSynchronize(stream), CUDA_ERROR_INVALID_HANDLE);
    EXPECT_EQ(cuEventQuery(event), CUDA_ERROR_INVALID_HANDLE);
    EXPECT_EQ(cuMemFree_v2(p), CUDA_ERROR_INVALID_VALUE);
}

TEST(keeps_limits) {
    Fixture f;
    size_t value = 0;
    EXPECT_EQ(cuCtxSetLimit(0, 4096), 0);
    EXPECT_EQ(cuCtxGetLimit(&value, 0), 0);
    EXPECT_EQ(value, size_t(4096));
    EXPECT_EQ(cuCtxGetLimit(&value, 55), CUDA_ERROR_UNSUPPORTED_LIMIT);
    int least = 9, greatest = 9;
    EXPECT_EQ(cuCtxGetStreamPriorityRange(&least, &greatest), 0);
    EXPECT(greatest <= least);
}

TEST_MAIN
