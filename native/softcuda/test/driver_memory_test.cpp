// Allocation, copies, fills, and questions about pointers.
#include "driver_fixture.h"

TEST(allocates_and_frees) {
    Fixture f;
    size_t before = 0, during = 0, total = 0;
    EXPECT_EQ(cuMemGetInfo_v2(&before, &total), 0);
    CUdeviceptr p = 0;
    EXPECT_EQ(cuMemAlloc_v2(&p, 1000), 0);
    EXPECT_EQ(p % 256, 0ull);
    EXPECT_EQ(cuMemGetInfo_v2(&during, &total), 0);
    EXPECT(during < before);
    CUdeviceptr base = 0;
    size_t bytes = 0;
    EXPECT_EQ(cuMemGetAddressRange_v2(&base, &bytes, p + 999), 0);
    EXPECT_EQ(base, p);
    EXPECT_EQ(bytes, size_t(1000));
    EXPECT_EQ(cuMemGetAddressRange_v2(&base, &bytes, p + 1000), CUDA_ERROR_NOT_FOUND);
    EXPECT_EQ(cuMemFree_v2(p + 4), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(cuMemFree_v2(p), 0);
    EXPECT_EQ(cuMemFree_v2(p), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(cuMemFree_v2(0), 0);
    EXPECT_EQ(cuMemFree_v2(0xdeadbeef), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(cuMemAlloc_v2(&p, 0), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(cuMemAlloc_v2(nullptr, 4), CUDA_ERROR_INVALID_VALUE);
}

TEST(runs_out_of_memory_and_goes_on) {
    Fixture f;
    size_t available = 0, total = 0;
    EXPECT_EQ(cuMemGetInfo_v2(&available, &total), 0);
    CUdeviceptr p = 0;
    EXPECT_EQ(cuMemAlloc_v2(&p, total + 1), CUDA_ERROR_OUT_OF_MEMORY);
    EXPECT_EQ(cuMemAlloc_v2(&p, ~size_t(0)), CUDA_ERROR_OUT_OF_MEMORY);
    EXPECT_EQ(cuMemAllocAsync(&p, ~size_t(0) - 600, nullptr), CUDA_ERROR_OUT_OF_MEMORY);
    EXPECT_EQ(cuMemAlloc_v2(&p, 64), 0);
    EXPECT_EQ(cuMemFree_v2(p), 0);
}

TEST(pads_rows) {
    Fixture f;
    CUdeviceptr p = 0;
    size_t pitch = 0;
    EXPECT_EQ(cuMemAllocPitch_v2(&p, &pitch, 100, 3, 4), 0);
    EXPECT(pitch >= 100 && pitch % 256 == 0);
    EXPECT_EQ(cuMemAllocPitch_v2(&p, &pitch, 100, 3, 5), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(cuMemAllocPitch_v2(&p, &pitch, ~size_t(0), 3, 4), CUDA_ERROR_INVALID_VALUE);
}

TEST(copies_in_every_direction) {
    Fixture f;
    const std::vector<float> values = ramp(300);
    const CUdeviceptr a = f.upload(values), b = f.upload(std::vector<float>(300));
    EXPECT_EQ(cuMemcpyDtoD_v2(b + 400, a, 800), 0);
    std::vector<float> back = f.download(b, 300);
    for (size_t i = 0; i < 300; ++i) EXPECT_EQ(back[i], i < 100 ? 0.0f : values[i - 100]);
    EXPECT_EQ(cuMemcpy(b, a, 1200), 0);
    EXPECT(f.download(b, 300) == values);
    std::vector<float> host(300);
    EXPECT_EQ(cuMemcpy(reinterpret_cast<CUdeviceptr>(host.data()), a, 1200), 0);
    EXPECT(host == values);
}

TEST(refuses_copies_beyond_an_allocation) {
    Fixture f;
    const CUdeviceptr a = f.upload(ramp(16));
    float host[16] = {};
    EXPECT_EQ(cuMemcpyDtoH_v2(host, a + 4, 64), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(cuMemcpyHtoD_v2(a, host, 65), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(cuMemcpyHtoD_v2(0x1000, host, 4), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(cuMemcpyHtoD_v2(a, nullptr, 4), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(cuMemcpyDtoH_v2(host, a, ~size_t(0)), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(cuMemcpyHtoD_v2(a, host, 0), 0);
    EXPECT_EQ(cuMemcpyDtoH_v2(host, a, 64), 0);
}

TEST(copies_boxes) {
    Fixture f;
    const std::vector<float> values = ramp(8 * 6);
    const CUdeviceptr a = f.upload(values), b = f.upload(std::vector<float>(5 * 4));
    CUDA_MEMCPY2D copy{};  // 3 columns of 4 rows, from column 2 of row 1 to column 1 of row 0
    copy.srcMemoryType = copy.dstMemoryType = CU_MEMORYTYPE_DEVICE;
    copy.srcDevice = a;
    copy.srcPitch = 32;
    copy.srcXInBytes = 8;
    copy.srcY = 1;
    copy.dstDevice = b;
    copy.dstPitch = 20;
    copy.dstXInBytes = 4;
    copy.WidthInBytes = 12;
    copy.Height = 4;
    EXPECT_EQ(cuMemcpy2D_v2(&copy), 0);
    const std::vector<float> out = f.download(b, 20);
    for (size_t y = 0; y < 4; ++y)
        for (size_t x = 0; x < 5; ++x) EXPECT_EQ(out[y * 5 + x], x >= 1 && x < 4 ? values[(y + 1) * 8 + x + 1] : 0.0f);
    copy.Height = 5;
    EXPECT_EQ(cuMemcpy2D_v2(&copy), CUDA_ERROR_INVALID_VALUE);
    copy.Height = 4;
    copy.dstPitch = 15;
    EXPECT_EQ(cuMemcpy2D_v2(&copy), CUDA_ERROR_INVALID_VALUE);
    copy.dstMemoryType = CU_MEMORYTYPE_ARRAY;
    EXPECT_EQ(cuMemcpy2D_v2(&copy), CUDA_ERROR_NOT_SUPPORTED);
    EXPECT_EQ(cuMemcpy2D_v2(nullptr), CUDA_ERROR_INVALID_VALUE);

    std::vector<float> host(2 * 3 * 4, -1.0f);  // slices of 3 rows of 4 columns
    CUDA_MEMCPY3D box{};
    box.srcMemoryType = CU_MEMORYTYPE_DEVICE;
    box.srcDevice = a;
    box.srcPitch = 32;
    box.srcHeight = 3;
    box.dstMemoryType = CU_MEMORYTYPE_HOST;
    box.dstHost = host.data();
    box.dstPitch = 16;
    box.dstHeight = 3;
    box.WidthInBytes = 8;
    box.Height = 2;
    box.Depth = 2;
    EXPECT_EQ(cuMemcpy3D_v2(&box), 0);
    for (size_t z = 0; z < 2; ++z)
        for (size_t y = 0; y < 3; ++y)
            for (size_t x = 0; x < 4; ++x)
                EXPECT_EQ(host[(z * 3 + y) * 4 + x], x < 2 && y < 2 ? values[(z * 3 + y) * 8 + x] : -1.0f);
}

TEST(fills) {
    Fixture f;
    const CUdeviceptr p = f.upload(std::vector<float>(8));
    EXPECT_EQ(cuMemsetD32_v2(p, 0x3f800000, 8), 0);
    EXPECT(f.download(p, 8) == std::vector<float>(8, 1.0f));
    EXPECT_EQ(cuMemsetD8_v2(p, 0, 4), 0);
    EXPECT_EQ(cuMemsetD16_v2(p + 6, 0x4000, 1), 0);
    EXPECT_EQ(cuMemsetD2D32_v2(p + 8, 8, 0xbf800000, 1, 3), 0);
    const std::vector<float> expected = {0, 2, -1, 1, -1, 1, -1, 1};
    EXPECT(f.download(p, 8) == expected);
    EXPECT_EQ(cuMemsetD32_v2(p, 1, 9), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(cuMemsetD32_v2(p + 2, 1, 1), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(cuMemsetD16_v2(p + 1, 1, 1), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(cuMemsetD2D32_v2(p, 4, 1, 2, 2), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(cuMemsetD32_v2(p, 1, ~size_t(0)), CUDA_ERROR_INVALID_VALUE);
}

TEST(gives_pinned_memory_that_the_device_can_use) {
    Fixture f;
    void* host = nullptr;
    EXPECT_EQ(cuMemHostAlloc(&host, 256, 2), 0);
    float* values = static_cast<float*>(host);
    for (int i = 0; i < 64; ++i) values[i] = float(i);
    CUdeviceptr p = 0;
    EXPECT_EQ(cuMemHostGetDevicePointer_v2(&p, host, 0), 0);
    EXPECT_EQ(launch_add(f.function("add"), nullptr, p, 64, 2.0f), 0);
    for (int i = 0; i < 64; ++i) EXPECT_EQ(values[i], float(i) + 2);
    EXPECT_EQ(cuMemFree_v2(p), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(cuMemHostGetDevicePointer_v2(&p, &p, 0), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(cuMemFreeHost(host), 0);
    EXPECT_EQ(cuMemFreeHost(host), CUDA_ERROR_INVALID_VALUE);
}

TEST(answers_questions_about_pointers) {
    Fixture f;
    const CUdeviceptr p = f.upload(ramp(10));
    unsigned type = 0;
    CUdeviceptr start = 0;
    size_t bytes = 0;
    CUcontext context = nullptr;
    EXPECT_EQ(cuPointerGetAttribute(&type, 2, p + 8), 0);
    EXPECT_EQ(type, unsigned(CU_MEMORYTYPE_DEVICE));
    int attributes[] = {1, 11, 12};
    void* data[] = {&context, &start, &bytes};
    EXPECT_EQ(cuPointerGetAttributes(3, attributes, data, p + 8), 0);
    EXPECT(context == f.context);
    EXPECT_EQ(start, p);
    EXPECT_EQ(bytes, size_t(40));
    EXPECT_EQ(cuPointerGetAttribute(&type, 2, 0x1000), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(cuPointerGetAttributes(3, attributes, data, 0x1000), 0);
    EXPECT(context == nullptr);
}

TEST(has_a_default_pool) {
    Fixture f;
    CUmemoryPool pool = nullptr;
    EXPECT_EQ(cuDeviceGetDefaultMemPool(&pool, 0), 0);
    uint64_t threshold = 1 << 30, back = 0;
    EXPECT_EQ(cuMemPoolSetAttribute(pool, 4, &threshold), 0);
    EXPECT_EQ(cuMemPoolGetAttribute(pool, 4, &back), 0);
    EXPECT_EQ(back, threshold);
    EXPECT_EQ(cuMemPoolTrimTo(pool, 0), 0);
    EXPECT_EQ(cuMemPoolTrimTo(reinterpret_cast<CUmemoryPool>(12345), 0), CUDA_ERROR_INVALID_HANDLE);
    CUdeviceptr p = 0;
    EXPECT_EQ(cuMemAllocFromPoolAsync(&p, 64, pool, nullptr), 0);
    EXPECT_EQ(cuMemsetD32Async(p, 0, 16, nullptr), 0);
    EXPECT_EQ(cuMemFreeAsync(p, nullptr), 0);
    EXPECT_EQ(cuMemFreeAsync(p, nullptr), CUDA_ERROR_INVALID_VALUE);
}

TEST_MAIN
