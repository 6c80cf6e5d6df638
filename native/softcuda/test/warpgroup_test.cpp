// What warp-specialised kernels need besides copies: named barriers, elect.sync, stmatrix, setmaxnreg, griddepcontrol.
#include "expect.h"
#include "kernels.h"

using namespace softcuda;

namespace {

FaultReport run_kernel(const std::string& performance, const std::string& body, uint32_t threads,
                       std::vector<uint32_t>& out) {
    Machine m(uint64_t(16) << 20);
    Module& module = m.load(with_header(".visible .entry k(.param .u64 out) " + performance + R"( {
    .reg .pred %p<8>; .reg .b32 %r<32>; .reg .b64 %d<16>;
    .shared .align 128 .b8 data[4096];
    ld.param.u64 %d1, [out];
    mov.u32 %r0, %tid.x;
    mad.wide.u32 %d2, %r0, 4, %d1;
    shr.u32 %r1, %r0, 7;
    setp.eq.u32 %p0, %r1, 0;
)" + body + "\n ret;\n}\n"));
    uint32_t* p = m.allocate<uint32_t>(threads);
    m.arena().mark_written(reinterpret_cast<uint64_t>(p), threads * 4);
    FaultReport f = m.launch(module, "k", {1, 1, 1, threads}, p);
    out.assign(p, p + threads);
    return f;
}

}  // namespace

// Two warpgroups hand a buffer to and fro through two named barriers, as ping-pong consumers do.
TEST(named_barriers_hand_over) {
    for (bool checked : {false, true}) {
        Checks checks(checked);
        on_every_level([] {
            std::vector<uint32_t> out;
            const FaultReport f = run_kernel("", R"(
    mov.u32 %r2, data;
    and.b32 %r3, %r0, 127;
    mad.lo.u32 %r4, %r3, 4, %r2;
    xor.b32 %r5, %r3, 127;
    mad.lo.u32 %r5, %r5, 4, %r2;
    mov.u32 %r6, 0;
    mov.u32 %r7, 0;
    @!%p0 bra TAKER;
GIVE:
    barrier.cta.sync.aligned 2, 256;
    mad.lo.u32 %r8, %r6, 1000, %r3;
    st.shared.u32 [%r4], %r8;
    barrier.cta.arrive.aligned 1, 256;
    add.u32 %r6, %r6, 1;
    setp.lt.u32 %p1, %r6, 5;
    @%p1 bra GIVE;
    bra END;
TAKER:
    bar.arrive 2, 256;
TAKE:
    bar.sync 1, 256;
    ld.shared.u32 %r8, [%r5];
    mad.lo.u32 %r7, %r7, 3, %r8;
    setp.lt.u32 %p2, %r6, 4;
    @%p2 bar.arrive 2, 256;
    add.u32 %r6, %r6, 1;
    setp.lt.u32 %p1, %r6, 5;
    @%p1 bra TAKE;
END:
    st.global.u32 [%d2], %r7;)",
                                             256, out);
            EXPECT_EQ(f.text, "");
            for (uint32_t t = 128; t < 256; t++) {
                uint32_t sum = 0;
                for (uint32_t round = 0; round < 5; round++) sum = sum * 3 + round * 1000 + (127 - t % 128);
                EXPECT_EQ(out[t], sum);
            }
        });
    }
}

TEST(one_lane_is_elected) {
    on_every_level([] {
        std::vector<uint32_t> out;
        const FaultReport f = run_kernel("", R"(
    elect.sync %r2|%p1, 0xffffffff;
    elect.sync _|%p2, 0xffffffff;
    selp.u32 %r3, 100, 200, %p1;
    selp.u32 %r4, 1000, 2000, %p2;
    add.u32 %r2, %r2, %r3;
    add.u32 %r2, %r2, %r4;
    st.global.u32 [%d2], %r2;
    griddepcontrol.launch_dependents;
    griddepcontrol.wait;)",
                                         64, out);
        EXPECT_EQ(f.text, "");
        for (uint32_t t = 0; t < 64; t++) EXPECT_EQ(out[t], t % 32 ? 2200u : 1100u);
    });
}

