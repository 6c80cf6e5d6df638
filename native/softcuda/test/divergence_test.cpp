// Lanes that part and meet again, barriers, and the ends of warps.
#include "expect.h"
#include "machine.h"

using namespace softcuda;

namespace {

// A kernel that stores %result of each thread at out[global thread number], around `body`.
std::string kernel(const std::string& body, const std::string& shared = "") {
    return with_header(R"(
.visible .entry k(.param .u64 out, .param .u32 n)
{
    .reg .pred %p<20>;
    .reg .b32 %r<40>;
    .reg .b64 %rd<10>;
    .reg .b32 %result, %t, %n, %i;
)" + shared + R"(
    mov.u32 %t, %tid.x;
    ld.param.u32 %n, [n];
    mov.u32 %result, 0;
)" + body + R"(
DONE:
    mov.u32 %r30, %ctaid.x;
    mov.u32 %r31, %ntid.x;
    mad.lo.s32 %i, %r30, %r31, %t;
    ld.param.u64 %rd1, [out];
    mul.wide.u32 %rd2, %i, 4;
    add.s64 %rd3, %rd1, %rd2;
    st.global.u32 [%rd3], %result;
    ret;
}
)");
}

// Two words of shared memory at %r1, zero for all threads.
const std::string kPair = "    .shared .align 4 .b32 pair[2];\n";
const std::string kZeroedPair = R"(
    mov.u32 %r1, pair;
    st.shared.u32 [%r1], 0;
    st.shared.u32 [%r1+4], 0;
    bar.sync 0;
)";

std::vector<uint32_t> results(Machine& m, const std::string& ptx, uint32_t threads, uint32_t n,
                              FaultReport* report = nullptr, uint32_t blocks = 1) {
    Module& module = m.load(ptx);
    uint32_t* out = m.allocate<uint32_t>(threads * blocks, 0xdeadbeef);
    FaultReport f = m.launch(module, "k", {blocks, 1, 1, threads}, out, n);
    if (report) *report = f;
    else EXPECT_EQ(f.text, "");
    return std::vector<uint32_t>(out, out + threads * blocks);
}

}  // namespace

TEST(loops_with_a_trip_count_for_each_lane) {
    Machine m;
    auto r = results(m, kernel(R"(
    mov.u32 %r1, 0;
LOOP:
    setp.ge.u32 %p1, %r1, %t;
    @%p1 bra OUT;
    add.u32 %result, %result, %r1;
    add.u32 %r1, %r1, 1;
    bra LOOP;
OUT:
    add.u32 %result, %result, 1000;
)"),
                     100, 0);
    for (uint32_t t = 0; t < 100; t++) EXPECT_EQ(r[t], t * (t - 1) / 2 + 1000);
}

TEST(loops_that_end_at_the_bottom) {
    Machine m;
    auto r = results(m, kernel(R"(
    and.b32 %r2, %t, 7;
LOOP:
    add.u32 %result, %result, 3;
    sub.u32 %r2, %r2, 1;
    setp.ge.s32 %p1, %r2, 0;
    @%p1 bra LOOP;
)"),
                     64, 0);
    for (uint32_t t = 0; t < 64; t++) EXPECT_EQ(r[t], 3 * ((t & 7) + 1));
}

TEST(nested_branches_keep_every_lanes_registers) {
    Machine m;
    // Each path defines %r5..%r7 for its own lanes; values made before the branches must survive on all of them.
    auto r = results(m, kernel(R"(
    mul.lo.u32 %r1, %t, 17;
    add.u32 %r2, %t, 5;
    and.b32 %r3, %t, 1;
    setp.eq.u32 %p1, %r3, 0;
    @%p1 bra EVEN;
    and.b32 %r4, %t, 2;
    setp.eq.u32 %p2, %r4, 0;
    @!%p2 bra ODD2;
    add.u32 %r5, %r1, 1;
    bra JOIN;
ODD2:
    mul.lo.u32 %r6, %r2, 3;
    add.u32 %r5, %r6, 2;
    bra JOIN;
EVEN:
    shl.b32 %r7, %r2, 2;
    setp.gt.u32 %p3, %t, 15;
    @%p3 add.u32 %r7, %r7, 100;
    xor.b32 %r5, %r7, %r1;
JOIN:
    add.u32 %result, %r5, %r1;
    sub.u32 %result, %result, %r2;
)"),
                     32, 0);
    for (uint32_t t = 0; t < 32; t++) {
        uint32_t r1 = t * 17, r2 = t + 5, r5;
        if (t % 2 == 0) r5 = ((r2 << 2) + (t > 15 ? 100 : 0)) ^ r1;
        else if (t & 2) r5 = r2 * 3 + 2;
        else r5 = r1 + 1;
        EXPECT_EQ(r[t], r5 + r1 - r2);
    }
}

