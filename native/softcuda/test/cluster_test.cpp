// Thread block clusters: their special registers, barrier, distributed shared memory, remote mbarriers, multicast.
#include "expect.h"
#include "kernels.h"

using namespace softcuda;

namespace {

std::string kernel(const std::string& body, const std::string& performance = "") {
    return with_header(".visible .entry k(.param .u64 in, .param .u64 out) " + performance + R"( {
    .reg .pred %p<8>; .reg .b16 %h<8>; .reg .b32 %r<40>; .reg .b64 %d<24>; .reg .f32 %f<8>;
    .shared .align 128 .b8 data[4096];
    .shared .align 8 .b64 bars[4];
    ld.param.u64 %d0, [in];
    ld.param.u64 %d1, [out];
    mov.u32 %r0, %tid.x;
    mov.u32 %r1, %cluster_ctarank;
    mov.u32 %r2, %cluster_nctarank;
    mov.u32 %r3, %ctaid.x;
    mov.u32 %r4, %ntid.x;
    mad.lo.u32 %r5, %r3, %r4, %r0;
    mad.wide.u32 %d2, %r5, 4, %d1;
    mov.u32 %r6, data;
    mad.lo.u32 %r7, %r0, 4, %r6;
    add.u32 %r8, %r1, 1;
    setp.eq.u32 %p0, %r8, %r2;
    selp.u32 %r8, 0, %r8, %p0;
    setp.ne.u32 %p7, %r0, 0;
)" + body + "\n ret;\n}\n");
}

const std::string kBarrier = "barrier.cluster.arrive.release.aligned;\nbarrier.cluster.wait.acquire.aligned;\n";

struct Outcome {
    FaultReport fault;
    std::vector<uint32_t> out;
};

Outcome run_kernel(const std::string& text, uint32_t blocks, uint32_t threads, uint32_t cluster,
                   bool cooperative = false) {
    Machine m(uint64_t(16) << 20);
    Module& module = m.load(text);
    uint32_t *in = m.allocate<uint32_t>(4096), *out = m.allocate<uint32_t>(blocks * threads);
    for (uint32_t i = 0; i < 4096; i++) in[i] = i * 37 + 11;
    m.arena().mark_written(reinterpret_cast<uint64_t>(in), 16384);
    m.arena().mark_written(reinterpret_cast<uint64_t>(out), blocks * threads * 4);
    Machine::Shape shape{blocks, 1, 1, threads};
    shape.cluster = cluster;
    shape.cooperative = cooperative;
    Outcome o;
    o.fault = m.launch(module, "k", shape, in, out);
    o.out.assign(out, out + blocks * threads);
    return o;
}

void expect_fault(const std::string& body, int code, const std::string& part, uint32_t cluster = 2,
                  uint32_t threads = 32) {
    const Outcome o = run_kernel(kernel(body), cluster, threads, cluster);
    EXPECT_EQ(o.fault.code, code);
    if (o.fault.text.find(part) == std::string::npos)
        expect::failed(__FILE__, __LINE__, "no \"" + part + "\" in: " + o.fault.text);
}

const std::vector<uint64_t> kSeeds = {0, 1, 2, 3, 12345};

}  // namespace

