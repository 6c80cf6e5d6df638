// Asynchronous copies with a mistake planted, each of which the checkers must find and place, beside the right kernel, on
// which they must stay silent: at every choice of times.
#include "expect.h"
#include "kernels.h"

using namespace softcuda;

namespace {

const std::vector<uint64_t> kSeeds = {0, 1, 2, 3, 4, 5, 12345};

// 128 threads: the first loads 2 KiB in two copies, all double them in place, the first stores them.
struct Parts {
    std::string expect = "mbarrier.arrive.expect_tx.shared::cta.b64 _, [bar], 2048;";
    std::string wait = barrier_wait("bar", "0", "WAIT");
    std::string fence = "fence.proxy.async.shared::cta;";
    std::string barrier = "bar.sync 0;";
    std::string leave = "cp.async.bulk.commit_group;\n cp.async.bulk.wait_group.read 0;";
    std::string after;
};

std::string kernel(const Parts& p) {
    return with_header(R"(
.visible .entry k(.param .u64 in, .param .u64 out) {
    .reg .pred %p<8>; .reg .b32 %r<32>; .reg .b64 %d<16>;
    .shared .align 128 .b8 data[2048];
    .shared .align 8 .b64 bar;
    ld.param.u64 %d0, [in];
    ld.param.u64 %d1, [out];
    mov.u32 %r0, %tid.x;
    mov.u32 %r2, data;
    mad.lo.u32 %r3, %r0, 16, %r2;
)" + barrier_ready("bar", 1)
                       + "@%p7 bra LOADED;\n" + p.expect + R"(
    cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%r2], [%d0], 1024, [bar];
    cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%r2+1024], [%d0+1024], 1024, [bar];
LOADED:
)" + p.wait + R"(
    ld.shared.v4.u32 {%r4, %r5, %r6, %r7}, [%r3];
    add.u32 %r4, %r4, %r4; add.u32 %r5, %r5, %r5; add.u32 %r6, %r6, %r6; add.u32 %r7, %r7, %r7;
    st.shared.v4.u32 [%r3], {%r4, %r5, %r6, %r7};
)" + p.fence + "\n" + p.barrier
                       + R"(
    @%p7 bra STORED;
    cp.async.bulk.global.shared::cta.bulk_group [%d1], [%r2], 2048;
)" + p.leave + "\nSTORED:\n"
                       + p.after + "\n ret;\n}\n");
}

FaultReport run_kernel(const Parts& p, uint64_t seed, bool& right) {
    Checks checks(true, seed);
    Machine m(uint64_t(16) << 20);
    Module& module = m.load(kernel(p));
    uint32_t *in = m.allocate<uint32_t>(512), *out = m.allocate<uint32_t>(512);
    for (uint32_t i = 0; i < 512; i++) in[i] = i * 17 + 3;
    m.arena().mark_written(reinterpret_cast<uint64_t>(in), 2048);
    const FaultReport f = m.launch(module, "k", {1, 1, 1, 128}, in, out);
    right = true;
    for (uint32_t i = 0; i < 512; i++) right &= out[i] == in[i] * 2;
    return f;
}

void expect_clean(const Parts& p) {
    for (uint64_t seed : kSeeds) {
        bool right;
        EXPECT_EQ(run_kernel(p, seed, right).text, "");
        EXPECT(right);
    }
}

// The mistake is found with the seed 0, and if `always` with every one.
void expect_found(const Parts& p, const std::vector<std::string>& parts, bool always) {
    for (uint64_t seed : kSeeds) {
        if (seed && !always) continue;
        bool right;
        const FaultReport f = run_kernel(p, seed, right);
        if (f.code != 719)
            expect::failed(__FILE__, __LINE__, "seed " + std::to_string(seed) + ": not found: " + f.text);
        for (const std::string& part : parts)
            if (f.text.find(part) == std::string::npos)
                expect::failed(__FILE__, __LINE__, "no \"" + part + "\" in: " + f.text);
    }
}

}  // namespace

TEST(a_right_kernel_is_silent) {
    expect_clean(Parts());
    Parts other;
    other.after = "bar.sync 0;\n st.shared.v4.u32 [%r3], {%r4, %r5, %r6, %r7};";  // used again behind the wait
    expect_clean(other);
    other.leave = "cp.async.bulk.commit_group;\n cp.async.bulk.wait_group 0;";
    expect_clean(other);
}

TEST(no_wait_for_the_copy) {
    Parts p;
    p.wait = "bar.sync 0;";
    expect_found(p, {"kernel k at PTX line ", "warp ", "lane "}, false);
}

TEST(too_many_bytes_expected) {
    Parts p;
    p.expect = "mbarrier.arrive.expect_tx.shared::cta.b64 _, [bar], 2176;";
    expect_found(p,
                 {"deadlock: no warp can go on",
                  "for the end of parity 0: phase 0 has 0 of 1 arrivals and 128 bytes of transactions pending"},
                 true);
}

TEST(too_few_bytes_expected) {
    Parts p;
    p.expect = "mbarrier.arrive.expect_tx.shared::cta.b64 _, [bar], 1024;";
    expect_found(p,
                 {"race in shared memory", "an asynchronous copy has not been waited for (the bulk copy at PTX line "},
                 false);
}

TEST(no_arrival) {
    Parts p;
    p.expect = "mbarrier.expect_tx.relaxed.cta.shared::cta.b64 [bar], 2048;";
    expect_found(p, {"deadlock", "phase 0 has 1 of 1 arrivals and 0 bytes"}, true);
}

