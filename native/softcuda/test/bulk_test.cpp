// cp.async.bulk and cp.reduce.async.bulk of plain bytes, on every level, in fast and in checked mode.
#include <cmath>

#include "expect.h"
#include "kernels.h"

using namespace softcuda;

namespace {

std::string kernel(const std::string& body) {
    return with_header(R"(
.visible .entry k(.param .u64 in, .param .u64 out, .param .u32 bytes) {
    .reg .pred %p<8>; .reg .b32 %r<32>; .reg .b64 %d<16>; .reg .b16 %h<4>;
    .shared .align 128 .b8 data[4096];
    .shared .align 128 .b8 more[4096];
    .shared .align 8 .b64 bar;
    ld.param.u64 %d0, [in];
    ld.param.u64 %d1, [out];
    ld.param.u32 %r1, [bytes];
    mov.u32 %r0, %tid.x;
)" + body + "\n ret;\n}\n");
}

// One thread loads `bytes` bytes, all change them, and one stores them.
const std::string kThere = barrier_ready("bar", 1) + R"(
    @%p7 bra LOADED;
    mbarrier.arrive.expect_tx.shared::cta.b64 _, [bar], %r1;
    mov.u32 %r2, data;
    cp.async.bulk.prefetch.L2.global [%d0], %r1;
    cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%r2], [%d0], %r1, [bar];
LOADED:
)" + barrier_wait("bar", "0", "WAIT")
                           + R"(
    mov.u32 %r3, data;
    mad.lo.u32 %r3, %r0, 4, %r3;
    shr.u32 %r5, %r1, 2;
    setp.ge.u32 %p1, %r0, %r5;
    @%p1 bra CHANGED;
    ld.shared.u32 %r4, [%r3];
    mad.lo.u32 %r4, %r4, 3, %r0;
    st.shared.u32 [%r3], %r4;
CHANGED:
    fence.proxy.async.shared::cta;
    bar.sync 0;
    @%p7 bra END;
)";
const std::string kBack =
    "\n    cp.async.bulk.commit_group;\n    cp.async.bulk.wait_group.read 0;\n    cp.async.bulk.wait_group 0;\nEND:";

void expect_fault(const std::string& body, int code, const std::string& part, uint32_t bytes = 64) {
    Machine m(uint64_t(16) << 20);
    Module& module =
        m.load(kernel("setp.ne.u32 %p7, %r0, 0; @%p7 bra END; mbarrier.init.shared.b64 [bar], 1;\n" + body + "\nEND:"));
    uint8_t *in = m.allocate<uint8_t>(4096), *out = m.allocate<uint8_t>(4096);
    const FaultReport f = m.launch(module, "k", {1, 1, 1, 32}, in, out, bytes);
    EXPECT_EQ(f.code, code);
    if (f.text.find(part) == std::string::npos) expect::failed(__FILE__, __LINE__, "no \"" + part + "\" in: " + f.text);
}

}  // namespace

TEST(bytes_go_there_and_back) {
    for (bool checked : {false, true}) {
        Checks checks(checked);
        on_every_level([] {
            Machine m(uint64_t(16) << 20);
            Module& module = m.load(
                kernel(kThere + "mov.u32 %r2, data; cp.async.bulk.global.shared::cta.bulk_group [%d1+16], [%r2], %r1;"
                       + kBack));
            for (uint32_t bytes : {16u, 64u, 400u, 1024u}) {
                uint32_t *in = m.allocate<uint32_t>(bytes / 4), *out = m.allocate<uint32_t>(bytes / 4 + 8, 77);
                for (uint32_t i = 0; i < bytes / 4; i++) in[i] = i * i * 31 + bytes;
                m.arena().mark_written(reinterpret_cast<uint64_t>(in), bytes);
                EXPECT_EQ(m.launch(module, "k", {1, 1, 1, 256}, in, out, bytes).text, "");
                for (uint32_t i = 0; i < 4; i++) EXPECT_EQ(out[i], 77u);
                for (uint32_t i = 0; i < bytes / 4; i++) EXPECT_EQ(out[4 + i], in[i] * 3 + i);
                EXPECT_EQ(out[4 + bytes / 4], 77u);
            }
        });
    }
}