TEST(guards_on_any_instruction) {
    Machine m;
    auto r = results(m, kernel(R"(
    and.b32 %r1, %t, 3;
    setp.eq.u32 %p1, %r1, 0;
    mov.u32 %result, 7;
    @%p1 mov.u32 %result, 8;
    @!%p1 setp.gt.u32 %p1, %t, 20;
    @%p1 add.u32 %result, %result, 10;
)"),
                     32, 0);
    for (uint32_t t = 0; t < 32; t++) {
        bool first = t % 4 == 0, second = first || t > 20;
        EXPECT_EQ(r[t], (first ? 8u : 7u) + (second ? 10u : 0u));
    }
}

TEST(a_guarded_definition_does_not_end_the_old_value) {
    Machine m;
    // %r1 is written under a guard while other values of the same kind come and go: its slot must not be given away.
    auto r = results(m, kernel(R"(
    mul.lo.u32 %r1, %t, 11;
    setp.lt.u32 %p1, %t, 8;
    add.u32 %r2, %t, 1;
    add.u32 %r3, %r2, 1;
    add.u32 %r4, %r3, %r2;
    @%p1 mov.u32 %r1, 5;
    add.u32 %r5, %r4, 1;
    add.u32 %r6, %r5, %r4;
    add.u32 %result, %r1, %r6;
)"),
                     32, 0);
    for (uint32_t t = 0; t < 32; t++) {
        uint32_t r2 = t + 1, r3 = r2 + 1, r4 = r3 + r2, r5 = r4 + 1, r6 = r5 + r4;
        EXPECT_EQ(r[t], (t < 8 ? 5 : t * 11) + r6);
    }
}

TEST(a_guarded_exchange_waits_for_its_members) {
    Machine m;
    // Odd and even lanes come by different ways to one guarded shfl, whose mask names the lower half of the warp.
    auto r = results(m, kernel(R"(
    setp.lt.u32 %p1, %t, 16;
    and.b32 %r1, %t, 1;
    setp.eq.u32 %p2, %r1, 0;
    mov.u32 %r2, 500;
    @%p2 bra EVEN;
    mul.lo.u32 %r3, %t, 10;
    bra JOIN;
EVEN:
    add.u32 %r3, %t, 100;
JOIN:
    @%p1 shfl.sync.bfly.b32 %r2, %r3, 1, 31, 0xffff;
    mov.u32 %result, %r2;
)"),
                     32, 0);
    for (uint32_t t = 0; t < 32; t++) EXPECT_EQ(r[t], t >= 16 ? 500u : t % 2 ? t - 1 + 100 : (t + 1) * 10);
}

TEST(early_exit_of_some_lanes) {
    Machine m;
    auto r = results(m, kernel(R"(
    setp.ge.u32 %p1, %t, %n;
    @%p1 exit;
    mov.u32 %result, 3;
    bar.sync 0;
)"),
                     80, 50);
    for (uint32_t t = 0; t < 80; t++) EXPECT_EQ(r[t], t < 50 ? 3u : 0xdeadbeefu);
}

TEST(indexed_branches) {
    Machine m;
    auto r = results(m, kernel(R"(
    rem.u32 %r1, %t, 3;
TARGETS: .branchtargets CASE0, CASE1, CASE2;
    brx.idx %r1, TARGETS;
CASE2:
    mov.u32 %result, 222;
    bra DONE;
CASE0:
    mov.u32 %result, 100;
    bra DONE;
CASE1:
    mov.u32 %result, 111;
)"),
                     70, 0);
    for (uint32_t t = 0; t < 70; t++) EXPECT_EQ(r[t], t % 3 == 0 ? 100u : t % 3 == 1 ? 111u : 222u);
}

TEST(an_index_outside_the_targets_is_a_fault) {
    Machine m;
    FaultReport f;
    results(m, kernel("TARGETS: .branchtargets DONE, DONE;\n brx.idx %t, TARGETS;\n"), 32, 0, &f);
    EXPECT_EQ(f.code, 715);
    EXPECT(f.text.find("lane 2") != std::string::npos);
}

// Each lane takes the lock, adds to a plain counter and gives the lock back; the holder is behind the spinning lanes.
TEST(a_spin_lock_within_a_warp) {
    Machine m;
    auto r = results(m,
                     kernel(kZeroedPair + R"(
SPIN:
    atom.shared.cas.b32 %r2, [%r1], 0, 1;
    setp.ne.u32 %p1, %r2, 0;
    @%p1 bra SPIN;
    ld.shared.u32 %r3, [%r1+4];
    add.u32 %r3, %r3, 1;
    st.shared.u32 [%r1+4], %r3;
    atom.shared.exch.b32 %r4, [%r1], 0;
    bar.sync 0;
    ld.shared.u32 %result, [%r1+4];
)",
                            kPair),
                     96, 0);
    for (uint32_t t = 0; t < 96; t++) EXPECT_EQ(r[t], 96u);
}

