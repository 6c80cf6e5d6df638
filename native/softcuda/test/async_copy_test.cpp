// cp.async on every level: bytes copied, zero fill, ignored sources, faults.
#include "lane_machine.h"
#include "mem/address.h"

using namespace lanes;

TEST(copies_whole_partial_and_ignored) {
    for (const Level& level : levels()) {
        std::vector<NamedForm> forms = level.table.starting("cp.async.shared.global");
        EXPECT_EQ(forms.size(), size_t(3));
        for (const NamedForm& f : forms)
            for (int trial = 0; trial < 60; trial++) {
                static Machine& m = *new Machine(61);
                const uint32_t bytes = 4u << trial % 3;
                const Mask mask = masks(m.random)[trial % 5];
                m.fill(m.shared, kShared);
                Ins ins{};
                ins.arg[0] = Machine::unit(10);
                ins.arg[1] = Machine::unit(11);
                ins.arg[2] = uint16_t(bytes);
                ins.imm = trial % 2 ? 48 : 0;
                const bool sized = f.signature == "=mmiw", ignored = f.signature == "=mmip";
                ins.arg[3] = sized ? Machine::unit(12) : 4;
                m.fill(&m.pred[4], 4);
                uint8_t wanted[kShared];
                std::memcpy(wanted, m.shared, kShared);
                uint32_t cell[32];
                // Rows of four lanes, swizzled, as tiled kernels copy them; else anywhere.
                const bool rows = trial % 30 == 20;
                uint64_t rowFrom = 0;
                uint32_t rowSize = bytes;
                for (int l = 0; l < 32; l++)
                    cell[l] = uint32_t(8 + (rows ? l / 4 * 12 + (l ^ l / 4) % 4 : (l * 37 + trial) % 128));
                for (int l = 0; l < 32; l++) {
                    // Whole or nothing, as at the edge of a tile, in the second half.
                    if (l % 4 == 0) {
                        rowFrom = m.pick(kArena / bytes - 4) * bytes;
                        rowSize = bytes * uint32_t(m.pick(2));
                    }
                    const uint32_t size = !sized        ? bytes
                                          : rows        ? rowSize
                                          : trial >= 30 ? bytes * uint32_t(m.pick(2))
                                                        : uint32_t(m.pick(bytes + 1));
                    m.w(12)[l] = size;
                    const uint32_t read = ignored && m.pred[4] >> l & 1 ? 0 : size;
                    const uint32_t to = cell[l] * 16;
                    m.w(10)[l] = to - uint32_t(ins.imm);
                    const uint64_t from = rows ? rowFrom + uint64_t(l % 4) * bytes : m.pick(kArena / bytes) * bytes;
                    m.d(11)[l] =
                        read == 0 ? m.random() : m.launch.arenaLow + from;  // what is not read may lie anywhere
                    if (!(mask.active >> l & 1)) {
                        m.w(10)[l] = uint32_t(m.random());
                        m.d(11)[l] = m.random();
                        continue;
                    }
                    for (uint32_t b = 0; b < bytes; b++) wanted[to + b] = b < read ? m.arena[from + b] : 0;
                }
                std::string where = level.name + " " + f.name + " " + f.signature + " trial " + std::to_string(trial);
                if (m.run(f.form, ins, mask.active, mask.live) != &ins + 1)
                    expect::failed(__FILE__, __LINE__, where + " " + last_fault().what);
                if (std::memcmp(wanted, m.shared, kShared)) expect::failed(__FILE__, __LINE__, where);
            }
    }
}

TEST(bad_addresses_fault) {
    for (const Level& level : levels())
        for (int kind = 0; kind < 4; kind++) {
            static Machine& m = *new Machine(62);
            Ins ins{};
            ins.arg[0] = Machine::unit(10);
            ins.arg[1] = Machine::unit(11);
            ins.arg[2] = 16;
            for (int l = 0; l < 32; l++) {
                m.w(10)[l] = 16 * l;
                m.d(11)[l] = m.launch.arenaLow + 16 * l;
            }
            if (kind == 0) m.w(10)[7] = kShared;
            if (kind == 1) m.w(10)[7] = 8;
            if (kind == 2) m.d(11)[7] = m.launch.arenaHigh;
            if (kind == 3) m.d(11)[7] += 4;
            EXPECT(m.run(*level.table.find("cp.async.shared.global", "=mmi"), ins, kAllLanes, kAllLanes) == nullptr);
            EXPECT_EQ(last_fault().error, kind % 2 ? 716 : 700);
            EXPECT_EQ(last_fault().lane, 7);
        }
}

TEST(groups_need_no_waiting) {
    for (const Level& level : levels())
        for (auto [name, signature] :
             {std::pair{"cp.async.commit_group", "="}, {"cp.async.wait_group", "=i"}, {"cp.async.wait_all", "="}}) {
            static Machine& m = *new Machine(63);
            Ins ins{};
            ins.imm = 1;
            EXPECT(m.run(*level.table.find(name, signature), ins, kAllLanes, kAllLanes) == &ins + 1);
        }
}

TEST_MAIN
