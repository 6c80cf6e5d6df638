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

namespace {

// A tile's copies: four lanes a row of 64 bytes, rows apart by `pitch` bytes, swizzled in shared memory.
void rows_of_a_tile(Machine& m, Ins& ins, uint64_t from, uint64_t pitch) {
    ins = Ins{};
    for (int k = 0; k < 2; k++) ins.arg[k] = Machine::unit(10 + k);
    ins.arg[2] = 16;
    ins.arg[3] = Machine::unit(12);
    ins.imm = 128;
    for (int l = 0; l < 32; l++) {
        m.w(10)[l] = uint32_t(l / 4 * 64 + (l % 4 ^ l / 4 % 4) * 16);
        m.d(11)[l] = m.launch.arenaLow + from + uint64_t(l / 4) * pitch + uint64_t(l % 4) * 16;
        m.w(12)[l] = 16;
    }
}

}  // namespace

TEST(rows_at_the_edges_of_a_tile) {
    for (const Level& level : levels())
        for (int trial = 0; trial < 24; trial++) {
            static Machine& m = *new Machine(64);
            const Form* form = level.table.find("cp.async.shared.global", "=mmiw");
            Ins ins;
            // From the first byte of device memory on, or to the last.
            const uint64_t pitch = 64 + 16 * uint64_t(trial % 3);
            rows_of_a_tile(m, ins, trial % 2 ? 0 : kArena - 7 * pitch - 64, pitch);
            m.fill(m.shared, kShared);
            uint8_t wanted[kShared];
            std::memcpy(wanted, m.shared, kShared);
            for (int l = 0; l < 32; l++) {
                const bool padding = trial >= 6 && (trial + l / 4) % 3 == 0;  // a row outside the picture
                const bool tail = trial >= 16 && l % 4 > trial % 4;           // columns beyond the matrix
                if (padding && trial % 4 == 1) m.d(11)[l] -= uint64_t(1) << 40;
                if (padding || tail) m.w(12)[l] = 0;
                const uint8_t* source = reinterpret_cast<const uint8_t*>(m.d(11)[l]);
                for (int b = 0; b < 16; b++) wanted[128 + m.w(10)[l] + b] = padding || tail ? 0 : source[b];
            }
            std::string where = level.name + " trial " + std::to_string(trial);
            if (m.run(*form, ins, kAllLanes, kAllLanes) != &ins + 1)
                expect::failed(__FILE__, __LINE__, where + " " + last_fault().what);
            if (std::memcmp(wanted, m.shared, kShared)) expect::failed(__FILE__, __LINE__, where);
        }
}

TEST(rows_that_leave_memory_fault_at_their_lane) {
    for (const Level& level : levels())
        for (int kind = 0; kind < 6; kind++)
            for (int padding = 0; padding < 2; padding++) {
                static Machine& m = *new Machine(65);
                Ins ins;
                rows_of_a_tile(m, ins, 256, 64);
                if (padding)
                    for (int l = 0; l < 4; l++) m.w(12)[l] = 0;
                const uint64_t row[] = {m.launch.arenaHigh - 48, m.launch.arenaLow - 16, m.launch.arenaLow + 264};
                const uint32_t place[] = {kShared - 128 - 48 + 16, kShared - 128, 72};
                for (int j = 0; j < 4; j++) {
                    if (kind < 3) m.d(11)[20 + j] = row[kind] + uint64_t(j) * 16;
                    else m.w(10)[20 + j] = place[kind - 3] + uint32_t(j) * 16;
                }
                EXPECT(m.run(*level.table.find("cp.async.shared.global", "=mmiw"), ins, kAllLanes, kAllLanes)
                       == nullptr);
                EXPECT_EQ(last_fault().error, kind % 3 == 2 ? 716 : 700);
                const int lane[] = {23, 20, 20, 22, 20, 20};
                EXPECT_EQ(last_fault().lane, lane[kind]);
            }
}

TEST(a_row_that_shared_memory_ends_in_faults) {
    for (const Level& level : levels()) {
        static Machine& m = *new Machine(66);
        m.block.sharedBytes = kShared - 16;
        Ins ins;
        rows_of_a_tile(m, ins, 256, 64);
        for (int j = 0; j < 4; j++) m.w(10)[12 + j] = kShared - 64 - 128 + uint32_t(j ^ 1) * 16;
        EXPECT(m.run(*level.table.find("cp.async.shared.global", "=mmiw"), ins, kAllLanes, kAllLanes) == nullptr);
        EXPECT_EQ(last_fault().error, 700);
        EXPECT_EQ(last_fault().lane, 14);
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
