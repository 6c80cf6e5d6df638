// Address conversions, space queries, hints and fences on every level; and the canonical names of opcodes.
#include "isa/canonical.h"
#include "lane_machine.h"

using namespace lanes;

namespace {

const std::map<std::string, uint64_t> kWindows = {{"global", 0},
                                                  {"shared", kSharedWindow},
                                                  {"shared::cluster", kSharedWindow},
                                                  {"local", kLocalWindow},
                                                  {"param", kParamWindow}};

}  // namespace

TEST(cvta_adds_and_takes_away_the_window) {
    for (const Level& level : levels())
        for (const NamedForm& f : level.table.starting("cvta.")) {
            std::vector<std::string> parts = words(f.name);
            const bool to = parts[1] == "to";
            const uint64_t window = kWindows.at(parts[to ? 2 : 1]);
            static Machine& m = *new Machine(1);
            for (int trial = 0; trial < 5; trial++) {
                Mask mask = masks(m.random)[trial];
                Ins ins{};
                ins.arg[0] = Machine::unit(20);
                ins.arg[1] = Machine::unit(trial == 3 ? 20 : 21);
                uint64_t expected[32];
                m.fill(m.d(20), 256);
                for (int l = 0; l < 32; l++) {
                    uint64_t offset = m.pick(1 << 20);
                    expected[l] = mask.active >> l & 1 ? offset + (to ? 0 : window) : m.d(20)[l];
                    if (trial != 3 || mask.active >> l & 1) m.d(trial == 3 ? 20 : 21)[l] = offset + (to ? window : 0);
                }
                EXPECT(m.run(f.form, ins, mask.active, mask.live) == &ins + 1);
                for (int l = 0; l < 32; l++)
                    if (mask.live >> l & 1) EXPECT_EQ(m.d(20)[l], expected[l]);
            }
        }
}

TEST(isspacep_knows_the_window) {
    for (const Level& level : levels())
        for (const NamedForm& f : level.table.starting("isspacep.")) {
            const std::string space = words(f.name)[1];
            static Machine& m = *new Machine(2);
            for (int trial = 0; trial < 5; trial++) {
                Mask mask = masks(m.random)[trial];
                Ins ins{};
                ins.arg[0] = 3;
                ins.arg[1] = Machine::unit(21);
                uint32_t expected = m.pred[3] & ~mask.active;
                for (int l = 0; l < 32; l++) {
                    const uint64_t windows[4] = {m.launch.arenaLow, kSharedWindow, kLocalWindow, kParamWindow};
                    const char* names[4] = {"global", "shared", "local", "param"};
                    int in = int(m.pick(4));
                    m.d(21)[l] = windows[in] + m.pick(1 << 13);
                    if ((space == names[in] || (space == "shared::cluster" && in == 1)) && mask.active >> l & 1)
                        expected |= 1u << l;
                }
                EXPECT(m.run(f.form, ins, mask.active, mask.live) == &ins + 1);
                EXPECT_EQ(m.pred[3] & mask.live, expected & mask.live);
            }
        }
}

TEST(hints_and_fences_change_nothing) {
    for (const Level& level : levels())
        for (auto [name, signature] : {std::pair{"prefetch", "=m"}, {"nanosleep.u32", "=w"}, {"membar", "="}}) {
            static Machine& m = *new Machine(3);
            static uint8_t before[sizeof m.regs];
            std::memcpy(before, m.regs, sizeof before);
            Ins ins{};
            ins.arg[0] = Machine::unit(20);  // a random, wild address
            EXPECT(m.run(*level.table.find(name, signature), ins, kAllLanes, kAllLanes) == &ins + 1);
            EXPECT_EQ(std::memcmp(before, m.regs, sizeof before), 0);
        }
}

