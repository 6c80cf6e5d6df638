// Modules: PTX, fat binaries, logs, variables; functions and their attributes; occupancy.
#include <cstdio>
#include <unistd.h>

#include "driver_fixture.h"

namespace {

// An entry of a fat binary as nvcc lays it out.
struct Entry {
    uint16_t kind = 1, version = 0x0101;
    uint32_t headerBytes = 64;
    uint64_t bytes = 0;
    uint32_t compressedBytes = 0, unused = 0;
    uint16_t minor = 0, major = 9;
    uint32_t target = 80;
    uint64_t unused2 = 0, flags = 0x11;
    uint64_t tail[2] = {0, 0};
};
static_assert(sizeof(Entry) == 64);

std::string fat_binary(const std::vector<std::pair<Entry, std::string>>& entries) {
    std::string body;
    for (auto [entry, payload] : entries) {
        payload.resize((payload.size() + 8) & ~size_t(7));
        entry.bytes = payload.size();
        body.append(reinterpret_cast<const char*>(&entry), sizeof entry);
        body += payload;
    }
    std::string all(16, '\0');
    const uint32_t magic = 0xba55ed50;
    const uint16_t version = 1, headerBytes = 16;
    const uint64_t bytes = body.size();
    std::memcpy(&all[0], &magic, 4);
    std::memcpy(&all[4], &version, 2);
    std::memcpy(&all[6], &headerBytes, 2);
    std::memcpy(&all[8], &bytes, 8);
    return all + body;
}

Entry ptx_entry(uint32_t target) {
    Entry e;
    e.target = target;
    return e;
}

Entry elf_entry(uint32_t target) {
    Entry e = ptx_entry(target);
    e.kind = 2;
    return e;
}

std::string load_log(const void* image, CUresult& result) {
    char log[512] = "";
    int options[] = {5, 6};
    void* values[] = {log, reinterpret_cast<void*>(sizeof log)};
    CUmodule module = nullptr;
    result = cuModuleLoadDataEx(&module, image, 2, options, values);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(values[1]), std::strlen(log));
    return log;
}

}  // namespace

TEST(finds_functions_and_variables) {
    Fixture f;
    CUfunction a = f.function("add"), again = f.function("add");
    EXPECT(a && a == again);
    CUfunction none = nullptr;
    EXPECT_EQ(cuModuleGetFunction(&none, f.module, "subtract"), CUDA_ERROR_NOT_FOUND);
    EXPECT_EQ(cuModuleGetFunction(&none, f.module, nullptr), CUDA_ERROR_INVALID_VALUE);
    CUmodule owner = nullptr;
    EXPECT_EQ(cuFuncGetModule(&owner, a), 0);
    EXPECT(owner == f.module);
    CUdeviceptr address = 0;
    size_t bytes = 0;
    EXPECT_EQ(cuModuleGetGlobal_v2(&address, &bytes, f.module, "counter"), 0);
    EXPECT_EQ(bytes, size_t(4));
    unsigned value = 0;
    EXPECT_EQ(cuMemcpyDtoH_v2(&value, address, 4), 0);
    EXPECT_EQ(value, 7u);
    EXPECT_EQ(cuModuleGetGlobal_v2(&address, &bytes, f.module, "table"), 0);
    EXPECT_EQ(bytes, size_t(16));
    unsigned table[4] = {};
    EXPECT_EQ(cuMemcpyDtoH_v2(table, address, 16), 0);
    EXPECT_EQ(table[0] + table[1] * 10 + table[2] * 100 + table[3] * 1000, 4321u);
    EXPECT_EQ(cuModuleGetGlobal_v2(&address, &bytes, f.module, "nowhere"), CUDA_ERROR_NOT_FOUND);
}

TEST(invalidates_functions_with_their_module) {
    Fixture f;
    CUfunction add = f.function("add");
    const CUdeviceptr p = f.upload(ramp(4));
    EXPECT_EQ(cuModuleUnload(f.module), 0);
    EXPECT_EQ(cuModuleUnload(f.module), CUDA_ERROR_INVALID_HANDLE);
    EXPECT_EQ(launch_add(add, nullptr, p, 4, 1), CUDA_ERROR_INVALID_HANDLE);
    EXPECT_EQ(cuModuleGetFunction(&add, f.module, "add"), CUDA_ERROR_INVALID_HANDLE);
}

TEST(reports_the_line_of_an_error) {
    Fixture f;
    CUresult result = 0;
    const std::string log = load_log(
        ".version 8.0\n.target sm_80\n.address_size 64\n.visible .entry k()\n{\n  frobnicate;\n  ret;\n}\n", result);
    EXPECT_EQ(result, CUDA_ERROR_INVALID_PTX);
    EXPECT(log.find("6") != std::string::npos && log.find("frobnicate") != std::string::npos);
    EXPECT(load_log("\x01\x02\x03", result).find("neither") != std::string::npos);
    EXPECT_EQ(result, CUDA_ERROR_INVALID_IMAGE);
    load_log("", result);
    EXPECT(result != 0);
    CUmodule module = nullptr;
    EXPECT_EQ(cuModuleLoadData(&module, nullptr), CUDA_ERROR_INVALID_VALUE);
    int bad[] = {77};
    void* values[] = {nullptr};
    EXPECT_EQ(cuModuleLoadDataEx(&module, kKernels.c_str(), 1, bad, values), CUDA_ERROR_INVALID_VALUE);
}

