// Whole kernels as nvcc emits them, from PTX text to results.
#include "expect.h"
#include "machine.h"

using namespace softcuda;

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

TEST(tiled_sgemm) {
    Machine m;
    Module& module = m.load(Machine::file("basic.ptx"));
    for (int n : {16, 33, 70}) {
        float *a = m.allocate<float>(size_t(n * n)), *b = m.allocate<float>(size_t(n * n)), *c = m.allocate<float>(size_t(n * n));
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

TEST_MAIN