TEST(bytes_move_within_shared_memory) {
    for (bool checked : {false, true}) {
        Checks checks(checked);
        on_every_level([] {
            Machine m(uint64_t(16) << 20);
            Module& module = m.load(kernel(kThere + R"(
    mov.u32 %r2, data;
    mov.u32 %r6, more;
    mbarrier.arrive.expect_tx.shared::cta.b64 _, [bar], %r1;
    cp.async.bulk.shared::cluster.shared::cta.mbarrier::complete_tx::bytes [%r6], [%r2], %r1, [bar];
)" + barrier_wait("bar", "1", "MOVED") + R"(
    mbarrier.arrive.expect_tx.shared::cta.b64 _, [bar], 32;
    cp.reduce.async.bulk.shared::cluster.shared::cta.mbarrier::complete_tx::bytes.add.u32 [%r6+16], [%r2], 32, [bar];
)" + barrier_wait("bar", "0", "ADDED") + "cp.async.bulk.global.shared::cta.bulk_group [%d1], [%r6], %r1;"
                                           + kBack));
            const uint32_t bytes = 256, n = bytes / 4;
            uint32_t *in = m.allocate<uint32_t>(n), *out = m.allocate<uint32_t>(n);
            for (uint32_t i = 0; i < n; i++) in[i] = i * 1000003u;
            m.arena().mark_written(reinterpret_cast<uint64_t>(in), bytes);
            EXPECT_EQ(m.launch(module, "k", {1, 1, 1, 64}, in, out, bytes).text, "");
            auto value = [&](uint32_t i) { return in[i] * 3 + i; };
            for (uint32_t i = 0; i < n; i++) EXPECT_EQ(out[i], i >= 4 && i < 12 ? value(i) + value(i - 4) : value(i));
        });
    }
}

// Every reduction to global memory, against its definition.
TEST(reductions_to_global_memory) {
    struct Case {
        const char* what;
        uint32_t bytes;
        std::vector<double> old, add, wanted;
    };
    const double big = 4294967295.0;
    const std::vector<Case> cases = {
        {"add.u32", 4, {1, big, 7, 9}, {5, 2, 0, 100}, {6, 1, 7, 109}},
        {"add.s32", 4, {1, 3, 7, 9}, {5, 2, 0, 100}, {6, 5, 7, 109}},
        {"min.u32", 4, {1, big, 7, 9}, {5, 2, 0, 100}, {1, 2, 0, 9}},
        {"max.u32", 4, {1, big, 7, 9}, {5, 2, 0, 100}, {5, big, 7, 100}},
        {"max.s32", 4, {1, big, 7, 9}, {5, 2, 0, 100}, {5, 2, 7, 100}},
        {"min.s32", 4, {1, big, 7, 9}, {5, 2, 0, 100}, {1, big, 0, 9}},
        {"inc.u32", 4, {1, 5, 7, 9}, {5, 5, 0, 100}, {2, 0, 0, 10}},
        {"dec.u32", 4, {1, 0, 7, 9}, {5, 5, 6, 100}, {0, 5, 6, 8}},
        {"and.b32", 4, {12, 255, 7, 9}, {10, 15, 0, 8}, {8, 15, 0, 8}},
        {"or.b32", 4, {12, 240, 7, 1}, {10, 15, 0, 8}, {14, 255, 7, 9}},
        {"xor.b32", 4, {12, 240, 7, 1}, {10, 255, 7, 8}, {6, 15, 0, 9}},
        {"add.u64", 8, {1e12, 3}, {5e12, 4}, {6e12, 7}},
        {"min.s64", 8, {1e12, 3}, {5e12, 2}, {1e12, 2}},
        {"and.b64", 8, {12, 7}, {10, 3}, {8, 3}},
    };
    on_every_level([&] {
        for (const Case& c : cases) {
            Machine m(uint64_t(16) << 20);
            Module& module = m.load(kernel(R"(
    setp.ne.u32 %p7, %r0, 0;
    @%p7 bra END;
    mov.u32 %r2, data;
    ld.global.v2.u64 {%d2, %d3}, [%d0];
    st.shared.v2.u64 [%r2], {%d2, %d3};
    fence.proxy.async.shared::cta;
    cp.reduce.async.bulk.global.shared::cta.bulk_group.)"
                                           + std::string(c.what) + " [%d1], [%r2], 16;" + kBack));
            uint8_t *in = m.allocate<uint8_t>(16), *out = m.allocate<uint8_t>(16);
            for (size_t i = 0; i < c.old.size(); i++) {
                const uint64_t a = uint64_t(c.add[i]), b = uint64_t(c.old[i]);
                std::memcpy(in + i * c.bytes, &a, c.bytes);
                std::memcpy(out + i * c.bytes, &b, c.bytes);
            }
            EXPECT_EQ(m.launch(module, "k", {1, 1, 1, 32}, in, out, 16u).text, "");
            for (size_t i = 0; i < c.old.size(); i++) {
                uint64_t got = 0;
                std::memcpy(&got, out + i * c.bytes, c.bytes);
                if (double(got) != c.wanted[i])
                    expect::failed(__FILE__, __LINE__,
                                   std::string(c.what) + " element " + std::to_string(i) + ": " + std::to_string(got));
            }
        }
    });
}