TEST(takes_the_ptx_of_a_fat_binary) {
    Fixture f;
    CUmodule module = nullptr;
    CUfunction add = nullptr;
    const std::string image =
        fat_binary({{elf_entry(80), "machine code"}, {ptx_entry(80), kKernels}, {ptx_entry(120), "too new"}});
    EXPECT_EQ(cuModuleLoadData(&module, image.data()), 0);
    EXPECT_EQ(cuModuleGetFunction(&add, module, "add"), 0);
    const CUdeviceptr p = f.upload({1, 2});
    EXPECT_EQ(launch_add(add, nullptr, p, 2, 3), 0);
    EXPECT((f.download(p, 2) == std::vector<float>{4, 5}));
    struct Wrapper {
        uint32_t magic, version;
        const void* data;
        const void* unused;
    };
    const Wrapper wrapper = {0x466243b1, 1, image.data(), nullptr};
    EXPECT_EQ(cuModuleLoadData(&module, &wrapper), 0);
}

TEST(says_what_is_wrong_with_a_fat_binary) {
    Fixture f;
    CUresult result = 0;
    Entry compressed = ptx_entry(80);
    compressed.flags = 0x8011;
    EXPECT(load_log(fat_binary({{compressed, "squeezed"}}).data(), result).find("--no-compress") != std::string::npos);
    EXPECT_EQ(result, CUDA_ERROR_NO_BINARY_FOR_GPU);
    EXPECT(load_log(fat_binary({{elf_entry(90), "machine code"}}).data(), result).find("machine code for 9.0")
           != std::string::npos);
    EXPECT_EQ(result, CUDA_ERROR_NO_BINARY_FOR_GPU);
    load_log(
        "\x7f"
        "ELF cubin",
        result);
    EXPECT_EQ(result, CUDA_ERROR_NO_BINARY_FOR_GPU);
    std::string damaged = fat_binary({{ptx_entry(80), kKernels}});
    damaged[16 + 8 + 3] = 0x7f;  // the entry's size
    load_log(damaged.data(), result);
    EXPECT_EQ(result, CUDA_ERROR_INVALID_IMAGE);
}

TEST(loads_files) {
    Fixture f;
    char path[] = "/tmp/softcuda-module-XXXXXX";
    const int fd = mkstemp(path);
    EXPECT(write(fd, kKernels.data(), kKernels.size()) == ssize_t(kKernels.size()));
    close(fd);
    CUmodule module = nullptr;
    EXPECT_EQ(cuModuleLoad(&module, path), 0);
    unlink(path);
    EXPECT_EQ(cuModuleLoad(&module, path), CUDA_ERROR_FILE_NOT_FOUND);
}

TEST(knows_attributes_of_functions) {
    Fixture f;
    CUfunction reverse = f.function("reverse"), twist = f.function("twist");
    const auto attribute = [](CUfunction function, int which) {
        int value = -99;
        EXPECT_EQ(cuFuncGetAttribute(&value, which, function), 0);
        return value;
    };
    EXPECT_EQ(attribute(reverse, 0), 64);
    EXPECT_EQ(attribute(reverse, 1), 256);
    EXPECT_EQ(attribute(reverse, 5), 80);
    EXPECT_EQ(attribute(twist, 0), 1024);
    EXPECT_EQ(attribute(twist, 1), 0);
    EXPECT_EQ(attribute(twist, 8), 49152);
    EXPECT(attribute(twist, 4) > 0);
    int optin = 0, value = 0;
    EXPECT_EQ(cuDeviceGetAttribute(&optin, 97, 0), 0);
    EXPECT_EQ(cuFuncSetAttribute(twist, 8, optin), 0);
    EXPECT_EQ(attribute(twist, 8), optin);
    EXPECT_EQ(cuFuncSetAttribute(twist, 8, optin + 1), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(cuFuncSetAttribute(twist, 8, -1), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(cuFuncSetAttribute(reverse, 8, optin - 255), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(cuFuncGetAttribute(&value, 99, twist), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(cuFuncSetAttribute(twist, 0, 5), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(cuFuncSetCacheConfig(twist, 1), 0);
}

TEST(estimates_occupancy) {
    Fixture f;
    CUfunction twist = f.function("twist"), reverse = f.function("reverse");
    int blocks = -1, perMultiprocessor = 0, threads = 0, grid = 0;
    EXPECT_EQ(cuDeviceGetAttribute(&perMultiprocessor, 39, 0), 0);
    EXPECT_EQ(cuOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, twist, 1024, 0), 0);
    EXPECT_EQ(blocks, perMultiprocessor / 1024);
    EXPECT_EQ(cuOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, twist, 32, 1 << 20), 0);
    EXPECT_EQ(blocks, 0);
    EXPECT_EQ(cuOccupancyMaxPotentialBlockSize(&grid, &threads, reverse, nullptr, 0, 0), 0);
    EXPECT_EQ(threads, 64);
    EXPECT(grid >= 1);
    size_t room = 0;
    EXPECT_EQ(cuOccupancyAvailableDynamicSMemPerBlock(&room, twist, 2, 64), 0);
    EXPECT_EQ(cuOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, twist, 64, room), 0);
    EXPECT_EQ(blocks, 2);
}

TEST_MAIN