TEST(a_lane_waits_for_a_flag_of_another_lane) {
    Machine m;
    auto r = results(m,
                     kernel(R"(
    mov.u32 %r1, flag;
    st.shared.u32 [%r1], 0;
    bar.warp.sync 0xffffffff;
    setp.eq.u32 %p1, %t, 31;
    @%p1 bra SET;
WAIT:
    ld.volatile.shared.u32 %r2, [%r1];
    setp.eq.u32 %p2, %r2, 0;
    @%p2 bra WAIT;
    bra JOIN;
SET:
    st.volatile.shared.u32 [%r1], 9;
    mov.u32 %r2, 1;
JOIN:
    mov.u32 %result, %r2;
)",
                            "    .shared .align 4 .b32 flag;\n"),
                     32, 0);
    for (uint32_t t = 0; t < 32; t++) EXPECT_EQ(r[t], t == 31 ? 1u : 9u);
}

TEST(barriers_order_shared_memory_between_warps) {
    Machine m;
    auto r = results(m,
                     kernel(R"(
    mov.u32 %r1, buffer;
    shl.b32 %r2, %t, 2;
    add.u32 %r3, %r1, %r2;
    mov.u32 %r4, %t;
    mov.u32 %r9, 0;
ROUND:
    st.shared.u32 [%r3], %r4;
    bar.sync 0;
    add.u32 %r5, %t, 33;
    and.b32 %r5, %r5, 255;
    shl.b32 %r5, %r5, 2;
    add.u32 %r5, %r1, %r5;
    ld.shared.u32 %r4, [%r5];
    bar.sync 0;
    add.u32 %r9, %r9, 1;
    setp.lt.u32 %p1, %r9, 10;
    @%p1 bra ROUND;
    mov.u32 %result, %r4;
)",
                            "    .shared .align 4 .b32 buffer[256];\n"),
                     256, 0);
    for (uint32_t t = 0; t < 256; t++) EXPECT_EQ(r[t], (t + 330) & 255);
}

TEST(divergent_lanes_meet_at_one_barrier) {
    Machine m;
    // The two halves of each warp reach different bar.sync instructions: each lane counts by itself.
    auto r = results(m, kernel(R"(
    and.b32 %r1, %t, 1;
    setp.eq.u32 %p1, %r1, 0;
    @%p1 bra EVEN;
    barrier.sync 0;
    mov.u32 %result, 1;
    bra DONE;
EVEN:
    barrier.sync 0;
    mov.u32 %result, 2;
)"),
                     96, 0);
    for (uint32_t t = 0; t < 96; t++) EXPECT_EQ(r[t], t % 2 ? 1u : 2u);
}

TEST(named_barriers_with_counts_pass_data_from_producer_to_consumer) {
    Machine m;
    // Warps 0 and 1 produce and arrive at barrier 1; warp 2 waits there; barrier 2 gives the buffer back.
    auto r = results(m,
                     kernel(R"(
    mov.u32 %r1, buffer;
    and.b32 %r2, %t, 63;
    shl.b32 %r2, %r2, 2;
    add.u32 %r3, %r1, %r2;
    mov.u32 %r9, 0;
    setp.ge.u32 %p1, %t, 64;
    @%p1 bra CONSUME;
PRODUCE:
    mad.lo.u32 %r4, %r9, 1000, %t;
    st.shared.u32 [%r3], %r4;
    bar.arrive 1, 96;
    bar.sync 2, 96;
    add.u32 %r9, %r9, 1;
    setp.lt.u32 %p2, %r9, 5;
    @%p2 bra PRODUCE;
    bra DONE;
CONSUME:
    bar.sync 1, 96;
    ld.shared.u32 %r5, [%r3];
    ld.shared.u32 %r6, [%r3+128];
    add.u32 %result, %result, %r5;
    add.u32 %result, %result, %r6;
    bar.sync 2, 96;
    add.u32 %r9, %r9, 1;
    setp.lt.u32 %p2, %r9, 5;
    @%p2 bra CONSUME;
)",
                            "    .shared .align 4 .b32 buffer[64];\n"),
                     96, 0);
    for (uint32_t t = 64; t < 96; t++) {
        uint32_t lane = t - 64, sum = 0;
        for (uint32_t round = 0; round < 5; round++) sum += round * 2000 + lane + lane + 32;
        EXPECT_EQ(r[t], sum);
    }
}

