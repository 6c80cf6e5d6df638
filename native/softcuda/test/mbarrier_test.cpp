// mbarriers: every form, the scheduling of those who wait, and what is wrong with their use.
#include "check/options.h"
#include "expect.h"
#include "machine.h"

using namespace softcuda;

namespace {

// A kernel with 64 bytes of results for each thread at %out, and room for eight mbarriers at `bars`.
std::string kernel(const std::string& body, const char* target = "sm_90a") {
    return std::string(".version 9.0\n.target ") + target + R"(
.address_size 64
.visible .entry k(.param .u64 out) {
    .reg .pred %p<8>;
    .reg .b16 %h<4>;
    .reg .b32 %r<32>;
    .reg .b64 %d<32>;
    .shared .align 16 .b8 data[4096];
    .shared .align 8 .b64 bars[8];
    ld.param.u64 %d0, [out];
    mov.u32 %r0, %tid.x;
    mad.wide.u32 %d0, %r0, 64, %d0;
    setp.ne.u32 %p7, %r0, 0;
)" + body + "\n ret;\n}\n";
}

struct Outcome {
    FaultReport fault;
    std::vector<uint64_t> words;  // 8 of each thread
    uint64_t at(int thread, int word) const { return words[size_t(thread * 8 + word)]; }
};

Outcome run_kernel(const std::string& text, uint32_t threads) {
    Machine m(uint64_t(16) << 20);
    Module& module = m.load(text);
    uint64_t* out = m.allocate<uint64_t>(threads * 8);
    m.arena().mark_written(reinterpret_cast<uint64_t>(out), threads * 64);
    Outcome o;
    o.fault = m.launch(module, "k", {1, 1, 1, threads}, out);
    o.words.assign(out, out + threads * 8);
    return o;
}

void expect_fault(const std::string& body, uint32_t threads, int code, const std::vector<std::string>& parts) {
    const Outcome o = run_kernel(kernel(body), threads);
    EXPECT_EQ(o.fault.code, code);
    for (const std::string& part : parts)
        if (o.fault.text.find(part) == std::string::npos)
            expect::failed(__FILE__, __LINE__, "no \"" + part + "\" in: " + o.fault.text);
}

}  // namespace

// Arrivals one by one, the state each returns, and which phases each kind of test sees to be over. The forms of sm_80.
TEST(states_tell_their_phase) {
    on_every_level([] {
        const Outcome o = run_kernel(kernel(R"(
    @%p7 bra END;
    mbarrier.init.shared.b64 [bars], 3;
    mbarrier.arrive.shared.b64 %d1, [bars];
    mbarrier.pending_count.b64 %r1, %d1;
    mbarrier.arrive.noComplete.shared.b64 %d2, [bars], 1;
    mbarrier.pending_count.b64 %r2, %d2;
    mbarrier.test_wait.shared.b64 %p1, [bars], %d1;
    selp.u32 %r3, 1, 0, %p1;
    mbarrier.arrive.shared.b64 %d3, [bars];
    mbarrier.pending_count.b64 %r4, %d3;
    mbarrier.test_wait.shared.b64 %p1, [bars], %d2;
    selp.u32 %r5, 1, 0, %p1;
    mbarrier.arrive_drop.shared.b64 %d4, [bars];
    mbarrier.pending_count.b64 %r6, %d4;
    mbarrier.arrive_drop.noComplete.shared.b64 %d5, [bars], 1;
    mbarrier.arrive.shared.b64 %d6, [bars];
    mbarrier.arrive.shared.b64 %d7, [bars];
    mbarrier.pending_count.b64 %r7, %d7;
    mbarrier.test_wait.shared.b64 %p1, [bars], %d7;
    selp.u32 %r8, 1, 0, %p1;
    mbarrier.inval.shared.b64 [bars];
    mbarrier.init.shared.b64 [bars], 2;
    st.global.v2.u32 [%d0], {%r1, %r2};
    st.global.v2.u32 [%d0+8], {%r3, %r4};
    st.global.v2.u32 [%d0+16], {%r5, %r6};
    st.global.v2.u32 [%d0+24], {%r7, %r8};
END:)",
                                            "sm_80"),
                                     32);
        EXPECT_EQ(o.fault.text, "");
        const uint32_t* r = reinterpret_cast<const uint32_t*>(o.words.data());
        const uint32_t wanted[8] = {3, 2, 0, 1, 1, 3, 1, 1};
        for (int i = 0; i < 8; i++) EXPECT_EQ(r[i], wanted[i]);
    });
}

