// Tensor maps made by the driver: what is refused, and a map that a kernel uses.
#include <cstdlib>
#include <functional>

#include "driver_fixture.h"
#include "tensor_fixture.h"

extern "C" {
CUresult cuTensorMapEncodeTiled(void*, int, uint32_t, void*, const uint64_t*, const uint64_t*, const uint32_t*,
                                const uint32_t*, int, int, int, int);
CUresult cuTensorMapEncodeIm2col(void*, int, uint32_t, void*, const uint64_t*, const uint64_t*, const int*, const int*,
                                 uint32_t, uint32_t, const uint32_t*, int, int, int, int);
CUresult cuTensorMapReplaceAddress(void*, void*);
}

namespace {

struct Tiled {
    int type = 9;
    uint32_t rank = 3;
    uint64_t address = 0x1000, size[5] = {128, 64, 32, 16, 8}, stride[4] = {256, 16384, 1 << 20, 1 << 24};
    uint32_t box[5] = {64, 16, 4, 2, 2}, step[5] = {1, 1, 1, 1, 1};
    int interleave = 0, swizzle = 3, promotion = 3, fill = 0;
};
struct Im2col : Tiled {
    Im2col() { rank = 4; }
    int lower[3] = {-1, -1, -1}, upper[3] = {-1, -1, -1};
    uint32_t channels = 64, pixels = 128;
};

alignas(64) uint8_t map_bytes[192];

CUresult encode(const std::function<void(Tiled&)>& change) {
    Tiled t;
    change(t);
    return cuTensorMapEncodeTiled(map_bytes, t.type, t.rank, reinterpret_cast<void*>(t.address), t.size, t.stride,
                                  t.box, t.step, t.interleave, t.swizzle, t.promotion, t.fill);
}
CUresult encode_pixels(const std::function<void(Im2col&)>& change) {
    Im2col t;
    change(t);
    return cuTensorMapEncodeIm2col(map_bytes, t.type, t.rank, reinterpret_cast<void*>(t.address), t.size, t.stride,
                                   t.lower, t.upper, t.channels, t.pixels, t.step, t.interleave, t.swizzle, t.promotion,
                                   t.fill);
}

}  // namespace