TEST(barrier_reductions) {
    Machine m;
    auto r = results(m, kernel(R"(
    setp.lt.u32 %p1, %t, %n;
    barrier.red.popc.u32 %r1, 0, %p1;
    barrier.red.and.pred %p2, 0, %p1;
    barrier.red.or.pred %p3, 0, %p1;
    barrier.red.or.pred %p4, 0, !%p1;
    selp.u32 %r2, 1000, 0, %p2;
    selp.u32 %r3, 2000, 0, %p3;
    selp.u32 %r4, 4000, 0, %p4;
    add.u32 %result, %r1, %r2;
    add.u32 %result, %result, %r3;
    add.u32 %result, %result, %r4;
)"),
                     70, 41);
    for (uint32_t t = 0; t < 70; t++) EXPECT_EQ(r[t], 41u + 2000 + 4000);
}

TEST(a_barrier_that_some_warps_never_reach_is_a_deadlock) {
    Machine m;
    FaultReport f;
    results(m, kernel(R"(
    setp.lt.u32 %p1, %t, 32;
    @%p1 bra WAIT;
    bar.sync 1;
    bra DONE;
WAIT:
    bar.sync 0;
)"),
            64, 0, &f);
    EXPECT_EQ(f.code, 719);
    EXPECT(f.text.find("deadlock") != std::string::npos);
    EXPECT(f.text.find("barrier 1") != std::string::npos);
}

TEST(a_trap_names_its_place) {
    Machine m;
    FaultReport f;
    results(m, kernel("setp.eq.u32 %p1, %t, 37;\n @%p1 trap;\n"), 64, 0, &f, 3);
    EXPECT_EQ(f.code, 719);
    EXPECT(f.text.find("kernel k") != std::string::npos);
    EXPECT(f.text.find("warp 1, lane 5, thread (37, 0, 0)") != std::string::npos);
}

TEST(warps_that_spin_on_each_other_take_turns) {
    Machine m;
    // Warp 0 waits for warp 1's flag and the reverse, in one block.
    auto r = results(m,
                     kernel(kZeroedPair + R"(
    shr.u32 %r2, %t, 5;
    shl.b32 %r3, %r2, 2;
    add.u32 %r4, %r1, %r3;
    xor.b32 %r5, %r3, 4;
    add.u32 %r5, %r1, %r5;
    st.volatile.shared.u32 [%r4], 5;
WAIT:
    ld.volatile.shared.u32 %r6, [%r5];
    setp.eq.u32 %p1, %r6, 0;
    @%p1 bra WAIT;
    mov.u32 %result, %r6;
)",
                            kPair),
                     64, 0);
    for (uint32_t t = 0; t < 64; t++) EXPECT_EQ(r[t], 5u);
}

TEST(special_registers) {
    Machine m;
    Module& module = m.load(with_header(R"(
.visible .entry k(.param .u64 out)
{
    .reg .b32 %r<20>;
    .reg .b64 %rd<5>;
    mov.u32 %r1, %tid.x; mov.u32 %r2, %tid.y; mov.u32 %r3, %tid.z;
    mov.u32 %r4, %ntid.x; mov.u32 %r5, %ntid.y;
    mad.lo.u32 %r6, %r3, %r5, %r2;
    mad.lo.u32 %r6, %r6, %r4, %r1;
    mul.wide.u32 %rd2, %r6, 32;
    ld.param.u64 %rd1, [out];
    add.s64 %rd1, %rd1, %rd2;
    mov.u32 %r7, %laneid; mov.u32 %r8, %warpid; mov.u32 %r9, %lanemask_lt; mov.u32 %r10, %lanemask_ge;
    st.global.v4.u32 [%rd1], {%r1, %r2, %r3, %r7};
    st.global.v4.u32 [%rd1+16], {%r8, %r9, %r10, WARP_SZ};
    ret;
}
)"));
    uint32_t* out = m.allocate<uint32_t>(8 * 5 * 3 * 4);
    EXPECT_EQ(m.launch(module, "k", {1, 1, 1, 5, 3, 4}, out).text, "");
    for (uint32_t t = 0; t < 60; t++) {
        const uint32_t* o = out + 8 * t;
        EXPECT_EQ(o[0], t % 5);
        EXPECT_EQ(o[1], t / 5 % 3);
        EXPECT_EQ(o[2], t / 15);
        EXPECT_EQ(o[3], t % 32);
        EXPECT_EQ(o[4], t / 32);
        EXPECT_EQ(o[5], (1u << (t % 32)) - 1);
        EXPECT_EQ(o[6], ~((1u << (t % 32)) - 1));
        EXPECT_EQ(o[7], 32u);
    }
}

TEST_MAIN