TEST(special_registers) {
    on_every_level([] {
        Machine m(uint64_t(16) << 20);
        Module& module = m.load(with_header(R"(
.visible .entry k(.param .u64 out) .reqnctapercluster 2, 3, 1 {
    .reg .pred %p<8>; .reg .b32 %r<40>; .reg .b64 %d<8>;
    ld.param.u64 %d0, [out];
    mov.u32 %r0, %ctaid.x; mov.u32 %r1, %ctaid.y; mov.u32 %r2, %nctaid.x;
    mad.lo.u32 %r3, %r1, %r2, %r0;
    mad.wide.u32 %d0, %r3, 48, %d0;
    mov.u32 %r4, %clusterid.x; mov.u32 %r5, %clusterid.y; mov.u32 %r6, %nclusterid.x; mov.u32 %r7, %nclusterid.y;
    mov.u32 %r8, %cluster_ctaid.x; mov.u32 %r9, %cluster_ctaid.y; mov.u32 %r10, %cluster_nctaid.x; mov.u32 %r11, %cluster_nctaid.y;
    mov.u32 %r12, %cluster_ctarank; mov.u32 %r13, %cluster_nctarank; mov.u32 %r14, %cluster_nctaid.z;
    mov.pred %p0, %is_explicit_cluster;
    selp.u32 %r15, 1, 0, %p0;
    st.global.v4.u32 [%d0], {%r4, %r5, %r6, %r7};
    st.global.v4.u32 [%d0+16], {%r8, %r9, %r10, %r11};
    st.global.v4.u32 [%d0+32], {%r12, %r13, %r14, %r15};
    ret;
}
.visible .entry plain(.param .u64 out) {
    .reg .pred %p<8>; .reg .b32 %r<40>; .reg .b64 %d<8>;
    ld.param.u64 %d0, [out];
    mov.pred %p0, %is_explicit_cluster;
    selp.u32 %r15, 1, 0, %p0;
    st.global.u32 [%d0], %r15;
    ret;
})"));
        const uint32_t gx = 6, gy = 9;
        uint32_t* out = m.allocate<uint32_t>(gx * gy * 12);
        EXPECT_EQ(m.launch(module, "k", {gx, gy, 1, 32}, out).text, "");
        for (uint32_t y = 0; y < gy; y++)
            for (uint32_t x = 0; x < gx; x++) {
                const uint32_t wanted[12] = {x / 2, y / 3, 3, 3, x % 2, y % 3, 2, 3, x % 2 + y % 3 * 2, 6, 1, 1};
                for (int i = 0; i < 12; i++) EXPECT_EQ(out[(y * gx + x) * 12 + i], wanted[i]);
            }
        out[0] = 7;
        EXPECT_EQ(m.launch(module, "plain", {1, 1, 1, 32}, out).text, "");
        EXPECT_EQ(out[0], 0u);
    });
}

namespace {

// Each block writes its numbers, reads those of the next rank backwards, twice: by an address of the cluster and a generic one;
// adds to a counter there; and stores into the rank behind.
std::string exchange(bool barrierBefore, bool barrierBehind) {
    return kernel(R"(
    mad.lo.u32 %r9, %r3, 1000, %r0;
    st.shared.u32 [%r7], %r9;
    mov.u32 %r20, 0;
    @!%p7 st.shared.u32 [data+1024], %r20;
    bar.sync 0;
)" + std::string(barrierBefore ? kBarrier : "")
                  + R"(
    mapa.shared::cluster.u32 %r10, %r7, %r8;
    xor.b32 %r11, %r0, 63;
    sub.u32 %r12, %r10, 0;
    shl.b32 %r13, %r0, 2;
    shl.b32 %r14, %r11, 2;
    sub.u32 %r12, %r12, %r13;
    add.u32 %r12, %r12, %r14;
    ld.shared::cluster.u32 %r15, [%r12];
    cvt.u64.u32 %d3, %r7;
    cvta.shared.u64 %d3, %d3;
    mapa.u64 %d4, %d3, %r8;
    ld.u32 %r16, [%d4];
    getctarank.u64 %r21, %d4;
    isspacep.shared::cta %p1, %d4;
    isspacep.shared::cluster %p2, %d4;
    selp.u32 %r22, 1, 0, %p1;
    selp.u32 %r23, 10, 0, %p2;
    add.u32 %r22, %r22, %r23;
    mapa.shared::cluster.u32 %r17, %r6, %r8;
    atom.shared::cluster.add.u32 %r18, [%r17+1024], 3;
    red.relaxed.cluster.shared::cluster.add.u32 [%r17+1024], 1;
    add.u32 %r24, %r15, %r16;
    st.shared::cluster.u32 [%r10+2048], %r24;
)" + (barrierBehind ? kBarrier : "")
                  + R"(
    ld.shared.u32 %r25, [%r7+2048];
    ld.shared.u32 %r26, [data+1024];
    mad.lo.u32 %r25, %r25, 7, %r26;
    mad.lo.u32 %r25, %r21, 100000, %r25;
    mad.lo.u32 %r25, %r22, 1000000, %r25;
    st.global.u32 [%d2], %r25;)");
}