namespace {

// Each warpgroup of a block of 384 threads sets its registers, in the order that the lines stand.
std::string budgets(const std::string& first, const std::string& second, const std::string& third) {
    return R"(
    setp.eq.u32 %p1, %r1, 1;
    mov.u32 %r3, 0;
    @%p0 bra FIRST;
    @%p1 bra SECOND;
)" + third + "\n bra END;\nFIRST:\n"
           + first + "\n bra END;\nSECOND:\n" + second + "\nEND:\n st.global.u32 [%d2], 7;";
}

}  // namespace

TEST(registers_move_between_warps) {
    std::vector<uint32_t> out;
    // 384 threads launch with 168 each: 40 + 232 + 232 fit, whatever the order in which they ask.
    const FaultReport f =
        run_kernel(".maxntid 384, 1, 1",
                   budgets("setmaxnreg.inc.sync.aligned.u32 232;", "setmaxnreg.inc.sync.aligned.u32 232;",
                           "setmaxnreg.dec.sync.aligned.u32 40;"),
                   384, out);
    EXPECT_EQ(f.text, "");
    for (uint32_t v : out) EXPECT_EQ(v, 7u);
}

TEST(registers_that_nobody_gives_back) {
    std::vector<uint32_t> out;
    FaultReport f = run_kernel(".maxntid 384, 1, 1",
                               budgets("setmaxnreg.inc.sync.aligned.u32 224;", "setmaxnreg.inc.sync.aligned.u32 224;",
                                       "setmaxnreg.dec.sync.aligned.u32 80;"),
                               384, out);
    EXPECT_EQ(f.code, 719);
    for (const char* part : {"deadlock: no warp can go on",
                             "setmaxnreg.inc from 168 to 224 registers a thread: needs 1792, the block's pool has "})
        if (f.text.find(part) == std::string::npos) expect::failed(__FILE__, __LINE__, f.text);
    f = run_kernel(".maxntid 384, 1, 1", "setmaxnreg.inc.sync.aligned.u32 160;", 384, out);
    EXPECT(f.code == 715 && f.text.find("setmaxnreg.inc to 160 registers by a warp that has 168") == 0);
    f = run_kernel(".maxnreg 64", "setmaxnreg.dec.sync.aligned.u32 72;", 128, out);
    EXPECT(f.code == 715 && f.text.find("setmaxnreg.dec to 72 registers by a warp that has 64") == 0);
    for (const char* count : {"16", "25", "264"})
        EXPECT_EQ(
            run_kernel(".maxnreg 64", "setmaxnreg.dec.sync.aligned.u32 " + std::string(count) + ";", 128, out).code,
            715);
    // Without a known number at launch the instruction is ignored.
    EXPECT_EQ(run_kernel("", "setmaxnreg.inc.sync.aligned.u32 240;", 384, out).code, 0);
}

// stmatrix to shared memory, and from there to global in one bulk copy.
TEST(matrices_leave_through_a_bulk_copy) {
    for (bool checked : {false, true}) {
        Checks checks(checked);
        on_every_level([] {
            std::vector<uint32_t> out;
            const FaultReport f = run_kernel("", R"(
    mov.u32 %r2, data;
    shl.b32 %r3, %r0, 4;
    add.u32 %r3, %r3, %r2;
    mul.lo.u32 %r4, %r0, 5; mul.lo.u32 %r5, %r0, 7; mul.lo.u32 %r6, %r0, 11; mul.lo.u32 %r7, %r0, 13;
    stmatrix.sync.aligned.m8n8.x4.shared.b16 [%r3], {%r4, %r5, %r6, %r7};
    fence.proxy.async.shared::cta;
    bar.sync 0;
    setp.ne.u32 %p1, %r0, 0;
    @%p1 bra END;
    cp.async.bulk.global.shared::cta.bulk_group [%d1], [%r2], 128;
    cp.async.bulk.commit_group;
    cp.async.bulk.wait_group.read 0;
END:)",
                                             32, out);
            EXPECT_EQ(f.text, "");
            for (uint32_t i = 0; i < 32; i++) EXPECT_EQ(out[i], i * 5);  // matrix 0: row i / 4, columns of lane i
        });
    }
}

TEST_MAIN
