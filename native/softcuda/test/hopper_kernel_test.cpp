// A whole warp-specialised kernel as nvcc emits it: right on every level, and with each of its mistakes found.
#include <cmath>

#include "tensor_fixture.h"

using namespace softcuda;

namespace {

constexpr uint32_t kShared = 3 * (128 + 64) * 64 * 2 + 128 * 64 * 2 + 64;

struct Product {
    Machine machine{uint64_t(64) << 20};
    int m, n, depth;
    uint16_t *a, *b, *c, *d;
    TensorMap maps[3];

    Product(int m, int n, int depth) : m(m), n(n), depth(depth) {
        a = matrix(m, depth, 3);
        b = matrix(n, depth, 4);
        c = matrix(m, n, 5);
        d = matrix(m, n, 6);
        encode(maps[0], a, depth, m, 128);
        encode(maps[1], b, depth, n, 64);
        encode(maps[2], c, n, m, 128);
    }
    uint16_t* matrix(int rows, int columns, uint32_t seed) {
        uint16_t* p = machine.allocate<uint16_t>(size_t(rows * columns));
        std::mt19937 random(seed);
        for (int i = 0; i < rows * columns; i++) {
            const float x = float(int(random() % 2001) - 1000) / 300.0f;
            uint32_t bits;
            std::memcpy(&bits, &x, 4);
            p[i] = uint16_t(bits >> 16);
        }
        machine.arena().mark_written(reinterpret_cast<uint64_t>(p), size_t(rows * columns) * 2);
        return p;
    }
    static void encode(TensorMap& map, void* p, int columns, int rows, uint32_t boxRows) {
        const uint64_t size[2] = {uint64_t(columns), uint64_t(rows)}, stride[1] = {uint64_t(columns) * 2};
        const uint32_t box[2] = {64, boxRows}, step[2] = {1, 1};
        EXPECT(encode_tiled({9, 2, reinterpret_cast<uint64_t>(p), size, stride, step, 0, 3, 2, 0}, box, map)
               == Encoded::Done);
    }
    FaultReport run(const char* kernel) {
        Module& module = machine.load(Machine::file("hopper_kernels.ptx"));
        return machine.launch(module, kernel, {uint32_t(n + 63) / 64, uint32_t(m + 127) / 128, 1, 384, 1, 1, kShared},
                              argument(maps[0]), argument(maps[1]), argument(maps[2]), depth);
    }
    FaultReport run_mma_sync() {
        Module& module = machine.load(Machine::file("hopper_kernels.ptx"));
        return machine.launch(module, "product_mma_sync", {uint32_t(n / 8), uint32_t(m / 16), 1, 32}, a, b, d, n,
                              depth);
    }
    static double value(uint16_t bits) {
        const uint32_t wide = uint32_t(bits) << 16;
        float f;
        std::memcpy(&f, &wide, 4);
        return f;
    }
    void expect_right() const {
        for (int row = 0; row < m; row++)
            for (int column = 0; column < n; column++) {
                double sum = 0, size = 0;
                for (int k = 0; k < depth; k++) {
                    const double x = value(a[row * depth + k]) * value(b[column * depth + k]);
                    sum += x, size += std::fabs(x);
                }
                if (std::fabs(value(c[row * n + column]) - sum) <= size * 0x1p-20 + std::fabs(sum) * 0x1p-8) continue;
                expect::failed(__FILE__, __LINE__,
                               "row " + std::to_string(row) + ", column " + std::to_string(column) + ": "
                                   + std::to_string(value(c[row * n + column])) + ", expected " + std::to_string(sum));
                return;
            }
    }
    bool same_bits() const { return std::memcmp(c, d, size_t(m * n) * 2) == 0; }
};

const std::vector<uint64_t> kSeeds = {0, 1, 2, 3};

void expect_found(const char* kernel, const std::vector<std::string>& parts, bool always) {
    for (uint64_t seed : kSeeds) {
        if (seed && !always) continue;
        Checks checks(true, seed);
        Product p(128, 64, 448);
        const FaultReport f = p.run(kernel);
        if (f.code != 719)
            expect::failed(__FILE__, __LINE__,
                           std::string(kernel) + " with seed " + std::to_string(seed) + ": not found: " + f.text);
        for (const std::string& part : parts)
            if (f.text.find(part) == std::string::npos)
                expect::failed(__FILE__, __LINE__, std::string(kernel) + ": no \"" + part + "\" in: " + f.text);
    }
}

}  // namespace

TEST(the_product_is_right_and_has_the_bits_of_mma_sync) {
    std::vector<uint16_t> first;
    on_every_level([&] {
        Product p(208, 152, 448);
        EXPECT_EQ(p.run("product").text, "");
        EXPECT_EQ(p.run_mma_sync().text, "");
        p.expect_right();
        EXPECT(p.same_bits());
        std::vector<uint16_t> now(p.c, p.c + 208 * 152);
        if (first.empty()) first = now;
        EXPECT(now == first);
    });
}

// Of so few steps that each block issues its products under the numbers that those of the block before had.
TEST(blocks_share_nothing_of_their_products) {
    on_every_level([&] {
        Product p(208, 152, 64);
        EXPECT_EQ(p.run("product").text, "");
        p.expect_right();
    });
}

TEST(checked_mode_is_silent_and_changes_nothing) {
    for (uint64_t seed : {0, 1, 2, 3, 4, 5, 6, 7}) {
        Checks checks(true, seed);
        Product p(208, 152, 400);  // the last step is half outside of the tensors
        EXPECT_EQ(p.run("product").text, "");
        EXPECT_EQ(p.run_mma_sync().text, "");
        EXPECT(p.same_bits());
    }
}

TEST(every_mistake_is_found) {
    expect_found("no_proxy_fence",
                 {"missing proxy fence: an asynchronous read of what warp ",
                  "(behind the write its thread must run fence.proxy.async, before the barrier)", "warp 0, lane 0"},
                 true);
    expect_found("one_lane_less", {"missing proxy fence: an asynchronous read of what warp 2, lane "}, true);
    expect_found("expects_too_much",
                 {"deadlock: no warp can go on", "stage 2 of 6 side by side",
                  "phase 0 has 0 of 1 arrivals and 128 bytes of transactions pending"},
                 true);
    expect_found("no_arrival",
                 {"deadlock: no warp can go on", "stage 4 of 6 side by side",
                  "for the end of parity 0: phase 0 has 1 of 2 arrivals"},
                 true);
    expect_found("no_wait_for_full", {"warp ", "wgmma.mma_async"}, false);
    expect_found(
        "stage_freed_early",
        {"race in shared memory: write of bytes that an asynchronous operation still reads (wgmma at PTX line ",
         "a wait_group is missing"},
        false);
    expect_found("no_wait_for_wgmma",
                 {"read of an accumulator before the wait for the wgmma at PTX line ", "a wgmma.wait_group is missing"},
                 true);
    expect_found("no_wgmma_fence", {"wgmma without wgmma.fence behind the last write of its registers"}, true);
    expect_found("no_wait_for_empty", {"an mbarrier takes no arrival of 1: phase 0 has 0 of 1 arrivals and "}, false);
}

TEST_MAIN