void expect_exchange(const Outcome& o, uint32_t blocks, uint32_t cluster) {
    EXPECT_EQ(o.fault.text, "");
    for (uint32_t b = 0; b < blocks; b++)
        for (uint32_t t = 0; t < 64; t++) {
            const uint32_t rank = b % cluster;
            // What the rank before left here: it read this block's numbers.
            const uint32_t left = (b * 1000 + (63 - t)) + (b * 1000 + t);
            const uint32_t wanted = left * 7 + 64 * 4 + (rank + 1) % cluster * 100000 + 10 * 1000000;
            if (o.out[b * 64 + t] != wanted) {
                expect::failed(__FILE__, __LINE__,
                               "block " + std::to_string(b) + ", thread " + std::to_string(t) + ": "
                                   + std::to_string(o.out[b * 64 + t]) + ", expected " + std::to_string(wanted));
                return;
            }
        }
}

}  // namespace

TEST(distributed_shared_memory) {
    on_every_level([] {
        for (uint32_t cluster : {1, 2, 4, 8})
            for (bool cooperative : {false, true})
                expect_exchange(run_kernel(exchange(true, true), 16, 64, cluster, cooperative), 16, cluster);
    });
    for (uint64_t seed : kSeeds) {
        Checks checks(true, seed);
        expect_exchange(run_kernel(exchange(true, true), 8, 64, 4), 8, 4);
        // A peer may not have written, or may have ended.
        EXPECT(run_kernel(exchange(false, true), 8, 64, 4).fault.code != 0);
        EXPECT(run_kernel(exchange(true, false), 8, 64, 4).fault.code != 0);
    }
}

// Arrival and wait apart, many rounds, threads of a warp on paths of their own, blocks that leave early.
TEST(the_barrier_of_a_cluster) {
    const std::string rounds = kernel(R"(
    mov.u32 %r10, 0;
    mov.u32 %r11, 0;
    @%p7 bra ROUND;
    st.shared.u32 [data], %r10;
ROUND:
    barrier.cluster.arrive;
    and.b32 %r12, %r0, 1;
    setp.eq.u32 %p1, %r12, 0;
    @%p1 bra EVEN;
    add.u32 %r11, %r11, 5;
EVEN:
    barrier.cluster.wait;
    mapa.shared::cluster.u32 %r13, %r6, %r8;
    @!%p7 st.shared::cluster.u32 [%r13+4], %r10;
    barrier.cluster.arrive.aligned;
    barrier.cluster.wait.aligned;
    ld.shared.u32 %r14, [data+4];
    mad.lo.u32 %r11, %r14, 7, %r11;
    add.u32 %r10, %r10, 1;
    setp.lt.u32 %p2, %r10, 9;
    @%p2 bra ROUND;
    st.global.u32 [%d2], %r11;)");
    on_every_level([&] {
        const Outcome o = run_kernel(rounds, 12, 64, 4);
        EXPECT_EQ(o.fault.text, "");
        for (uint32_t i = 0; i < o.out.size(); i++) EXPECT_EQ(o.out[i], 36u * 7 + (i % 2 ? 45 : 0));
    });
    for (uint64_t seed : kSeeds) {
        Checks checks(true, seed);
        EXPECT_EQ(run_kernel(rounds, 12, 64, 4).fault.text, "");
    }
    // Rank 1 ends without a barrier: the others need not wait for it.
    const Outcome o = run_kernel(
        kernel("setp.eq.u32 %p1, %r1, 1;\n@%p1 bra END;\n" + kBarrier + "st.global.u32 [%d2], 5;\nEND:"), 4, 32, 4);
    EXPECT_EQ(o.fault.text, "");
    for (uint32_t i = 0; i < 128; i++) EXPECT_EQ(o.out[i], i / 32 == 1 ? 0u : 5u);
}