TEST(floating_reductions_round_once) {
    on_every_level([] {
        for (const char* what : {"add.f32", "add.noftz.f16", "add.noftz.bf16", "max.f16", "min.bf16"}) {
            Machine m(uint64_t(16) << 20);
            Module& module =
                m.load(kernel("setp.ne.u32 %p7, %r0, 0; @%p7 bra END; mov.u32 %r2, data; ld.global.v2.u64 {%d2, %d3}, "
                              "[%d0]; st.shared.v2.u64 [%r2], {%d2, %d3};"
                              "cp.reduce.async.bulk.global.shared::cta.bulk_group."
                              + std::string(what) + " [%d1], [%r2], 16;" + kBack));
            const std::string type = std::string(what).substr(std::string(what).rfind('.') + 1);
            const bool wide = type == "f32";
            uint8_t *in = m.allocate<uint8_t>(16), *out = m.allocate<uint8_t>(16);
            for (int i = 0; i < (wide ? 4 : 8); i++) {
                if (wide) {
                    reinterpret_cast<float*>(in)[i] = float(i) * 1.25f - 2;
                    reinterpret_cast<float*>(out)[i] = float(i * i) * 0.1f;
                } else {
                    reinterpret_cast<uint16_t*>(in)[i] = uint16_t(type == "f16" ? 0x3c00 + i * 101 : 0x3f80 + i * 3);
                    reinterpret_cast<uint16_t*>(out)[i] = uint16_t(type == "f16" ? 0x3800 + i * 257 : 0x3f00 + i * 37);
                }
            }
            std::vector<uint8_t> before(out, out + 16);
            EXPECT_EQ(m.launch(module, "k", {1, 1, 1, 32}, in, out, 16u).text, "");
            auto value = [&](const uint8_t* p, int i) {
                if (wide) return double(reinterpret_cast<const float*>(p)[i]);
                const uint32_t h = reinterpret_cast<const uint16_t*>(p)[i];
                if (type == "f16") return std::ldexp(1024 + (h & 1023), int(h >> 10) - 25);
                return std::ldexp(128 + (h & 127), int(h >> 7) - 134);
            };
            const int digits = wide ? 24 : type == "f16" ? 11 : 8;
            for (int i = 0; i < (wide ? 4 : 8); i++) {
                const double a = value(before.data(), i), b = value(in, i),
                             exact = what[0] == 'a'   ? a + b
                                     : what[1] == 'a' ? std::fmax(a, b)
                                                      : std::fmin(a, b);
                const double unit = exact == 0 ? 1 : std::ldexp(1, std::ilogb(exact) + 1 - digits);
                if (value(out, i) != std::nearbyint(exact / unit) * unit)
                    expect::failed(__FILE__, __LINE__, std::string(what) + " element " + std::to_string(i));
            }
        }
    });
}

TEST(cache_hints_change_nothing) {
    Machine m(uint64_t(16) << 20);
    Module& module = m.load(kernel(R"(
    createpolicy.fractional.L2::evict_first.b64 %d5;
    createpolicy.fractional.L2::evict_last.L2::evict_unchanged.b64 %d6, 0.5;
)" + barrier_ready("bar", 1) + R"(
    @%p7 bra LOADED;
    mbarrier.arrive.expect_tx.shared::cta.b64 _, [bar], %r1;
    mov.u32 %r2, data;
    cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes.L2::cache_hint [%r2], [%d0], %r1, [bar], %d5;
LOADED:
)" + barrier_wait("bar", "0", "WAIT")
                                   + R"(
    @%p7 bra END;
    cp.async.bulk.global.shared::cta.bulk_group.L2::cache_hint [%d1], [%r2], %r1, %d6;
)" + kBack));
    uint32_t *in = m.allocate<uint32_t>(16), *out = m.allocate<uint32_t>(16);
    for (uint32_t i = 0; i < 16; i++) in[i] = i * 7 + 1;
    EXPECT_EQ(m.launch(module, "k", {1, 1, 1, 64}, in, out, 64u).text, "");
    for (uint32_t i = 0; i < 16; i++) EXPECT_EQ(out[i], in[i]);
}

TEST(mistakes_are_named) {
    const std::string load = "cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes ";
    expect_fault("mov.u32 %r2, data;" + load + "[%r2], [%d0], %r1, [bar];", 715, "multiple of 16 bytes", 24);
    expect_fault("mov.u32 %r2, data;" + load + "[%r2+8], [%d0], %r1, [bar];", 716, "multiple of 16");
    expect_fault("mov.u32 %r2, data;" + load + "[%r2], [%d0+8], %r1, [bar];", 716, "multiple of 16");
    expect_fault("mov.u32 %r2, data;" + load + "[%r2], [%d0], %r1, [bar];", 700, "outside the block's shared memory",
                 16384);
    expect_fault("mov.u64 %d0, 4096; mov.u32 %r2, data;" + load + "[%r2], [%d0], %r1, [bar];", 700,
                 "outside device memory");
    expect_fault("mov.u32 %r2, data;" + load + "[%r2], [%d0], %r1, [more];", 719, "no mbarrier is there");
    expect_fault(
        "mov.u32 %r2, data; mov.b16 %h0, 2; "
        "cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes.multicast::cluster [%r2], [%d0], %r1, "
        "[bar], %h0;",
        715, "a multicast mask names no block, or one that the cluster does not have");
}

TEST_MAIN