// Bytes expected and arrived, before and after one another; counts; generic addresses and displacements.
TEST(transactions_hold_a_phase_open) {
    on_every_level([] {
        const Outcome o = run_kernel(kernel(R"(
    @%p7 bra END;
    mov.u32 %r20, bars;
    cvta.shared.u64 %d20, %d21;
    mov.u64 %d21, bars;
    cvta.shared.u64 %d20, %d21;
    mbarrier.init.b64 [%d20+16], 5;
    mbarrier.complete_tx.relaxed.cta.shared::cta.b64 [%r20+16], 96;
    mbarrier.expect_tx.relaxed.cta.shared::cluster.b64 [%r20+16], 32;
    mbarrier.arrive.expect_tx.release.cta.shared::cta.b64 %d1, [%r20+16], 100;
    mbarrier.arrive.release.cluster.shared::cluster.b64 _, [%r20+16], 2;
    mbarrier.arrive_drop.expect_tx.shared::cta.b64 _, [%r20+16], 4;
    mbarrier.arrive.b64 _, [%d20+16], 1;
    mbarrier.test_wait.parity.acquire.cta.shared::cta.b64 %p1, [%r20+16], 0;
    mbarrier.test_wait.parity.b64 %p2, [%d20+16], 1;
    mbarrier.complete_tx.shared::cluster.b64 [%r20+16], 39;
    mbarrier.test_wait.parity.shared.b64 %p3, [%r20+16], 0;
    mbarrier.complete_tx.shared.b64 [%r20+16], 1;
    mbarrier.try_wait.parity.shared.b64 %p4, [%r20+16], 0;
    mbarrier.try_wait.relaxed.cluster.shared.b64 %p5, [%r20+16], %d1, 1000;
    mbarrier.arrive.shared.b64 %d2, [%r20+16];
    mbarrier.pending_count.b64 %r9, %d2;
    selp.u32 %r1, 1, 0, %p1; selp.u32 %r2, 1, 0, %p2; selp.u32 %r3, 1, 0, %p3; selp.u32 %r4, 1, 0, %p4; selp.u32 %r5, 1, 0, %p5;
    st.global.v4.u32 [%d0], {%r1, %r2, %r3, %r4};
    st.global.v2.u32 [%d0+16], {%r5, %r9};
END:)"),
                                     32);
        EXPECT_EQ(o.fault.text, "");
        const uint32_t* r = reinterpret_cast<const uint32_t*>(o.words.data());
        const uint32_t wanted[6] = {0, 1, 0, 1, 1, 4};
        for (int i = 0; i < 6; i++) EXPECT_EQ(r[i], wanted[i]);
    });
}

namespace {

// Warp 0 fills a ring of `stages` stages of 32 words, 11 rounds in all; warps 1 to 3 sum what they read with weights that
// tell thread and round. Parities wrap several times.
std::string ring(int stages, bool tryWait, bool consumerArrives = true) {
    const std::string wait = tryWait ? "mbarrier.try_wait.parity.shared.b64" : "mbarrier.test_wait.parity.shared.b64";
    return kernel(R"(
    .reg .b32 %round, %stage, %par, %full, %empty, %slot, %sum, %lane, %warp, %v, %zero;
    @%p7 bra READY;
    mov.u32 %r1, bars;
    mov.u32 %r2, 0;
MAKE:
    mbarrier.init.shared.b64 [%r1], 32;
    mbarrier.init.shared.b64 [%r1+32], 96;
    add.u32 %r1, %r1, 8;
    add.u32 %r2, %r2, 1;
    setp.lt.u32 %p1, %r2, )"
                  + std::to_string(stages) + R"(;
    @%p1 bra MAKE;
READY:
    bar.sync 0;
    and.b32 %lane, %r0, 31;
    shr.u32 %warp, %r0, 5;
    mov.u32 %round, 0;
    mov.u32 %stage, 0;
    mov.u32 %par, 0;
    mov.u32 %sum, 0;
ROUND:
    mov.u32 %r1, bars;
    shl.b32 %r2, %stage, 3;
    add.u32 %full, %r1, %r2;
    add.u32 %empty, %full, 32;
    mov.u32 %r1, data;
    shl.b32 %r2, %stage, 7;
    add.u32 %slot, %r1, %r2;
    shl.b32 %r2, %lane, 2;
    add.u32 %slot, %slot, %r2;
    setp.ne.u32 %p2, %warp, 0;
    @%p2 bra CONSUME;
    xor.b32 %r3, %par, 1;
EMPTY:
    )" + wait + R"( %p3, [%empty], %r3;
    @!%p3 bra EMPTY;
    mad.lo.u32 %v, %round, 1000, %lane;
    st.shared.u32 [%slot], %v;
    mbarrier.arrive.shared.b64 _, [%full];
    bra NEXT;
CONSUME:
FULL:
    )" + wait + R"( %p3, [%full], %par;
    @!%p3 bra FULL;
    xor.b32 %r4, %r2, 124;
    sub.u32 %r5, %slot, %r2;
    add.u32 %r5, %r5, %r4;
    ld.shared.u32 %v, [%r5];
    mad.lo.u32 %sum, %sum, 3, %v;
    )" + (consumerArrives ? "mbarrier.arrive.shared.b64 _, [%empty];" : "")
                  + R"(
NEXT:
    add.u32 %round, %round, 1;
    add.u32 %stage, %stage, 1;
    setp.eq.u32 %p4, %stage, )"
                  + std::to_string(stages) + R"(;
    selp.u32 %stage, 0, %stage, %p4;
    selp.u32 %r6, 1, 0, %p4;
    xor.b32 %par, %par, %r6;
    setp.lt.u32 %p5, %round, 11;
    @%p5 bra ROUND;
    st.global.u32 [%d0], %sum;)");
}