namespace {

// The cluster's barrier orders accesses of global memory as well.
TEST(global_memory_between_the_blocks_of_a_cluster) {
    for (bool barrier : {true, false})
        for (uint64_t seed : kSeeds) {
            Checks checks(true, seed);
            const Outcome o = run_kernel(kernel(R"(
    mad.lo.u32 %r9, %r3, 1000, %r0;
    st.global.u32 [%d2], %r9;
)" + std::string(barrier ? kBarrier : "") + R"(
    sub.u32 %r10, %r3, %r1;
    add.u32 %r10, %r10, %r8;
    mad.lo.u32 %r10, %r10, %r4, %r0;
    mad.wide.u32 %d3, %r10, 4, %d1;
    ld.global.u32 %r11, [%d3];
)" + std::string(barrier ? kBarrier : "") + "add.u32 %r11, %r11, 7;\nst.global.u32 [%d2], %r11;"),
                                         8, 64, 4);
            if (!barrier) {
                EXPECT(o.fault.code == 719 && o.fault.text.find("race in global memory") == 0);
                continue;
            }
            EXPECT_EQ(o.fault.text, "");
            for (uint32_t i = 0; i < 512; i++)
                EXPECT_EQ(o.out[i], (i / 64 / 4 * 4 + (i / 64 + 1) % 4) * 1000 + i % 64 + 7);
        }
}

// Every rank loads its part by multicast to all, each of which expects the bytes of all; the stage is freed by arrivals of all ranks at each other's barriers, and filled again.
std::string multicast(const std::string& lastBarrier) {
    return kernel(R"(
    @%p7 bra READY;
    mbarrier.init.shared.b64 [bars], 1;
    mbarrier.init.shared.b64 [bars+8], %r2;
    fence.mbarrier_init.release.cluster;
READY:
)" + kBarrier + R"(
    mov.u32 %r10, 0;
    mov.u32 %r11, 0;
    mov.u32 %r12, bars;
    add.u32 %r13, %r12, 8;
    shl.b32 %r14, 1, %r2;
    sub.u32 %r14, %r14, 1;
    cvt.u16.u32 %h0, %r14;
    shl.b32 %r15, %r1, 8;
    add.u32 %r16, %r6, %r15;
    shl.b32 %r17, %r2, 8;
ROUND:
    and.b32 %r18, %r10, 1;
    @%p7 bra LOADED;
    xor.b32 %r19, %r18, 1;
EMPTY:
    mbarrier.try_wait.parity.acquire.cluster.shared::cta.b64 %p1, [%r13], %r19;
    @!%p1 bra EMPTY;
    mbarrier.arrive.expect_tx.shared::cta.b64 _, [%r12], %r17;
    mad.lo.u32 %r20, %r10, %r17, %r15;
    cvt.u64.u32 %d3, %r20;
    add.u64 %d3, %d3, %d0;
    cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes.multicast::cluster [%r16], [%d3], 256, [%r12], %h0;
LOADED:
    mbarrier.try_wait.parity.shared::cta.b64 %p2, [%r12], %r18;
    @!%p2 bra LOADED;
    mov.u32 %r21, 0;
SUM:
    mad.lo.u32 %r22, %r21, 256, %r7;
    ld.shared.u32 %r23, [%r22];
    mad.lo.u32 %r11, %r11, 3, %r23;
    add.u32 %r21, %r21, 1;
    setp.lt.u32 %p3, %r21, %r2;
    @%p3 bra SUM;
    bar.sync 0;
    setp.lt.u32 %p4, %r0, %r2;
    @!%p4 bra FREED;
    mapa.shared::cluster.u32 %r24, %r13, %r0;
    mbarrier.arrive.release.cluster.shared::cluster.b64 _, [%r24], 1;
FREED:
    add.u32 %r10, %r10, 1;
    setp.lt.u32 %p5, %r10, 5;
    @%p5 bra ROUND;
    st.global.u32 [%d2], %r11;
)" + lastBarrier);
}

void expect_multicast(const Outcome& o, uint32_t blocks, uint32_t cluster) {
    EXPECT_EQ(o.fault.text, "");
    for (uint32_t b = 0; b < blocks; b++)
        for (uint32_t t = 0; t < 64; t++) {
            uint32_t sum = 0;
            for (uint32_t round = 0; round < 5; round++)
                for (uint32_t rank = 0; rank < cluster; rank++)
                    sum = sum * 3 + (((round * cluster + rank) * 64 + t) * 37 + 11);
            if (o.out[b * 64 + t] != sum)
                return expect::failed(__FILE__, __LINE__,
                                      "block " + std::to_string(b) + ", thread " + std::to_string(t));
        }
}

}  // namespace

