// Whole kernels as nvcc emits them, from PTX text to results.
#include <unistd.h>

#include "expect.h"
#include "machine.h"

using namespace softcuda;

namespace {

struct Pair {
    int32_t a;
    float b[3];
    int64_t c;
};

}  // namespace

TEST(vector_add) {
    Machine m;
    Module& module = m.load(Machine::file("basic.ptx"));
    const int n = 1000;
    float *a = m.allocate<float>(n), *b = m.allocate<float>(n), *c = m.allocate<float>(n + 32, -1.f);
    for (int i = 0; i < n; i++) a[i] = float(i) * 0.5f, b[i] = float(i * i);
    FaultReport f = m.launch(module, "vector_add", {8, 1, 1, 128}, a, b, c, n);
    EXPECT_EQ(f.text, "");
    for (int i = 0; i < n; i++) EXPECT_EQ(c[i], a[i] + b[i]);
    for (int i = n; i < n + 32; i++) EXPECT_EQ(c[i], -1.f);
}

TEST(tiled_sgemm_on_every_level) {
    const std::string before = active_level();
    for (const char* level : {"scalar", "avx2", "avx512", "avx512bf16"}) {
        if (!set_level(level)) continue;
        Machine m;
        Module& module = m.load(Machine::file("basic.ptx"));
        for (int n : {16, 33, 70}) {
            float *a = m.allocate<float>(size_t(n * n)), *b = m.allocate<float>(size_t(n * n)),
                  *c = m.allocate<float>(size_t(n * n));
            for (int i = 0; i < n * n; i++) a[i] = float(i * 7 % 23 - 11) / 8, b[i] = float(i * 5 % 19 - 9) / 4;
            uint32_t tiles = uint32_t(n + 15) / 16;
            FaultReport f = m.launch(module, "tiled_sgemm", {tiles, tiles, 1, 16, 16}, a, b, c, n);
            EXPECT_EQ(f.text, "");
            for (int i = 0; i < n; i++) {
                for (int j = 0; j < n; j++) {
                    double sum = 0;
                    for (int k = 0; k < n; k++) sum += double(a[i * n + k]) * b[k * n + j];
                    EXPECT_NEAR(c[i * n + j], sum, 1e-3);
                }
            }
        }
    }
    set_level(before.c_str());
}

// Carries and borrows pass through one flag: after a subtraction it is set where nothing was borrowed, which addc adds.
TEST(division_of_128_bits) {
    using Number = unsigned __int128;
    Machine m;
    Module& module = m.load(Machine::file("divide128.ptx"));
    const int n = 96;
    Number *a = m.allocate<Number>(n), *b = m.allocate<Number>(n), *quotient = m.allocate<Number>(n),
           *rest = m.allocate<Number>(n);
    uint64_t state = 1;
    auto draw = [&state](int bits) {
        Number x = 0;
        for (int i = 0; i < 2; i++) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            x = x << 64 | (state ^ state >> 31);
        }
        return bits == 128 ? x : x & ((Number(1) << bits) - 1);
    };
    for (int i = 0; i < n; i++) a[i] = draw(128 - i % 7), b[i] = draw(1 + i * 5 % 128) | 1;
    EXPECT_EQ(m.launch(module, "divide128", {1, 1, 1, n}, a, b, quotient, rest, n).text, "");
    for (int i = 0; i < n; i++) {
        EXPECT(quotient[i] == a[i] / b[i]);
        EXPECT(rest[i] == a[i] % b[i]);
    }
}

TEST(calls_constants_and_structures) {
    Machine m;
    Module& module = m.load(Machine::file("runtime.ptx"));
    const float table[4] = {1.f, 2.5f, -3.f, 4.f};
    Pair s{7, {1.5f, 2.5f, -1.f}, 1234567};
    float* out = m.allocate<float>(128);
    EXPECT_EQ(m.launch(module, "calls", {2, 1, 1, 64}, out, 6, s).text, "");
    for (int i = 0; i < 128; i++) {
        float x = float(i);
        for (int k = 0; k < 6; k++) x = x * 1.5f + float(k);
        float v = i % 3 == 0 ? x : table[i & 3];
        Pair q = s;
        q.b[i % 5 % 3] += 1;
        double expected = double(v) + q.a + i % 5 + q.b[i % 3] + 2.0 * double(q.c) + table[2];
        EXPECT_NEAR(out[i], expected, std::fabs(expected) * 1e-6);
    }
    const Variable* counter = module.find_variable("counter");
    EXPECT(counter != nullptr);
    EXPECT_EQ(*reinterpret_cast<int*>(counter->address), 5 + 128);
    const Variable* constants = module.find_variable("table");
    EXPECT(constants && constants->constant && constants->bytes == 16);
}

TEST(local_arrays) {
    Machine m;
    Module& module = m.load(Machine::file("runtime.ptx"));
    int* out = m.allocate<int>(40);
    EXPECT_EQ(m.launch(module, "local_array", {1, 1, 1, 40}, out, 25).text, "");
    for (int t = 0; t < 40; t++) {
        int loc[16], sum = 0;
        for (int j = 0; j < 16; j++) loc[j] = j * t;
        for (int j = 0; j < 25; j++) loc[(j * 7 + t) & 15] += j;
        for (int j = 0; j < 16; j++) sum = int(unsigned(sum) * 3u + unsigned(loc[j]));
        EXPECT_EQ(out[t], sum);
    }
}

