// Several devices, and a number of multiprocessors that depends on nothing but its variable.
#include <cstdlib>

#include "driver_fixture.h"

namespace {

// Before the first call of the API, which is when the variables are read.
const int kVariables = setenv("ZOETROPE_DEVICES", "3", 1) | setenv("ZOETROPE_MULTIPROCESSORS", "7", 1)
                       | setenv("ZOETROPE_THREADS", "5", 1);

}  // namespace

TEST(shows_as_many_as_asked_for) {
    EXPECT_EQ(kVariables, 0);
    EXPECT_EQ(cuInit(0), 0);
    int count = 0;
    EXPECT_EQ(cuDeviceGetCount(&count), 0);
    EXPECT_EQ(count, 3);
    CUdevice device = -1;
    EXPECT_EQ(cuDeviceGet(&device, 2), 0);
    EXPECT_EQ(device, 2);
    EXPECT_EQ(cuDeviceGet(&device, 3), CUDA_ERROR_INVALID_DEVICE);
    EXPECT_EQ(cuDeviceGet(&device, -1), CUDA_ERROR_INVALID_DEVICE);
}

TEST(tells_them_apart) {
    char bus[3][32];
    CUuuid uuid[3];
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(cuDeviceGetPCIBusId(bus[i], sizeof bus[i], i), 0);
        EXPECT_EQ(cuDeviceGetUuid(&uuid[i], i), 0);
        CUdevice same = -1;
        EXPECT_EQ(cuDeviceGetByPCIBusId(&same, bus[i]), 0);
        EXPECT_EQ(same, i);
    }
    EXPECT(std::string(bus[0]) != bus[1] && std::string(bus[1]) != bus[2]);
    EXPECT(std::memcmp(&uuid[0], &uuid[1], sizeof uuid[0]) != 0
           && std::memcmp(&uuid[1], &uuid[2], sizeof uuid[0]) != 0);
    CUdevice none = -1;
    EXPECT_EQ(cuDeviceGetByPCIBusId(&none, "0000:00:03.0"), CUDA_ERROR_INVALID_DEVICE);
}

TEST(gives_each_a_primary_context_of_its_own) {
    CUcontext contexts[3];
    for (int i = 0; i < 3; ++i) EXPECT_EQ(cuDevicePrimaryCtxRetain(&contexts[i], i), 0);
    EXPECT(contexts[0] != contexts[1] && contexts[1] != contexts[2] && contexts[0] != contexts[2]);
    CUcontext again = nullptr;
    EXPECT_EQ(cuDevicePrimaryCtxRetain(&again, 1), 0);
    EXPECT(again == contexts[1]);
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(cuCtxSetCurrent(contexts[i]), 0);
        CUdevice device = -1;
        EXPECT_EQ(cuCtxGetDevice(&device), 0);
        EXPECT_EQ(device, i);
    }
    // Memory belongs to the context that allocated it; another one neither frees it nor ends it.
    CUdeviceptr address = 0;
    EXPECT_EQ(cuCtxSetCurrent(contexts[1]), 0);
    EXPECT_EQ(cuMemAlloc_v2(&address, 64), 0);
    EXPECT_EQ(cuCtxSetCurrent(contexts[2]), 0);
    EXPECT_EQ(cuMemFree_v2(address), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(cuDevicePrimaryCtxRelease_v2(2), 0);
    EXPECT_EQ(cuCtxSetCurrent(contexts[1]), 0);
    EXPECT_EQ(cuMemFree_v2(address), 0);
    EXPECT_EQ(cuDevicePrimaryCtxRelease_v2(2), CUDA_ERROR_INVALID_CONTEXT);
    EXPECT_EQ(cuDevicePrimaryCtxRelease_v2(1), 0);
    EXPECT_EQ(cuDevicePrimaryCtxRelease_v2(1), 0);
    EXPECT_EQ(cuDevicePrimaryCtxRelease_v2(0), 0);
    EXPECT_EQ(cuDevicePrimaryCtxRetain(&again, 3), CUDA_ERROR_INVALID_DEVICE);
}

TEST(has_the_multiprocessors_asked_for_whatever_the_threads) {
    for (int i = 0; i < 3; ++i) {
        int value = 0;
        EXPECT_EQ(cuDeviceGetAttribute(&value, 16, i), 0);
        EXPECT_EQ(value, 7);
    }
}

TEST_MAIN