TEST(multicast_and_remote_arrivals) {
    on_every_level([] {
        for (uint32_t cluster : {1, 2, 4})
            expect_multicast(run_kernel(multicast(kBarrier), 8, 64, cluster), 8, cluster);
    });
    for (uint64_t seed : kSeeds) {
        Checks checks(true, seed);
        expect_multicast(run_kernel(multicast(kBarrier), 4, 64, 2), 4, 2);
    }
}

// The same kernel without what must come before the first copy into another block.
TEST(blocks_prepare_before_others_use_them) {
    auto without = [](const std::string& part, const std::string& instead) {
        std::string text = multicast(kBarrier);
        const size_t at = text.find(part);
        return at == std::string::npos ? "" : text.replace(at, part.size(), instead);
    };
    const std::string unfenced = without("fence.mbarrier_init.release.cluster;", ""),
                      otherFence = without("fence.mbarrier_init.release.cluster;", "fence.proxy.async.shared::cta;"),
                      unordered = without(kBarrier, "bar.sync 0;\n");
    for (uint64_t seed : kSeeds) {
        Checks checks(true, seed);
        Outcome o = run_kernel(unfenced, 4, 64, 2);
        EXPECT_EQ(o.fault.code, 719);
        EXPECT(o.fault.text.find("warp 0, lane 0, has not fenced (fence.mbarrier_init") != std::string::npos);
        o = run_kernel(unordered, 4, 64, 2);
        EXPECT_EQ(o.fault.code, 719);
        EXPECT(o.fault.text.find("is used before the cluster's first barrier is over") != std::string::npos);
        expect_multicast(run_kernel(otherFence, 4, 64, 2), 4, 2);
        // Of one block, the barriers are its own.
        expect_multicast(run_kernel(unfenced, 4, 64, 1), 4, 1);
        expect_multicast(run_kernel(unordered, 4, 64, 1), 4, 1);
    }
}

// Words stored asynchronously into the next rank, which waits for their bytes; and sums of both ranks' words.
TEST(asynchronous_stores) {
    const std::string text = kernel(R"(
    mov.u32 %r20, 0;
    st.shared.u32 [%r7+2048], %r20;
    @%p7 bra READY;
    mbarrier.init.shared.b64 [bars], 1;
    mbarrier.arrive.expect_tx.shared::cta.b64 _, [bars], 1536;
    fence.mbarrier_init.release.cluster;
READY:
)" + kBarrier + R"(
    mov.u32 %r12, bars;
    mapa.shared::cluster.u32 %r13, %r12, %r8;
    mapa.shared::cluster.u32 %r10, %r6, %r8;
    shl.b32 %r11, %r0, 4;
    add.u32 %r11, %r11, %r10;
    mad.lo.u32 %r14, %r3, 1000, %r0;
    add.u32 %r15, %r14, 1; add.u32 %r16, %r14, 2; add.u32 %r17, %r14, 3;
    st.async.weak.shared::cluster.mbarrier::complete_tx::bytes.v4.b32 [%r11], {%r14, %r15, %r16, %r17}, [%r13];
    cvt.u64.u32 %d5, %r14;
    shl.b32 %r18, %r0, 3;
    add.u32 %r18, %r18, %r10;
    st.async.mbarrier::complete_tx::bytes.u32 [%r18+1024], %r14, [%r13];
    shl.b32 %r19, %r0, 2;
    add.u32 %r19, %r19, %r10;
    red.async.relaxed.cluster.shared::cluster.mbarrier::complete_tx::bytes.add.u32 [%r19+2048], %r15, [%r13];
WAIT:
    mbarrier.try_wait.parity.acquire.cluster.shared::cta.b64 %p1, [bars], 0;
    @!%p1 bra WAIT;
    xor.b32 %r21, %r0, 63;
    shl.b32 %r22, %r21, 4;
    add.u32 %r22, %r22, %r6;
    ld.shared.u32 %r23, [%r22+8];
    shl.b32 %r24, %r21, 3;
    add.u32 %r24, %r24, %r6;
    ld.shared.u32 %r25, [%r24+1024];
    ld.shared.u32 %r26, [%r7+2048];
    mad.lo.u32 %r23, %r23, 3, %r25;
    mad.lo.u32 %r23, %r23, 5, %r26;
    st.global.u32 [%d2], %r23;
)" + kBarrier);
    auto expect_right = [](const Outcome& o, uint32_t cluster) {
        EXPECT_EQ(o.fault.text, "");
        for (uint32_t b = 0; b < 8; b++)
            for (uint32_t t = 0; t < 64; t++) {
                const uint32_t from = b - b % cluster + (b % cluster + cluster - 1) % cluster,
                               word = from * 1000 + (63 - t);
                const uint32_t wanted = ((word + 2) * 3 + word) * 5 + from * 1000 + t + 1;
                if (o.out[b * 64 + t] != wanted)
                    return expect::failed(__FILE__, __LINE__,
                                          "block " + std::to_string(b) + ", thread " + std::to_string(t) + ": "
                                              + std::to_string(o.out[b * 64 + t]));
            }
    };
    on_every_level([&] {
        for (uint32_t cluster : {1, 2, 4}) expect_right(run_kernel(text, 8, 64, cluster), cluster);
    });
    Checks checks(true, 3);
    expect_right(run_kernel(text, 8, 64, 2), 2);
}