TEST(no_proxy_fence) {
    Parts p;
    p.fence = "";
    expect_found(p,
                 {"missing proxy fence", "wrote (behind the write its thread must run fence.proxy.async",
                  "cp.async.bulk.global"},
                 true);
    p.fence = "@!%p7 fence.proxy.async.shared::cta;";  // one thread for all
    expect_found(p, {"missing proxy fence: an asynchronous read of what warp 0, lane 1, "}, true);
    p.fence = "";
    p.barrier = "bar.sync 0;\n fence.proxy.async.shared::cta;";  // behind the barrier: others' come too late
    expect_found(p, {"missing proxy fence"}, true);
}

TEST(no_barrier_before_the_store) {
    Parts p;
    p.barrier = "";
    for (uint64_t seed : {0}) {
        bool right;
        const FaultReport f = run_kernel(p, seed, right);
        EXPECT_EQ(f.code, 719);
    }
}

TEST(reused_before_the_store_has_read) {
    Parts p;
    p.leave = "cp.async.bulk.commit_group;";
    p.after = "bar.sync 0;\n st.shared.v4.u32 [%r3], {%r4, %r5, %r6, %r7};\n cp.async.bulk.wait_group.read 0;";
    expect_found(
        p,
        {"race in shared memory: write of bytes that an asynchronous operation still reads (the bulk copy at PTX line ",
         "a wait_group is missing"},
        false);
    p.leave = "cp.async.bulk.wait_group.read 0;\n cp.async.bulk.commit_group;";  // the wait comes before the group
    expect_found(p, {"still reads"}, false);
}

TEST(the_block_ends_too_early) {
    Parts p;
    p.leave = "cp.async.bulk.commit_group;";
    expect_found(p, {"the block ends while a bulk copy may still read its shared memory"}, false);
    p = Parts();
    p.wait = "ret;";
    expect_found(p, {"the block ends while a bulk copy to shared memory is on its way"}, false);
}

// All threads write global memory by ordinary stores, and the first copies it from there, with `before` behind the stores and
// `behind` behind the barrier.
FaultReport copy_of_written(const std::string& before, const std::string& behind, uint64_t seed) {
    Checks checks(true, seed);
    Machine m(uint64_t(16) << 20);
    Module& module = m.load(with_header(R"(
.visible .entry k(.param .u64 middle) {
    .reg .pred %p<8>; .reg .b32 %r<8>; .reg .b64 %d<4>;
    .shared .align 128 .b8 data[256];
    .shared .align 8 .b64 bar;
    ld.param.u64 %d0, [middle];
    mov.u32 %r0, %tid.x;
    mov.u32 %r2, data;
    mad.wide.u32 %d1, %r0, 4, %d0;
    st.global.u32 [%d1], %r0;
)" + before + "\n" + barrier_ready("bar", 1)
                                        + "@%p7 bra LOADED;\n" + behind + R"(
    mbarrier.arrive.expect_tx.shared::cta.b64 _, [bar], 256;
    cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%r2], [%d0], 256, [bar];
LOADED:
)" + barrier_wait("bar", "0", "WAIT") + "ret;\n}\n"));
    return m.launch(module, "k", {1, 1, 1, 64}, m.allocate<uint32_t>(64));
}

TEST(no_proxy_fence_for_global_memory) {
    for (uint64_t seed : kSeeds) {
        for (const char* fence : {"fence.proxy.async;", "fence.proxy.async.global;"}) {
            EXPECT_EQ(copy_of_written(fence, "", seed).text, "");
            EXPECT_EQ(copy_of_written("", fence, seed).text, "");
        }
        for (const char* fence : {"", "fence.proxy.async.shared::cta;", "@%p7 fence.proxy.async.global;"}) {
            const FaultReport f = copy_of_written("setp.ne.u32 %p7, %r0, 9;\n" + std::string(fence), "", seed);
            EXPECT_EQ(f.code, 719);
            const std::string found =
                "missing proxy fence: an asynchronous read of global memory that block (0, 0, 0), warp 0, lane "
                + std::string(fence[0] == '@' ? "9" : "0") + ", PTX line ";
            if (f.text.find(found) != 0) expect::failed(__FILE__, __LINE__, "not \"" + found + "\": " + f.text);
        }
    }
}

// Both phases are over before anybody waits for the first.
TEST(aliased_parities) {
    for (bool twice : {false, true})
        for (uint64_t seed : kSeeds) {
            Checks checks(true, seed);
            Machine m(uint64_t(16) << 20);
            Module& module =
                m.load(with_header(R"(
.visible .entry k() {
    .reg .pred %p<8>; .reg .b32 %r<8>;
    .shared .align 8 .b64 bar;
    mov.u32 %r0, %tid.x;
)" + barrier_ready("bar", 1) + "@%p7 bra BEHIND;\nmbarrier.arrive.shared.b64 _, [bar];\n"
                                   + (twice ? "mbarrier.arrive.shared.b64 _, [bar];\n" : "") + "BEHIND:\nbar.sync 0;\n"
                                   + barrier_wait("bar", "0", "FIRST")
                                   + (twice ? "" : "bar.sync 0;\n@!%p7 mbarrier.arrive.shared.b64 _, [bar];\n")
                                   + barrier_wait("bar", "1", "SECOND") + "ret;\n}\n"));
            const FaultReport f = m.launch(module, "k", {1, 1, 1, 64});
            if (!twice) EXPECT_EQ(f.text, "");
            else
                EXPECT(
                    f.code == 719
                    && f.text.find("parity aliasing: the wait for phase 0 of the mbarrier comes when 2 phases are over")
                           == 0);
        }
}

TEST_MAIN
