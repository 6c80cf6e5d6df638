// Outer products that run as tiles must give the bits that one fma after the other gives.
#include <cmath>

#include "exec/kernel_code.h"
#include "expect.h"
#include "machine.h"

using namespace softcuda;

namespace {

constexpr int kThreads = 64;

// `c` after the kernel, from the same values every time.
std::vector<float> product(const char* level, const char* kernel, int perThread, int steps, int valuesPerStep,
                           size_t* tiles) {
    EXPECT(set_level(level));
    Machine m;
    Module& module = m.load(Machine::file("outer.ptx"));
    size_t n = size_t(steps + 5) * size_t(valuesPerStep);
    float *a = m.allocate<float>(n), *b = m.allocate<float>(n), *c = m.allocate<float>(size_t(kThreads * perThread));
    uint32_t state = 12345;
    auto next = [&] { return float(int32_t(state = state * 1664525u + 1013904223u)) * 0x1p-30f; };
    for (size_t i = 0; i < n; i++) a[i] = next(), b[i] = next();
    for (int i = 0; i < kThreads * perThread; i++) c[i] = next();
    EXPECT_EQ(m.launch(module, kernel, {1, 1, 1, kThreads}, a, b, c, steps).text, "");
    *tiles = 0;
    for (const char* name : module.find_kernel(kernel)->code->names)
        *tiles += std::strcmp(name, "internal.fma.tile") == 0;
    return std::vector<float>(c, c + kThreads * perThread);
}

void compare(const char* kernel, int perThread, int steps, int valuesPerStep) {
    const std::string before = active_level();
    size_t tiles = 0;
    std::vector<float> expected;
    const char* reference = set_level("scalar") ? "scalar" : active_level();
    expected = product(reference, kernel, perThread, steps, valuesPerStep, &tiles);
    if (std::strcmp(reference, "scalar") == 0) EXPECT_EQ(tiles, size_t(0));
    for (const char* level : {"avx2", "avx512", "avx512bf16"}) {
        if (!set_level(level)) continue;
        std::vector<float> got = product(level, kernel, perThread, steps, valuesPerStep, &tiles);
        EXPECT(tiles > 0);
        EXPECT_EQ(std::memcmp(got.data(), expected.data(), got.size() * sizeof(float)), 0);
    }
    set_level(before.c_str());
}

}  // namespace

TEST(whole_warps) { compare("outer_8x8", 64, 3, 8 * 64); }
TEST(columns_that_fill_no_tile) { compare("outer_4x6", 24, 4, 5 * 64); }
TEST(diverged_warps) { compare("outer_diverged", 16, 7, 64); }

TEST(against_a_plain_loop) {
    // outer_diverged, computed here with std::fma.
    size_t tiles = 0;
    const int steps = 7;
    std::vector<float> got = product(active_level(), "outer_diverged", 16, steps, 64, &tiles);
    size_t n = size_t(steps + 5) * 64;
    std::vector<float> a(n), b(n), c(kThreads * 16);
    uint32_t state = 12345;
    auto next = [&] { return float(int32_t(state = state * 1664525u + 1013904223u)) * 0x1p-30f; };
    for (size_t i = 0; i < n; i++) a[i] = next(), b[i] = next();
    for (float& x : c) x = next();
    for (int t = 0; t < kThreads; t++) {
        for (int step = 0; t % 3 && step < steps + t % 5; step++) {
            for (int r = 0; r < 4; r++) {
                for (int q = 0; q < 4; q++) {
                    float& sum = c[size_t((t * 4 + r) * 4 + q)];
                    sum =
                        std::fma(a[size_t(step * 64 + ((t + r) & 63))], b[size_t(step * 64 + ((t * 3 + q) & 63))], sum);
                }
            }
        }
    }
    EXPECT_EQ(std::memcmp(got.data(), c.data(), c.size() * sizeof(float)), 0);
}

TEST_MAIN