TEST(printf_from_a_kernel) {
    Machine m;
    Module& module = m.load(Machine::file("runtime.ptx"));
    // The output goes to the process's stdout: catch it in a file.
    std::fflush(stdout);
    int saved = dup(1);
    std::FILE* caught = std::tmpfile();
    dup2(fileno(caught), 1);
    FaultReport f = m.launch(module, "say", {1, 1, 1, 32}, -42);
    dup2(saved, 1);
    close(saved);
    EXPECT_EQ(f.text, "");
    std::rewind(caught);
    char text[200] = {};
    size_t got = std::fread(text, 1, sizeof text - 1, caught);
    std::fclose(caught);
    EXPECT_EQ(std::string(text, got), "value -42  1.25 hello 1099511627776 x%\n");
}

TEST(a_failed_assertion_is_a_fault) {
    Machine m;
    Module& module = m.load(Machine::file("runtime.ptx"));
    int* values = m.allocate<int>(64, 1);
    EXPECT_EQ(m.launch(module, "check", {1, 1, 1, 64}, values).code, 0);
    values[45] = 0;
    FaultReport f = m.launch(module, "check", {1, 1, 1, 64}, values);
    EXPECT_EQ(f.code, 710);
    EXPECT(f.text.find("p[threadIdx.x] > 0") != std::string::npos);
    EXPECT(f.text.find("thread (45, 0, 0)") != std::string::npos);
}

TEST(the_grid_waits_for_all_its_blocks) {
    Machine m;
    Module& module = m.load(Machine::file("runtime.ptx"));
    const int blocks = 7, threads = 40, n = blocks * threads, rounds = 9;
    int* data = m.allocate<int>(n);
    for (int i = 0; i < n; i++) data[i] = i;
    Machine::Shape shape{blocks, 1, 1, threads};
    shape.cooperative = true;
    for (int repeat = 0; repeat < 3; repeat++) {
        std::vector<int> expected(data, data + n);
        for (int r = 0; r < rounds; r++) {
            std::vector<int> next(static_cast<size_t>(n));
            for (int i = 0; i < n; i++) next[size_t(i)] = expected[size_t((i + threads) % n)] + 1;
            expected = next;
        }
        EXPECT_EQ(m.launch(module, "grid_rounds", shape, data, rounds).text, "");
        for (int i = 0; i < n; i++) EXPECT_EQ(data[i], expected[size_t(i)]);
    }
}

TEST(grid_synchronisation_needs_a_cooperative_launch) {
    Machine m;
    Module& module = m.load(Machine::file("runtime.ptx"));
    int* data = m.allocate<int>(64);
    EXPECT_EQ(m.launch(module, "grid_rounds", {2, 1, 1, 32}, data, 1).code, 719);
}

TEST(dynamic_shared_memory_lies_behind_the_static) {
    Machine m;
    Module& module = m.load(Machine::file("runtime.ptx"));
    EXPECT_EQ(module.find_kernel("dynamic_shared")->staticShared, 32u);
    int* out = m.allocate<int>(64);
    EXPECT_EQ(m.launch(module, "dynamic_shared", {1, 1, 1, 64, 1, 1, 256}, out).text, "");
    for (int t = 0; t < 64; t++) EXPECT_EQ(out[t], (63 - t) * 2 + 1);
    // One int less than the kernel needs: the last thread's access is out of range.
    EXPECT_EQ(m.launch(module, "dynamic_shared", {1, 1, 1, 64, 1, 1, 252}, out).code, 700);
}

TEST(the_last_block_sums_up) {
    Machine m;
    Module& module = m.load(Machine::file("runtime.ptx"));
    const int blocks = 50;
    int *in = m.allocate<int>(blocks * 64), *partial = m.allocate<int>(blocks), *out = m.allocate<int>(1);
    uint32_t* done = m.allocate<uint32_t>(1);
    int total = 0;
    for (int i = 0; i < blocks * 64; i++) total += in[i] = i % 17;
    EXPECT_EQ(m.launch(module, "last_block", {blocks, 1, 1, 64}, in, partial, done, out).text, "");
    EXPECT_EQ(*out, total);
}

TEST(a_wild_address_is_a_fault_with_its_place) {
    Machine m;
    Module& module = m.load(Machine::file("runtime.ptx"));
    int* p = m.allocate<int>(64);
    FaultReport f = m.launch(module, "out_of_bounds", {1, 1, 1, 64}, p, int64_t(1) << 40);
    EXPECT_EQ(f.code, 700);
    EXPECT(f.text.find("kernel out_of_bounds") != std::string::npos);
    EXPECT(f.text.find("block (0, 0, 0), warp 1, lane 8, thread (40, 0, 0)") != std::string::npos);
    char address[40];
    std::snprintf(address, sizeof address, "0x%llx",
                  static_cast<unsigned long long>(reinterpret_cast<uint64_t>(p) + (uint64_t(4) << 40)));
    EXPECT(f.text.find(address) != std::string::npos);
    // The machine is fine afterwards.
    EXPECT_EQ(m.launch(module, "out_of_bounds", {1, 1, 1, 64}, p, int64_t(3)).code, 0);
    EXPECT_EQ(p[3], 1);
}

TEST(kernels_are_described) {
    Machine m;
    Module& module = m.load(Machine::file("runtime.ptx"));
    EXPECT(module.find_kernel("missing") == nullptr);
    const Kernel& k = *module.find_kernel("calls");
    EXPECT_EQ(k.parameters.size(), size_t(3));
    EXPECT_EQ(k.parameters[2].offset, 16u);
    EXPECT_EQ(k.parameters[2].bytes, 24u);
    EXPECT_EQ(k.parameterBytes, 40u);
    EXPECT_EQ(k.ptxVersion, 90u);
    EXPECT_EQ(k.target, 80u);
    EXPECT_EQ(k.constBytes, 16u);
    EXPECT(k.localBytes > 0);
}

TEST_MAIN