void expect_ring(const Outcome& o) {
    EXPECT_EQ(o.fault.text, "");
    for (int t = 32; t < 128; t++) {
        uint32_t sum = 0;
        for (uint32_t round = 0; round < 11; round++) sum = sum * 3 + round * 1000 + uint32_t(31 - t % 32);
        EXPECT_EQ(uint32_t(o.at(t, 0)), sum);
    }
}

}  // namespace

TEST(a_ring_of_stages) {
    on_every_level([] {
        for (int stages : {1, 2, 3, 4})
            for (bool tryWait : {true, false}) expect_ring(run_kernel(ring(stages, tryWait), 128));
    });
}

// No race is reported in a ring, whatever the order of warps; without the consumers' arrivals there is one, or nobody goes on.
TEST(the_checkers_know_what_an_mbarrier_orders) {
    for (uint64_t seed : {0, 1, 2, 3, 12345}) {
        CheckOptions options;
        options.memory = options.race = options.init = options.sync = true;
        options.seed = seed;
        set_check_options(options);
        expect_ring(run_kernel(ring(3, true), 128));
        const Outcome o = run_kernel(ring(3, true, false), 128);
        EXPECT_EQ(o.fault.code, 719);
        EXPECT(o.fault.text.find("deadlock: no warp can go on") == 0);
        for (const char* part : {"stage 0 of 3 side by side", "for the end of parity 0",
                                 "phase 0 has 96 of 96 arrivals and 0 bytes of transactions pending"})
            if (o.fault.text.find(part) == std::string::npos) expect::failed(__FILE__, __LINE__, o.fault.text);
    }
    set_check_options(CheckOptions());
}

// One lane waits for what the others of its warp do afterwards.
TEST(a_waiting_lane_gives_way_to_its_warp) {
    on_every_level([] {
        const Outcome o = run_kernel(kernel(R"(
    @%p7 bra OTHERS;
    mbarrier.init.shared.b64 [bars], 31;
    bar.warp.sync 0xffffffff;
WAIT:
    mbarrier.try_wait.parity.shared.b64 %p1, [bars], 0;
    @!%p1 bra WAIT;
    ld.shared.u32 %r1, [data+40];
    st.global.u32 [%d0], %r1;
    bra END;
OTHERS:
    bar.warp.sync 0xffffffff;
    mov.u32 %r2, data;
    mad.lo.u32 %r2, %r0, 4, %r2;
    mul.lo.u32 %r3, %r0, 7;
    st.shared.u32 [%r2], %r3;
    mbarrier.arrive.shared.b64 _, [bars];
END:)"),
                                     32);
        EXPECT_EQ(o.fault.text, "");
        EXPECT_EQ(uint32_t(o.at(0, 0)), 70u);
    });
}