TEST(canonical_names) {
    const std::pair<const char*, const char*> cases[] = {
        {"ld.global.nc.v4.f32", "ld.global.v4.b32"},
        {"ld.global.nc.L1::no_allocate.L2::128B.v4.u32", "ld.global.v4.b32"},
        {"ld.volatile.shared.u8", "ld.shared.b8"},
        {"ld.relaxed.gpu.global.s32", "ld.global.s32"},
        {"ld.acquire.sys.b64", "ld.b64"},
        {"ld.global.s8", "ld.global.s8"},
        {"ld.const.f64", "ld.global.b64"},
        {"ld.const.v2.u16", "ld.global.v2.b16"},
        {"ldu.global.f32", "ld.global.b32"},
        {"ld.param.u64", "ld.param.b64"},
        {"ld.shared::cta.b16", "ld.shared.b16"},
        {"ld.global.L2::cache_hint.f32", "ld.global.L2::cache_hint.b32"},
        {"st.global.cs.v2.f32", "st.global.v2.b32"},
        {"st.release.gpu.global.s32", "st.global.b32"},
        {"st.wt.s8", "st.b8"},
        {"atom.global.gpu.relaxed.add.s32", "atom.global.add.u32"},
        {"atom.relaxed.gpu.global.add.f32", "atom.global.add.f32"},
        {"atom.acq_rel.sys.shared::cta.cas.b32", "atom.shared.cas.b32"},
        {"atom.add.noftz.f16x2", "atom.add.noftz.f16x2"},
        {"atom.shared.exch.u32", "atom.shared.exch.b32"},
        {"atom.global.min.s64", "atom.global.min.s64"},
        {"red.global.add.s64", "red.global.add.u64"},
        {"bar.sync", "bar.sync"},
        {"barrier.sync.aligned", "bar.sync"},
        {"barrier.cta.red.popc.aligned.u32", "bar.red.popc.u32"},
        {"bar.warp.sync", "bar.warp.sync"},
        {"membar.gl", "membar"},
        {"fence.acq_rel.gpu", "membar"},
        {"fence.proxy.async", "fence.proxy.async"},
        {"prefetch.global.L2", "prefetch"},
        {"mov.f32", "mov.b32"},
        {"mov.pred", "mov.pred"},
        {"selp.f64", "selp.b64"},
        {"cvta.to.shared::cta.u64", "cvta.to.shared.u64"},
        {"cvta.const.u64", "cvta.global.u64"},
        {"isspacep.shared::cta", "isspacep.shared"},
        {"isspacep.shared::cluster", "isspacep.shared::cluster"},
        {"ld.shared::cluster.f32", "ld.shared::cluster.b32"},
        {"barrier.cluster.arrive.release.aligned", "barrier.cluster.arrive"},
        {"barrier.cluster.arrive.relaxed.aligned", "barrier.cluster.arrive.relaxed"},
        {"barrier.cluster.wait.acquire.aligned", "barrier.cluster.wait"},
        {"mbarrier.try_wait.parity.acquire.cta.shared::cta.b64", "mbarrier.try_wait.parity.shared.b64"},
        {"cp.async.bulk.tensor.2d.shared::cluster.global.tile.mbarrier::complete_tx::bytes",
         "cp.async.bulk.tensor.2d.shared.global.mbarrier::complete_tx::bytes"},
        {"isspacep.const", "isspacep.const"},
        {"cp.async.ca.shared.global", "cp.async.shared.global"},
        {"cp.async.cg.shared::cta.global.L2::128B", "cp.async.shared.global"},
        {"cp.async.wait_group", "cp.async.wait_group"},
        {"cp.async.wait_all", "cp.async.wait_all"},
        {"ldmatrix.sync.aligned.m8n8.x4.trans.shared::cta.b16", "ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16"},
        {"add.f32", "add.f32"},
        {"ret", "ret"},
    };
    for (auto [text, name] : cases) EXPECT_EQ(canonical_form(text), std::string(name));
}

TEST(every_level_has_the_same_address_forms) {
    for (const Level& level : levels()) {
        EXPECT_EQ(level.table.starting("cvta.").size(), size_t(10));
        EXPECT_EQ(level.table.starting("isspacep.").size(), size_t(6));
    }
}

TEST_MAIN