TEST(refuses_what_the_documentation_forbids) {
    setenv("ZOETROPE_COMPUTE", "9.0", 1);
    EXPECT_EQ(cuInit(0), 0);
    const CUresult bad = CUDA_ERROR_INVALID_VALUE;
    EXPECT_EQ(encode([](Tiled&) {}), 0);
    EXPECT_EQ(encode([](Tiled& t) { t.type = 13; }), bad);
    EXPECT_EQ(encode([](Tiled& t) { t.type = -1; }), bad);
    EXPECT_EQ(encode([](Tiled& t) { t.rank = 0; }), bad);
    EXPECT_EQ(encode([](Tiled& t) { t.rank = 6; }), bad);
    EXPECT_EQ(encode([](Tiled& t) { t.rank = 5; }), 0);
    EXPECT_EQ(encode([](Tiled& t) { t.rank = 1; }), 0);
    EXPECT_EQ(encode([](Tiled& t) { t.address = 0x1008; }), bad);
    EXPECT_EQ(encode([](Tiled& t) { t.size[2] = 0; }), bad);
    EXPECT_EQ(encode([](Tiled& t) { t.size[2] = uint64_t(1) << 32; }), 0);
    EXPECT_EQ(encode([](Tiled& t) { t.size[2] = (uint64_t(1) << 32) + 1; }), bad);
    EXPECT_EQ(encode([](Tiled& t) { t.stride[0] = 264; }), bad);
    EXPECT_EQ(encode([](Tiled& t) { t.stride[1] = uint64_t(1) << 40; }), bad);
    EXPECT_EQ(encode([](Tiled& t) { t.box[1] = 257; }), bad);
    EXPECT_EQ(encode([](Tiled& t) { t.box[1] = 0; }), bad);
    EXPECT_EQ(encode([](Tiled& t) { t.box[0] = 60; }), bad);  // 120 bytes: no multiple of 16
    EXPECT_EQ(encode([](Tiled& t) { t.box[0] = 72; }), bad);  // 144 bytes: beyond the pattern
    EXPECT_EQ(encode([](Tiled& t) {
                  t.box[0] = 72;
                  t.swizzle = 0;
              }),
              0);
    EXPECT_EQ(encode([](Tiled& t) { t.swizzle = 2; }), bad);
    EXPECT_EQ(encode([](Tiled& t) {
                  t.box[0] = 32;
                  t.swizzle = 2;
              }),
              0);
    EXPECT_EQ(encode([](Tiled& t) { t.swizzle = 4; }), bad);
    EXPECT_EQ(encode([](Tiled& t) { t.step[1] = 0; }), bad);
    EXPECT_EQ(encode([](Tiled& t) { t.step[1] = 9; }), bad);
    EXPECT_EQ(encode([](Tiled& t) { t.step[1] = 8; }), 0);
    EXPECT_EQ(encode([](Tiled& t) { t.interleave = 3; }), bad);
    EXPECT_EQ(encode([](Tiled& t) { t.interleave = 1; }), CUDA_ERROR_NOT_SUPPORTED);
    EXPECT_EQ(encode([](Tiled& t) { t.promotion = 4; }), bad);
    EXPECT_EQ(encode([](Tiled& t) { t.fill = 2; }), bad);
    EXPECT_EQ(encode([](Tiled& t) { t.fill = 1; }), 0);
    EXPECT_EQ(encode([](Tiled& t) {
                  t.fill = 1;
                  t.type = 1;
              }),
              bad);  // NaN for integers
    Tiled t;
    EXPECT_EQ(
        cuTensorMapEncodeTiled(map_bytes + 32, t.type, t.rank, nullptr, t.size, t.stride, t.box, t.step, 0, 3, 0, 0),
        bad);
    EXPECT_EQ(cuTensorMapEncodeTiled(nullptr, t.type, t.rank, nullptr, t.size, t.stride, t.box, t.step, 0, 3, 0, 0),
              bad);
    EXPECT_EQ(cuTensorMapEncodeTiled(map_bytes, t.type, t.rank, nullptr, nullptr, t.stride, t.box, t.step, 0, 3, 0, 0),
              bad);
    EXPECT_EQ(cuTensorMapEncodeTiled(map_bytes, t.type, t.rank, nullptr, t.size, nullptr, t.box, t.step, 0, 3, 0, 0),
              bad);
    EXPECT_EQ(cuTensorMapEncodeTiled(map_bytes, t.type, t.rank, nullptr, t.size, t.stride, nullptr, t.step, 0, 3, 0, 0),
              bad);

    EXPECT_EQ(encode_pixels([](Im2col&) {}), 0);
    EXPECT_EQ(encode_pixels([](Im2col& t) { t.rank = 2; }), bad);
    EXPECT_EQ(encode_pixels([](Im2col& t) { t.channels = 257; }), bad);
    EXPECT_EQ(encode_pixels([](Im2col& t) { t.channels = 72; }), bad);
    EXPECT_EQ(encode_pixels([](Im2col& t) { t.channels = 0; }), bad);
    EXPECT_EQ(encode_pixels([](Im2col& t) { t.pixels = 1024; }), 0);
    EXPECT_EQ(encode_pixels([](Im2col& t) { t.pixels = 1025; }), bad);
    EXPECT_EQ(encode_pixels([](Im2col& t) {
                  t.lower[1] = -128;
                  t.upper[0] = 127;
              }),
              0);
    EXPECT_EQ(encode_pixels([](Im2col& t) { t.lower[1] = -129; }), bad);
    EXPECT_EQ(encode_pixels([](Im2col& t) { t.upper[0] = 128; }), bad);
    EXPECT_EQ(encode_pixels([](Im2col& t) {
                  t.rank = 5;
                  t.lower[2] = -16;
              }),
              0);
    EXPECT_EQ(encode_pixels([](Im2col& t) {
                  t.rank = 5;
                  t.lower[2] = -17;
              }),
              bad);
    EXPECT_EQ(encode_pixels([](Im2col& t) {
                  t.rank = 3;
                  t.lower[0] = -32768;
              }),
              0);

    EXPECT_EQ(encode([](Tiled&) {}), 0);
    EXPECT_EQ(cuTensorMapReplaceAddress(map_bytes, reinterpret_cast<void*>(0x2008)), bad);
    EXPECT_EQ(cuTensorMapReplaceAddress(map_bytes, reinterpret_cast<void*>(0x2000)), 0);
    EXPECT_EQ(cuTensorMapReplaceAddress(map_bytes + 64, reinterpret_cast<void*>(0x2000)), bad);  // no map is there
}

TEST(a_kernel_reads_through_a_map_with_another_address) {
    Fixture f;
    const std::vector<float> values = ramp(4096);
    const CUdeviceptr first = f.upload(std::vector<float>(4096, -1)), second = f.upload(values),
                      out = f.upload(std::vector<float>(4096));
    const uint64_t size[2] = {64, 64}, stride[1] = {256};
    const uint32_t box[2] = {32, 8}, step[2] = {1, 1};
    alignas(64) uint8_t map[128];
    EXPECT_EQ(cuTensorMapEncodeTiled(map, 7, 2, reinterpret_cast<void*>(first), size, stride, box, step, 0, 0, 0, 0),
              0);
    EXPECT_EQ(cuTensorMapReplaceAddress(map, reinterpret_cast<void*>(second)), 0);
    CUmodule module = nullptr;
    CUfunction function = nullptr;
    EXPECT_EQ(cuModuleLoadData(&module, softcuda::load_kernel(2, false).c_str()), 0);
    EXPECT_EQ(cuModuleGetFunction(&function, module, "k"), 0);
    uint32_t bytes = 1024, none = 0;
    int x = 16, y = 5;
    CUdeviceptr to = out;
    void* parameters[] = {map, &to, &bytes, &x, &y, &none, &none, &none, &none, &none, &none};
    EXPECT_EQ(cuLaunchKernel(function, 1, 1, 1, 64, 1, 1, 0, nullptr, parameters, nullptr), 0);
    const std::vector<float> got = f.download(out, 256);
    for (size_t i = 0; i < 256; i++) EXPECT_EQ(got[i], values[(5 + i / 32) * 64 + 16 + i % 32]);
    cuModuleUnload(module);
}

TEST_MAIN