TEST(an_arrival_stands_for_copies) {
    for (bool checked : {false, true}) {
        CheckOptions options;
        options.race = options.init = checked;
        set_check_options(options);
        on_every_level([] {
            Machine m(uint64_t(16) << 20);
            Module& module = m.load(with_header(R"(
.visible .entry k(.param .u64 in, .param .u64 out) {
    .reg .pred %p<4>; .reg .b32 %r<8>; .reg .b64 %d<8>;
    .shared .align 16 .b8 data[1024];
    .shared .align 8 .b64 bars[2];
    ld.param.u64 %d0, [in];
    ld.param.u64 %d1, [out];
    mov.u32 %r0, %tid.x;
    mad.wide.u32 %d0, %r0, 16, %d0;
    mad.wide.u32 %d1, %r0, 4, %d1;
    setp.ne.u32 %p0, %r0, 0;
    @%p0 bra READY;
    mbarrier.init.shared.b64 [bars], 64;
    mbarrier.init.shared.b64 [bars+8], 64;
READY:
    bar.sync 0;
    mov.u32 %r1, data;
    mad.lo.u32 %r2, %r0, 16, %r1;
    cp.async.cg.shared.global [%r2], [%d0], 16;
    cp.async.mbarrier.arrive.noinc.shared.b64 [bars];
    cp.async.mbarrier.arrive.shared.b64 [bars+8];
    mbarrier.arrive.shared.b64 _, [bars+8];
WAIT:
    mbarrier.try_wait.parity.shared.b64 %p1, [bars], 0;
    @!%p1 bra WAIT;
AGAIN:
    mbarrier.try_wait.parity.shared.b64 %p1, [bars+8], 0;
    @!%p1 bra AGAIN;
    xor.b32 %r3, %r0, 63;
    mad.lo.u32 %r3, %r3, 16, %r1;
    ld.shared.u32 %r4, [%r3+8];
    st.global.u32 [%d1], %r4;
    ret;
})"));
            uint32_t *in = m.allocate<uint32_t>(256), *out = m.allocate<uint32_t>(64);
            for (uint32_t i = 0; i < 256; i++) in[i] = i * i + 5;
            m.arena().mark_written(reinterpret_cast<uint64_t>(in), 1024);
            EXPECT_EQ(m.launch(module, "k", {1, 1, 1, 64}, in, out).text, "");
            for (uint32_t t = 0; t < 64; t++) EXPECT_EQ(out[t], in[(63 - t) * 4 + 2]);
        });
    }
    set_check_options(CheckOptions());
}

TEST(mistakes_are_named) {
    const std::string once = "@%p7 bra END;\n", end = "\nEND:";
    expect_fault(once + "mbarrier.arrive.shared.b64 _, [bars+24];" + end, 32, 719,
                 {"no mbarrier is there", "lane 0", "(mbarrier.arrive.shared.b64)"});
    expect_fault(once + "mbarrier.init.shared.b64 [bars], 1; mbarrier.init.shared.b64 [bars], 1;" + end, 32, 719,
                 {"initialised again"});
    expect_fault(once + "mbarrier.init.shared.b64 [bars], 0;" + end, 32, 715, {"1 to 1048575 arrivals"});
    expect_fault(once + "mov.u32 %r1, bars; mbarrier.init.shared.b64 [%r1+4], 1;" + end, 32, 716, {"multiple of 8"});
    expect_fault(once + "mov.u32 %r1, 8192; mbarrier.init.shared.b64 [%r1], 1;" + end, 32, 700,
                 {"outside the block's shared memory"});
    expect_fault(once + "mov.u64 %d1, %d0; mbarrier.init.b64 [%d1], 1;" + end, 32, 700, {"not one of shared memory"});
    expect_fault(once + "mbarrier.init.shared.b64 [bars], 2; mbarrier.arrive.shared.b64 _, [bars], 3;" + end, 32, 719,
                 {"takes no arrival of 3: phase 0 has 2 of 2 arrivals"});
    expect_fault(once + "mbarrier.init.shared.b64 [bars], 1; mbarrier.expect_tx.relaxed.cta.shared::cta.b64 [bars], 8; mbarrier.arrive.shared.b64 _, [bars]; mbarrier.arrive.shared.b64 _, [bars];" + end,
                 32, 719, {"takes no arrival of 1: phase 0 has 0 of 1 arrivals and 8 bytes"});
    expect_fault(once + "mbarrier.init.shared.b64 [bars], 1; mbarrier.arrive.noComplete.shared.b64 _, [bars], 1;" + end,
                 32, 719, {".noComplete completes"});
    expect_fault(
        once + "mbarrier.init.shared.b64 [bars], 1; mbarrier.expect_tx.relaxed.cta.shared::cta.b64 [bars], 1048576;"
            + end,
        32, 719, {"more than 1048575 bytes"});
    expect_fault(
        once + "mbarrier.init.shared.b64 [bars], 1; mbarrier.test_wait.parity.shared.b64 %p1, [bars], 2;" + end, 32,
        715, {"parity"});
    expect_fault(
        once + "mov.u32 %r1, bars; add.u32 %r1, %r1, 0x2000000; mbarrier.arrive.shared::cluster.b64 _, [%r1];" + end,
        32, 700, {"a block that the cluster does not have"});
}

// Fewer bytes arrive than are expected.
TEST(a_deadlock_names_the_bytes_that_are_missing) {
    expect_fault(R"(
    @%p7 bra READY;
    mbarrier.init.shared.b64 [bars+8], 2;
    mbarrier.arrive.expect_tx.shared.b64 _, [bars+8], 256;
    mbarrier.complete_tx.shared.b64 [bars+8], 128;
READY:
    bar.sync 0;
    setp.lt.u32 %p1, %r0, 32;
    @%p1 bra END;
WAIT:
    mbarrier.try_wait.parity.shared.b64 %p2, [bars+8], 0;
    @!%p2 bra WAIT;
END:)",
                 64, 719,
                 {"deadlock: no warp can go on", "warp 1: 32 lanes at PTX line ",
                  "for the end of parity 0: phase 0 has 1 of 2 arrivals and 128 bytes of transactions pending"});
}

TEST_MAIN