// Without a last barrier a block ends while its peers still arrive at its mbarriers.
TEST(a_block_that_ends_while_peers_need_it) {
    bool found = false;
    for (uint64_t seed : kSeeds) {
        Checks checks(true, seed);
        const Outcome o = run_kernel(multicast(""), 4, 64, 4);
        found |=
            o.fault.code != 0
            && o.fault.text.find("that has ended (a cluster barrier is missing before its end)") != std::string::npos;
    }
    EXPECT(found);
}

TEST(mistakes_are_named) {
    expect_fault("mapa.shared::cluster.u32 %r9, %r6, 2;", 700, "mapa names a rank that the cluster does not have");
    expect_fault("mov.u32 %r9, 0x3000000;\nld.shared::cluster.u32 %r10, [%r9];", 700,
                 "shared access in a block that the cluster does not have");
    expect_fault("mapa.shared::cluster.u32 %r9, %r6, 1;\nld.shared::cluster.u32 %r10, [%r9+8192];", 700,
                 "outside the block's shared memory");
    expect_fault("mapa.shared::cluster.u32 %r9, %r6, 1;\nld.shared::cluster.u32 %r10, [%r9+2];", 716, "misaligned");
    expect_fault("mapa.shared::cluster.u32 %r9, %r6, 1;\nld.shared.u32 %r10, [%r9];", 700,
                 "outside the block's shared memory");
    expect_fault("mapa.shared::cluster.u32 %r9, %r6, 1;\nmbarrier.try_wait.parity.shared.b64 %p1, [%r9], 0;", 700,
                 "outside the block's shared memory");
    expect_fault("barrier.cluster.wait.aligned;", 719, "barrier.cluster.wait by a thread that has not arrived");
    expect_fault("barrier.cluster.arrive.aligned;\nbarrier.cluster.arrive.aligned;", 719,
                 "has not waited since it arrived last");
    expect_fault("setp.eq.u32 %p1, %r1, 0;\n@!%p1 bra OTHER;\n" + kBarrier + "bra END;\nOTHER:\n@!%p7 mbarrier.init.shared.b64 [bars], 1;\nWAIT:\nmbarrier.try_wait.parity.shared.b64 %p2, [bars], 0;\n@!%p2 bra WAIT;\nEND:",
                 719, "barrier.cluster (32 of 64 threads)", 2, 32);
}

TEST_MAIN
